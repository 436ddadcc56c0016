"""Mounts that the benchmarks compare with: the least FUSE daemon, and rclone's."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.janitor import Janitor
from tests.cluster.process import spawn, tail

from .row import Impossible
from .tools import tool

# What hdfsmount sets for its own mount.
READ_AHEAD_KIB = 4096


@dataclass
class Mounted:
    path: Path
    pid: int

    def __truediv__(self, relative: str) -> Path:
        return self.path / relative.lstrip("/")


@contextlib.contextmanager
def _mounted(argv, wait: float = 30) -> Iterator[Mounted]:
    """`argv(mount point)` is a daemon in the foreground that ends by SIGTERM."""
    home = Path(tempfile.mkdtemp(prefix="hdfsmount-bench-")).resolve()
    janitor = Janitor(home)
    daemon = None
    try:
        point, log = home / "mnt", home / "log"
        point.mkdir()
        before = point.stat().st_dev
        with open(log, "wb") as errors:
            daemon = spawn(argv(point), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, cwd=home)
        deadline = time.monotonic() + wait
        while point.stat().st_dev == before:
            if daemon.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(map(str, argv(point)))} did not come up\n{tail(log)}")
            time.sleep(0.002)
        os.listdir(point)
        yield Mounted(point, daemon.pid)
    finally:
        if daemon is not None:
            if daemon.poll() is None:
                daemon.send_signal(signal.SIGTERM)
            daemon.wait(30)
        janitor.close()


@contextlib.contextmanager
def floor(source: Path, *, direct_io: bool = False) -> Iterator[Mounted]:
    """The least FUSE daemon over a local directory, on the terms of hdfsmount."""
    options = ["--direct-io"] if direct_io else []
    with _mounted(lambda point: [str(tool("floor")), str(source), str(point), *options]) as made:
        device = made.path.stat().st_dev
        Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb").write_text(f"{READ_AHEAD_KIB}\n")
        yield made


@contextlib.contextmanager
def rclone(uri: str) -> Iterator[Mounted]:
    """rclone's mount of a whole file system, as it comes."""
    program = shutil.which("rclone")
    if program is None:
        raise Impossible("rclone is not installed: apt-get install rclone")
    namenode = uri.removeprefix("hdfs://")
    with _mounted(lambda point: [program, "mount", ":hdfs:/", str(point), "--hdfs-namenode", namenode, "--hdfs-username", "root",
                                 "--read-only", "--config", "/dev/null"]) as made:
        yield made
