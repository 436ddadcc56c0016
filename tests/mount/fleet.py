"""Many mounts of one cluster, and programs that use all of them lightly."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.janitor import Janitor
from tests.cluster.process import spawn, tail
from tests.mount.mounting import MountError, mount_table, program


class Fleet:
    """`count` daemons with mounts below one directory; the options are the same for all."""

    def __init__(self, source: str, count: int, *options: str, conf: os.PathLike, timeout: float = 60):
        self._home = Path(tempfile.mkdtemp(prefix="hdfsmount-fleet-")).resolve()
        self._janitor = Janitor(self._home)
        self.paths = [self._home / f"m{number:03d}" for number in range(count)]
        self._daemons: list[subprocess.Popen] = []
        try:
            with open(self.log, "ab") as log:
                for path in self.paths:
                    path.mkdir()
                    argv = [program("hdfsmount"), source, path, "-f", "-o", ",".join([f"conf={conf}", *options])]
                    self._daemons.append(spawn(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._home))
            self._wait_ready(time.monotonic() + timeout)
        except BaseException:
            self._give_up()
            raise

    @property
    def log(self) -> Path:
        """What all daemons write."""
        return self._home / "daemons.log"

    def _wait_ready(self, deadline: float) -> None:
        missing = set(map(str, self.paths))
        while missing := missing - mount_table().keys():
            if time.monotonic() > deadline or any(daemon.poll() is not None for daemon in self._daemons):
                raise MountError(f"{len(missing)} mounts did not come up\n{tail(self.log)}")
            time.sleep(0.05)
        for path in self.paths:
            os.stat(path)

    def close(self) -> None:
        """Ends all daemons; MountError unless each ended well and took its mount away."""
        for daemon in self._daemons:
            daemon.send_signal(signal.SIGTERM)
        try:
            statuses = {daemon.wait(60) for daemon in self._daemons}
            left = set(map(str, self.paths)) & mount_table().keys()
            if statuses != {0} or left:
                raise MountError(f"daemons ended with {statuses}, left {sorted(left)}\n{tail(self.log)}")
        finally:
            self._give_up()

    def _give_up(self) -> None:
        for daemon in self._daemons:
            daemon.kill()
            daemon.wait()
        self._janitor.close()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, kind, *_) -> None:
        self.close() if kind is None else self._give_up()


class Traffic:
    """Programs that each make one call every `period` seconds, at their own time, or as soon as the last one has ended.

    calls   one function for each program
    """

    def __init__(self, calls: list[Callable[[], None]], period: float):
        self._period = period
        self._stop = threading.Event()
        self.failures: list[str] = []
        self.longest = 0.0
        self._lock = threading.Lock()
        self._last_began = [0.0] * len(calls)
        self._threads = [threading.Thread(target=self._run, args=numbered, daemon=True) for numbered in enumerate(calls)]
        for thread in self._threads:
            thread.start()

    def all_have_called_since(self, when: float) -> bool:
        """Whether each program has ended a call that it began after `when`, of time.monotonic()."""
        return min(self._last_began) > when

    def _run(self, number: int, call: Callable[[], None]) -> None:
        self._stop.wait(random.uniform(0, self._period))
        while not self._stop.is_set():
            begin = time.monotonic()
            try:
                call()
                failure = None
            except (OSError, AssertionError) as error:
                failure = str(error)
            took = time.monotonic() - begin
            with self._lock:
                self._last_began[number] = begin
                self.longest = max(self.longest, took)
                if failure is not None:
                    self.failures.append(failure)
            self._stop.wait(max(0.0, self._period - took))

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Traffic:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def most_within(times: list[float], seconds: float) -> int:
    """The largest number of the ascending times that lie within so many seconds."""
    most = first = 0
    for last, when in enumerate(times):
        while times[first] <= when - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
