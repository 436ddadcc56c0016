"""Replicas opened in the DataNodes' own directories: only what the NameNode named, never wrong bytes, else over TCP."""

import os
import random
import re
import signal
import subprocess
import time

import pytest

from tests.cluster import pattern, simple
from tests.mount.mounting import wait_until

MIB = 1 << 20


@pytest.fixture(scope="module")
def cluster():
    """A cluster of this module's own: two DataNodes without UNIX sockets, every file on both unless a test says otherwise."""
    with simple(datanodes=2) as made:
        yield made


@pytest.fixture
def direct(mount, cluster):
    """Makes mounts that read the directories of both DataNodes."""
    directories = ":".join(str(cluster.directory / name / "data") for name in ("dn1", "dn2"))

    def make(*options):
        made = mount("direct_replicas", f"replica_dirs={directories}", *options)
        wait_until(lambda: made.counter("replica_directories") == 2, 10, "the directories")
        return made
    return make


def tiers(mount):
    """Bytes read so far by the way they came."""
    return {**{"direct": 0, "short_circuit": 0, "remote": 0, "read_ahead": 0}, **mount.status()["counters"].get("read_bytes", {})}


def all_direct(mount, size):
    seen = tiers(mount)
    return seen["direct"] >= size and seen["direct"] == sum(seen.values())


def written(cluster, path, size, seed, **how):
    cluster.java.write(path, size, seed=seed, **{"block_size": MIB, **how})
    for block in cluster.java.block_ids(path):
        wait_until(lambda: len(cluster.replicas(block)) == (1 if "datanode" in how else 2), 20, "all replicas")
    return path


@pytest.mark.parametrize("kind, chunk", [("CRC32", 512), ("CRC32C", 4096), ("NULL", 512)])
def test_any_part_of_a_file_of_several_blocks(direct, cluster, here, kind, chunk):
    size = 3 * MIB + 77777
    made = direct()
    path = made / written(cluster, f"{here}/file", size, 1, checksum=kind, bytes_per_checksum=chunk)
    assert path.read_bytes() == pattern.pattern(1, 0, size)
    made.drop_kernel_caches()
    chance = random.Random(7)
    with open(path, "rb", buffering=0) as file:
        for _ in range(200):
            offset, count = chance.randrange(size), chance.choice((1, 511, 512, 4096, 70000, MIB + 5))
            assert os.pread(file.fileno(), count, offset) == pattern.pattern(1, offset, min(count, size - offset))
    assert all_direct(made, size), tiers(made)
    assert 4 <= made.counter("local_replicas", "opened_directly") <= 8, "each block's files once, or twice by reads at the same time"
    assert made.counter("datanode_connects") == 0, "no DataNode was asked"


def test_small_files_need_no_datanode(direct, cluster, here):
    cluster.java.write_many(here, 300, size=5000)
    made = direct()
    for number in range(300):
        assert (made / f"{here}/file-{number:05}").read_bytes() == pattern.prefix(number, 5000)
    assert all_direct(made, 300 * 5000), tiers(made)
    assert made.counter("datanode_connects") == 0


def test_a_corrupt_replica_is_confirmed_over_tcp_then_reported_and_passed_over(direct, cluster, here):
    written(cluster, f"{here}/file", 8 * MIB, 5)
    rotten = set()
    for number, block in enumerate(cluster.java.block_ids(f"{here}/file")):
        with open(cluster.replicas(block)[number % 2], "r+b") as data:
            os.pwrite(data.fileno(), bytes(b ^ 0xFF for b in os.pread(data.fileno(), 100, MIB // 2)), MIB // 2)
        rotten.add(block)
    made = direct()
    assert (made / f"{here}/file").read_bytes() == pattern.pattern(5, 0, 8 * MIB)
    bad = made.counter("short_circuit", "bad_replicas")
    assert bad > 0 and made.log_lines("reading its replica on this machine failed")
    log = cluster["nn"].log
    wait_until(lambda: len({int(block) for block in re.findall(r"reportBadBlocks for block: \S+:blk_(\d+)_", log.read_text(errors="replace"))}
                           & rotten) >= bad, 10, "the reports of the corrupt replicas")


def test_a_truncated_replica_or_checksum_file_is_left_to_tcp(direct, cluster, here):
    written(cluster, f"{here}/file", 2 * MIB, 6)
    for block in cluster.java.block_ids(f"{here}/file"):
        first, second = cluster.replicas(block)
        os.truncate(first, MIB - 1)
        meta, = second.parent.glob(f"{second.name}_*.meta")
        os.truncate(meta, 100)
    made = direct()
    with pytest.raises(OSError):
        (made / f"{here}/file").read_bytes()
    assert tiers(made)["direct"] == 0


def test_the_block_being_written_and_what_is_appended(direct, cluster, here):
    size = MIB + 1000
    made = direct("attr_timeout=0.1s,entry_timeout=0.1s")
    path = made / written(cluster, f"{here}/file", size, 10, block_size=4 * MIB)
    with open(path, "rb", buffering=0) as before:
        assert os.pread(before.fileno(), size, 0) == pattern.pattern(10, 0, size)
        handle = cluster.java.append(f"{here}/file", seed=10)
        cluster.java.extend(handle, 5000)
        cluster.java.hflush(handle)
        made.drop_kernel_caches()
        assert os.pread(before.fileno(), size, 0) == pattern.pattern(10, 0, size)
        cluster.java.finish(handle)
        made.drop_kernel_caches()
        assert os.pread(before.fileno(), size, 0) == pattern.pattern(10, 0, size)
    wait_until(lambda: os.stat(path).st_size == size + 5000, 10, "the new length")
    already = tiers(made)["direct"]
    assert path.read_bytes() == pattern.pattern(10, 0, size + 5000)
    assert tiers(made)["direct"] >= already + size + 5000
    block, = cluster.java.block_ids(f"{here}/file")
    assert not re.search(rf"reportBadBlocks for block: \S+:blk_{block}_", cluster["nn"].log.read_text(errors="replace"))


def test_a_replica_deleted_by_setrep(direct, cluster, here):
    made = direct()
    path = made / written(cluster, f"{here}/file", 3 * MIB, 14)
    with open(path, "rb", buffering=0) as file:
        assert file.read(MIB) == pattern.pattern(14, 0, MIB)
        cluster.webhdfs.set_replication(f"{here}/file", 1)
        for block in cluster.java.block_ids(f"{here}/file"):
            wait_until(lambda: len(cluster.replicas(block)) == 1, 30, "one replica")
        made.drop_kernel_caches()
        assert os.pread(file.fileno(), 3 * MIB, 0) == pattern.pattern(14, 0, 3 * MIB)


def test_a_dead_datanodes_replicas_are_read_all_the_same(direct, cluster, here):
    made = direct()
    path = made / written(cluster, f"{here}/file", 3 * MIB, 15, datanode=cluster.transfer_address("dn2"))
    cluster.kill("dn2")
    try:
        assert path.read_bytes() == pattern.pattern(15, 0, 3 * MIB)
        assert all_direct(made, 3 * MIB), tiers(made)
    finally:
        cluster.restart("dn2")


def test_the_namenode_decides_who_may_read(direct, cluster, here):
    written(cluster, f"{here}/file", MIB, 16)
    cluster.webhdfs.set_permission(f"{here}/file", "600")
    owner = direct()
    assert (owner / f"{here}/file").read_bytes() == pattern.pattern(16, 0, MIB)
    assert all_direct(owner, MIB)
    other = direct("hdfs_user=somebody-else")
    with pytest.raises(PermissionError):
        (other / f"{here}/file").read_bytes()
    assert other.counter("local_replicas", "opened_directly") == 0


def test_a_directory_of_another_layout_is_named_once_and_left_alone(mount, cluster, here, tmp_path):
    written(cluster, f"{here}/file", 2 * MIB, 17)
    (tmp_path / "current").mkdir()
    version = (cluster.directory / "dn1" / "data" / "current" / "VERSION").read_text()
    (tmp_path / "current" / "VERSION").write_text(version.replace("layoutVersion=-57", "layoutVersion=-56"))
    made = mount("direct_replicas", f"replica_dirs={tmp_path}:{tmp_path / 'missing'}")
    assert (made / f"{here}/file").read_bytes() == pattern.pattern(17, 0, 2 * MIB)
    assert tiers(made)["direct"] == 0
    lines = made.log_lines("no direct reads of replicas in")
    assert len(lines) == 2 and "-56" in lines[0] and "missing" in lines[1]


def test_a_disk_that_hangs_leaves_time_for_tcp(mount, cluster, here):
    written(cluster, f"{here}/file", 2 * MIB, 19, datanode=cluster.transfer_address("dn1"))
    subprocess.run(cluster.command_line("dfs", "-put", str(cluster.directory / "dn1" / "data"), f"{here}/copy"), check=True)
    disk = mount("attr_timeout=60s,entry_timeout=60s")  # can be stopped
    made = mount("timeout=8s", "direct_replicas", f"replica_dirs={disk / here}/copy")
    wait_until(lambda: made.counter("replica_directories") == 1, 10, "the directory")
    with open(made / f"{here}/file", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), MIB, 0) == pattern.pattern(19, 0, MIB)
        assert tiers(made)["direct"] >= MIB
        os.kill(disk.daemon.pid, signal.SIGSTOP)
        try:
            made.drop_kernel_caches()
            for offset in (0, MIB):  # a replica that is open, and one that is to be opened
                begun = time.monotonic()
                assert os.pread(file.fileno(), MIB, offset) == pattern.pattern(19, offset, MIB)
                assert time.monotonic() - begun < 7
        finally:
            os.kill(disk.daemon.pid, signal.SIGCONT)
    assert tiers(made)["remote"] + tiers(made)["read_ahead"] >= 2 * MIB


def test_off_unless_asked_for(mount, cluster, here):
    made = mount()
    path = made / written(cluster, f"{here}/file", MIB, 18)
    assert path.read_bytes() == pattern.pattern(18, 0, MIB)
    assert tiers(made)["direct"] == 0
