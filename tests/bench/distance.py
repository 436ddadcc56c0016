"""The TCP rows through proxies with a long round trip; the reference is the same without the distance."""

import contextlib
from collections.abc import Callable, Iterator

from tests.cluster.delay_proxy import DelayProxy
from tests.cluster.ports import free_port

from .context import FAR, Context
from .random_reads import random_rate
from .row import rows
from .sequential import first_read
from .small_files import scan
from .tiers import TCP

ROUND_TRIPS = {"1 ms": 0.001, "10 ms": 0.010}
READS = 500
FAR_NAMES = "hdfs.dfs.client.use.datanode.hostname=true"


@contextlib.contextmanager
def proxies(context: Context, round_trip: float) -> Iterator[str]:
    """The URI of a cluster that is reached through proxies only."""
    cluster = context.cluster
    namenode, datanode = f"127.0.0.1:{free_port()}", cluster.transfer_address("dn1")
    routes = {namenode: cluster.uri.removeprefix("hdfs://"), f"{FAR}:{datanode.split(':')[1]}": datanode}
    with DelayProxy(round_trip, routes):
        yield f"hdfs://{namenode}"


def far(name: str, unit: str, measure: Callable[[Context, str], float]):
    """`measure` takes the URI to mount."""

    def case(context: Context) -> Iterator[str]:
        def through(round_trip: float) -> Callable[[], float]:
            def side() -> float:
                with proxies(context, round_trip) as source:
                    return measure(context, source)

            return side

        sides = {label: through(trip) for label, trip in {"0 ms": 0.0, **ROUND_TRIPS}.items()}
        # The side without distance is what the others are compared with, so it is never left out.
        medians = context.in_turn({"ours": sides.pop("0 ms"), **sides})
        near = medians.pop("ours")
        for label, value in medians.items():
            yield from rows(f"{name}, TCP, round trip {label}", {"ours": value, "0 ms": near}, unit)

    return case


def _sequential(context: Context, source: str) -> float:
    return first_read(context, TCP, context.large(), FAR_NAMES, source=source)


def _small(context: Context, source: str) -> float:
    return scan(context, TCP, FAR_NAMES, source=source)


def _random(threads: int):
    return lambda context, source: random_rate(context, TCP, context.large(), threads, FAR_NAMES, source=source, reads=READS)


CASES = {
    "distance_sequential": far("first read of 1.6 GB", "MB/s", _sequential),
    "distance_small": far("2,000 files of 5 KB", "s", _small),
    "distance_random": far("random 4 KiB, 1 thread", "reads/s", _random(1)),
    "distance_random16": far("random 4 KiB, 16 threads", "reads/s", _random(16)),
}
