"""Hadoop configuration directories."""

from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

# What keeps tests fast: no waiting in safe mode, a killed DataNode is stale after 5 s of
# silence and dead after 16 s, small blocks are allowed, the edit log is not forced to disk.
FAST = {
    "dfs.namenode.safemode.extension": "0",
    "dfs.heartbeat.interval": "1",
    "dfs.namenode.stale.datanode.interval": "5000",
    "dfs.namenode.heartbeat.recheck-interval": "3000",
    "dfs.namenode.fs-limits.min-block-size": "1048576",
    "dfs.namenode.edits.noeditlogchannelflush": "true",
    "dfs.namenode.acls.enabled": "true",
    "dfs.datanode.du.reserved": "0",
    "ipc.client.connect.retry.interval": "200",
    "ipc.client.connect.max.retries": "100",
}

_LOG4J = """log4j.rootLogger={level},console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{{HH:mm:ss.SSS}} %p %c{{1}}: %m%n
"""


def xml(properties: dict[str, str]) -> str:
    """A Hadoop configuration file."""
    lines = ['<?xml version="1.0"?>', "<configuration>"]
    for key in sorted(properties):
        lines.append(f"  <property><name>{escape(key)}</name><value>{escape(str(properties[key]))}</value></property>")
    return "\n".join([*lines, "</configuration>", ""])


def write_dir(directory: Path, properties: dict[str, str], log_level: str = "INFO") -> Path:
    """Writes core-site.xml, hdfs-site.xml and log4j.properties; dfs.* keys go to hdfs-site.xml."""
    directory.mkdir(parents=True, exist_ok=True)
    hdfs = {k: v for k, v in properties.items() if k.startswith("dfs.")}
    core = {k: v for k, v in properties.items() if not k.startswith("dfs.")}
    (directory / "core-site.xml").write_text(xml(core))
    (directory / "hdfs-site.xml").write_text(xml(hdfs))
    (directory / "log4j.properties").write_text(_LOG4J.format(level=log_level))
    return directory


def read_dir(directory: Path) -> dict[str, str]:
    """The properties that write_dir() wrote."""
    return {row.findtext("name"): row.findtext("value") for name in ("core-site.xml", "hdfs-site.xml")
            for row in ElementTree.parse(directory / name).iter("property")}
