"""The cluster behind a line with a long round trip."""

import contextlib
import subprocess
import time

import pytest

from tests.cluster import simple
from tests.cluster.delay_proxy import DelayProxy
from tests.cluster.ports import free_port
from tests.mount.mounting import Mount

GIB = 1 << 30
ROUND_TRIPS = (0.0, 0.001, 0.010)
DIRECTORIES, FILES = 100, 10_000
# What else the machine does only ever takes time away: of so many rounds the best counts. More than the first few are
# measured only when it was too busy in them.
LEAST_ROUNDS, MOST_ROUNDS = 3, 10

# DataNodes tell clients this name; they serve at another address, so that a proxy can be put in between.
FAR = "127.0.0.2"


@pytest.fixture(scope="module")
def cluster():
    with simple(conf={"dfs.datanode.hostname": FAR}) as made:
        made.java.write("/large", GIB)
        made.java.write_many("/many", FILES, directories=DIRECTORIES)
        yield made


@pytest.fixture
def show(capsys):
    """Prints although pytest captures."""

    def line(text):
        with capsys.disabled():
            print(f"\n  {text}", end="", flush=True)

    return line


@contextlib.contextmanager
def mounted_from_afar(cluster, round_trip):
    """A mount that reaches the NameNode and the DataNode through proxies only."""
    namenode = f"127.0.0.1:{free_port()}"
    datanode = cluster.transfer_address("dn1")
    routes = {namenode: cluster.uri.removeprefix("hdfs://"), f"{FAR}:{datanode.split(':')[1]}": datanode}
    with DelayProxy(round_trip, routes):
        with Mount(f"hdfs://{namenode}", "hdfs.dfs.client.use.datanode.hostname=true", conf=cluster.conf_dir) as made:
            yield made


def megabytes_per_second(cluster, round_trip):
    with mounted_from_afar(cluster, round_trip) as made:
        begin = time.monotonic()
        subprocess.run(["cat", made / "large"], stdout=subprocess.DEVNULL, check=True)
        seconds = time.monotonic() - begin
        assert made.counter("fetched_bytes") >= GIB
    return GIB / 1e6 / seconds


@pytest.mark.long
def test_throughput_does_not_depend_on_the_distance(cluster, show):
    best = dict.fromkeys(ROUND_TRIPS, 0.0)
    for number in range(MOST_ROUNDS):
        for round_trip in ROUND_TRIPS:
            best[round_trip] = max(best[round_trip], megabytes_per_second(cluster, round_trip))
        if number + 1 >= LEAST_ROUNDS and best[0.010] >= 0.8 * best[0.0]:
            break
    show("cat of 1 GiB: " + ", ".join(f"{trip * 1000:g} ms {rate:.0f} MB/s" for trip, rate in best.items()))
    assert best[0.010] >= 0.8 * best[0.0]


def find(cluster, round_trip):
    """Seconds, and the calls by name, that find(1) takes in a fresh mount."""
    with mounted_from_afar(cluster, round_trip) as made:
        before = made.status()["counters"]["namenode_calls"]
        begin = time.monotonic()
        found = subprocess.run(["find", made / "many"], stdout=subprocess.PIPE, check=True).stdout
        seconds = time.monotonic() - begin
        after = made.status()["counters"]["namenode_calls"]
    assert found.count(b"\n") == FILES + DIRECTORIES + 1
    return seconds, {name: count - before.get(name, 0) for name, count in after.items()}


def longest_find(round_trip, listings):
    in_flight = 1  # find(1) asks for one directory after the other
    return 1.5 * listings * round_trip / in_flight


@pytest.mark.long
def test_find_takes_one_round_trip_a_listing(cluster, show):
    for round_trip in ROUND_TRIPS:
        seconds, calls = find(cluster, round_trip)
        for number in range(1, MOST_ROUNDS):
            if number >= LEAST_ROUNDS and seconds < longest_find(round_trip, calls["getListing"]):
                break
            seconds, calls = min((seconds, calls), find(cluster, round_trip), key=lambda outcome: outcome[0])
        show(f"find over {FILES} files at {round_trip * 1000:g} ms: {seconds:.2f} s, {calls}, one in flight")
        assert DIRECTORIES < calls["getListing"] < 2 * DIRECTORIES
        if round_trip == 0.010:
            assert seconds < longest_find(round_trip, calls["getListing"])
