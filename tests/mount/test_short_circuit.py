"""Replicas on this machine read as open files that their DataNode passes on: which way the bytes came, and that they are right."""

import os
import random
import re
import time
from pathlib import Path

import pytest

from tests.cluster import pattern, simple
from tests.mount.mounting import wait_until

MIB = 1 << 20


@pytest.fixture(scope="module")
def cluster():
    """A cluster of this module's own: two DataNodes with UNIX sockets, every file on both unless a test says otherwise."""
    with simple(datanodes=2, short_circuit=True) as made:
        yield made


def tiers(mount):
    """Bytes read so far by the way they came."""
    counters = mount.status()["counters"]
    return {**{"short_circuit": 0, "remote": 0, "read_ahead": 0}, **counters.get("read_bytes", {})}


def served_over_tcp(cluster):
    """How many reads the DataNodes served over TCP."""
    return sum(cluster.log_path(name).read_text(errors="replace").count("op: HDFS_READ") for name in ("dn1", "dn2"))


def event(mount, label):
    return mount.counter("short_circuit", label)


def written(cluster, path, size, seed, **how):
    """A file of pattern(seed) on every DataNode, or where `how` says."""
    cluster.java.write(path, size, seed=seed, **{"block_size": MIB, **how})
    copies = 1 if "datanode" in how else how.get("replication", 2)
    for block in cluster.java.block_ids(path):
        wait_until(lambda: len(cluster.replicas(block)) == copies, 20, "all replicas")
    return path


def all_local(mount, size):
    """Nothing but short-circuit reads, of at least so many bytes."""
    seen = tiers(mount)
    return seen["short_circuit"] >= size and seen["remote"] == seen["read_ahead"] == 0


def test_any_part_of_a_file_of_several_blocks(mount, cluster, here):
    size, seed = 3 * MIB + 77777, 1
    before = served_over_tcp(cluster)
    made = mount()
    path = made / written(cluster, f"{here}/file", size, seed)
    assert path.read_bytes() == pattern.pattern(seed, 0, size)
    made.drop_kernel_caches()
    chance = random.Random(7)
    with open(path, "rb", buffering=0) as file:
        for _ in range(200):
            offset = chance.randrange(size)
            count = chance.choice((1, 511, 512, 4096, 70000, MIB + 5))
            assert os.pread(file.fileno(), count, offset) == pattern.pattern(seed, offset, min(count, size - offset))
        assert os.pread(file.fileno(), 10, size) == b""
    assert all_local(made, size), tiers(made)
    assert event(made, "opened") == 4, "each block's files are asked for once"
    assert made.counter("fetched_bytes", "remote") == 0
    assert served_over_tcp(cluster) == before


def test_cold_replicas_are_read_from_the_disk(mount, cluster, here):
    made = mount()
    path = made / written(cluster, f"{here}/file", 12 * MIB, 2, block_size=8 * MIB)
    os.sync()
    made.drop_kernel_caches()
    assert path.read_bytes() == pattern.pattern(2, 0, 12 * MIB)
    assert all_local(made, 12 * MIB), tiers(made)
    assert event(made, "reads_from_disk") > 0


@pytest.mark.parametrize("kind, chunk", [("CRC32", 512), ("CRC32C", 4096), ("NULL", 512), ("CRC32C", 1 << 18)])
def test_every_kind_of_checksum(mount, cluster, here, kind, chunk):
    size = 2 * MIB + 100003
    made = mount()
    path = made / written(cluster, f"{here}/file", size, 3, checksum=kind, bytes_per_checksum=chunk)
    with open(path, "rb", buffering=0) as file:
        for offset in (size - 1, size - 5000, 123456, MIB - 3, 0):
            expected = pattern.pattern(3, offset, min(300000, size - offset))
            assert os.pread(file.fileno(), 300000, offset) == expected
    assert path.read_bytes() == pattern.pattern(3, 0, size)
    assert all_local(made, size), tiers(made)
    assert (event(made, "reads_unchecked") > 0) == (kind == "NULL")


def spoil(replica, offset=MIB // 2):
    with open(replica, "r+b") as data:
        old = os.pread(data.fileno(), 100, offset)
        os.pwrite(data.fileno(), bytes(b ^ 0xFF for b in old), offset)


def test_without_checksums_bytes_come_as_they_are(mount, cluster, here):
    written(cluster, f"{here}/file", MIB, 4, datanode=cluster.transfer_address("dn1"))
    block, = cluster.java.block_ids(f"{here}/file")
    spoil(cluster.replicas(block)[0])
    made = mount("hdfs.dfs.client.read.shortcircuit.skip.checksum=true")
    expected = bytearray(pattern.pattern(4, 0, MIB))
    expected[MIB // 2:MIB // 2 + 100] = bytes(b ^ 0xFF for b in expected[MIB // 2:MIB // 2 + 100])
    assert (made / f"{here}/file").read_bytes() == bytes(expected)
    assert all_local(made, MIB) and event(made, "reads_unchecked") > 0


def test_a_corrupt_replica_is_confirmed_over_tcp_then_reported_and_passed_over(mount, cluster, here):
    written(cluster, f"{here}/file", 8 * MIB, 5)
    rotten = {}
    for number, block in enumerate(cluster.java.block_ids(f"{here}/file")):
        # Not always on the same DataNode: an older NameNode puts one of them first for every block.
        replica = cluster.replicas(block)[number % 2]
        spoil(replica)
        rotten[block] = cluster.transfer_address(replica.relative_to(cluster.directory).parts[0])
    made = mount()
    assert (made / f"{here}/file").read_bytes() == pattern.pattern(5, 0, 8 * MIB)

    def reported():
        log = cluster["nn"].log.read_text(errors="replace")
        found = re.findall(r"reportBadBlocks for block: \S+:blk_(\d+)_\d+ on datanode: (\S+)", log)
        return {int(block): datanode for block, datanode in found if int(block) in rotten}

    bad = event(made, "bad_replicas")
    if bad == 0:  # the NameNode named the good replica first for each of eight blocks
        pytest.fail("no rotten replica was read")
    wait_until(lambda: len(reported()) >= bad, 10, "the reports of the corrupt replicas")
    assert reported().items() <= rotten.items(), "a good replica was reported"
    assert made.log_lines("reading its replica on this machine failed")


def read_in_steps(path, seed, size, between):
    """Reads a file in order, calls `between` after a third, and compares every byte."""
    with open(path, "rb", buffering=0) as file:
        offset, called = 0, False
        while offset < size:
            if offset >= size // 3 and not called:
                between()
                called = True
            piece = file.read(100000)
            assert piece and piece == pattern.pattern(seed, offset, len(piece))
            offset += len(piece)
        assert file.read(1) == b""


def test_a_datanode_is_killed_and_comes_back_during_a_read(mount, cluster, here):
    written(cluster, f"{here}/file", 24 * MIB, 6)
    made = mount()
    path = made / f"{here}/file"
    try:
        read_in_steps(path, 6, 24 * MIB, lambda: cluster.kill("dn1"))
    finally:
        cluster.restart("dn1")
    read_in_steps(path, 6, 24 * MIB, lambda: cluster.restart("dn2"))

    def local_again():
        made.drop_kernel_caches()
        before = tiers(made)
        assert path.read_bytes() == pattern.pattern(6, 0, 24 * MIB)
        after = tiers(made)
        return after["short_circuit"] - before["short_circuit"] == 24 * MIB

    wait_until(local_again, 60, "short-circuit reads of all blocks")


@pytest.mark.hadoop("shared memory segments")
def test_replicas_of_a_datanode_that_ended_are_given_up(mount, cluster, here):
    made = mount()
    path = made / written(cluster, f"{here}/file", 3 * MIB, 7, datanode=cluster.transfer_address("dn2"))
    assert path.read_bytes() == pattern.pattern(7, 0, 3 * MIB)
    assert made.counter("shared_memory_segments") == 1 and made.counter("local_replicas_open") == 3
    cluster.restart("dn2")
    wait_until(lambda: made.counter("local_replicas_open") == 0, 10, "the replicas of the DataNode closed")
    assert made.counter("shared_memory_segments") == 0
    made.drop_kernel_caches()
    assert path.read_bytes() == pattern.pattern(7, 0, 3 * MIB)
    assert all_local(made, 6 * MIB) and event(made, "segments_made") == 2


def test_no_socket_means_tcp_one_log_line_and_another_try(mount, cluster, here):
    size = 3 * MIB
    written(cluster, f"{here}/file", size, 8, datanode=cluster.transfer_address("dn1"))
    cluster.domain_socket("dn1").rename(cluster.sockets / "hidden")
    made = mount()
    path = made / f"{here}/file"
    try:
        for _ in range(3):
            assert path.read_bytes() == pattern.pattern(8, 0, size)
            made.drop_kernel_caches()
        assert tiers(made)["short_circuit"] == 0
        line, = made.log_lines("no short-circuit reads")
        assert "No such file or directory" in line and cluster.transfer_address("dn1") in line
    finally:
        (cluster.sockets / "hidden").rename(cluster.domain_socket("dn1"))

    def local_again():
        made.drop_kernel_caches()
        before = tiers(made)["short_circuit"]
        assert path.read_bytes() == pattern.pattern(8, 0, size)
        return tiers(made)["short_circuit"] == before + size

    wait_until(local_again, 30, "short-circuit reads")
    assert len(made.log_lines("no short-circuit reads")) == 1
    assert len(made.log_lines("work again")) == 1


def test_a_socket_that_others_could_replace_is_not_used(mount, cluster, here):
    written(cluster, f"{here}/file", MIB, 9, datanode=cluster.transfer_address("dn1"))
    cluster.sockets.chmod(0o777)
    try:
        made = mount()
        assert (made / f"{here}/file").read_bytes() == pattern.pattern(9, 0, MIB)
        assert tiers(made)["short_circuit"] == 0
        line, = made.log_lines("no short-circuit reads")
        assert f"{cluster.sockets} is writable by everybody" in line
    finally:
        cluster.sockets.chmod(0o755)


def test_a_block_that_is_appended_to(mount, cluster, here):
    size = MIB + 1000
    made = mount("attr_timeout=0.1s,entry_timeout=0.1s")
    path = made / written(cluster, f"{here}/file", size, 10, block_size=4 * MIB)
    with open(path, "rb", buffering=0) as before:
        assert os.pread(before.fileno(), size, 0) == pattern.pattern(10, 0, size)
        handle = cluster.java.append(f"{here}/file", seed=10)
        cluster.java.extend(handle, 5000)
        cluster.java.hflush(handle)
        made.drop_kernel_caches()
        # Being written now: the last block comes over TCP, and no byte is missing or wrong.
        assert os.pread(before.fileno(), size, 0) == pattern.pattern(10, 0, size)
        cluster.java.finish(handle)
        made.drop_kernel_caches()
        assert os.pread(before.fileno(), size, 0) == pattern.pattern(10, 0, size)
    wait_until(lambda: os.stat(path).st_size == size + 5000, 10, "the new length")
    local = tiers(made)["short_circuit"]
    assert path.read_bytes() == pattern.pattern(10, 0, size + 5000)
    assert tiers(made)["short_circuit"] >= local + size + 5000
    log = cluster["nn"].log.read_text(errors="replace")
    block, = cluster.java.block_ids(f"{here}/file")
    assert not re.search(rf"reportBadBlocks for block: \S+:blk_{block}_", log), "an append is no corruption"


def test_the_block_being_written_is_read_over_tcp(mount, cluster, here):
    handle = cluster.java.create(f"{here}/file", seed=11, block_size=MIB)
    cluster.java.extend(handle, 2 * MIB + 5000)
    cluster.java.hflush(handle)
    made = mount()
    with open(made / f"{here}/file", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), 4 * MIB, 0) == pattern.pattern(11, 0, 2 * MIB + 5000)
    seen = tiers(made)
    assert 0 < seen["short_circuit"] <= 2 * MIB and seen["remote"] + seen["read_ahead"] >= 5000
    cluster.java.finish(handle)


def test_a_file_replaced_between_open_and_read(mount, cluster, here):
    made = mount("attr_timeout=0.1s,entry_timeout=0.1s")
    path = made / written(cluster, f"{here}/file", 2 * MIB, 12)
    with open(path, "rb", buffering=0) as old:
        assert os.pread(old.fileno(), 4096, 0) == pattern.pattern(12, 0, 4096)
        written(cluster, f"{here}/new", 2 * MIB, 13)
        cluster.java.rename(f"{here}/new", f"{here}/file", overwrite=True)
        time.sleep(0.2)
        try:
            seen = os.pread(old.fileno(), MIB, MIB)
        except OSError:
            seen = pattern.pattern(12, MIB, MIB)  # gone is an honest answer
        assert seen == pattern.pattern(12, MIB, MIB)
    assert path.read_bytes() == pattern.pattern(13, 0, 2 * MIB)


@pytest.mark.hadoop("shared memory segments")
def test_a_replica_deleted_by_setrep_is_closed(mount, cluster, here):
    made = mount()
    path = made / written(cluster, f"{here}/file", 3 * MIB, 14)
    with open(path, "rb", buffering=0) as file:
        assert file.read(3 * MIB) == pattern.pattern(14, 0, 3 * MIB)
        cluster.webhdfs.set_replication(f"{here}/file", 1)
        for block in cluster.java.block_ids(f"{here}/file"):
            wait_until(lambda: len(cluster.replicas(block)) == 1, 30, "one replica")
        made.drop_kernel_caches()
        assert os.pread(file.fileno(), 3 * MIB, 0) == pattern.pattern(14, 0, 3 * MIB)

    def deleted_and_open():
        links = [os.readlink(link) for link in Path(f"/proc/{made.daemon.pid}/fd").iterdir() if link.is_symlink()]
        return [target for target in links if "blk_" in target and target.endswith("(deleted)")]

    wait_until(lambda: not deleted_and_open(), 15, "the deleted replicas closed")


def test_the_namenode_decides_who_may_read(mount, cluster, here):
    written(cluster, f"{here}/file", MIB, 15)
    cluster.webhdfs.set_permission(f"{here}/file", "600")
    owner = mount()
    assert (owner / f"{here}/file").read_bytes() == pattern.pattern(15, 0, MIB)
    assert all_local(owner, MIB)
    other = mount("hdfs_user=somebody-else")
    with pytest.raises(PermissionError):
        (other / f"{here}/file").read_bytes()
    assert event(other, "opened") == 0


@pytest.mark.hadoop("shared memory segments")
def test_many_small_files_keep_few_open(mount, cluster, here):
    cluster.java.write_many(here, 300, size=5000)
    made = mount("hdfs.dfs.client.read.shortcircuit.streams.cache.size=50")
    for number in range(300):
        assert (made / f"{here}/file-{number:05}").read_bytes() == pattern.prefix(number, 5000)
    assert all_local(made, 300 * 5000)
    assert made.counter("local_replicas_open") == 50 and event(made, "opened") == 300
    assert made.counter("domain_connects") < 20, "connections are used again"
    wait_until(lambda: event(made, "slots_returned") == 250, 10, "the slots of the others given back")
    descriptors = len(os.listdir(f"/proc/{made.daemon.pid}/fd"))
    assert descriptors < 200


def test_replicas_nobody_reads_are_closed(mount, cluster, here):
    made = mount("hdfs.dfs.client.read.shortcircuit.streams.cache.expiry.ms=500")
    path = made / written(cluster, f"{here}/file", 3 * MIB, 16)
    assert path.read_bytes() == pattern.pattern(16, 0, 3 * MIB)
    assert event(made, "opened") == 3
    wait_until(lambda: made.counter("local_replicas_open") == 0, 10, "idle replicas closed")


def test_switched_off_it_is_not_tried(mount, cluster, here):
    made = mount("hdfs.dfs.client.read.shortcircuit=false")
    path = made / written(cluster, f"{here}/file", MIB, 17)
    assert path.read_bytes() == pattern.pattern(17, 0, MIB)
    assert tiers(made)["short_circuit"] == 0 and made.counter("domain_connects") == 0


def fetched(mount):
    """Bytes fetched from DataNodes so far over TCP, and over UNIX sockets."""
    return mount.counter("fetched_bytes", "remote"), mount.counter("fetched_bytes", "domain_socket")


OVER_THE_SOCKET = ("hdfs.dfs.client.read.shortcircuit=false", "hdfs.dfs.client.domain.socket.data.traffic=true")


def test_data_over_the_unix_socket_instead_of_tcp(mount, cluster, here):
    made = mount(*OVER_THE_SOCKET)
    path = made / written(cluster, f"{here}/file", 3 * MIB + 5, 18)
    assert path.read_bytes() == pattern.pattern(18, 0, 3 * MIB + 5)
    over_tcp, over_socket = fetched(made)
    assert over_tcp == 0 and over_socket >= 3 * MIB + 5
    assert tiers(made)["short_circuit"] == 0
    cluster.restart("dn1")
    cluster.restart("dn2")
    made.drop_kernel_caches()
    assert path.read_bytes() == pattern.pattern(18, 0, 3 * MIB + 5)


def test_without_a_socket_data_comes_over_tcp(mount, cluster, here):
    written(cluster, f"{here}/file", MIB, 19, datanode=cluster.transfer_address("dn1"))
    made = mount(*OVER_THE_SOCKET)
    path = made / f"{here}/file"
    cluster.domain_socket("dn1").rename(cluster.sockets / "hidden")
    try:
        assert path.read_bytes() == pattern.pattern(19, 0, MIB)
        line, = made.log_lines("no reads over the UNIX socket")
        assert "No such file or directory" in line and cluster.transfer_address("dn1") in line
        over_tcp, over_socket = fetched(made)
        assert over_tcp >= MIB and over_socket == 0
    finally:
        (cluster.sockets / "hidden").rename(cluster.domain_socket("dn1"))

    def by_socket_again():
        made.drop_kernel_caches()
        before = fetched(made)[1]
        assert path.read_bytes() == pattern.pattern(19, 0, MIB)
        return fetched(made)[1] > before

    wait_until(by_socket_again, 30, "reads over the UNIX socket")
    assert len(made.log_lines("reads over the UNIX socket from DataNode")) == 2, "gone once, back once"


def test_a_corrupt_replica_over_the_unix_socket(mount, cluster, here):
    written(cluster, f"{here}/file", 4 * MIB, 20)
    for number, block in enumerate(cluster.java.block_ids(f"{here}/file")):
        spoil(cluster.replicas(block)[number % 2])
    made = mount(*OVER_THE_SOCKET)
    assert (made / f"{here}/file").read_bytes() == pattern.pattern(20, 0, 4 * MIB)
    assert fetched(made)[1] >= 4 * MIB
