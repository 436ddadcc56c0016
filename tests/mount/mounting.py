"""Mounts of the program under test: started, watched, asked and taken down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.cluster.janitor import Janitor
from tests.cluster.process import spawn, tail

REPOSITORY = Path(__file__).resolve().parents[2]


def program(name: str) -> Path:
    """A program of the build under test: HDFSMOUNT_BINARY or HDFSCTL of the environment, else in build/."""
    variable = {"hdfsmount": "HDFSMOUNT_BINARY", "hdfsctl": "HDFSCTL"}[name]
    if variable in os.environ:
        return Path(os.environ[variable]).resolve()
    if name == "hdfsctl" and "HDFSMOUNT_BINARY" in os.environ:
        return program("hdfsmount").with_name(name)
    return REPOSITORY / "build" / name


class MountError(AssertionError):
    """A mount did not start, end or behave; carries the daemon's log."""


def mount_table() -> dict[str, tuple[str, str, str]]:
    """Mount point -> (source, type, options), as the kernel writes them."""
    table = {}
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            source, point, kind, options, *_ = line.split(" ")
            table[point] = (source, kind, options)
    return table


def wait_until(condition, timeout: float = 10, what: str = "the condition") -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout:g} s")
        time.sleep(0.01)


def control_sockets(pid: int) -> list[str]:
    """Paths of the UNIX sockets that a process listens on."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[len("socket:["):-1])
    found = []
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split(maxsplit=7)
        # Flag 0x10000: the socket listens.
        if len(fields) == 8 and fields[6] in inodes and int(fields[3], 16) & 0x10000:
            # Made under a temporary name and renamed into place when it answers.
            found.append(fields[7].removesuffix(f".{pid}"))
    return found


def daemons_of(point: os.PathLike) -> list[int]:
    """Processes of the program under test that name a mount point."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe") == str(program("hdfsmount")):
                if os.fsencode(point) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            continue
    return found


class Mount:
    """One mounted file system, from a daemon in the foreground that dies with this process.

    source    what is mounted, or None for fs.defaultFS
    options   -o options besides conf=, each one text
    conf      the configuration directory, or None to give none
    """

    def __init__(self, source: str | None, *options: str, conf: os.PathLike | None,
                 env: dict[str, str] | None = None, timeout: float = 20):
        self._home = Path(tempfile.mkdtemp(prefix="hdfsmount-test-")).resolve()
        self._janitor = Janitor(self._home)
        self.path = self._home / "mnt"
        self.path.mkdir()
        self.log = self._home / "daemon.log"
        self.options = ([f"conf={conf}"] if conf is not None else []) + list(options)
        argv = [str(program("hdfsmount")), *([source] if source is not None else []), str(self.path), "-f"]
        if self.options:
            argv += ["-o", ",".join(self.options)]
        self.argv = argv
        try:
            if not program("hdfsmount").exists():
                raise MountError(f"{program('hdfsmount')} does not exist: build it, or set HDFSMOUNT_BINARY")
            with open(self.log, "wb") as log:
                self.daemon = spawn(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._home,
                                    env={**os.environ, **(env or {})})
            self._wait_ready(timeout)
        except BaseException:
            self._give_up()
            raise

    def _wait_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while str(self.path) not in mount_table():
            if self.daemon.poll() is not None:
                raise MountError(f"{' '.join(self.argv)} ended with status {self.daemon.returncode}\n{self.log_text()}")
            if time.monotonic() > deadline:
                raise MountError(f"not mounted after {timeout:g} s\n{self.log_text()}")
            time.sleep(0.005)
        os.stat(self.path)

    def __truediv__(self, relative: str) -> Path:
        """A path below the mount point; a leading slash, as of an HDFS path, is dropped."""
        return self.path / relative.lstrip("/")

    def log_text(self) -> str:
        return tail(self.log, 200)

    def log_lines(self, text: str, timeout: float = 10) -> list[str]:
        """The lines that contain a text, once there is one: the daemon writes its log on a thread of its own."""
        deadline = time.monotonic() + timeout
        while True:
            lines = [line for line in self.log_text().splitlines() if text in line]
            if lines or time.monotonic() > deadline:
                return lines
            time.sleep(0.01)

    def status(self) -> dict:
        """What `hdfsctl status MOUNTPOINT --json` says."""
        return json.loads(self.hdfsctl("status", "--json"))

    def hdfsctl(self, command: str, *arguments: str) -> str:
        argv = [str(program("hdfsctl")), command, str(self.path), *arguments]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
        if done.returncode != 0:
            raise MountError(f"{' '.join(argv)}: status {done.returncode}: {done.stderr}\n{self.log_text()}")
        return done.stdout

    def counter(self, name: str, label: str | None = None) -> int:
        """One counter, or the sum over its labels; 0 for one that was never touched."""
        value = self.status()["counters"].get(name, 0)
        if isinstance(value, dict):
            return value.get(label, 0) if label is not None else sum(value.values())
        return value

    def drop_kernel_caches(self) -> None:
        """Pages, dentries and inodes of the whole machine: the next access asks the daemon."""
        Path("/proc/sys/vm/drop_caches").write_text("3\n")

    def close(self, how: str = "umount") -> None:
        """Takes the mount down by "umount", "fusermount3", SIGTERM or SIGINT ("term", "int") and checks the end.

        MountError, with the log, when the unmount or the daemon failed, or anything was left.
        """
        if self._home is None:
            return
        try:
            self._end(how)
            if self.daemon.returncode != 0:
                raise MountError(f"the daemon ended with status {self.daemon.returncode}\n{self.log_text()}")
            if str(self.path) in mount_table():
                raise MountError(f"{self.path} is still mounted\n{self.log_text()}")
            self.path.rmdir()
        finally:
            self._give_up()

    def _end(self, how: str) -> None:
        if how in ("term", "int"):
            self.daemon.send_signal(signal.SIGTERM if how == "term" else signal.SIGINT)
        else:
            argv = {"umount": ["umount"], "fusermount3": ["fusermount3", "-u"]}[how] + [str(self.path)]
            done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
            if done.returncode != 0:
                raise MountError(f"{' '.join(argv)}: {done.stdout}\n{self.log_text()}")
        try:
            self.daemon.wait(20)
        except subprocess.TimeoutExpired:
            raise MountError(f"the daemon goes on 20 s after {how}\n{self.log_text()}") from None

    def _give_up(self) -> None:
        """Removes everything by force; harmless after a clean end."""
        if self._home is None:
            return
        self._home = None
        daemon = getattr(self, "daemon", None)
        if daemon is not None:
            if daemon.poll() is None:
                daemon.kill()
            daemon.wait()
        self._janitor.close()

    def __enter__(self) -> "Mount":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.close()
        else:
            self._give_up()
