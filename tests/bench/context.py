"""What every benchmark uses: the cluster, mounts of ours, and the clock."""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Mounted:
    path: Path
    pid: int
    ready_after: float  # seconds from exec to the first answer


class Context:
    def __init__(self, cluster, binary: Path, rounds: int):
        self.cluster = cluster
        self.binary = binary
        self.rounds = rounds
        self._files: dict[str, str] = {}

    def file(self, name: str, size: int) -> str:
        """The HDFS path of a file of `size` bytes, written once."""
        if name not in self._files:
            self.cluster.java.write(f"/{name}", size)
            self._files[name] = f"/{name}"
        return self._files[name]

    @contextlib.contextmanager
    def mount(self, *options: str) -> Iterator[Mounted]:
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
                yield Mounted(Path(directory), daemon.pid, time.monotonic() - start)
            finally:
                if daemon.poll() is None:
                    daemon.send_signal(signal.SIGTERM)
                daemon.wait(30)
                os.unlink(f"{directory}.log")

    def alternate(self, ours: Callable[[], float], reference: Callable[[], float]) -> tuple[float, float]:
        """Medians of both, measured in turn."""
        pairs = [(ours(), reference()) for _ in range(self.rounds)]
        return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)

    @staticmethod
    def claim_memory(size: int) -> None:
        """Touches and frees as much memory as a measurement is about to use.

        The host of a virtual machine may take free memory back; what it costs to get it again is not to be measured.
        """
        subprocess.run([sys.executable, "-c", f"b'x' * int({size})"], check=True)

    def shell_seconds(self, *args: str) -> float:
        """Hadoop's own shell with its output thrown away."""
        start = time.monotonic()
        subprocess.run(self.cluster.command_line("dfs", *args), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return time.monotonic() - start


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no resident memory")


def row(name: str, ours: float, reference: float, unit: str) -> str:
    return f"{name}\t{ours:.3f} {unit}\t{reference:.3f} {unit}\t{ours / reference:.2f}"
