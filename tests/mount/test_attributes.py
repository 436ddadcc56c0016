"""What stat(2), statfs(2) and readlink(2) say."""

import grp
import os
import pwd
import shutil
import stat
import subprocess

import pytest

from tests.cluster import jmx
from tests.mount.mounting import Mount

UNKNOWN_ID_BASE = 1879048192


def test_stat_of_a_file(mnt, cluster, here):
    path = f"{here}/file"
    cluster.webhdfs.put(path, b"x" * 1025)
    cluster.webhdfs.set_permission(path, "640")
    cluster.webhdfs.set_times(path, mtime=1234567890123, atime=1234567000456)
    remote, local = cluster.webhdfs.status(path), os.stat(mnt / path)
    assert local.st_mode == stat.S_IFREG | 0o640
    assert (local.st_size, local.st_blocks, local.st_nlink) == (1025, 3, 1)
    assert local.st_ino == remote["fileId"]
    assert local.st_mtime_ns == local.st_ctime_ns == 1234567890123 * 10**6
    assert local.st_atime_ns == 1234567000456 * 10**6
    assert local.st_blksize >= 4096
    assert local.st_uid == 0


def test_stat_of_a_directory(mnt, cluster, here):
    cluster.webhdfs.mkdirs(f"{here}/dir/below", "1777")
    cluster.webhdfs.set_permission(f"{here}/dir", "1777")
    remote, local = cluster.webhdfs.status(f"{here}/dir"), os.stat(mnt / f"{here}/dir")
    assert local.st_mode == stat.S_IFDIR | stat.S_ISVTX | 0o777
    assert local.st_nlink == 1
    assert local.st_ino == remote["fileId"]
    assert local.st_mtime_ns == remote["modificationTime"] * 10**6


def test_the_mode_with_an_acl(mnt, cluster, here):
    """The mask shows as the group's bits, and an older NameNode's extra bits in the mode do not show."""
    cluster.webhdfs.put(f"{here}/dir/file", b"")
    cluster.webhdfs.set_acl(f"{here}/dir/file", "user::rw-,user:daemon:rwx,group::r--,other::---")
    cluster.webhdfs.set_acl(f"{here}/dir", "user::rwx,user:daemon:r-x,group::---,other::---")
    assert os.stat(mnt / f"{here}/dir/file").st_mode == stat.S_IFREG | 0o670
    assert os.stat(mnt / f"{here}/dir").st_mode == stat.S_IFDIR | 0o750


def test_times_at_the_epoch_and_far_away(mnt, cluster, here):
    for number, millis in enumerate((0, 1, 999, 4102444800000, 32503680000001)):
        cluster.webhdfs.put(f"{here}/{number}", b"")
        cluster.webhdfs.set_times(f"{here}/{number}", mtime=millis)
        assert os.stat(mnt / f"{here}/{number}").st_mtime_ns == millis * 10**6


def test_block_counts(mnt, cluster, here):
    for size in (0, 1, 512, 513, 1048577):
        cluster.webhdfs.put(f"{here}/f", b"x" * size)
        cluster.webhdfs.rename(f"{here}/f", f"{here}/{size}")
        assert os.stat(mnt / f"{here}/{size}").st_blocks == -(-size // 512)


def test_owners_that_this_host_knows(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    cluster.webhdfs.set_owner(f"{here}/file", "daemon", "games")
    local = os.stat(mnt / f"{here}/file")
    assert local.st_uid == pwd.getpwnam("daemon").pw_uid
    assert local.st_gid == grp.getgrnam("games").gr_gid


def test_owners_that_this_host_does_not_know(cluster, here):
    for number, owner in enumerate(("alice.unknown", "bob@EXAMPLE.COM", "alice.unknown")):
        cluster.webhdfs.put(f"{here}/{number}", b"")
        cluster.webhdfs.set_owner(f"{here}/{number}", owner, f"group-of-{owner}")
    seen = []
    for _ in range(2):
        with Mount(cluster.uri, conf=cluster.conf_dir) as made:
            seen.append([(s.st_uid, s.st_gid) for s in (os.stat(made / f"{here}/{n}") for n in range(3))])
    assert seen[0] == seen[1]
    alice, bob, again = seen[0]
    assert alice == again and alice[0] != bob[0] and alice[1] != bob[1]
    assert all(UNKNOWN_ID_BASE <= number < UNKNOWN_ID_BASE + 2**27 for pair in seen[0] for number in pair)


def test_unknown_id_base(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    cluster.webhdfs.set_owner(f"{here}/file", "alice.unknown", "nobody.here")
    made = mount("unknown_id_base=3000000000")
    local = os.stat(made / f"{here}/file")
    assert 3000000000 <= local.st_uid < 3000000000 + 2**27
    assert 3000000000 <= local.st_gid < 3000000000 + 2**27


def test_uid_gid_and_umask_options(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    cluster.webhdfs.set_permission(f"{here}/file", "600")
    made = mount("uid=1234", "gid=4321", "umask=027")
    for path, kind in ((f"{here}/file", stat.S_IFREG), (here, stat.S_IFDIR)):
        local = os.stat(made / path)
        assert (local.st_uid, local.st_gid) == (1234, 4321)
        assert local.st_mode == kind | 0o750


def test_a_changed_mode_shows_after_the_time_out(mnt, cluster, here):
    from tests.mount.mounting import wait_until
    cluster.webhdfs.put(f"{here}/file", b"")
    assert os.stat(mnt / f"{here}/file").st_mode & 0o777 == 0o644
    cluster.webhdfs.set_permission(f"{here}/file", "400")
    wait_until(lambda: os.stat(mnt / f"{here}/file").st_mode & 0o777 == 0o400, 3, "the new mode")


def test_attributes_are_cached_for_the_time_out(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    made = mount("attr_timeout=60", "entry_timeout=60")
    os.stat(made / f"{here}/file")
    before = made.counter("namenode_calls")
    for _ in range(50):
        os.stat(made / f"{here}/file")
    assert made.counter("namenode_calls") == before


def test_without_time_outs_every_stat_is_fresh(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    made = mount("attr_timeout=0", "entry_timeout=0")
    for mode in ("400", "640", "777", "000"):
        cluster.webhdfs.set_permission(f"{here}/file", mode)
        assert os.stat(made / f"{here}/file").st_mode & 0o777 == int(mode, 8)


def test_statfs_is_the_cluster_s(mnt, cluster):
    state = jmx.bean(cluster.namenode_http, "Hadoop:service=NameNode,name=FSNamesystemState")
    found = os.statvfs(mnt.path)
    assert found.f_frsize * found.f_blocks == pytest.approx(state["CapacityTotal"], rel=1e-6)
    # What is free changes with everything else on this machine's disk.
    assert found.f_frsize * found.f_bavail == pytest.approx(state["CapacityRemaining"], rel=0.2)
    assert 0 < found.f_bavail <= found.f_bfree <= found.f_blocks
    assert found.f_namemax == 255
    df = subprocess.run(["df", "-h", "--output=source,target", str(mnt.path)], stdout=subprocess.PIPE, text=True,
                        check=True)
    assert str(mnt.path) in df.stdout
    assert shutil.disk_usage(mnt.path).total == found.f_frsize * found.f_blocks


def test_du_counts_what_is_there(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/a/one", b"x" * 1048576)
    cluster.webhdfs.put(f"{here}/two", b"x" * 524288)
    done = subprocess.run(["du", "-sb", str(mnt / here)], stdout=subprocess.PIPE, text=True, check=True)
    assert int(done.stdout.split()[0]) == 1048576 + 524288
    done = subprocess.run(["du", "-s", "--block-size=1", str(mnt / here)], stdout=subprocess.PIPE, text=True, check=True)
    assert int(done.stdout.split()[0]) == 1048576 + 524288


# Symbolic links

def test_a_relative_link(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/dir/file", b"target")
    cluster.java.symlink("dir/file", f"{here}/link")
    cluster.java.symlink("dir", f"{here}/to-dir")
    link = mnt / f"{here}/link"
    assert os.readlink(link) == "dir/file"
    assert stat.S_ISLNK(os.lstat(link).st_mode)
    assert os.lstat(link).st_size == len("dir/file")
    assert link.read_bytes() == b"target"
    assert (mnt / f"{here}/to-dir/file").read_bytes() == b"target"
    assert os.listdir(mnt / f"{here}/to-dir") == ["file"]


def test_an_absolute_link_stays_within_the_mount(mnt, mount, cluster, here):
    cluster.webhdfs.put(f"{here}/dir/file", b"target")
    cluster.java.symlink(f"{here}/dir/file", f"{here}/link")
    cluster.java.symlink(f"{here}/dir/file", f"{here}/dir/below")
    assert (mnt / f"{here}/link").read_bytes() == b"target"
    assert (mnt / f"{here}/dir/below").read_bytes() == b"target"
    assert (mount(source=cluster.uri + here) / "dir/below").read_bytes() == b"target"


def test_a_dangling_link(mnt, cluster, here):
    cluster.java.symlink("nothing", f"{here}/link")
    assert os.readlink(mnt / f"{here}/link") == "nothing"
    with pytest.raises(FileNotFoundError):
        os.stat(mnt / f"{here}/link")
    assert os.listdir(mnt / here) == ["link"]


def test_readlink_of_a_file_is_refused(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    with pytest.raises(OSError) as failed:
        os.readlink(mnt / f"{here}/file")
    assert failed.value.errno == 22


def test_a_local_group_does_not_get_what_an_acl_gives_to_one_user(mount, cluster, here):
    """HDFS shows an ACL's mask as the group's bits; with default_permissions the kernel would let the group in."""
    cluster.webhdfs.put(f"{here}/file", b"x", permission="600")
    cluster.webhdfs.modify_acl(f"{here}/file", "user:nobody:r--")
    assert os.stat(mount() / f"{here}/file").st_mode & 0o777 == 0o640
    assert os.stat(mount("allow_other") / f"{here}/file").st_mode & 0o777 == 0o600
