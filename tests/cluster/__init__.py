"""Real HDFS clusters for tests, demonstrations and measurements.

A cluster is a set of named operating-system processes (one JVM per daemon) below one
temporary directory, listening on loopback only.  Flavours (`simple`, later others) are
builder functions that describe the processes; `Cluster` starts them, waits until they
are healthy, and takes them down.  Nothing survives the process that made a cluster:
every child asks the kernel to be killed with its parent, and a small janitor process
removes the directory when its parent is gone, however it ended.

    with simple(datanodes=2) as cluster:
        cluster.webhdfs.put("/a", b"bytes")
        cluster.kill("dn1")
"""

from .cluster import Cluster, ClusterError
from .simple import simple

__all__ = ["Cluster", "ClusterError", "simple"]
