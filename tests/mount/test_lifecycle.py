"""Mounting, looking around, unmounting."""

import errno
import os
import signal
import stat
import subprocess
import time

import pytest

from tests.mount.mounting import control_sockets, daemons_of, mount_table, program, wait_until


def test_the_kernel_shows_type_and_source(mnt, cluster):
    source, kind, _ = mount_table()[str(mnt.path)]
    assert kind == "fuse.hdfsmount"
    assert source.rstrip("/") == cluster.uri


def test_a_file_is_listed_and_read(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/greeting", b"hello\n")
    assert os.listdir(mnt / here) == ["greeting"]
    assert (mnt / f"{here}/greeting").read_bytes() == b"hello\n"
    done = subprocess.run(["cat", str(mnt / f"{here}/greeting")], stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"hello\n"


@pytest.mark.parametrize("how", ["umount", "fusermount3", "term", "int"])
def test_every_way_to_unmount_ends_the_daemon_cleanly(mount, how):
    made = mount()
    os.listdir(made.path)
    socket, = control_sockets(made.daemon.pid)
    assert stat.S_IMODE(os.stat(socket).st_mode) == 0o600
    made.close(how)
    assert not os.path.exists(socket)


def test_a_directory_of_the_source_is_the_root(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/inner/file", b"x")
    made = mount(source=f"{cluster.uri}{here}")
    assert os.listdir(made.path) == ["inner"]
    assert (made / "inner/file").read_bytes() == b"x"
    assert os.stat(made.path / "..").st_ino == os.stat(made.path.parent).st_ino
    assert mount_table()[str(made.path)][0] == f"{cluster.uri}{here}"


def test_without_a_source_the_default_file_system_is_mounted(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x")
    made = mount(source=None)
    assert (made / f"{here}/file").read_bytes() == b"x"
    assert mount_table()[str(made.path)][0].rstrip("/") == cluster.uri


def test_no_configuration_file_is_needed(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x")
    assert (mount("noautoconf", conf=None) / f"{here}/file").read_bytes() == b"x"


def test_a_mount_point_with_odd_characters(cluster, here, tmp_path):
    point = tmp_path / "a b,c=d é"
    point.mkdir()
    argv = [str(program("hdfsmount")), cluster.uri, str(point), "-o", f"conf={cluster.conf_dir}"]
    subprocess.run(argv, check=True, timeout=30)
    try:
        assert os.path.ismount(point)
        assert "tests" in os.listdir(point)
    finally:
        subprocess.run(["umount", str(point)], check=True)


def test_without_f_the_parent_returns_when_the_mount_answers(cluster, tmp_path):
    argv = [str(program("hdfsmount")), cluster.uri, str(tmp_path), "-o", f"conf={cluster.conf_dir}"]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    try:
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert mount_table()[str(tmp_path)][1] == "fuse.hdfsmount"
        os.listdir(tmp_path)
        pid, = daemons_of(tmp_path)
        assert os.getsid(pid) != os.getsid(0)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    wait_until(lambda: not daemons_of(tmp_path), 10, "the end of the daemon")


def test_a_second_mount_elsewhere_is_independent(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x")
    first, second = mount(), mount()
    assert (first / f"{here}/file").read_bytes() == b"x"
    first.close()
    assert (second / f"{here}/file").read_bytes() == b"x"


def test_status_has_the_configuration_and_the_counters(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x" * 1000)
    assert (mnt / f"{here}/file").read_bytes() == b"x" * 1000
    status = mnt.status()
    assert mnt.counter("namenode_calls", "getBlockLocations") >= 1
    assert cluster.uri in str(status)
    assert mnt.hdfsctl("status").strip()


def test_status_answers_while_the_namenode_does_not(mnt, cluster):
    cluster.pause("nn")
    try:
        started = time.monotonic()
        mnt.status()
        assert time.monotonic() - started < 3
    finally:
        cluster.resume("nn")


def test_a_call_is_bounded_by_the_timeout_option(mount, cluster, here):
    made = mount("timeout=3s")
    cluster.pause("nn")
    try:
        started = time.monotonic()
        with pytest.raises(OSError) as failed:
            os.listdir(made / here)
        assert failed.value.errno == errno.ETIMEDOUT
        assert 2 < time.monotonic() - started < 8
    finally:
        cluster.resume("nn")
    cluster["nn"].wait_ready()
    assert os.listdir(made / here) == []


def test_ctrl_c_ends_a_program_that_waits_for_a_hung_cluster(mnt, cluster, here):
    cluster.pause("nn")
    try:
        child = subprocess.Popen(["ls", str(mnt / here)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        assert child.poll() is None
        child.send_signal(signal.SIGINT)
        assert child.wait(5) != 0
    finally:
        cluster.resume("nn")


def test_the_mount_survives_a_restart_of_the_namenode(mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"before")
    assert (mnt / f"{here}/file").read_bytes() == b"before"
    cluster.restart("nn")
    wait_until(cluster["dn1"].is_ready, 30, "dn1 registered again")
    cluster.webhdfs.mkdirs(f"{here}/second")
    mnt.drop_kernel_caches()
    assert os.listdir(mnt / f"{here}/second") == []
    assert (mnt / f"{here}/file").read_bytes() == b"before"
