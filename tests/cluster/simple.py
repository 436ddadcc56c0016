"""The flavour `simple`: one NameNode and any number of DataNodes, no security."""

import os
from pathlib import Path

from . import config, domain_socket, jmx
from .cluster import Cluster
from .jars import native_libraries
from .ports import free_port
from .process import Process
from .versions import DEFAULT_VERSION

_NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
_SYMLINK_NAMENODE = "SymlinkNameNode"
_DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"


def simple(*, version: str = DEFAULT_VERSION, datanodes: int = 1, symlinks: bool = False, short_circuit: bool = False,
           conf: dict[str, str] | None = None, parent: os.PathLike | None = None) -> Cluster:
    """A healthy cluster of processes "nn", "dn1", "dn2", ...

    symlinks        the NameNode allows symbolic links, which stock Hadoop has switched off
    short_circuit   the DataNodes pass open files to clients on this machine, and clients ask for them
    conf            further Hadoop keys for every daemon and every client
    parent          where the cluster's directory is made
    """
    cluster = Cluster(version=version, parent=parent)
    try:
        keys = _pass_open_files(cluster) if short_circuit else {}
        _build(cluster, datanodes, symlinks, {**keys, **(conf or {})})
    except BaseException:
        cluster.close()
        raise
    return cluster


def _pass_open_files(cluster: Cluster) -> dict[str, str]:
    cluster.hadoop.native = native_libraries()
    cluster.sockets = domain_socket.make_directory()
    return {"dfs.client.read.shortcircuit": "true", "dfs.domain.socket.path": str(cluster.sockets / "dn._PORT")}


def _build(cluster: Cluster, datanodes: int, symlinks: bool, conf: dict[str, str]) -> None:
    rpc, http = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    cluster.uri = f"hdfs://{rpc}"
    cluster.namenode_http = http
    client = {
        "fs.defaultFS": cluster.uri,
        "dfs.replication": str(min(datanodes, 3)),
        **conf,
    }
    cluster.write_client_conf(client)
    common = {**config.FAST, "hadoop.tmp.dir": str(cluster.directory / "tmp"), **client}
    _add_namenode(cluster, common, rpc, http, datanodes, symlinks)
    for number in range(1, datanodes + 1):
        add_datanode(cluster, f"dn{number}", common)
    _start(cluster)


def _add_namenode(cluster: Cluster, common: dict[str, str], rpc: str, http: str, datanodes: int,
                  symlinks: bool) -> None:
    home = cluster.directory / "nn"
    conf = config.write_dir(home / "conf", {
        **common,
        "dfs.namenode.rpc-address": rpc,
        "dfs.namenode.rpc-bind-host": "127.0.0.1",
        "dfs.namenode.http-address": http,
        "dfs.namenode.name.dir": f"file://{home / 'name'}",
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
    })
    extra: tuple[Path, ...] = (cluster.hadoop.helper_classes(),) if symlinks else ()
    argv = cluster.jvm(_SYMLINK_NAMENODE if symlinks else _NAMENODE, conf=conf, heap="384m", class_path=extra)
    cluster.add(Process("nn", argv, log=cluster.log_path("nn"),
                        ready=lambda: jmx.namenode_serves(http, datanodes)))
    cluster.format_argv = cluster.jvm(_NAMENODE, "-format", "-nonInteractive", "-clusterId", "tests", conf=conf,
                                      heap="256m", options=("-XX:TieredStopAtLevel=1",))


def add_datanode(cluster: Cluster, name: str, common: dict[str, str]) -> Process:
    """Adds one DataNode with its own directory and ports; it is not started."""
    home = cluster.directory / name
    http = f"127.0.0.1:{free_port()}"
    conf = config.write_dir(home / "conf", {
        **common,
        "dfs.datanode.hostname": common.get("dfs.datanode.hostname", "127.0.0.1"),
        "dfs.datanode.address": f"127.0.0.1:{free_port()}",
        "dfs.datanode.http.address": http,
        "dfs.datanode.ipc.address": f"127.0.0.1:{free_port()}",
        "dfs.datanode.data.dir": f"file://{home / 'data'}",
    })
    return cluster.add(Process(name, cluster.jvm(_DATANODE, conf=conf, heap="256m"), log=cluster.log_path(name),
                               ready=lambda: jmx.datanode_serves(http)))


def _start(cluster: Cluster) -> None:
    """Formats while the DataNodes start: they keep asking until the NameNode answers."""
    formatting = cluster.run_once("format", cluster.format_argv)
    for process in cluster.processes.values():
        if process.name != "nn":
            process.start()
    cluster.finish("format", formatting)
    cluster["nn"].start()
    # The NameNode alone first: its log explains a DataNode that cannot register.
    cluster.wait_healthy()
