"""Fixtures: one cluster for the session, mounts for a test or a module."""

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from tests.cluster import simple
from tests.mount import mounting
from tests.mount.mounting import Mount

# A request that is never answered would hang the run: after this long the daemons are killed, which ends it with an error.
PATIENCE = 150
LONG_PATIENCE = 900


def _missing() -> list[str]:
    """What this machine lacks, as lines that say what to do."""
    lines = []
    if os.geteuid() != 0:
        lines.append("run the tests as root: they mount, change owners and drop caches")
    if not os.path.exists("/dev/fuse"):
        lines.append("/dev/fuse is missing: load the kernel module fuse (modprobe fuse)")
    for name, package in (("fusermount3", "fuse3"), ("java", "openjdk-17-jdk-headless"),
                          ("javac", "openjdk-17-jdk-headless"), ("mvn", "maven"), ("tar", "tar"), ("find", "findutils")):
        if shutil.which(name) is None:
            lines.append(f"{name} is missing: apt-get install {package}")
    for name in ("hdfsmount", "hdfsctl"):
        if not mounting.program(name).exists():
            lines.append(f"{mounting.program(name)} is missing: build it (scripts/test does), or name it in the environment")
    return lines


@pytest.fixture(scope="session", autouse=True)
def _prerequisites():
    lines = _missing()
    if lines:
        pytest.exit("the mount tests cannot run:\n  " + "\n  ".join(lines), returncode=3)

    def terminated(*_):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, terminated)
    yield
    signal.signal(signal.SIGTERM, previous)


@pytest.fixture(scope="session")
def cluster():
    """One NameNode that allows symbolic links, one DataNode, blocks of 1 MiB where a test asks for them."""
    with simple(symlinks=True) as made:
        yield made


@pytest.fixture
def _open_mounts():
    return []


@pytest.fixture
def mount(cluster, _open_mounts, request):
    """A function that mounts: mount("option", ..., source=...).  All are unmounted and checked after the test."""

    def make(*options, source="", conf="", env=None):
        made = Mount(source if source != "" else cluster.uri, *options,
                     conf=conf if conf != "" else cluster.conf_dir, env=env)
        _open_mounts.append(made)
        return made

    yield make
    failed = []
    for made in reversed(_open_mounts):
        try:
            made.close()
        except AssertionError as error:
            failed.append(str(error))
    assert not failed, "\n".join(failed)


@pytest.fixture
def mnt(mount):
    """A mount of the whole cluster with default options."""
    return mount()


@pytest.fixture(scope="module")
def shared_mnt(cluster):
    """One mount for a module's tests that change nothing and need no cold caches."""
    with Mount(cluster.uri, conf=cluster.conf_dir) as made:
        yield made


@pytest.fixture
def here(cluster, request):
    """An HDFS directory of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)
    path = f"/tests/{request.module.__name__.rsplit('.', 1)[-1]}/{name}"
    cluster.webhdfs.mkdirs(path)
    return path


@pytest.fixture(autouse=True)
def _watchdog(request):
    """Kills this process's daemons when a test takes too long, so that a hung request fails instead of hanging."""
    patience = LONG_PATIENCE if request.node.get_closest_marker("long") else PATIENCE
    timer = threading.Timer(patience, _kill_daemons)
    timer.daemon = True
    timer.start()
    yield
    timer.cancel()


def _kill_daemons():
    binary = str(mounting.program("hdfsmount"))
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            ours = parent == os.getpid() and os.readlink(entry / "exe") == binary
        except OSError:
            continue
        if ours:
            os.kill(int(entry.name), signal.SIGKILL)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its daemons logged."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    mounts = list(item.funcargs.get("_open_mounts", []))
    mounts += [v for v in item.funcargs.values() if isinstance(v, Mount) and v not in mounts]
    for made in mounts:
        report.sections.append((f"daemon of {made.path}", made.log_text()))
