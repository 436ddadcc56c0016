"""Random reads of every kind and by every tier while DataNodes restart and files grow and are replaced.

A third of the time goes to each way of reading: over TCP, by short-circuit, and from the DataNodes' directories. Threads read random
ranges by read, pread, mmap and readahead and compare every byte with a known pattern; meanwhile one DataNode after the other is
killed and restarted, and Hadoop's own client appends to files and replaces others. No byte may be wrong, no call hang, each tier must
have served reads, and descriptors and memory have to come back to where they began. The last line is "N passed, N failed".
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.cluster import simple
from tests.cluster.process import spawn
from tests.mount.mounting import Mount, MountError

from .core import PROJECT, SoakError, State, settle

DIRECTORY = "/ranges"
FILES, VERSIONS, THREADS = 16, 64, 8
SIZE = 3_500_000  # at first; of several blocks
DATANODES, REPLICATION = 3, 2
TIMEOUT = 60  # -o timeout= of the mount, in seconds
HANGS_AFTER = 2 * TIMEOUT + 30
MEMORY = 64  # -o memory=, MiB
GROWTH = 2 * MEMORY << 20
TIERS = ("remote", "short_circuit", "direct")


def make_cluster():
    made = simple(datanodes=DATANODES, short_circuit=True, conf={"dfs.blocksize": str(1 << 20), "dfs.replication": str(REPLICATION)})
    try:
        for number in range(FILES):
            made.java.write(f"{DIRECTORY}/file-{number}", SIZE + 1000 * number, seed=number)
    except BaseException:
        made.close()
        raise
    return made


def options_of(cluster, tier: str) -> list[str]:
    if tier == "short_circuit":
        return ["hdfs.dfs.client.read.shortcircuit=true"]
    options = ["hdfs.dfs.client.read.shortcircuit=false"]
    if tier == "direct":
        directories = ":".join(str(cluster.directory / f"dn{number + 1}" / "data") for number in range(DATANODES))
        options += ["direct_replicas", f"replica_dirs={directories}"]
    return options


class Disturbance(threading.Thread):
    """One thing after the other, until stop(): a DataNode ends and comes back, a file grows, a file is replaced."""

    def __init__(self, cluster, made: Mount, seed: int, versions: list[int]):
        super().__init__()
        self._cluster, self._made, self._random, self._versions = cluster, made, random.Random(seed), versions
        self._end = threading.Event()
        self.counts = {"restarts": 0, "appends": 0, "replacements": 0, "drops": 0}
        self.failure = ""

    def run(self) -> None:
        works = (self._drop, self._append, self._replace, self._restart)
        turn = 0
        try:
            while not self._end.wait(self._random.uniform(0.1, 1)):
                works[turn % len(works)]()
                turn += 1
        except Exception as error:  # reported by the phase
            self.failure = f"{type(error).__name__}: {error}"

    def stop(self) -> None:
        self._end.set()
        self.join()

    def _restart(self) -> None:
        name = f"dn{self._random.randint(1, DATANODES)}"
        self._cluster.kill(name)
        self._end.wait(self._random.uniform(0, 2))
        self._cluster.restart(name)
        self.counts["restarts"] += 1

    def _append(self) -> None:
        number = self._random.randrange(FILES)
        java, path = self._cluster.java, f"{DIRECTORY}/file-{number}"
        handle = java.append(path, seed=number + FILES * self._versions[number])
        java.extend(handle, self._random.randint(1, 300_000))
        if self._random.random() < 0.5:
            java.hflush(handle)
            self._end.wait(0.5)
        java.finish(handle)
        self.counts["appends"] += 1

    def _replace(self) -> None:
        number = 2 * self._random.randrange(FILES // 2) + 1
        self._versions[number] = (self._versions[number] + 1) % VERSIONS
        self._cluster.java.write(f"{DIRECTORY}-new", SIZE, seed=number + FILES * self._versions[number])
        self._cluster.java.rename(f"{DIRECTORY}-new", f"{DIRECTORY}/file-{number}", overwrite=True)
        self.counts["replacements"] += 1

    def _drop(self) -> None:
        self._made.drop_kernel_caches()
        self.counts["drops"] += 1


def read(made: Mount, seed: int, seconds: float) -> dict:
    """What the readers report after so many seconds."""
    argv = [sys.executable, "-m", "tests.soak._range_readers", str(made / DIRECTORY), *map(str, (FILES, VERSIONS, THREADS, seed, seconds,
                                                                                                HANGS_AFTER))]
    child = spawn(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    try:
        out, _ = child.communicate(timeout=seconds + 2 * HANGS_AFTER)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, 9)
            child.wait()
    if child.returncode != 0:
        raise SoakError(f"the readers ended with status {child.returncode}")
    return json.loads(out)


def phase(cluster, tier: str, versions: list[int], seed: int, seconds: float) -> tuple[dict, list[str]]:
    """Mounts, reads by one tier and is disturbed: counts, and what was wrong.

    versions   of each file now; kept up to date
    """
    failures: list[str] = []
    log, counts = "", {}
    try:
        with Mount(cluster.uri, f"timeout={TIMEOUT}s", f"memory={MEMORY}m", *options_of(cluster, tier), conf=cluster.conf_dir) as made:
            try:
                counts = _phase_on(cluster, made, tier, versions, seed, seconds, failures)
            finally:
                log = made.log_text()
    except (MountError, SoakError, OSError, subprocess.TimeoutExpired) as error:
        failures.append(f"{type(error).__name__}: {error}")
    return counts, failures + ([log[-6000:]] if failures else [])


def _phase_on(cluster, made: Mount, tier: str, versions: list[int], seed: int, seconds: float, failures: list[str]) -> dict:
    new = State.of(made)
    failures += read(made, seed, min(3, seconds / 4))["failures"]  # so that the start includes what is allocated once
    start = settle(made, lambda s: not s.in_use() and s.inodes <= new.inodes)
    disturbance = Disturbance(cluster, made, seed, versions)
    disturbance.start()
    try:
        report = read(made, seed + 1, seconds)
    finally:
        disturbance.stop()
    served = made.status()["counters"]["fetched_bytes"].get(tier, 0)
    end = settle(made, lambda s: not s.in_use() and s.inodes <= new.inodes)
    failures += report.pop("failures") + [disturbance.failure] * bool(disturbance.failure)
    if end.in_use() or end.inodes > new.inodes or end.lookups > new.lookups:
        failures.append(f"still in use with no reader left: {end}; of a new mount: {new}")
    if end.resident > start.resident + GROWTH:
        failures.append(f"resident {end.resident >> 20} MiB, {start.resident >> 20} MiB at the start")
    counts = {**report, **disturbance.counts, f"MiB by {tier}": served >> 20}
    # A run that disturbed nothing or took another way proves nothing.
    failures += [f"no {name}" for name, count in counts.items() if count == 0 and name != "gone"]
    return {**counts, "descriptors": f"{start.descriptors} -> {end.descriptors}", "resident MiB": f"{start.resident >> 20} -> {end.resident >> 20}"}


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak read", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600, metavar="N", help="all tiers together (default %(default)s)")
    parser.add_argument("--seed", type=int, metavar="S", help="random when absent, and printed")
    parser.add_argument("--tier", action="append", choices=TIERS, help="only this one; repeatable")
    options = parser.parse_args(given)
    options.seed = random.randrange(1, 2**31) if options.seed is None else options.seed
    options.tier = options.tier or list(TIERS)
    return options


def main() -> int:
    options = arguments(sys.argv[1:])
    for name, variable in (("hdfsmount", "HDFSMOUNT_BINARY"), ("hdfsctl", "HDFSCTL")):
        os.environ.setdefault(variable, str(PROJECT / "build" / name))
    print(f"seed {options.seed}, {options.seconds} s", flush=True)
    failed, versions, seconds = 0, [0] * FILES, options.seconds / len(options.tier)
    with make_cluster() as cluster:
        for tier in options.tier:
            counts, failures = phase(cluster, tier, versions, options.seed, seconds)
            print(f"{tier}: {', '.join(f'{key} {value}' for key, value in counts.items())}{' FAILED' if failures else ''}", flush=True)
            failed += bool(failures)
            for failure in failures:
                print("    " + failure.replace("\n", "\n    "), flush=True)
            if failures:
                print(f"  repeat: scripts/soak read --seconds {int(seconds)} --seed {options.seed} --tier {tier}", flush=True)
    print(f"{len(options.tier) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
