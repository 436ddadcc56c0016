"""Reads through a mount under sanitizers while readers, DataNodes and caches come and go.

Builds the daemon with clang's AddressSanitizer and UndefinedBehaviorSanitizer, then with ThreadSanitizer, in build-soak-*,
and gives half of the time to each: 64 readers of distinct files compare every byte and are interrupted or killed at random,
one DataNode after the other is killed and restarted, and the kernel's caches are dropped. No sanitizer may report anything,
no byte be wrong, no call hang, and descriptors, inodes and memory have to come back to where they began. The last line is
"N passed, N failed".
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster import simple
from tests.cluster.process import spawn
from tests.mount.mounting import Mount, MountError

PROJECT = Path(__file__).resolve().parents[2]
COMPILER = "clang++-16"
PACKAGES = "apt-get install clang-16 libclang-rt-16-dev"
SANITIZERS = {"address": "address,undefined", "thread": "thread"}
SUPPRESSIONS = PROJECT / "tests" / "soak" / "thread.supp"
DIRECTORY = "/soak"
READERS = 64
SIZE = 2_500_000
DATANODES = 3
TIMEOUT = 60  # -o timeout= of the mount, in seconds
# Beyond the time-out: a call of the kernel may become several requests, and sanitizers and a busy machine are slow.
HANGS_AFTER = 2 * TIMEOUT + 30
MEMORY = 64  # -o memory= of the mount, in MiB
# The allocator's, and what a sanitizer keeps: the budget again, and as much for everything else.
GROWTH = 2 * MEMORY << 20


class SoakError(Exception):
    pass


def make_cluster():
    """A cluster with the readers' files, each of three blocks on every DataNode."""
    made = simple(datanodes=DATANODES, conf={"dfs.blocksize": str(1 << 20)})
    try:
        for number in range(READERS):
            made.java.write(f"{DIRECTORY}/file-{number:05d}", SIZE, seed=number)
    except BaseException:
        made.close()
        raise
    return made


# The daemon's state

def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class State:
    """What has to come back to its start."""
    descriptors: int
    inodes: int
    lookups: int
    open_files: int
    open_directories: int
    in_flight: int
    buffers: int
    idle_connections: int
    resident: int

    @staticmethod
    def of(made: Mount) -> "State":
        status = made.status()
        files, counters = status["files"], status["counters"]
        return State(len(os.listdir(f"/proc/{made.daemon.pid}/fd")), files["inodes"], files["lookups"], files["open_files"],
                     files["open_directories"], counters["fuse_in_flight"], counters["buffer_bytes_in_use"],
                     counters["datanode_connections_idle"], _resident(made.daemon.pid))

    def in_use(self) -> bool:
        """Whether anything is left that only readers need."""
        return any((self.open_files, self.open_directories, self.in_flight, self.buffers, self.idle_connections))

    def more_than(self, start: "State") -> list[str]:
        """What is above its start, as text."""
        found = [f"{name} {getattr(self, name)}, {getattr(start, name)} at the start"
                 for name in vars(self) if name != "resident" and getattr(self, name) > getattr(start, name)]
        if self.resident > start.resident + GROWTH:
            found.append(f"resident {self.resident >> 20} MiB, {start.resident >> 20} MiB at the start")
        return found


def settle(made: Mount, wanted) -> State:
    """Drops the kernel's caches until wanted(state) or half a minute has passed; the last state."""
    deadline = time.monotonic() + 30
    while True:
        made.drop_kernel_caches()
        time.sleep(0.5)
        state = State.of(made)
        if wanted(state) or time.monotonic() > deadline:
            return state


# One phase

@dataclass
class Disturbance:
    """Kills and restarts DataNodes and drops caches in a thread of its own until stop()."""
    cluster: object
    made: Mount
    random: random.Random
    deaths: int = 0
    drops: int = 0
    failures: list[str] = field(default_factory=list)

    def __post_init__(self):
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._guarded, args=(work,)) for work in (self._kill, self._drop)]
        for thread in self._threads:
            thread.start()

    def _guarded(self, work) -> None:
        try:
            work()
        except Exception as error:  # reported by the phase
            self.failures.append(f"{type(error).__name__}: {error}")

    def _kill(self) -> None:
        while not self._end.wait(self.random.uniform(1, 5)):
            name = f"dn{self.random.randint(1, DATANODES)}"
            self.cluster.kill(name)
            self.deaths += 1
            self._end.wait(self.random.uniform(0, 3))
            self.cluster.restart(name)

    def _drop(self) -> None:
        while not self._end.wait(2):
            self.made.drop_kernel_caches()
            self.drops += 1

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()


def read(made: Mount, seed: int, seconds: float) -> dict:
    """What the readers report after so many seconds."""
    argv = [sys.executable, "-m", "tests.soak._readers", str(made / DIRECTORY), str(READERS), str(SIZE), str(seed),
            str(seconds), str(HANGS_AFTER)]
    child = spawn(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    try:
        out, _ = child.communicate(timeout=seconds + 3 * HANGS_AFTER)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, 9)
            child.wait()
    if child.returncode != 0:
        raise SoakError(f"the readers ended with status {child.returncode}")
    return json.loads(out)


def phase(cluster, seed: int, seconds: float, reports: Path) -> tuple[dict, list[str]]:
    """Mounts HDFSMOUNT_BINARY, lets loose what disturbs it and takes it down: counts, and what was wrong.

    reports   a directory where sanitizers put theirs
    """
    failures: list[str] = []
    log = ""
    try:
        with Mount(cluster.uri, f"timeout={TIMEOUT}s", f"memory={MEMORY}m", conf=cluster.conf_dir, timeout=60) as made:
            try:
                counts = _phase_on(cluster, made, seed, seconds, failures)
            finally:
                log = made.log_text()
    except (MountError, SoakError, OSError, subprocess.TimeoutExpired) as error:
        counts = {}
        failures.append(f"{type(error).__name__}: {error}")
    for report in sorted(reports.iterdir()):
        failures.append(f"{report.name}:\n{report.read_text(errors='replace')[:6000]}")
    if "runtime error:" in log:
        failures.append(f"the log has a sanitizer's report:\n{log}")
    if failures:
        failures.append(log)
    return counts, failures


def _phase_on(cluster, made: Mount, seed: int, seconds: float, failures: list[str]) -> dict:
    new = State.of(made)
    failures += read(made, seed, min(5, seconds / 4))["failures"]  # so that the start includes what is allocated once
    start = settle(made, lambda s: not s.in_use() and s.inodes <= new.inodes)
    disturbance = Disturbance(cluster, made, random.Random(seed))
    try:
        report = read(made, seed + 1, seconds)
    finally:
        disturbance.stop()
    end = settle(made, lambda s: not s.more_than(start))
    failures += report.pop("failures") + disturbance.failures + end.more_than(start)
    if end.in_use() or end.inodes > new.inodes or end.lookups > new.lookups:
        failures.append(f"still in use with no reader left: {end}; of a new mount: {new}")
    # A run that disturbed nothing proves nothing.
    for name, count in {**report, "deaths": disturbance.deaths, "drops": disturbance.drops}.items():
        if count == 0 and name not in ("idle", "killed"):
            failures.append(f"no {name}")
    if report.pop("idle"):
        failures.append("a reader never read anything")
    return {**report, "deaths": disturbance.deaths, "drops": disturbance.drops,
            "resident MiB": f"{start.resident >> 20} -> {end.resident >> 20}", "descriptors": f"{start.descriptors} -> {end.descriptors}",
            "inodes": f"{start.inodes} -> {end.inodes}"}


# Sanitizers

def require_compiler() -> None:
    if not shutil.which(COMPILER):
        raise SoakError(f"{COMPILER} is missing: {PACKAGES}")
    for flags in SANITIZERS.values():
        built = subprocess.run([COMPILER, f"-fsanitize={flags}", "-x", "c++", "-", "-o", os.devnull], input="int main() {}",
                               text=True, stderr=subprocess.PIPE)
        if built.returncode != 0:
            raise SoakError(f"{COMPILER} cannot link with -fsanitize={flags}: {PACKAGES}\n{built.stderr}")


def keep_addresses() -> None:
    """ThreadSanitizer of clang 16 cannot map its shadow where addresses are more random than by 28 bits."""
    no_random_addresses = 0x0040000
    if int(Path("/proc/sys/vm/mmap_rnd_bits").read_text()) <= 28:
        return
    if ctypes.CDLL(None, use_errno=True).personality(no_random_addresses) == -1:
        raise SoakError("addresses are too random for ThreadSanitizer: sysctl vm.mmap_rnd_bits=28")


def build(directory: Path, flags: str) -> None:
    if not (directory / "build.ninja").exists():
        wrapper = "ccache " if shutil.which("ccache") else ""
        subprocess.run(["meson", "setup", str(directory), str(PROJECT), "-Dtests=false", "-Dbuildtype=debugoptimized",
                        f"-Db_sanitize={flags}", "-Db_lundef=false"],
                       check=True, env={**os.environ, "CXX": wrapper + COMPILER})
    subprocess.run(["ninja", "-C", str(directory), "hdfsmount", "hdfsctl"], check=True)


@contextlib.contextmanager
def environment(programs: Path, reports: Path):
    """The programs to run, and where and how their sanitizers report."""
    common = f"log_path={reports / 'report'}:exitcode=66"
    values = {"HDFSMOUNT_BINARY": str(programs / "hdfsmount"), "HDFSCTL": str(programs / "hdfsctl"),
              "ASAN_OPTIONS": f"{common}:quarantine_size_mb=16:detect_leaks=1",
              "UBSAN_OPTIONS": f"{common}:print_stacktrace=1:halt_on_error=1",
              "TSAN_OPTIONS": f"{common}:suppressions={SUPPRESSIONS}:second_deadlock_stack=1"}
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak core", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600, metavar="N", help="all sanitizers together (default %(default)s)")
    parser.add_argument("--seed", type=int, metavar="S", help="random when absent, and printed")
    parser.add_argument("--sanitizer", action="append", choices=SANITIZERS, help="only this one; repeatable")
    parser.add_argument("--build", type=Path, default=PROJECT / "build-soak", metavar="PREFIX",
                        help="of the build directories; default: build-soak")
    options = parser.parse_args(given)
    if options.seed is None:
        options.seed = random.randrange(1, 2**31)
    options.sanitizer = options.sanitizer or list(SANITIZERS)
    return options


def soak(options: argparse.Namespace) -> int:
    """Runs the phases; how many failed."""
    directories = {name: Path(f"{options.build.resolve()}-{name}") for name in options.sanitizer}
    for name, directory in directories.items():
        build(directory, SANITIZERS[name])
    failed = 0
    with make_cluster() as cluster:
        for name, directory in directories.items():
            seconds = options.seconds / len(directories)
            with tempfile.TemporaryDirectory(prefix="hdfsmount-soak-") as work, environment(directory, Path(work)):
                counts, failures = phase(cluster, options.seed, seconds, Path(work))
            print(f"{name}: {', '.join(f'{key} {value}' for key, value in counts.items())}{' FAILED' if failures else ''}", flush=True)
            failed += bool(failures)
            for failure in failures:
                print("    " + failure.replace("\n", "\n    "), flush=True)
            if failures:
                print(f"  repeat: scripts/soak core --seconds {int(seconds)} --seed {options.seed} --sanitizer {name}", flush=True)
    return failed


def main() -> int:
    options = arguments(sys.argv[1:])
    print(f"seed {options.seed}, {options.seconds} s", flush=True)
    try:
        require_compiler()
        keep_addresses()
        failed = soak(options)
    except (SoakError, subprocess.CalledProcessError, FileNotFoundError) as error:
        print(f"scripts/soak core: {error}", file=sys.stderr)
        return 1
    print(f"{len(options.sanitizer) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
