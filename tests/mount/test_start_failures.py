"""A mount that cannot be made says why in one line, fails, and leaves nothing."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.cluster import simple
from tests.cluster.config import write_dir
from tests.cluster.ports import free_port
from tests.mount.mounting import daemons_of, mount_table, program

# With and without -f: the line must come from the parent as well.
MODES = pytest.mark.parametrize("flags", [[], ["-f"]], ids=["background", "foreground"])


@pytest.fixture
def point(tmp_path):
    # Control sockets are named after the mount point: nobody else's has this name.
    path = tmp_path / f"point-{os.getpid()}"
    path.mkdir()
    yield path
    # A failed test must not leave a mount: pytest would later remove what is in it.
    daemons = daemons_of(path)
    for pid in daemons:
        os.kill(pid, signal.SIGKILL)
    still = str(path) in mount_table()
    if still:
        subprocess.run(["umount", "-l", str(path)], check=True)
    assert not daemons and not still, "a mount that failed goes on"


def refused(argv, *words, within=20, env=None):
    """Runs a command that must fail with one line containing all words; the line."""
    started = time.monotonic()
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, env={**os.environ, **(env or {})})
    took = time.monotonic() - started
    assert done.returncode not in (0, None) and done.returncode > 0, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    assert "hdfsmount: " in done.stderr
    for word in words:
        assert str(word) in done.stderr
    assert took < within
    assert not [p for p, (_, kind, _) in mount_table().items() if kind == "fuse.hdfsmount" and f"point-{os.getpid()}" in p]
    assert not list(Path("/run/hdfsmount").glob(f"*point-{os.getpid()}*"))
    return done.stderr


@MODES
def test_a_wrong_host(point, flags):
    refused([program("hdfsmount"), "hdfs://no-such-host.invalid:8020/", point, *flags, "-o", "noautoconf,timeout=10s"],
            "no-such-host.invalid")


@MODES
def test_a_wrong_port(point, flags):
    port = free_port()
    refused([program("hdfsmount"), f"hdfs://127.0.0.1:{port}/", point, *flags, "-o", "noautoconf,timeout=5s"],
            f"127.0.0.1:{port}")


def test_the_namenode_s_web_port(point, cluster):
    refused([program("hdfsmount"), f"hdfs://{cluster.namenode_http}/", point, "-o", "noautoconf,timeout=5s"],
            cluster.namenode_http)


def test_a_datanode_s_port(point, cluster):
    address = next(line for line in cluster["dn1"].log.read_text().splitlines() if "Opened streaming server at" in line)
    where = address.rsplit("/", 1)[1]
    refused([program("hdfsmount"), f"hdfs://{where}/", point, "-o", "noautoconf,timeout=5s"], where)


def test_a_server_that_says_nothing(point):
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        where = "127.0.0.1:{}".format(silent.getsockname()[1])
        refused([program("hdfsmount"), f"hdfs://{where}/", point, "-o", "noautoconf,timeout=3s"], where, within=10)


def test_a_paused_namenode(point, cluster):
    cluster.pause("nn")
    try:
        refused([program("hdfsmount"), cluster.uri, point, "-o", f"conf={cluster.conf_dir},timeout=3s"],
                cluster.uri.split("/")[2], within=10)
    finally:
        cluster.resume("nn")
    # A child that was not ended would now get its answer and mount.
    time.sleep(2)
    assert str(point) not in mount_table()
    assert daemons_of(point) == []


@MODES
def test_a_broken_configuration_file(point, tmp_path, flags):
    write_dir(tmp_path / "conf", {"fs.defaultFS": "hdfs://127.0.0.1:1"})
    (tmp_path / "conf" / "hdfs-site.xml").write_text(
        "<configuration>\n  <property>\n    <name>a</name>\n    <value>b</valu>\n  </property>\n</configuration>\n")
    refused([program("hdfsmount"), point, *flags, "-o", f"conf={tmp_path / 'conf'}"], "hdfs-site.xml", "4")


def test_a_missing_configuration_directory(point):
    refused([program("hdfsmount"), "hdfs://127.0.0.1:1/", point, "-o", "conf=/no/such/directory"], "/no/such/directory")


@MODES
def test_a_missing_mount_point(point, cluster, flags):
    refused([program("hdfsmount"), cluster.uri, point / "missing", *flags, "-o", f"conf={cluster.conf_dir}"],
            point / "missing", "mkdir")


def test_a_mount_point_that_is_a_file(point, cluster):
    (point / "file").write_text("")
    refused([program("hdfsmount"), cluster.uri, point / "file", "-o", f"conf={cluster.conf_dir}"], point / "file")


@MODES
def test_an_occupied_mount_point(mnt, cluster, flags):
    refused([program("hdfsmount"), cluster.uri, mnt.path, *flags, "-o", f"conf={cluster.conf_dir}"], mnt.path, "occupied")
    os.listdir(mnt.path)


def test_a_mount_point_occupied_by_something_else(point, cluster):
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(point)], check=True)
    try:
        refused([program("hdfsmount"), cluster.uri, point, "-o", f"conf={cluster.conf_dir}"], point, "tmpfs")
    finally:
        subprocess.run(["umount", str(point)], check=True)


@MODES
@pytest.mark.parametrize("option", ["attr_timout=5", "bogus", "timeout=never", "uid=root"])
def test_an_unknown_option_or_value(point, cluster, flags, option):
    refused([program("hdfsmount"), cluster.uri, point, *flags, "-o", f"conf={cluster.conf_dir},{option}"],
            option.split("=")[0])


def test_remount_is_refused(point, cluster):
    refused([program("hdfsmount"), cluster.uri, point, "-o", f"conf={cluster.conf_dir},remount"], "remount")


def test_a_directory_that_is_not_there(point, cluster):
    refused([program("hdfsmount"), f"{cluster.uri}/no/such/directory", point, "-o", f"conf={cluster.conf_dir}"],
            "/no/such/directory")


def test_a_source_that_is_a_file(point, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    refused([program("hdfsmount"), f"{cluster.uri}{here}/file", point, "-o", f"conf={cluster.conf_dir}"], f"{here}/file")


@pytest.fixture(scope="module")
def encrypting_cluster():
    """Its clients' configuration says nothing of the encryption that its servers demand."""
    keys = {"dfs.encrypt.data.transfer": "true", "dfs.block.access.token.enable": "true", "dfs.replication": "1"}
    with simple(datanodes=0, conf=keys) as made:
        made.write_client_conf({"fs.defaultFS": made.uri})
        yield made


@MODES
def test_a_cluster_that_demands_encrypted_transfer(point, encrypting_cluster, flags):
    refused([program("hdfsmount"), point, *flags, "-o", f"conf={encrypting_cluster.conf_dir}"],
            encrypting_cluster.uri, "demands encrypted data transfer", "cannot be mounted")


def test_no_source_and_no_default(point):
    refused([program("hdfsmount"), point, "-o", "noautoconf"], "fs.defaultFS")


def public_copy(tmp_path):
    """The program where any user may run it, in a directory that any user may enter."""
    directory = Path("/run") / f"hdfsmount-test-{os.getpid()}"
    directory.mkdir(mode=0o755)
    shutil.copy(program("hdfsmount"), directory / "hdfsmount")
    (directory / "point").mkdir()
    os.chown(directory / "point", 65534, 65534)
    return directory


def test_no_permission_on_dev_fuse(cluster, tmp_path):
    directory = public_copy(tmp_path)
    try:
        # A mount name space of its own, in which /dev/fuse is root's alone.
        script = ('mknod -m 600 "$1/fuse" c 10 229 && mount --bind "$1/fuse" /dev/fuse && '
                  'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$1/hdfsmount" "$2" "$1/point" -o noautoconf')
        line = refused(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", directory, cluster.uri],
                       "/dev/fuse")
        assert "ermission" in line
    finally:
        shutil.rmtree(directory)


def test_dev_fuse_is_missing(cluster, tmp_path, point):
    script = 'mount -t tmpfs tmpfs /dev && exec "$1" "$2" "$3" -o noautoconf'
    refused(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", program("hdfsmount"),
             cluster.uri, point], "/dev/fuse")
