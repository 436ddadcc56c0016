"""The benchmarks by name. Each yields one or more rows."""

import statistics
import subprocess
import time
from collections.abc import Iterator

from . import cost, distance, parquet, random_reads, sequential, small_files, stalled
from .context import LARGE, Context
from .row import row
from .tiers import TCP
from .tools import resident_mib

READY_TARGET_SECONDS = 0.1
RESIDENT_TARGET_MIB = 40
JAVA_BY_TCP = ("-D", "dfs.client.read.shortcircuit=false")


def start(context: Context) -> Iterator[str]:
    """From exec until the root can be listed, and memory when idle; the references are the targets."""
    ready, resident = [], []
    for _ in range(context.rounds):
        with context.started() as mounted:
            ready.append(mounted.ready_after)
            time.sleep(1)
            resident.append(resident_mib(mounted.pid))
    yield row("ready after start (reference: target)", statistics.median(ready), READY_TARGET_SECONDS, "s")
    yield row("resident memory at rest (reference: target)", statistics.median(resident), RESIDENT_TARGET_MIB, "MiB")


def first_cat(context: Context) -> Iterator[str]:
    """First `cat` of 1.6 GB through a fresh mount; Hadoop's shell, its start-up deducted."""
    large, empty = context.large(), context.file("empty", 0)

    def ours() -> float:
        with context.started(*TCP.options) as mounted:
            context.claim_memory(LARGE)
            begin = time.monotonic()
            subprocess.run(["cat", str(mounted.path) + large], check=True, stdout=subprocess.DEVNULL)
            return time.monotonic() - begin

    def reference() -> float:
        context.claim_memory(LARGE)
        return context.shell_seconds(*JAVA_BY_TCP, "-cat", large) - context.shell_seconds(*JAVA_BY_TCP, "-cat", empty)

    seconds = context.in_turn({"ours": ours, "java": reference})
    if "java" not in seconds:
        return
    yield row("first cat of 1.6 GB over TCP (reference: hdfs dfs -cat less its start)", seconds["ours"], seconds["java"], "s")


ALL = {"start": start, "first_cat": first_cat, **sequential.CASES, **small_files.CASES, **random_reads.CASES,
       **parquet.CASES, **stalled.CASES, **distance.CASES, **cost.CASES}
