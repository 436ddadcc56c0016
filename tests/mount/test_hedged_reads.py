"""Reads that do not wait for a slow DataNode."""

import os
import random
import threading
import time

import pytest

from tests.cluster import simple
from tests.cluster.pattern import pattern

BLOCK = 1 << 20
SIZE = 24 * BLOCK  # so many that the stalled DataNode is the first choice of some
HEDGED = ("hdfs.dfs.client.hedged.read.threadpool.size=2", "hdfs.dfs.client.hedged.read.threshold.millis=50")


@pytest.fixture(scope="module")
def cluster():
    with simple(datanodes=3) as made:
        made.java.write("/file", SIZE, seed=4, block_size=BLOCK)
        yield made


@pytest.fixture
def stalled(cluster):
    cluster.pause("dn1")
    yield
    cluster.resume("dn1")


def read_at_random(made, reads, seed, slowest):
    """Reads that the kernel does not keep; the longest one's seconds are added to `slowest`."""
    numbers = random.Random(seed)
    fd = os.open(made / "file", os.O_RDONLY)
    try:
        for _ in range(reads):
            offset = numbers.randrange(SIZE - 5000)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            begun = time.monotonic()
            assert os.pread(fd, 3000, offset) == pattern(4, offset, 3000)
            slowest.append(time.monotonic() - begun)
    finally:
        os.close(fd)


def test_a_hedged_read_wins_against_a_stalled_datanode(mount, stalled):
    made, took = mount(*HEDGED), []
    for seed in range(20):  # a NameNode may name the same DataNode first for all blocks of a file
        read_at_random(made, 100, seed, took)
        if made.counter("hedged_reads", "won") >= 1:
            break
    else:
        pytest.fail("the stalled DataNode was never asked")
    assert max(took) < 10, "a read waited for the stalled DataNode"


def test_no_more_than_so_many_reads_are_hedged_at_a_time(mount, stalled):
    made, took = mount(*HEDGED), []
    readers = [threading.Thread(target=read_at_random, args=(made, 20, seed, took)) for seed in range(16)]
    for reader in readers:
        reader.start()
    most = 0
    while any(reader.is_alive() for reader in readers):
        most = max(most, made.counter("hedged_reads_in_flight"))
        time.sleep(0.02)
    assert len(took) == 16 * 20, "a read failed"
    assert most <= 2


def test_reads_are_not_hedged_unless_wanted(mount, cluster):
    made, took = mount(), []
    read_at_random(made, 50, 2, took)
    assert made.counter("hedged_reads") == 0
