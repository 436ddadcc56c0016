import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/** The deterministic file contents of tests/cluster/pattern.py. */
final class Contents {
    private static final int PERIOD = 1048583;
    private static final int DIGEST = 32;

    private Contents() {}

    /** One full period of a seed's bytes. */
    static byte[] period(long seed) throws Exception {
        return prefix(seed, PERIOD);
    }

    /** The first bytes of a seed, at most one period. */
    static byte[] prefix(long seed, int size) throws Exception {
        if (size > PERIOD) {
            throw new IllegalArgumentException("at most " + PERIOD + " bytes");
        }
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        byte[] bytes = new byte[(size / DIGEST + 1) * DIGEST];
        for (int i = 0; i * DIGEST < bytes.length; i++) {
            byte[] digest = sha.digest((seed + ":" + i).getBytes(StandardCharsets.US_ASCII));
            System.arraycopy(digest, 0, bytes, i * DIGEST, DIGEST);
        }
        return Arrays.copyOf(bytes, size);
    }

    /** Writes the bytes [position, position + size) of a period's endless repetition. */
    static void write(OutputStream out, byte[] period, long position, long size) throws IOException {
        long end = position + size;
        while (position < end) {
            int start = (int) (position % period.length);
            int piece = (int) Math.min(end - position, period.length - start);
            out.write(period, start, piece);
            position += piece;
        }
    }
}
