"""The launcher itself: starting, using, hurting and taking down a real cluster."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster import ClusterError, jmx, simple
from tests.cluster.cluster import CommandError
from tests.cluster.java_client import JavaError
from tests.cluster.pattern import PERIOD, md5, pattern, prefix
from tests.cluster.versions import DEFAULT_VERSION
from tests.cluster.webhdfs import WebHdfsError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cluster():
    with simple(datanodes=2, symlinks=True, conf={"dfs.client.use.datanode.hostname": "false"}) as made:
        yield made


def wait_until(condition, timeout=30, what="the condition"):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout} s"
        time.sleep(0.1)


def running(pid):
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def listening_addresses(pid):
    """Local addresses of a process's listening IPv4 and IPv6 sockets, as the kernel writes them."""
    inodes = set()
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{entry}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[len("socket:["):-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.append(fields[1])
    return found


def test_everything_listens_on_loopback_only_and_below_the_ephemeral_range(cluster):
    for name in ("nn", "dn1", "dn2"):
        addresses = listening_addresses(cluster[name].pid)
        assert addresses, f"{name} listens nowhere"
        for address in addresses:
            host, port = address.split(":")
            assert host == "0100007F", f"{name} listens on {address}"
            # A DataNode's own HTTP front end picks one internal port by itself.
            if name == "nn":
                assert int(port, 16) < 32768


def test_the_version_asked_for_is_the_one_that_runs(cluster):
    info = jmx.bean(cluster.namenode_http, "Hadoop:service=NameNode,name=NameNodeInfo")
    live = json.loads(info["LiveNodes"]).values()
    assert [info["SoftwareVersion"], *(node["version"] for node in live)] == [DEFAULT_VERSION] * 3
    assert cluster.java.version() == DEFAULT_VERSION


def test_webhdfs_round_trip(cluster):
    hdfs = cluster.webhdfs
    name = "/web/-a name\nwith é & ? % + #"
    hdfs.put(name, b"first", replication=1)
    hdfs.append(name, b" second")
    assert hdfs.get(name) == b"first second"
    assert hdfs.get(name, offset=6, length=3) == b"sec"
    assert [e["pathSuffix"] for e in hdfs.list("/web")] == [name.split("/")[2]]
    hdfs.set_permission(name, "1640")
    hdfs.set_owner(name, "somebody", "people")
    hdfs.set_times(name, mtime=1234567890123)
    status = hdfs.status(name)
    assert (status["owner"], status["group"], status["modificationTime"]) == ("somebody", "people", 1234567890123)
    assert hdfs.rename(name, "/web/b")
    assert not hdfs.exists(name)
    with pytest.raises(WebHdfsError) as refused:
        hdfs.as_user("nobody").put("/web/c", b"")
    assert refused.value.exception == "AccessControlException"


def test_webhdfs_snapshots(cluster):
    hdfs = cluster.webhdfs
    hdfs.put("/snap/f", b"old")
    hdfs.allow_snapshot("/snap")
    hdfs.create_snapshot("/snap", "s1")
    hdfs.put("/snap/f", b"newer")
    assert hdfs.get("/snap/.snapshot/s1/f") == b"old"
    hdfs.delete_snapshot("/snap", "s1")


def test_pattern_has_no_seams():
    whole = pattern(7, 0, 3 * PERIOD)
    assert len(whole) == 3 * PERIOD
    assert pattern(7, PERIOD - 5, 10) == whole[PERIOD - 5:PERIOD + 5]
    assert pattern(7, 2 * PERIOD + 1, 100) == whole[1:101]
    assert pattern(8, 0, 100) != whole[:100]
    assert prefix(7, 1000) == whole[:1000]


@pytest.mark.parametrize("checksum", ["CRC32", "CRC32C", "NULL"])
@pytest.mark.parametrize("bytes_per_checksum", [512, 4096])
def test_java_client_writes_with_the_checksum_asked_for(cluster, checksum, bytes_per_checksum):
    size = 2 * 1048576 + 77
    cluster.java.write("/sums", size, seed=5, block_size=1048576, checksum=checksum,
                       bytes_per_checksum=bytes_per_checksum, replication=1)
    assert cluster.java.md5("/sums") == md5(5, size)
    replica, = cluster.replicas(cluster.java.block_ids("/sums")[0])
    header = next(replica.parent.glob(replica.name + "_*.meta")).read_bytes()[:7]
    assert header[2] == {"NULL": 0, "CRC32": 1, "CRC32C": 2}[checksum]
    assert int.from_bytes(header[3:7], "big") == bytes_per_checksum


def test_java_client_chooses_the_datanode(cluster):
    for name in ("dn1", "dn2"):
        address = cluster.transfer_address(name)
        cluster.java.write(f"/at/{name}", 2 * 1048576, block_size=1048576, datanode=address)
        cluster.java.write_many(f"/at/many-{name}", 5, size=100, datanode=address)
        files = [f"/at/{name}", *(f"/at/many-{name}/file-{i:05d}" for i in range(5))]
        blocks = [block for path in files for block in cluster.java.block_ids(path)]
        assert len(blocks) == 7
        for block in blocks:
            replica, = cluster.replicas(block)
            assert replica.relative_to(cluster.directory).parts[0] == name


def test_java_client_keeps_files_open(cluster):
    java = cluster.java
    handle = java.create("/open", seed=3)
    java.extend(handle, 1000)
    # The first hflush of a block tells the NameNode its length, later ones do not.
    java.hflush(handle)
    java.extend(handle, 200)
    java.hflush(handle)
    assert cluster.webhdfs.status("/open")["length"] == 1000
    java.hsync(handle, update_length=True)
    assert cluster.webhdfs.status("/open")["length"] == 1200
    java.finish(handle)
    handle = java.append("/open", seed=3)
    java.extend(handle, 500)
    java.finish(handle)
    assert java.md5("/open") == md5(3, 1700)
    assert java.truncate("/open", 0)


def test_java_client_reports_errors_and_goes_on(cluster):
    with pytest.raises(JavaError) as failed:
        cluster.java.rename("/there is no such file", "/x")
    assert failed.value.exception == "java.io.FileNotFoundException"
    cluster.java.symlink("/sums", "/link")
    assert "/link" in cluster.java.list_recursive("/")


def test_java_client_writes_many_files(cluster):
    cluster.java.write_many("/many", 300, directories=10, size=50)
    files = [p for p in cluster.java.list_recursive("/many") if "file-" in p]
    assert len(files) == 300
    assert cluster.webhdfs.get("/many/dir-007/file-00017") == pattern(17, 0, 50)


def test_shell(cluster):
    cluster.webhdfs.put("/shell/a", b"abc")
    assert cluster.shell("dfs", "-cat", "/shell/a") == "abc"
    with pytest.raises(CommandError, match="No such file"):
        cluster.shell("dfs", "-ls", "/nothing here")


def test_paused_datanode_is_noticed_and_resumes(cluster):
    cluster.pause("dn2")
    try:
        assert not cluster["dn2"].is_ready()
        assert cluster["dn2"].alive
    finally:
        cluster.resume("dn2")
    wait_until(cluster["dn2"].is_ready, what="dn2 healthy after SIGCONT")


def test_killed_datanode_restarts_with_its_data(cluster):
    cluster.webhdfs.put("/survives", b"x" * 1000, replication=2)
    for name in ("dn1", "dn2"):
        cluster.kill(name)
        assert not cluster[name].alive
    with pytest.raises(OSError):
        cluster.webhdfs.get("/survives")
    for name in ("dn1", "dn2"):
        cluster.restart(name)
    assert cluster.webhdfs.get("/survives") == b"x" * 1000


def test_killed_namenode_restarts_with_its_names(cluster):
    cluster.webhdfs.mkdirs("/remembered", "1777")
    cluster.restart("nn")
    assert cluster.webhdfs.status("/remembered")["permission"] == "1777"


def test_a_start_that_fails_shows_the_log(tmp_path):
    with pytest.raises(ClusterError, match="NumberFormatException"):
        simple(conf={"dfs.heartbeat.interval": "not a number"}, parent=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_open_files_are_passed_on_where_asked_for_and_their_sockets_go_with_the_cluster():
    with simple(short_circuit=True) as made:
        made.webhdfs.put("/passed", b"x" * 100000)
        assert made.shell("dfs", "-cat", "/passed") == "x" * 100000
        passed = "op: REQUEST_SHORT_CIRCUIT_FDS"
        wait_until(lambda: passed in made.log_path("dn1").read_text(), what="the DataNode's record of it")
        line, = (line for line in made.log_path("dn1").read_text().splitlines() if passed in line)
        assert "success: true" in line
        assert made.domain_socket("dn1").is_socket()
        sockets = made.sockets
    assert not sockets.exists()


def start_cli(tmp_path):
    """Starts the command and returns it with what it printed: values by key."""
    child = subprocess.Popen([sys.executable, "-m", "tests.cluster", "--dir", str(tmp_path),
                              "--conf-out", str(tmp_path / "out")],
                             cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    values = {}
    while "pid.dn1" not in values:
        line = child.stdout.readline()
        assert line, "the command ended before its cluster was healthy"
        key, value = line.rstrip("\n").split("=", 1)
        values[key] = value
    wait_until((tmp_path / "out").exists, what="the file of --conf-out")
    return child, values


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_the_launcher_ends(tmp_path, how):
    child, values = start_cli(tmp_path)
    pids = [int(values["pid.nn"]), int(values["pid.dn1"])]
    assert all(running(pid) for pid in pids)
    assert (tmp_path / "out").read_text().splitlines()[:2] == [values["uri"], values["conf"]]
    (tmp_path / "out").unlink()
    child.send_signal(how)
    status = child.wait(30)
    child.stdout.close()
    assert status == (-9 if how == signal.SIGKILL else 0)
    wait_until(lambda: not any(running(pid) for pid in pids), 5, "the end of the daemons")
    wait_until(lambda: not list(tmp_path.iterdir()), 10, "the removal of the directory")
