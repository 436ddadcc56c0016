import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.Socket;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StorageType;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.DatanodeInfo;
import org.apache.hadoop.hdfs.protocol.ExtendedBlock;
import org.apache.hadoop.hdfs.protocol.LocatedBlock;
import org.apache.hadoop.hdfs.protocol.datatransfer.Sender;
import org.apache.hadoop.hdfs.protocol.proto.DataTransferProtos.BlockOpResponseProto;
import org.apache.hadoop.hdfs.protocol.proto.DataTransferProtos.Status;
import org.apache.hadoop.hdfs.protocolPB.PBHelperClient;
import org.apache.hadoop.hdfs.security.token.block.BlockTokenIdentifier;
import org.apache.hadoop.security.token.Token;

/** Moves the first replica of each block of a file to a DataNode that has none, as the balancer does: MoveBlocks PATH. */
public final class MoveBlocks {
    private static final Token<BlockTokenIdentifier> NO_TOKEN = new Token<>();

    private MoveBlocks() {
    }

    public static void main(String[] args) throws Exception {
        try (DistributedFileSystem fs = (DistributedFileSystem) FileSystem.get(new Configuration())) {
            DatanodeInfo[] nodes = fs.getDataNodeStats();
            long length = fs.getFileStatus(new Path(args[0])).getLen();
            for (LocatedBlock block : fs.getClient().getLocatedBlocks(args[0], 0, length).getLocatedBlocks()) {
                move(block.getBlock(), block.getLocations()[0], nodeWithout(block, nodes));
            }
        }
    }

    private static DatanodeInfo nodeWithout(LocatedBlock block, DatanodeInfo[] nodes) throws IOException {
        for (DatanodeInfo node : nodes) {
            boolean holds = false;
            for (DatanodeInfo holder : block.getLocations()) {
                holds |= holder.getDatanodeUuid().equals(node.getDatanodeUuid());
            }
            if (!holds) {
                return node;
            }
        }
        throw new IOException("every DataNode holds " + block.getBlock());
    }

    private static void move(ExtendedBlock block, DatanodeInfo source, DatanodeInfo target) throws Exception {
        try (Socket socket = new Socket(target.getIpAddr(), target.getXferPort())) {
            socket.setSoTimeout(20000);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            replaceBlock(new Sender(out), block, source);
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            BlockOpResponseProto answer;
            do {
                answer = BlockOpResponseProto.parseFrom(PBHelperClient.vintPrefixed(in));
            } while (answer.getStatus() == Status.IN_PROGRESS);
            if (answer.getStatus() != Status.SUCCESS) {
                throw new IOException(block + ": " + answer.getStatus() + ": " + answer.getMessage());
            }
        }
    }

    /** Hadoop 3 takes a storage id more than Hadoop 2. */
    private static void replaceBlock(Sender sender, ExtendedBlock block, DatanodeInfo source) throws Exception {
        for (Method method : Sender.class.getMethods()) {
            if (!method.getName().equals("replaceBlock")) {
                continue;
            }
            Object[] common = {block, StorageType.DEFAULT, NO_TOKEN, source.getDatanodeUuid(), source};
            Object[] given = new Object[method.getParameterCount()];
            System.arraycopy(common, 0, given, 0, common.length);
            method.invoke(sender, given);
            return;
        }
        throw new NoSuchMethodException("Sender.replaceBlock");
    }
}
