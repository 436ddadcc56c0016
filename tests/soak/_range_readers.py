"""Threads that read random ranges in every way there is and compare each byte.

Run as a program: `python3 -m tests.soak._range_readers DIRECTORY FILES VERSIONS THREADS SEED SECONDS LIMIT`; prints one JSON
object. File number i is "file-<i>" and has pattern(i + FILES * version) for one version; files with an odd number may be
replaced by another version, all may grow. LIMIT is how many seconds one system call may last.
"""

from __future__ import annotations

import functools
import json
import mmap
import os
import random
import sys
import threading
import time
import traceback
from pathlib import Path

from tests.cluster import pattern

LONGEST_READ = 1 << 20
NAMED = 32  # bytes at the beginning of a file that tell its version

_period = functools.lru_cache(maxsize=None)(functools.partial(pattern.prefix, length=pattern.PERIOD))


def expected(seed: int, offset: int, length: int) -> bytes:
    """As pattern.pattern, of more seeds at a time."""
    period, start = _period(seed), offset % pattern.PERIOD
    return (period * ((start + length) // pattern.PERIOD + 1))[start:start + length]


class WrongBytes(Exception):
    pass


class Reader(threading.Thread):
    def __init__(self, directory: Path, files: int, seeds: dict[bytes, int], seed: str, until: float):
        super().__init__(daemon=True)
        self._directory, self._files, self._seeds, self._until = directory, files, seeds, until
        self._random = random.Random(seed)
        self.busy_since = time.monotonic()
        self.counts = {"bytes": 0, "opens": 0, "gone": 0, "mapped": 0}
        self.failure = ""

    def run(self) -> None:
        try:
            while time.monotonic() < self._until:
                self._one_file(self._random.randrange(self._files))
        except Exception:
            self.failure = traceback.format_exc()

    def _one_file(self, number: int) -> None:
        path = self._directory / f"file-{number}"
        may_go = number % 2 == 1
        try:
            with open(path, "rb", buffering=0) as file:
                self.counts["opens"] += 1
                size = os.fstat(file.fileno()).st_size
                seed = self._version(file.fileno(), path)
                if self._random.random() < 0.5:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                ways = (self._in_order, self._at_random, self._advised) + (() if may_go else (self._mapped,))
                self._random.choice(ways)(file.fileno(), seed, size)
        except OSError:
            if not may_go:
                raise
            self.counts["gone"] += 1  # replaced since it was opened: its blocks are no more, an honest answer

    def _read(self, fd: int, count: int, offset: int) -> bytes:
        self.busy_since = time.monotonic()
        try:
            return os.pread(fd, count, offset)
        finally:
            self.busy_since = time.monotonic()

    def _version(self, fd: int, path: Path) -> int:
        name = self._read(fd, NAMED, 0)
        if name not in self._seeds:
            raise WrongBytes(f"{path} begins with {name[:8].hex()}, like none of its versions")
        return self._seeds[name]

    def _compare(self, got: bytes, seed: int, offset: int, wanted: int, size: int) -> None:
        least = min(wanted, max(size - offset, 0))
        if len(got) < least or got != expected(seed, offset, len(got)):
            raise WrongBytes(f"{len(got)} of {wanted} bytes at {offset} of seed {seed}, {size} bytes when opened")
        self.counts["bytes"] += len(got)

    def _in_order(self, fd: int, seed: int, size: int) -> None:
        step = self._random.randint(4096, LONGEST_READ)
        offset = self._random.randrange(size) if self._random.random() < 0.5 else 0
        for at in range(offset, size, step):
            self._compare(self._read(fd, step, at), seed, at, step, size)

    def _at_random(self, fd: int, seed: int, size: int) -> None:
        for _ in range(20):
            offset, count = self._random.randrange(size), self._random.choice((1, 511, 4096, 70_000, LONGEST_READ))
            self._compare(self._read(fd, count, offset), seed, offset, count, size)

    def _advised(self, fd: int, seed: int, size: int) -> None:
        offset = self._random.randrange(size)
        os.posix_fadvise(fd, offset, LONGEST_READ, os.POSIX_FADV_WILLNEED)
        self._compare(self._read(fd, LONGEST_READ, offset), seed, offset, LONGEST_READ, size)

    def _mapped(self, fd: int, seed: int, size: int) -> None:
        # Shared mappings of a file that is being written are refused.
        with mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) as memory:
            for _ in range(10):
                offset = self._random.randrange(size)
                count = min(self._random.choice((1, 5000, 200_000)), size - offset)
                self.busy_since = time.monotonic()
                self._compare(memory[offset:offset + count], seed, offset, count, size)
                self.counts["mapped"] += 1


def main() -> int:
    directory = Path(sys.argv[1])
    files, versions, threads, seed = map(int, sys.argv[2:6])
    seconds, limit = float(sys.argv[6]), float(sys.argv[7])
    seeds = {pattern.prefix(number, NAMED): number for number in range(files * versions)}
    until = time.monotonic() + seconds
    readers = [Reader(directory, files, seeds, f"{seed}/{number}", until) for number in range(threads)]
    for reader in readers:
        reader.start()
    failures = []
    while any(reader.is_alive() for reader in readers) and not failures:
        time.sleep(0.1)
        if any(reader.is_alive() and time.monotonic() - reader.busy_since > limit for reader in readers):
            failures.append(f"a system call hung for more than {limit} s")
    failures += [reader.failure for reader in readers if reader.failure]
    counts = {name: sum(reader.counts[name] for reader in readers) for name in readers[0].counts}
    print(json.dumps({**counts, "failures": failures}), flush=True)
    os._exit(0)  # a thread may hang in the mount


if __name__ == "__main__":
    sys.exit(main())
