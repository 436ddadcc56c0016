import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.client.HdfsDataInputStream;
import org.apache.hadoop.hdfs.client.HdfsDataOutputStream;
import org.apache.hadoop.hdfs.protocol.LocatedBlock;
import org.apache.hadoop.util.DataChecksum;
import org.apache.hadoop.util.VersionInfo;

/**
 * Hadoop's client behind a pipe: one request a line, "operation TAB key=value TAB ...", one reply line,
 * "ok TAB value ..." or "error TAB class TAB message".  Values are URL-encoded UTF-8.
 */
public final class HdfsHelper {
    private static final int BUFFER = 65536;

    private final Configuration conf = new Configuration();
    private final DistributedFileSystem fs;
    private final Map<String, Pattern> open = new HashMap<>();
    private int nextHandle = 1;

    private HdfsHelper() throws IOException {
        FileSystem.enableSymlinks();
        // A file is complete once its DataNode has reported the block; ask again soon, not after 400 ms.
        conf.setInt("dfs.client.block.write.locateFollowingBlock.initial.delay.ms", 5);
        conf.setInt("dfs.client.block.write.locateFollowingBlock.retries", 12);
        fs = (DistributedFileSystem) FileSystem.get(conf);
    }

    /** A file open for writing and the place in its deterministic contents. */
    private static final class Pattern {
        private final FSDataOutputStream out;
        private final byte[] period;
        private long position;

        Pattern(FSDataOutputStream out, long seed, long position) throws Exception {
            this.out = out;
            this.period = Contents.period(seed);
            this.position = position;
        }

        void extend(long size) throws IOException {
            Contents.write(out, period, position, size);
            position += size;
        }
    }

    /** One request's parameters. */
    private static final class Request {
        final String operation;
        private final Map<String, String> values = new HashMap<>();

        Request(String line) throws IOException {
            String[] words = line.split("\t");
            operation = words[0];
            for (int i = 1; i < words.length; i++) {
                int equals = words[i].indexOf('=');
                // '+' stands for itself: Python escapes a space as %20.
                String value = words[i].substring(equals + 1).replace("+", "%2B");
                values.put(words[i].substring(0, equals), URLDecoder.decode(value, "UTF-8"));
            }
        }

        boolean has(String key) {
            return values.containsKey(key);
        }

        String text(String key) {
            String value = values.get(key);
            if (value == null) {
                throw new IllegalArgumentException(operation + " needs " + key);
            }
            return value;
        }

        long number(String key, long otherwise) {
            return has(key) ? Long.parseLong(text(key)) : otherwise;
        }

        long number(String key) {
            return Long.parseLong(text(key));
        }

        boolean flag(String key) {
            return has(key) && Boolean.parseBoolean(text(key));
        }

        Path path() {
            return path("path");
        }

        Path path(String key) {
            return new Path(null, null, text(key));
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream replies = System.out;
        // Whatever a library prints must not look like a reply.
        System.setOut(System.err);
        HdfsHelper helper = new HdfsHelper();
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            StringBuilder reply = new StringBuilder();
            try {
                reply.append("ok");
                for (String value : helper.run(new Request(line))) {
                    reply.append('\t').append(URLEncoder.encode(value, "UTF-8"));
                }
            } catch (Exception error) {
                error.printStackTrace();
                reply.setLength(0);
                reply.append("error\t").append(error.getClass().getName()).append('\t')
                        .append(URLEncoder.encode(String.valueOf(error.getMessage()), "UTF-8"));
            }
            replies.println(reply);
            replies.flush();
        }
    }

    private List<String> run(Request request) throws Exception {
        switch (request.operation) {
            case "write":
                return write(request);
            case "put":
                return put(request);
            case "write_many":
                return writeMany(request);
            case "md5":
                return md5(request);
            case "create":
                return hold(new Pattern(createFile(request), request.number("seed", 0), 0));
            case "append":
                return hold(new Pattern(fs.append(request.path()), request.number("seed", 0),
                        fs.getFileStatus(request.path()).getLen()));
            case "extend":
                held(request).extend(request.number("size"));
                return none();
            case "hflush":
                held(request).out.hflush();
                return none();
            case "hsync":
                return hsync(request);
            case "close":
                held(request).out.close();
                open.remove(request.text("handle"));
                return none();
            default:
                return namespace(request);
        }
    }

    private List<String> namespace(Request request) throws Exception {
        switch (request.operation) {
            case "mkdirs":
                return must(fs.mkdirs(request.path()), request);
            case "delete":
                return must(fs.delete(request.path(), true), request);
            case "rename":
                fs.rename(request.path("source"), request.path("destination"),
                        request.flag("overwrite") ? Options.Rename.OVERWRITE : Options.Rename.NONE);
                return none();
            case "symlink":
                fs.createSymlink(new Path(request.text("target")), request.path("link"), false);
                return none();
            case "truncate":
                return one(String.valueOf(fs.truncate(request.path(), request.number("length"))));
            case "concat":
                return concat(request);
            case "allow_snapshot":
                fs.allowSnapshot(request.path());
                return none();
            case "create_snapshot":
                fs.createSnapshot(request.path(), request.text("name"));
                return none();
            case "list_recursive":
                List<String> paths = new ArrayList<>();
                listRecursive(request.path(), paths);
                return paths;
            case "block_ids":
                return blockIds(request);
            case "version":
                return one(VersionInfo.getVersion());
            default:
                throw new IllegalArgumentException("unknown operation " + request.operation);
        }
    }

    private FSDataOutputStream createFile(Request request) throws IOException {
        if (request.has("datanode")) {
            return createAt(request.path(), request);
        }
        Options.ChecksumOpt checksum = null;
        if (request.has("checksum") || request.has("bytes_per_checksum")) {
            checksum = new Options.ChecksumOpt(
                    DataChecksum.Type.valueOf(request.has("checksum") ? request.text("checksum") : "CRC32C"),
                    (int) request.number("bytes_per_checksum", 512));
        }
        return fs.create(request.path(), FsPermission.getFileDefault(),
                EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE), BUFFER,
                (short) request.number("replication", fs.getDefaultReplication(request.path())),
                request.number("block_size", fs.getDefaultBlockSize(request.path())), null, checksum);
    }

    /** A file with one replica, on the DataNode with that transfer address. */
    private FSDataOutputStream createAt(Path path, Request request) throws IOException {
        String[] address = request.text("datanode").split(":");
        InetSocketAddress[] favoured = {new InetSocketAddress(address[0], Integer.parseInt(address[1]))};
        return fs.create(path, FsPermission.getFileDefault(), true, BUFFER, (short) 1,
                request.number("block_size", fs.getDefaultBlockSize(path)), null, favoured);
    }

    private List<String> write(Request request) throws Exception {
        try (FSDataOutputStream out = createFile(request)) {
            new Pattern(out, request.number("seed", 0), 0).extend(request.number("size"));
        }
        return none();
    }

    private List<String> put(Request request) throws Exception {
        try (FSDataOutputStream out = createFile(request)) {
            out.write(request.text("data").getBytes(StandardCharsets.UTF_8));
        }
        return none();
    }

    private List<String> writeMany(Request request) throws Exception {
        int count = (int) request.number("count");
        int directories = (int) request.number("directories", 0);
        int size = (int) request.number("size", 0);
        Path base = request.path();
        fs.mkdirs(base);
        for (int i = 0; i < directories; i++) {
            fs.mkdirs(new Path(base, String.format("dir-%03d", i)));
        }
        ExecutorService pool = Executors.newFixedThreadPool((int) request.number("threads", 8));
        try {
            List<Future<?>> pending = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                Path parent = directories == 0 ? base : new Path(base, String.format("dir-%03d", i % directories));
                pending.add(pool.submit(() -> {
                    writeNumbered(new Path(parent, String.format("file-%05d", number)), number, size, request);
                    return null;
                }));
            }
            for (Future<?> one : pending) {
                one.get();
            }
        } finally {
            pool.shutdownNow();
        }
        return none();
    }

    private void writeNumbered(Path path, int number, int size, Request request) throws Exception {
        try (FSDataOutputStream out = request.has("datanode") ? createAt(path, request) : fs.create(path, true)) {
            if (size > 0) {
                out.write(Contents.prefix(number, size));
            }
        }
    }

    private List<String> md5(Request request) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("MD5");
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = fs.open(request.path())) {
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        StringBuilder text = new StringBuilder();
        for (byte b : digest.digest()) {
            text.append(String.format("%02x", b));
        }
        return one(text.toString());
    }

    private List<String> hsync(Request request) throws Exception {
        HdfsDataOutputStream out = (HdfsDataOutputStream) held(request).out;
        if (request.flag("update_length")) {
            out.hsync(EnumSet.of(HdfsDataOutputStream.SyncFlag.UPDATE_LENGTH));
        } else {
            out.hsync();
        }
        return none();
    }

    private List<String> concat(Request request) throws Exception {
        String[] sources = request.text("sources").split("\n");
        Path[] paths = new Path[sources.length];
        for (int i = 0; i < sources.length; i++) {
            paths[i] = new Path(sources[i]);
        }
        fs.concat(request.path("target"), paths);
        return none();
    }

    private void listRecursive(Path directory, List<String> paths) throws IOException {
        for (FileStatus status : fs.listStatus(directory)) {
            paths.add(status.getPath().toUri().getPath());
            if (status.isDirectory()) {
                listRecursive(status.getPath(), paths);
            }
        }
    }

    private List<String> blockIds(Request request) throws IOException {
        List<String> ids = new ArrayList<>();
        try (HdfsDataInputStream in = (HdfsDataInputStream) fs.open(request.path())) {
            for (LocatedBlock block : in.getAllBlocks()) {
                ids.add(String.valueOf(block.getBlock().getBlockId()));
            }
        }
        return ids;
    }

    private List<String> hold(Pattern pattern) {
        String handle = "h" + nextHandle++;
        open.put(handle, pattern);
        return one(handle);
    }

    private Pattern held(Request request) {
        Pattern pattern = open.get(request.text("handle"));
        if (pattern == null) {
            throw new IllegalArgumentException("no such handle");
        }
        return pattern;
    }

    private static List<String> must(boolean done, Request request) throws IOException {
        if (!done) {
            throw new IOException(request.operation + " " + request.text("path") + " returned false");
        }
        return none();
    }

    private static List<String> none() {
        return new ArrayList<>();
    }

    private static List<String> one(String value) {
        return Arrays.asList(value);
    }
}
