"""What breaks while a file is read or a directory listed: every byte is right, every name there once, nothing hangs."""

import contextlib
import errno
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.cluster import pattern, simple
from tests.cluster.step_proxy import STEPS, StepProxy
from tests.mount.mounting import wait_until

MIB = 1 << 20
NAMES = ("dn1", "dn2", "dn3")
VIA_PROXIES = "hdfs.dfs.client.use.datanode.hostname=true"
# Which replica is asked first is the NameNode's choice, of three: in so many files the one that fails is asked.
ENOUGH_FILES = 12


@pytest.fixture(scope="module")
def cluster():
    """Three DataNodes whose host name leads to proxies, and short pages of listings."""
    conf = {"dfs.datanode.hostname": "127.0.0.2", "dfs.ls.limit": "20", "dfs.namenode.redundancy.interval.seconds": "1"}
    with simple(datanodes=3, conf=conf) as made:
        yield made


@pytest.fixture(scope="module")
def proxies(cluster):
    """A proxy for each DataNode, in front of those mounts that go by host names."""
    made = {}
    for name in NAMES:
        address = cluster.transfer_address(name)
        made[name] = StepProxy(f"127.0.0.2:{address.rsplit(':', 1)[1]}", address)
    yield made
    for proxy in made.values():
        proxy.close()


@pytest.fixture(scope="module")
def one_file(cluster):
    """A file of three blocks with a replica on each DataNode, and its seed and size."""
    size = 3 * MIB + 77777
    cluster.java.write("/faults/file", size, seed=1, block_size=MIB)
    for block in cluster.java.block_ids("/faults/file"):
        wait_until(lambda: len(cluster.replicas(block)) == 3, 60, "three replicas")
    return "/faults/file", 1, size


def expect_bytes(file, seed, begin, end):
    """Reads [begin, end) of an open file in order and compares each byte."""
    while begin < end:
        piece = file.read(min(100_000, end - begin))
        assert piece and piece == pattern.pattern(seed, begin, len(piece)), f"wrong bytes at {begin}"
        begin += len(piece)


@contextlib.contextmanager
def killed_and_restarted(cluster, proxies, *names):
    """DataNodes die, or will have died by the end; after that they are back."""
    try:
        yield
    finally:
        for name in names:
            proxies[name].at(None)
            if not cluster[name].alive:
                cluster.restart(name)
            proxies[name].open()
        wait_until(cluster["nn"].is_ready, 30, "three live DataNodes")


@pytest.mark.parametrize("step", STEPS)
def test_a_datanode_dies_at_a_step_of_a_read(mount, cluster, proxies, one_file, step):
    path, seed, size = one_file
    made = mount(VIA_PROXIES, "timeout=30s")
    victims = []

    def dies(name):
        if not victims:
            victims.append(name)
            proxies[name].close()
            cluster.kill(name)

    with killed_and_restarted(cluster, proxies, *NAMES):
        for name, proxy in proxies.items():
            proxy.at(step, lambda name=name: dies(name))
        with open(made / path, "rb", buffering=0) as file:
            expect_bytes(file, seed, 0, size)
            assert file.read(1) == b""
        assert len(victims) == 1
        assert made.counter("replica_failures") >= 1


def test_a_datanode_that_refuses_connections(mount, cluster, proxies, one_file):
    path, seed, size = one_file
    made = mount(VIA_PROXIES, "timeout=30s")
    with killed_and_restarted(cluster, proxies, "dn1"):
        proxies["dn1"].close()
        cluster.kill("dn1")
        for _ in range(40):
            made.drop_kernel_caches()
            with open(made / path, "rb", buffering=0) as file:
                expect_bytes(file, seed, 0, size)
            if made.counter("replica_failures", "cannot connect"):
                return
        pytest.fail("the NameNode never named the dead DataNode first")


def flip(replica, _meta):
    with open(replica, "r+b") as data:
        size = os.fstat(data.fileno()).st_size
        flipped = bytes(b ^ 0xFF for b in os.pread(data.fileno(), 100, size // 2))
        os.pwrite(data.fileno(), flipped, size // 2)


def cut_data(replica, _meta):
    os.truncate(replica, replica.stat().st_size // 2)


def cut_all_data(replica, _meta):
    os.truncate(replica, 0)


def cut_sums(_replica, meta):
    os.truncate(meta, meta.stat().st_size // 2)


def cut_header_of_sums(_replica, meta):
    os.truncate(meta, 3)


def damage(cluster, path, how, replicas):
    """Damages so many replicas of each block of a file."""
    for block in cluster.java.block_ids(path):
        wait_until(lambda: len(cluster.replicas(block)) == 3, 60, "three replicas")
        for replica in cluster.replicas(block)[:replicas]:
            how(replica, next(replica.parent.glob(f"{replica.name}_*.meta")))


@pytest.mark.parametrize("how", [flip, cut_data, cut_all_data, cut_sums, cut_header_of_sums])
def test_damaged_replicas_are_passed_over(mount, cluster, here, how):
    paths = [f"{here}/{number}" for number in range(ENOUGH_FILES)]
    for number, path in enumerate(paths):
        cluster.java.write(path, 300_000, seed=number)
        damage(cluster, path, how, replicas=2)
    made = mount("timeout=30s")
    for number, path in enumerate(paths):
        assert (made / path).read_bytes() == pattern.pattern(number, 0, 300_000), path
    # Without a header the DataNode says that it has no sums, and its bytes, which are right, are taken.
    if how is not cut_header_of_sums:
        assert made.counter("replica_failures") >= 1


@pytest.mark.parametrize("how", [cut_all_data, cut_sums])
def test_every_replica_damaged_is_an_error(mount, cluster, here, how):
    cluster.java.write(f"{here}/file", 300_000, seed=2)
    damage(cluster, f"{here}/file", how, replicas=3)
    made = mount("timeout=10s")
    started = time.monotonic()
    with pytest.raises(OSError) as failed:
        (made / f"{here}/file").read_bytes()
    assert failed.value.errno == errno.EIO
    assert time.monotonic() - started < 30
    assert os.stat(made / f"{here}/file").st_size == 300_000


def replicas_of(cluster, path):
    return {block: cluster.replicas(block) for block in cluster.java.block_ids(path)}


def test_replicas_deleted_by_setrep_while_the_file_is_open(mount, cluster, here):
    path, size = f"{here}/file", 24 * MIB
    cluster.java.write(path, size, seed=3, block_size=MIB)
    made = mount()
    with open(made / path, "rb", buffering=0) as file:
        expect_bytes(file, 3, 0, 100_000)
        cluster.webhdfs.set_replication(path, 1)
        wait_until(lambda: all(len(r) == 1 for r in replicas_of(cluster, path).values()), 60, "one replica each")
        expect_bytes(file, 3, 100_000, size)
        assert file.read(1) == b""


def test_blocks_moved_by_a_balancer_while_the_file_is_open(mount, cluster, here):
    path, size = f"{here}/file", 24 * MIB
    cluster.java.write(path, size, seed=4, block_size=MIB, replication=1)
    before = replicas_of(cluster, path)
    made = mount()
    with open(made / path, "rb", buffering=0) as file:
        expect_bytes(file, 4, 0, 100_000)
        classes = cluster.hadoop.class_path(cluster.conf_dir, cluster.hadoop.helper_classes())
        moving = cluster.hadoop.jvm("MoveBlocks", path, class_path=classes, options=("-XX:TieredStopAtLevel=1",))
        done = subprocess.run(moving, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        assert done.returncode == 0, done.stdout
        wait_until(lambda: not any(Path(r).exists() for rs in before.values() for r in rs), 60, "the old replicas gone")
        expect_bytes(file, 4, 100_000, size)
        assert file.read(1) == b""
    assert made.counter("replica_failures") >= 1


@contextlib.contextmanager
def namenode_restarting(cluster):
    """The NameNode is gone for a while from the beginning on, and back at the end."""
    cluster.kill("nn")
    failures = []

    def back():
        time.sleep(1)
        try:
            cluster["nn"].start()
            cluster["nn"].wait_ready()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=back)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        assert failures == []


def test_the_namenode_restarts_while_a_directory_is_listed(mount, cluster, here):
    count = 1000
    cluster.java.write_many(here, count)
    made = mount()
    with os.scandir(made / here) as listing:
        names = [next(listing).name for _ in range(5)]
        calls = made.counter("namenode_calls", "getListing")
        with namenode_restarting(cluster):
            names += [entry.name for entry in listing]
    assert sorted(names) == [f"file-{number:05d}" for number in range(count)]
    assert made.counter("namenode_calls", "getListing") - calls > 10, "the listing went on after the restart"


def test_the_namenode_restarts_while_a_file_is_read(mount, cluster, here):
    path, size = f"{here}/file", 24 * MIB
    cluster.java.write(path, size, seed=5, block_size=MIB)
    made = mount("hdfs.dfs.client.read.prefetch.size=1m")
    with open(made / path, "rb", buffering=0) as file:
        expect_bytes(file, 5, 0, 100_000)
        calls = made.counter("namenode_calls", "getBlockLocations")
        with namenode_restarting(cluster):
            expect_bytes(file, 5, 100_000, size)
            assert file.read(1) == b""
    assert made.counter("namenode_calls", "getBlockLocations") > calls, "locations were needed after the restart"
