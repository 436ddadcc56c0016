"""Many readers of distinct files who compare every byte, and whom signals hit at random.

Run as a program: `python3 -m tests.soak._readers DIRECTORY COUNT SIZE SEED SECONDS LIMIT`; prints one JSON object. File
number i of the directory is "file-<i, five digits>" and has the first SIZE bytes of pattern(i). LIMIT is how many seconds
one system call may last before its reader counts as hanging.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from tests.cluster.pattern import pattern
from tests.cluster.process import die_with

LONGEST_READ = 128 * 1024
# How many interrupts come before a reader is killed instead.
SIGNALS_A_KILL = 20
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class Interrupted(Exception):
    """SIGINT came while a system call on the mount was under way."""


class WrongBytes(Exception):
    pass


class _Board:
    """What every reader tells its parent; each value is written whole, so a reader may be killed at any time."""

    def __init__(self, count: int):
        memory = memoryview(mmap.mmap(-1, 3 * 8 * count))
        self.alive = memory[:8 * count].cast("d")  # when the reader's last system call began or ended
        self.read = memory[8 * count:16 * count].cast("Q")  # bytes compared
        self.interrupts = memory[16 * count:].cast("Q")  # taken


class _Reader:
    """One child: what it does until `stop`."""

    def __init__(self, board: _Board, number: int, directory: Path, size: int, seed: str):
        self._board, self._number, self._size = board, number, size
        self._directory, self._path = directory, directory / f"file-{number:05d}"
        self._bytes = pattern(number, 0, size)
        self._random = random.Random(seed)
        self._armed = self._stopped = False
        self._signals = 0
        signal.signal(signal.SIGINT, self._interrupted)
        signal.signal(signal.SIGTERM, self._terminated)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def run(self) -> None:
        operations = (self._in_order, self._at_random, self._at_random, self._mapped, self._names)
        while not self._stopped:
            try:
                self._random.choice(operations)()
            except Interrupted:
                self._board.interrupts[self._number] += 1

    def _interrupted(self, *_) -> None:
        self._signals += 1
        if self._armed:
            self._armed = False
            raise Interrupted

    def _terminated(self, *_) -> None:
        self._signals += 1
        self._stopped = True

    def _tell(self) -> None:
        self._board.alive[self._number] = time.monotonic()

    def _call(self, function, *arguments):
        """A system call on the mount, which SIGINT ends."""
        self._tell()
        signals = self._signals
        self._armed = True
        try:
            return function(*arguments)
        except InterruptedError:
            # Python repeats most calls after EINTR, not those that read directories.
            time.sleep(0)
            if self._signals == signals:
                raise
            raise Interrupted from None
        finally:
            self._armed = False
            self._tell()

    def _opened(self):
        file = self._call(open, self._path, "rb", 0)
        if self._random.random() < 0.8:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file

    def _compare(self, got: bytes, offset: int, wanted: int) -> None:
        expected = self._bytes[offset:offset + wanted]
        if self._stopped:
            expected = expected[:len(got)]  # SIGTERM, which raises nothing, may have ended the call after its first pages
        if got != expected:
            raise WrongBytes(f"{len(got)} of {wanted} bytes at {offset}")
        self._board.read[self._number] += len(got)

    def _in_order(self) -> None:
        step = self._random.randint(4096, LONGEST_READ)
        with self._opened() as file:
            for offset in range(0, self._size + 1, step):
                if not self._stopped:
                    self._compare(self._call(os.pread, file.fileno(), step, offset), offset, step)

    def _at_random(self) -> None:
        with self._opened() as file:
            for _ in range(self._random.randint(1, 30)):
                offset, length = self._random.randrange(self._size), self._random.randint(1, LONGEST_READ)
                self._compare(self._call(os.pread, file.fileno(), length, offset), offset, length)

    def _mapped(self) -> None:
        with self._opened() as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
            for _ in range(self._random.randint(1, 10)):
                offset, length = self._random.randrange(self._size), self._random.randint(1, LONGEST_READ)
                self._compare(self._call(lambda: mapped[offset:offset + length]), offset, length)

    def _names(self) -> None:
        if self._call(os.stat, self._path).st_size != self._size:
            raise WrongBytes("wrong size")
        if self._path.name not in self._call(os.listdir, self._directory):
            raise WrongBytes("not listed")


class _Crowd:
    """The parent of the readers."""

    def __init__(self, directory: Path, count: int, size: int, seed: int, limit: float):
        self._directory, self._count, self._size, self._seed, self._limit = directory, count, size, seed, limit
        self._board = _Board(count)
        self._failures_in, self._failures_out = os.pipe2(os.O_NONBLOCK)
        self._random = random.Random(f"{seed}-crowd")
        self._numbers: dict[int, int] = {}
        self._generation = self._killed = 0
        self._failures: list[str] = []
        self._hanging: set[int] = set()

    def _start(self, number: int) -> None:
        self._generation += 1
        self._board.alive[number] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until the reader's handlers are there
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            die_with(parent)
            self._be_reader(number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self._numbers[pid] = number

    def _be_reader(self, number: int) -> None:
        status = 1
        try:
            _Reader(self._board, number, self._directory, self._size, f"{self._seed}-{number}-{self._generation}").run()
            status = 0
        except BaseException:
            text = f"reader {number}: {traceback.format_exc()[-1500:]}"
            os.write(self._failures_out, text.encode()[:2000] + b"\0")
        os._exit(status)

    def _collect(self, restart: bool) -> None:
        while self._numbers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            number = self._numbers.pop(pid)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
                self._failures.append(f"reader {number} ended by signal {os.WTERMSIG(status)}")
            if restart:
                self._start(number)
        try:
            while text := os.read(self._failures_in, 65536):
                self._failures += [part for part in text.decode(errors="replace").split("\0") if part]
        except BlockingIOError:
            pass

    def _disturb(self) -> None:
        pid = self._random.choice(list(self._numbers))
        kill = self._random.randrange(SIGNALS_A_KILL) == 0
        self._killed += kill
        os.kill(pid, signal.SIGKILL if kill else signal.SIGINT)

    def _look_for_hanging(self) -> None:
        for pid, number in self._numbers.items():
            since = time.monotonic() - self._board.alive[number]
            if since > self._limit and pid not in self._hanging:
                self._hanging.add(pid)
                self._failures.append(f"reader {number} hangs: no call of its ended for {since:.0f} s; "
                                      f"{Path(f'/proc/{pid}/stack').read_text()}")

    def run(self, seconds: float) -> dict:
        for number in range(self._count):
            self._start(number)
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(self._failures) < 20:
            time.sleep(self._random.uniform(0.01, 0.15))
            self._disturb()
            self._collect(restart=True)
            self._look_for_hanging()
        self._finish()
        board = self._board
        return {"bytes": sum(board.read), "interrupts": sum(board.interrupts), "killed": self._killed,
                "idle": list(board.read).count(0), "failures": self._failures}

    def _finish(self) -> None:
        for pid in self._numbers:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + self._limit
        while self._numbers and time.monotonic() < deadline:
            time.sleep(0.05)
            self._collect(restart=False)
        for pid, number in self._numbers.items():
            self._failures.append(f"reader {number} does not end")
            os.kill(pid, signal.SIGKILL)


def _main(directory: str, count: str, size: str, seed: str, seconds: str, limit: str) -> None:
    crowd = _Crowd(Path(directory), int(count), int(size), int(seed), float(limit))
    print(json.dumps(crowd.run(float(seconds))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
