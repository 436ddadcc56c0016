"""Health and metrics of a daemon, from its HTTP server."""

import json
import urllib.parse
import urllib.request

# A proxy in the environment must never see loopback traffic.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def bean(http_address: str, query: str, timeout: float = 5) -> dict:
    """One JMX bean as a dictionary, e.g. "Hadoop:service=NameNode,name=NameNodeInfo".

    Metrics beans (names ending in Activity) are cached by the daemon for about 10 s.
    """
    url = f"http://{http_address}/jmx?qry={urllib.parse.quote(query, safe=':=,')}"
    with opener.open(url, timeout=timeout) as reply:
        return json.load(reply)["beans"][0]


def namenode_serves(http_address: str, datanodes: int) -> bool:
    """Whether a NameNode is out of safe mode and sees that many live DataNodes."""
    info = bean(http_address, "Hadoop:service=NameNode,name=NameNodeInfo")
    state = bean(http_address, "Hadoop:service=NameNode,name=FSNamesystemState")
    return info["Safemode"] == "" and state["NumLiveDataNodes"] >= datanodes


def datanode_serves(http_address: str) -> bool:
    """Whether a DataNode is registered with every NameNode it knows."""
    info = bean(http_address, "Hadoop:service=DataNode,name=DataNodeInfo")
    actors = json.loads(info["BPServiceActorInfo"])
    return bool(actors) and all(a["ActorState"] == "RUNNING" for a in actors)
