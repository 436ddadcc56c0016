"""Snapshots beside the live tree: one HDFS id, several files."""

import errno
import os
import subprocess
import time

import pytest

from tests.cluster.pattern import pattern

MIB = 1 << 20


@pytest.fixture
def snapped(cluster, here):
    """A directory whose file has 1.5 MiB in snapshot s1, 2.5 MiB in s2 and 3.5 MiB now, by appends."""
    hdfs, java = cluster.webhdfs, cluster.java
    java.write(f"{here}/file", MIB + MIB // 2, seed=1, block_size=MIB)
    hdfs.put(f"{here}/sub/deleted", b"only in s1")
    hdfs.allow_snapshot(here)
    hdfs.create_snapshot(here, "s1")
    for name in ("s2", None):
        handle = java.append(f"{here}/file", seed=1)
        java.extend(handle, MIB)
        java.finish(handle)
        if name:
            hdfs.delete(f"{here}/sub/deleted")
            hdfs.create_snapshot(here, name)
    return here


def versions(made, path):
    """(path, length) of the file's three versions."""
    return [(made / f"{path}/.snapshot/s1/file", MIB + MIB // 2), (made / f"{path}/.snapshot/s2/file", 2 * MIB + MIB // 2),
            (made / f"{path}/file", 3 * MIB + MIB // 2)]


def test_each_version_has_its_own_bytes_and_length_with_hot_caches(mnt, snapped):
    for round_number in range(3):
        for path, length in [*versions(mnt, snapped), *reversed(versions(mnt, snapped))]:
            assert os.stat(path).st_size == length, f"round {round_number}"
            assert path.read_bytes() == pattern(1, 0, length), f"round {round_number}"


def test_versions_open_at_once_do_not_mix(mnt, snapped):
    files = [(open(path, "rb", buffering=0), length) for path, length in versions(mnt, snapped)]
    try:
        for offset in range(0, 4 * MIB, 300001):
            for file, length in files:
                expected = pattern(1, offset, max(0, min(5000, length - offset)))
                assert os.pread(file.fileno(), 5000, offset) == expected
        for file, length in files:
            assert os.fstat(file.fileno()).st_size == length
    finally:
        for file, _ in files:
            file.close()


def test_versions_are_different_files(mnt, snapped):
    numbers = [os.stat(path).st_ino for path, _ in versions(mnt, snapped)]
    assert len(set(numbers)) == 3
    directories = [mnt / snapped, mnt / f"{snapped}/.snapshot", mnt / f"{snapped}/.snapshot/s1"]
    assert len({os.stat(path).st_ino for path in directories}) == 3


def test_replaced_content_of_equal_length(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"old " * 1000)
    cluster.webhdfs.allow_snapshot(here)
    cluster.webhdfs.create_snapshot(here, "s")
    assert (mnt / f"{here}/file").read_bytes() == b"old " * 1000
    assert (mnt / f"{here}/.snapshot/s/file").read_bytes() == b"old " * 1000
    cluster.webhdfs.put(f"{here}/file", b"new!" * 1000)
    time.sleep(1.2)
    for _ in range(2):
        assert (mnt / f"{here}/file").read_bytes() == b"new!" * 1000
        assert (mnt / f"{here}/.snapshot/s/file").read_bytes() == b"old " * 1000


def test_snapshots_are_listed_and_entered(mnt, snapped):
    assert sorted(os.listdir(mnt / snapped)) == ["file", "sub"]
    assert sorted(os.listdir(mnt / f"{snapped}/.snapshot")) == ["s1", "s2"]
    assert sorted(os.listdir(mnt / f"{snapped}/.snapshot/s1")) == ["file", "sub"]
    assert os.listdir(mnt / f"{snapped}/.snapshot/s1/sub") == ["deleted"]
    assert os.listdir(mnt / f"{snapped}/.snapshot/s2/sub") == []
    assert (mnt / f"{snapped}/.snapshot/s1/sub/deleted").read_bytes() == b"only in s1"
    assert os.path.isdir(mnt / f"{snapped}/.snapshot")


def test_find_and_tar_walk_a_snapshot(mnt, snapped):
    done = subprocess.run(["find", str(mnt / f"{snapped}/.snapshot"), "-printf", "%P\\n"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split()) == ["s1", "s1/file", "s1/sub", "s1/sub/deleted", "s2", "s2/file", "s2/sub"]
    subprocess.run(["tar", "-cf", "/dev/null", "-C", str(mnt / f"{snapped}/.snapshot/s1"), "."], check=True)


def test_dotdot_leads_out(mnt, snapped):
    inside = mnt / f"{snapped}/.snapshot/s1/sub"
    assert os.path.samefile(f"{inside}/../../..", mnt / snapped)
    previous = os.getcwd()
    try:
        os.chdir(inside)
        assert os.getcwd() == str(inside)
    finally:
        os.chdir(previous)


def test_where_there_are_no_snapshots(mnt, snapped):
    for path in (f"{snapped}/sub/.snapshot", f"{snapped}/.snapshot/s3", f"{snapped}/file/.snapshot"):
        with pytest.raises(OSError) as failed:
            os.stat(mnt / path)
        assert failed.value.errno in (errno.ENOENT, errno.ENOTDIR)


def test_a_deleted_snapshot_goes(mnt, cluster, snapped):
    assert (mnt / f"{snapped}/.snapshot/s1/sub/deleted").read_bytes() == b"only in s1"
    cluster.webhdfs.delete_snapshot(snapped, "s1")
    time.sleep(1.2)
    with pytest.raises(FileNotFoundError):
        os.stat(mnt / f"{snapped}/.snapshot/s1/sub/deleted")
    assert os.listdir(mnt / f"{snapped}/.snapshot") == ["s2"]


def test_nothing_changes_in_a_snapshot(mnt, snapped):
    inside = mnt / f"{snapped}/.snapshot/s1"
    for attempt in (lambda: os.mkdir(inside / "new"), lambda: os.unlink(inside / "file"),
                    lambda: os.truncate(inside / "file", 0), lambda: open(inside / "file", "ab"),
                    lambda: os.mkdir(mnt / f"{snapped}/.snapshot/s3")):
        with pytest.raises(OSError) as failed:
            attempt()
        assert failed.value.errno == errno.EROFS


def test_a_snapshot_as_the_source_of_a_mount(mount, cluster, snapped):
    made = mount(source=f"{cluster.uri}{snapped}/.snapshot/s1")
    assert sorted(os.listdir(made.path)) == ["file", "sub"]
    assert (made / "file").read_bytes() == pattern(1, 0, MIB + MIB // 2)
