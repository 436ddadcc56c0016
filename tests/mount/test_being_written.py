"""Files that somebody is writing while they are read."""

import os
import subprocess
import time

import pytest

from tests.cluster.pattern import pattern
from tests.mount.mounting import wait_until

MIB = 1 << 20


@pytest.fixture
def growing(cluster, here):
    """A file held open by a writer: 1200 bytes visible, of which the NameNode knows 1000."""
    java = cluster.java
    path = f"{here}/growing"
    handle = java.create(path, seed=1, block_size=MIB)
    java.extend(handle, 1000)
    java.hflush(handle)
    java.extend(handle, 200)
    java.hflush(handle)
    assert cluster.webhdfs.status(path)["length"] == 1000
    yield path, handle
    try:
        java.finish(handle)
    except OSError:
        pass  # the test has finished it


def test_without_a_handle_the_namenode_s_length_shows(mnt, growing):
    assert os.stat(mnt / growing[0]).st_size == 1000


def test_with_a_handle_the_visible_length_shows(mnt, growing):
    with open(mnt / growing[0], "rb", buffering=0) as file:
        assert file.read(5000) == pattern(1, 0, 1200)
        # The kernel may hold the attributes of the path walk for the rest of their time-out.
        wait_until(lambda: os.fstat(file.fileno()).st_size == 1200, 2, "the visible length")
        assert os.stat(mnt / growing[0]).st_size == 1200


def test_an_open_file_grows(mnt, cluster, growing):
    path, handle = growing
    with open(mnt / path, "rb", buffering=0) as file:
        length = 1200
        for step in (1, 299, 5000, 70000, MIB):
            cluster.java.extend(handle, step)
            cluster.java.hflush(handle)
            length += step
            wait_until(lambda: os.fstat(file.fileno()).st_size == length, 5, f"a length of {length}")
            # The page that held the old end must not keep its zeroes.
            got = os.pread(file.fileno(), 2 * MIB, 0)
            assert len(got) == length
            assert got == pattern(1, 0, length)
        cluster.java.finish(handle)
        time.sleep(1.2)
        assert os.fstat(file.fileno()).st_size == length
        assert os.pread(file.fileno(), 2 * MIB, 0) == pattern(1, 0, length)


def test_bytes_that_were_not_flushed_are_not_shown(mnt, cluster, growing):
    path, handle = growing
    cluster.java.extend(handle, 10)
    with open(mnt / path, "rb", buffering=0) as file:
        assert file.read(5000) == pattern(1, 0, 1200)


def test_a_file_without_a_byte_yet(mnt, cluster, here):
    handle = cluster.java.create(f"{here}/empty", seed=3)
    with open(mnt / f"{here}/empty", "rb", buffering=0) as file:
        assert os.fstat(file.fileno()).st_size == 0
        assert file.read(100) == b""
        cluster.java.extend(handle, 100)
        cluster.java.hflush(handle)
        wait_until(lambda: os.fstat(file.fileno()).st_size == 100, 5, "the first bytes")
        assert os.pread(file.fileno(), 200, 0) == pattern(3, 0, 100)
    cluster.java.finish(handle)


def test_several_blocks_of_a_growing_file(mnt, cluster, here):
    handle = cluster.java.create(f"{here}/blocks", seed=4, block_size=MIB)
    cluster.java.extend(handle, 3 * MIB + 333)
    cluster.java.hflush(handle)
    with open(mnt / f"{here}/blocks", "rb") as file:
        assert file.read() == pattern(4, 0, 3 * MIB + 333)
    cluster.java.finish(handle)


def test_the_length_settles_when_the_handle_is_closed_and_the_file_finished(mnt, cluster, growing):
    path, handle = growing
    cluster.java.extend(handle, 800)
    cluster.java.finish(handle)
    time.sleep(1.2)
    assert os.stat(mnt / path).st_size == 2000
    assert (mnt / path).read_bytes() == pattern(1, 0, 2000)


def test_the_visible_length_is_asked_at_most_once_per_time_out(mnt, growing):
    with open(mnt / growing[0], "rb", buffering=0) as file:
        os.fstat(file.fileno())
        before, started = mnt.counter("datanode_calls", "getReplicaVisibleLength"), time.monotonic()
        while time.monotonic() - started < 2.5:
            os.fstat(file.fileno())
            os.pread(file.fileno(), 100, 0)
        asked = mnt.counter("datanode_calls", "getReplicaVisibleLength") - before
        assert 1 <= asked <= 4


def test_an_append_is_seen_by_who_has_the_file_open(mnt, cluster, here):
    path = f"{here}/appended"
    cluster.java.write(path, 1000, seed=5, block_size=MIB)
    with open(mnt / path, "rb", buffering=0) as file:
        assert file.read(5000) == pattern(5, 0, 1000)
        handle = cluster.java.append(path, seed=5)
        cluster.java.extend(handle, 500)
        cluster.java.finish(handle)
        wait_until(lambda: os.fstat(file.fileno()).st_size == 1500, 5, "the appended bytes")
        assert os.pread(file.fileno(), 5000, 0) == pattern(5, 0, 1500)


def test_reading_during_an_append_of_another_block(mnt, cluster, here):
    path = f"{here}/appended"
    cluster.java.write(path, MIB - 10, seed=6, block_size=MIB)
    assert (mnt / path).read_bytes() == pattern(6, 0, MIB - 10)
    handle = cluster.java.append(path, seed=6)
    cluster.java.extend(handle, 1000)
    cluster.java.hflush(handle)
    with open(mnt / path, "rb", buffering=0) as file:
        wait_until(lambda: os.fstat(file.fileno()).st_size == MIB + 990, 5, "the appended bytes")
        assert os.pread(file.fileno(), 2 * MIB, 0) == pattern(6, 0, MIB + 990)
    cluster.java.finish(handle)


def test_tail_f_follows(mnt, cluster, growing, tmp_path):
    path, handle = growing
    with open(tmp_path / "out", "wb") as out:
        tail = subprocess.Popen(["tail", "-c", "+1", "-s", "0.2", "-f", str(mnt / path)], stdout=out)
    try:
        wait_until(lambda: (tmp_path / "out").read_bytes() == pattern(1, 0, 1200), 10, "the first bytes")
        for length in (1300, 5000):
            cluster.java.extend(handle, length - (tmp_path / "out").stat().st_size)
            cluster.java.hflush(handle)
            wait_until(lambda: (tmp_path / "out").read_bytes() == pattern(1, 0, length), 10, f"{length} bytes")
    finally:
        tail.terminate()
        tail.wait()
