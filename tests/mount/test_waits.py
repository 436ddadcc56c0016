"""Whatever a system call waits for: it ends by -o timeout= with ETIMEDOUT, and within a second of a signal."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cluster import pattern, simple
from tests.mount.mounting import wait_until
from tests.mount.waits import Call

MIB = 1 << 20
TIMEOUT = 2
# What a call may take beyond its time-out: the kernel, and a busy machine.
GRACE = 1.5


@pytest.fixture(scope="module")
def cluster():
    """Two DataNodes: /hung/* have their only replica on dn2, /healthy on dn1. Listings come in pages of 20 names."""
    conf = {"dfs.ls.limit": "20", "dfs.datanode.hostname": "localhost", "dfs.namenode.heartbeat.recheck-interval": "300000"}
    with simple(datanodes=2, symlinks=True, conf=conf) as made:
        made.java.write("/hung/file", 8 * MIB, datanode=made.transfer_address("dn2"))
        made.java.write("/hung/small", 4096, datanode=made.transfer_address("dn2"))
        made.java.write("/healthy", 4 * MIB, datanode=made.transfer_address("dn1"))
        made.java.write_many("/many", 50)
        made.java.symlink("healthy", "/link")
        yield made


@pytest.fixture
def paused(cluster):
    """A function that stops a process of the cluster, which goes on after the test at the latest."""
    names = []

    def pause(name):
        names.append(name)
        cluster.pause(name)

    yield pause
    for name in names:
        cluster.resume(name)
    wait_until(lambda: all(process.is_ready() for process in cluster.processes.values()), 60, "a healthy cluster")


def ends_in_time(call):
    """The call ends with ETIMEDOUT at its time-out."""
    outcome, seconds = call.outcome()
    assert outcome == "ETIMEDOUT"
    assert TIMEOUT / 2 < seconds < TIMEOUT + GRACE


def ends_by_signal(call, number=signal.SIGINT):
    """The call waits, and ends by EINTR within a second of a signal that the program catches."""
    time.sleep(0.7)
    assert not call.ended()
    call.signal(number)
    sent = time.monotonic()
    outcome, _ = call.outcome()
    assert time.monotonic() - sent < 1
    assert outcome == "EINTR"


ENDINGS = {"time-out": (f"timeout={TIMEOUT}s", ends_in_time), "signal": ("timeout=60s", ends_by_signal)}


@pytest.fixture(params=ENDINGS)
def ending(request):
    """The mount option and the check for each way in which a wait ends."""
    return ENDINGS[request.param]


# The names of {root} are known to the mount before the NameNode stops; nothing else is.
NAMENODE_CALLS = {
    "stat": ("", "os.stat('{root}/no-such-name')"),
    "open": ("", "os.open('{root}/healthy', os.O_RDONLY)"),
    "opendir": ("", "os.listdir('{root}/many')"),
    "readdir": ("names = os.scandir('{root}/many'); next(names)", "list(names)"),
    "readlink": ("", "os.readlink('{root}/link')"),
    "statfs": ("", "os.statvfs('{root}/')"),
}


@pytest.mark.parametrize("name", NAMENODE_CALLS)
def test_for_a_namenode_that_hangs(mount, paused, ending, name):
    option, check = ending
    made = mount(option, "entry_timeout=1000s", "attr_timeout=1000s")
    for known in ("healthy", "many"):
        os.stat(made / known)
    prepare, call = (text.format(root=made.path) for text in NAMENODE_CALLS[name])
    with Call(call, prepare, between=lambda: paused("nn")) as program:
        check(program)


def test_read_for_a_datanode_that_hangs(mount, paused, ending):
    option, check = ending
    made = mount(option)
    paused("dn2")
    with Call("os.read(file, 100)", f"file = os.open('{made.path}/hung/file', os.O_RDONLY)") as program:
        check(program)


def test_read_in_the_middle_of_a_file(mount, paused, ending):
    option, check = ending
    made = mount(option)
    prepare = f"file = os.open('{made.path}/hung/file', os.O_RDONLY); os.read(file, 100)"
    with Call(f"os.pread(file, 100, {7 * MIB})", prepare, between=lambda: paused("dn2")) as program:
        check(program)


def test_read_past_the_page_cache(mount, cluster, paused, ending):
    """A file being written is read by direct I/O."""
    option, check = ending
    handle = cluster.java.create("/being-written")
    cluster.java.extend(handle, 100000)
    cluster.java.hflush(handle)
    made = mount(option, "attr_timeout=1000s")
    try:
        with Call("os.read(file, 100)", f"file = os.open('{made.path}/being-written', os.O_RDONLY)",
                  between=lambda: [paused(name) for name in ("dn1", "dn2")]) as program:
            check(program)
    finally:
        for name in ("dn1", "dn2"):
            cluster.resume(name)
        cluster.java.finish(handle)


def test_a_page_fault_outlives_a_signal(mount, cluster, paused):
    """An interrupted page fault would be SIGBUS, so the program's handler has to wait for the page."""
    made = mount("timeout=60s")
    prepare = f"file = os.open('{made.path}/hung/file', os.O_RDONLY); m = mmap.mmap(file, 4096, prot=mmap.PROT_READ)"
    paused("dn2")
    with Call("m[0]", prepare) as program:
        time.sleep(0.5)
        program.signal(signal.SIGINT)
        time.sleep(1.5)
        assert not program.ended()
        cluster.resume("dn2")
        assert program.outcome()[0] == "EINTR"  # what Python calls KeyboardInterrupt, raised after the page came


@pytest.fixture(scope="module")
def hanging_names(tmp_path_factory):
    """An environment for daemons that cannot find names out while the returned file exists."""
    directory = tmp_path_factory.mktemp("names")
    library, flag = directory / "hanging_names.so", directory / "hang"
    subprocess.run(["g++", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("hanging_names.cpp")], check=True)
    return {"LD_PRELOAD": str(library), "HANGING_NAMES": str(flag)}, flag


@pytest.fixture
def names(hanging_names):
    """As above; the names are found out again after the test at the latest."""
    environment, flag = hanging_names
    yield environment, flag
    flag.unlink(missing_ok=True)


def test_for_the_name_of_a_host(mount, ending, names):
    option, check = ending
    environment, flag = names
    made = mount(option, "hdfs.dfs.client.use.datanode.hostname=true", env=environment)
    flag.touch()
    with Call("os.read(file, 100)", f"file = os.open('{made.path}/healthy', os.O_RDONLY)") as program:
        check(program)


def test_for_the_name_of_an_owner(mount, cluster, ending, names):
    option, check = ending
    environment, flag = names
    cluster.webhdfs.mkdirs("/owned")
    cluster.webhdfs.set_owner("/owned", "somebody-else", "another-group")
    made = mount(option, env=environment)
    flag.touch()
    with Call("os.stat(path)", f"path = '{made.path}/owned'") as program:
        check(program)
    flag.unlink()
    assert os.stat(made / "owned").st_uid > 65535


def test_nothing_that_hangs_keeps_the_daemon_from_ending(mount, paused, names):
    environment, flag = names
    made = mount("timeout=60s", "hdfs.dfs.client.use.datanode.hostname=true", env=environment)
    with Call("os.read(file, 100)", f"file = os.open('{made.path}/healthy', os.O_RDONLY)", between=flag.touch) as program:
        time.sleep(0.5)
        assert not program.ended()
        paused("nn")
        begin = time.monotonic()
        made.close("term")
        assert time.monotonic() - begin < 3
        assert program.outcome()[0] in ("ENOTCONN", "ECONNABORTED")
