"""4 KiB reads while one of three DataNodes has stopped to answer."""

import contextlib
import itertools
from collections.abc import Iterator

from tests.cluster import simple
from tests.mount.mounting import Mount

from .context import Context
from .row import WrongTier, rows
from .tiers import TCP
from .tools import read

SIZE, READS, THREADS = 4096, 1000, 16
FILE, BLOCK = 512 << 20, 32 << 20
SILENCE = "hdfs.dfs.client.socket-timeout=2000"
HEDGED = ("hdfs.dfs.client.hedged.read.threadpool.size=16", "hdfs.dfs.client.hedged.read.threshold.millis=50")
_seeds = itertools.count(1)


@contextlib.contextmanager
def three_datanodes(context: Context):
    with simple(datanodes=3) as cluster:
        cluster.java.write("/spread", FILE, block_size=BLOCK)
        yield cluster


def slowest_of_hundred(cluster, *options: str, stall: bool = True) -> float:
    """The 99th percentile in milliseconds, through a fresh mount that has seen the file with all DataNodes well."""
    with Mount(cluster.uri, *TCP.options, SILENCE, *options, conf=cluster.conf_dir) as mounted:
        read("random", mounted / "spread", SIZE, 200, THREADS, next(_seeds), "direct")
        if stall:
            cluster.pause("dn1")
        try:
            measured = read("random", mounted / "spread", SIZE, READS, THREADS, next(_seeds), "direct")
        finally:
            if stall:
                cluster.resume("dn1")
        if options == HEDGED and not _hedges(mounted.status()["counters"]):
            raise WrongTier("the mount counts no hedged read")
    return measured["p99_ms"]


def _hedges(counters: dict) -> int:
    return sum(sum(value.values()) if isinstance(value, dict) else value
               for name, value in counters.items() if name.startswith("hedged"))


def stalled(*options: str):
    """The 99th percentile; beside that without the stall, and for hedged reads beside that without hedging."""

    def case(context: Context) -> Iterator[str]:
        with three_datanodes(context) as cluster:
            sides = {"ours": lambda: slowest_of_hundred(cluster, *options),
                     "nothing stalled": lambda: slowest_of_hundred(cluster, *options, stall=False)}
            if options:
                sides["not hedged"] = lambda: slowest_of_hundred(cluster)
            how = "hedged after 50 ms" if options else "not hedged, silence bounded by 2 s"
            yield from rows(f"p99 of random 4 KiB, 16 threads, TCP, one of three DataNodes stalled; {how}", context.in_turn(sides), "ms")

    return case


CASES = {"stalled": stalled(), "stalled_hedged": stalled(*HEDGED)}
