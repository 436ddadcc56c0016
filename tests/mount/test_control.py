"""hdfsctl and the control socket of a real mount."""

import json
import os
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.mount.mounting import Mount, control_sockets, program


def hdfsctl(*words, user=None):
    argv = [str(program("hdfsctl")), *map(str, words)]
    if user is not None:
        argv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *argv]
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


def refused(done, *words):
    """It must have failed with one line containing all words."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith("hdfsctl: ") and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert str(word) in done.stderr


@pytest.fixture
def socket_path(mount, cluster):
    """A mount and the path of its control socket."""
    made = mount()
    (path,) = control_sockets(made.daemon.pid)
    return made, path


def test_the_socket_is_the_owner_s_alone_and_goes_with_the_mount(socket_path):
    made, path = socket_path
    found = os.lstat(path)
    assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o600
    assert stat.S_IMODE(os.lstat(os.path.dirname(path)).st_mode) == 0o700
    made.close()
    assert not os.path.exists(path)


def test_status_for_people_and_for_programs(mount, cluster, here):
    made = mount("timeout=30s")
    cluster.webhdfs.put(f"{here}/file", b"12345")
    assert (made / here / "file").read_bytes() == b"12345"
    report = made.status()
    assert report["mount_point"] == str(made.path)
    assert report["source"].rstrip("/") == cluster.uri
    assert report["namenode"] == cluster.uri.split("/")[2]
    assert report["pid"] == made.daemon.pid
    rows = {row["key"]: row for row in report["configuration"]}
    assert rows["timeout"] == {"key": "timeout", "value": "30s", "source": "-o timeout"}
    assert rows["attr_timeout"]["source"] == "default"
    assert report["counters"]["fuse_requests"]["open"] == 1
    assert report["counters"]["namenode_calls"]["getBlockLocations"] >= 1
    assert sum(report["counters"]["read_bytes"].values()) == 5
    text = made.hdfsctl("status")
    assert text.startswith(f"{report['source']} on {made.path}\n")
    assert "  timeout = 30s  (-o timeout)\n" in text
    assert "  fuse_requests{open} 1\n" in text


def test_errors_are_counted_by_errno(mnt, here):
    for name in ("a", "b"):
        with pytest.raises(FileNotFoundError):
            os.stat(mnt / here / name)
    assert mnt.counter("fuse_errors", "ENOENT") == 2
    assert mnt.counter("fuse_in_flight") == 0


def test_an_option_chooses_the_socket(mount, tmp_path):
    path = tmp_path / "control.sock"
    made = mount(f"control={path}")
    refused(hdfsctl("status", made.path), made.path, "--socket")
    done = hdfsctl("status", made.path, "--json", "--socket", path)
    assert json.loads(done.stdout)["mount_point"] == str(made.path)


def test_the_path_may_be_written_in_any_way(mnt, tmp_path):
    (tmp_path / "link").symlink_to(mnt.path)
    for path in (os.path.relpath(mnt.path), f"{mnt.path}/", tmp_path / "link"):
        assert hdfsctl("status", path).returncode == 0


def test_no_daemon_there(tmp_path):
    refused(hdfsctl("status", tmp_path), "no hdfsmount serves", tmp_path)
    refused(hdfsctl("status", tmp_path / "missing"), tmp_path / "missing", "No such file")


def test_a_killed_daemon(cluster):
    made = Mount(cluster.uri, conf=cluster.conf_dir)
    (path,) = control_sockets(made.daemon.pid)
    made.daemon.kill()
    made.daemon.wait()
    refused(hdfsctl("status", made.path), "no hdfsmount serves", made.path)
    with pytest.raises(AssertionError, match="status -9"):
        made.close()
    os.unlink(path)


def test_a_stopped_daemon_is_given_up(mnt):
    mnt.daemon.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, mnt.daemon.pid, os.WSTOPPED | os.WNOWAIT)  # all its threads have stopped
    try:
        refused(hdfsctl("status", mnt.path), "does not answer")
    finally:
        mnt.daemon.send_signal(signal.SIGCONT)


def test_another_user_is_refused(mount, tmp_path):
    """Even one who can reach the socket: a copy of the program and a path that nobody else's directory guards."""
    directory = Path("/run") / f"hdfsmount-test-{os.getpid()}"
    directory.mkdir(mode=0o755)
    try:
        path = directory / "control.sock"
        mount(f"control={path}")
        path.chmod(0o666)
        script = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
                  "s.sendall(b'{\"command\": \"status\"}\\n'); sys.stdout.write(repr(s.recv(100)))")
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "python3",
                               "-c", script, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={"PATH": "/usr/bin:/bin"}, timeout=30)
        assert "status" not in done.stdout
        assert done.stdout == "b''" or "Broken pipe" in done.stderr or "reset" in done.stderr, done
    finally:
        for left in directory.iterdir():
            left.unlink()
        directory.rmdir()


def test_a_silent_client_disturbs_neither_the_mount_nor_others(socket_path, here):
    made, path = socket_path
    clients = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(8)]
    try:
        for client in clients:
            client.connect(path)
        started = time.monotonic()
        os.listdir(made / here)
        assert made.status()["pid"] == made.daemon.pid
        assert time.monotonic() - started < 5
    finally:
        for client in clients:
            client.close()


def test_log_levels(mnt, here):
    refused(hdfsctl("log-level", mnt.path, "loud"), "trace, debug, info, warning, error and off")
    assert mnt.status()["log_level"] == "info"
    mnt.hdfsctl("log-level", "debug")
    with pytest.raises(FileNotFoundError):
        os.stat(mnt / here / "missing")
    # The one line at the edge: operation, path, user, errno.
    (line,) = mnt.log_lines("missing")
    for word in ("debug", "request ", "lookup", f"{here}/missing", "errno 2"):
        assert word in line


@pytest.mark.parametrize("words", [[], ["status"], ["bogus", "/"], ["status", "/", "--yaml"], ["log-level", "/"]],
                         ids=" ".join)
def test_usage_errors(words):
    refused(hdfsctl(*words), "--help")


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version(flag):
    done = hdfsctl(flag)
    assert done.returncode == 0 and done.stderr == "" and "hdfsctl" in done.stdout


def test_the_daemon_ends_at_once_also_after_reading(mount, cluster, here):
    """Idle connections to DataNodes, which are kept for a minute here, do not hold it up."""
    cluster.webhdfs.put(f"{here}/file", bytes(3 << 20))
    made = mount("hdfs.dfs.client.socketcache.expiryMsec=60000")
    assert len((made / here / "file").read_bytes()) == 3 << 20
    started = time.monotonic()
    made.close()
    assert time.monotonic() - started < 2
    assert "did not end" not in made.log_text()
