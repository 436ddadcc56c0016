"""Several DataNodes: one dies, hangs or has a rotten replica; and erasure-coded files."""

import errno
import os
import re
import time

import pytest

from tests.cluster import pattern, simple
from tests.mount.mounting import Mount, wait_until

MIB = 1 << 20


@pytest.fixture(scope="module")
def cluster():
    """A cluster of this module's own, with three DataNodes."""
    with simple(datanodes=3) as made:
        yield made


def read_in_steps(path, seed, size, between):
    """Reads a file in order, calls `between` after a third, and compares every byte."""
    with open(path, "rb", buffering=0) as file:
        offset, called = 0, False
        while offset < size:
            if offset >= size // 3 and not called:
                between()
                called = True
            piece = file.read(100000)
            assert piece == pattern.pattern(seed, offset, len(piece)) and piece
            offset += len(piece)
        assert file.read(1) == b""


def test_a_read_survives_the_death_of_a_datanode(mount, cluster, here):
    cluster.java.write(f"{here}/file", 40 * MIB, seed=1, block_size=2 * MIB)
    made = mount()
    try:
        read_in_steps(made / f"{here}/file", 1, 40 * MIB, lambda: cluster.kill("dn2"))
    finally:
        cluster.restart("dn2")


@pytest.mark.long
def test_a_read_survives_a_datanode_that_hangs(mount, cluster, here):
    cluster.java.write(f"{here}/file", 20 * MIB, seed=2, block_size=2 * MIB)
    made = mount()
    try:
        read_in_steps(made / f"{here}/file", 2, 20 * MIB, lambda: cluster.pause("dn3"))
    finally:
        cluster.resume("dn3")


def test_all_datanodes_dead_is_an_error_and_passes(mount, cluster, here):
    cluster.java.write(f"{here}/file", MIB, seed=3, block_size=MIB)
    made = mount("timeout=5s")
    assert os.stat(made / f"{here}/file").st_size == MIB
    for number in (1, 2, 3):
        cluster.kill(f"dn{number}")
    started = time.monotonic()
    with pytest.raises(OSError) as failed:
        (made / f"{here}/file").read_bytes()
    assert failed.value.errno in (errno.EIO, errno.ETIMEDOUT)
    assert time.monotonic() - started < 15
    for number in (1, 2, 3):
        cluster.restart(f"dn{number}")
    wait_until(lambda: cluster["nn"].is_ready(), 30, "three live DataNodes")
    wait_until(lambda: (made / f"{here}/file").read_bytes() == pattern.pattern(3, 0, MIB), 20, "the file readable again")


def transfer_address(cluster, replica):
    """The address of the DataNode that has a replica's file."""
    return cluster.transfer_address(replica.relative_to(cluster.directory).parts[0])


def test_corrupt_replicas_are_passed_over_and_reported(mount, cluster, here):
    blocks = 12
    cluster.java.write(f"{here}/file", blocks * MIB, seed=4, block_size=MIB)
    rotten = set()
    for number, block in enumerate(cluster.java.block_ids(f"{here}/file")):
        wait_until(lambda: len(cluster.replicas(block)) == 3, 20, "three replicas")
        # Another DataNode has the good one each time: an older NameNode puts the same DataNode first for every block.
        replicas = cluster.replicas(block)
        replicas.pop(number % 3)
        for replica in replicas:
            with open(replica, "r+b") as data:
                data.seek(MIB // 2)
                data.write(bytes(b ^ 0xFF for b in os.pread(data.fileno(), 100, MIB // 2)))
            rotten.add((block, transfer_address(cluster, replica)))
    made = mount()
    assert (made / f"{here}/file").read_bytes() == pattern.pattern(4, 0, blocks * MIB)

    def reported():
        log = cluster["nn"].log.read_text(errors="replace")
        found = re.findall(r"reportBadBlocks for block: \S+:blk_(\d+)_\d+ on datanode: (\S+)", log)
        return {(int(block), datanode) for block, datanode in found}

    # Which replica is asked first is the NameNode's choice; a good one must never be reported.
    wait_until(reported, 10, "the report of a corrupt replica at the NameNode")
    assert reported() <= rotten


def test_every_replica_corrupt_is_an_error_not_wrong_bytes(mount, cluster, here):
    cluster.java.write(f"{here}/file", MIB, seed=5, block_size=MIB)
    block, = cluster.java.block_ids(f"{here}/file")
    wait_until(lambda: len(cluster.replicas(block)) == 3, 20, "three replicas")
    for replica in cluster.replicas(block):
        with open(replica, "r+b") as data:
            data.seek(1000)
            data.write(b"rotten")
    made = mount("timeout=10s")
    with pytest.raises(OSError) as failed:
        (made / f"{here}/file").read_bytes()
    assert failed.value.errno == errno.EIO


@pytest.mark.hadoop("erasure coding")
def test_an_erasure_coded_file_is_listed_but_not_opened(mount, cluster, here):
    cluster.webhdfs.set_ec_policy(here, "XOR-2-1-1024k")
    cluster.java.write(f"{here}/coded", 3 * MIB, seed=6)
    cluster.java.write(f"{here}/empty", 0)
    made = mount()
    assert sorted(os.listdir(made / here)) == ["coded", "empty"]
    assert os.stat(made / f"{here}/coded").st_size == 3 * MIB
    with pytest.raises(OSError) as failed:
        open(made / f"{here}/coded", "rb")
    assert failed.value.errno == errno.EOPNOTSUPP
    line = made.log_lines("erasure")[0]
    assert f"{here}/coded" in line


def test_a_single_mount_serves_on_while_datanodes_come_and_go(cluster, here):
    cluster.java.write(f"{here}/file", 6 * MIB, seed=7, block_size=MIB)
    with Mount(cluster.uri, conf=cluster.conf_dir) as made:
        for name in ("dn1", "dn2", "dn3"):
            cluster.kill(name)
            made.drop_kernel_caches()
            assert (made / f"{here}/file").read_bytes() == pattern.pattern(7, 0, 6 * MIB)
            cluster.restart(name)
