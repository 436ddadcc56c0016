"""What every benchmark uses: the cluster, its files and their local copies, mounts of ours, and the clock."""

import contextlib
import inspect
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import simple
from tests.cluster.pattern import prefix
from tests.mount.mounting import Mount, wait_until

from .row import REFERENCES, Impossible
from .tiers import Tier

LARGE = 1_600_000_000
BLOCK = 128 << 20
BLOCK_FILES = 16
SMALL_FILES, SMALL_DIRECTORIES, SMALL_SIZE = 2000, 20, 5000
# DataNodes tell this name beside their address, so that a proxy can stand for them: see distance.py.
FAR = "127.0.0.2"


@dataclass
class Started:
    path: Path
    pid: int
    ready_after: float  # seconds from exec to the first answer


class Context:
    """against    the references to measure; all when empty
    failures   what could not be measured, as text; the reason for a status other than 0."""

    def __init__(self, binary: Path, rounds: int, against: set[str]):
        self.binary = binary
        self.rounds = rounds
        self._against = against
        self.failures: list[str] = []
        self._cluster = None
        self._made: set[str] = set()

    @property
    def cluster(self):
        """One DataNode; with short-circuit reads where tests.cluster can set them up."""
        if self._cluster is None:
            self.short_circuit = "short_circuit" in inspect.signature(simple).parameters
            options = {"short_circuit": True} if self.short_circuit else {}
            self._cluster = simple(conf={"dfs.datanode.hostname": FAR}, **options)
        return self._cluster

    @property
    def local(self) -> Path:
        """The directory whose files have the bytes of the HDFS files of the same names."""
        return self.cluster.directory / "local"

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()

    # Files; each is written once, in HDFS and locally, and named alike in both.

    def file(self, name: str, size: int) -> str:
        if name not in self._made:
            self.cluster.java.write(f"/{name}", size)
            self._made.add(name)
        return f"/{name}"

    def large(self) -> str:
        """1.6 GB in blocks of 128 MiB."""
        path = self.file("large", LARGE)
        self._copy([path])
        return path

    def block_files(self) -> list[str]:
        """Files of one full block each."""
        paths = [f"/blocks/file-{number:05}" for number in range(BLOCK_FILES)]
        if "blocks" not in self._made:
            for number, path in enumerate(paths):
                self.cluster.java.write(path, BLOCK, seed=number, block_size=BLOCK)
            self._made.add("blocks")
        self._copy(paths)
        return paths

    def small_files(self) -> str:
        """A directory of directories of files of 5 KB."""
        if "small" not in self._made:
            self.cluster.java.write_many("/small", SMALL_FILES, directories=SMALL_DIRECTORIES, size=SMALL_SIZE)
            for number in range(SMALL_FILES):
                path = self.local / "small" / f"dir-{number % SMALL_DIRECTORIES:03}" / f"file-{number:05}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(prefix(number, SMALL_SIZE))
            self._made.add("small")
            os.sync()
        return "/small"

    def replicas(self, path: str) -> list[Path]:
        """The block files of a file, in order."""
        return [self.cluster.replicas(block)[0] for block in self.cluster.java.block_ids(path)]

    def _copy(self, paths: list[str]) -> None:
        """Makes the local copies from the blocks, and brings both into the page cache."""
        for path in paths:
            copy = self.local / path.lstrip("/")
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                with open(copy, "wb") as into:
                    for replica in self.replicas(path):
                        with open(replica, "rb") as block:
                            shutil.copyfileobj(block, into, 1 << 20)
                os.sync()
            subprocess.run(["cat", str(copy), *map(str, self.replicas(path))], check=True, stdout=subprocess.DEVNULL)

    # Mounts

    @contextlib.contextmanager
    def mount(self, tier: Tier, *options: str, source: str | None = None) -> Iterator[Mount]:
        """A fresh mount that reads by a tier."""
        if tier.needs_socket and not self.short_circuit:
            raise Impossible(f"{tier.name}: tests.cluster.simple() has no short_circuit yet")
        if tier.needs_directories:
            options = (*options, f"replica_dirs={self.cluster.directory / 'dn1' / 'data'}")
        with Mount(source or self.cluster.uri, *tier.options, *options, conf=self.cluster.conf_dir) as made:
            if tier.needs_directories:
                wait_until(lambda: made.counter("replica_directories") == 1, 10, "the DataNode's directory")
            yield made

    @contextlib.contextmanager
    def started(self, *options: str) -> Iterator[Started]:
        """A fresh mount, timed from exec."""
        with tempfile.TemporaryDirectory(prefix="hdfsmount-bench-") as directory:
            argv = [str(self.binary), self.cluster.uri, directory, "-f",
                    "-o", ",".join([f"conf={self.cluster.conf_dir}", *options])]
            before = os.stat(directory).st_dev
            start = time.monotonic()
            with open(f"{directory}.log", "w") as log:
                daemon = subprocess.Popen(argv, stderr=log)
            try:
                while os.stat(directory).st_dev == before:
                    if daemon.poll() is not None or time.monotonic() - start > 30:
                        raise RuntimeError(f"the mount did not come up: {Path(directory + '.log').read_text()}")
                    time.sleep(0.001)
                os.listdir(directory)
                yield Started(Path(directory), daemon.pid, time.monotonic() - start)
            finally:
                if daemon.poll() is None:
                    daemon.send_signal(signal.SIGTERM)
                daemon.wait(30)
                os.unlink(f"{directory}.log")

    # Measuring

    def in_turn(self, sides: dict[str, Callable[[], float]]) -> dict[str, float]:
        """The median of each side, measured in turn, after ours once unmeasured: the servers' compilers are warm then.

        A reference that is impossible here is left out and noted.
        """
        values: dict[str, list[float]] = {name: [] for name in sides
                                          if name not in REFERENCES or not self._against or name in self._against}
        if len(values) < 2:
            raise Impossible(f"none of the references {', '.join(sides)} was chosen")
        sides["ours"]()
        for _ in range(self.rounds):
            for name in list(values):
                try:
                    values[name].append(sides[name]())
                except Impossible as reason:
                    if name == "ours":
                        raise
                    del values[name]
                    self.complain(f"{name}: {reason}")
        return {name: statistics.median(measured) for name, measured in values.items()}

    def complain(self, text: str) -> None:
        self.failures.append(text)
        print(f"not measured: {text}", file=sys.stderr, flush=True)

    @staticmethod
    def claim_memory(size: int) -> None:
        """Touches and frees as much memory as a measurement is about to use, and 512 MiB for what it needs besides.

        The host of a virtual machine may take free memory back; what it costs to get it again is not to be measured.
        """
        subprocess.run([sys.executable, "-c", f"b'x' * int({size + (512 << 20)})"], check=True)

    def shell_seconds(self, *args: str) -> float:
        """Hadoop's own shell with its output thrown away."""
        start = time.monotonic()
        subprocess.run(self.cluster.command_line("dfs", *args), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return time.monotonic() - start
