import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.server.namenode.NameNode;

/** A NameNode that allows symbolic links, which stock Hadoop keeps switched off. */
public final class SymlinkNameNode {
    private SymlinkNameNode() {}

    public static void main(String[] args) throws Exception {
        FileSystem.enableSymlinks();
        NameNode.main(args);
    }
}
