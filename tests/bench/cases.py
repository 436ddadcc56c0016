"""The benchmarks. Each yields one or more rows."""

import statistics
import subprocess
import time
from collections.abc import Iterator

from .context import Context, resident_mib, row

READY_TARGET_SECONDS = 0.1
RESIDENT_TARGET_MIB = 40
LARGE = 1_600_000_000


def start(context: Context) -> Iterator[str]:
    """From exec until the root can be listed, and memory when idle; the references are the targets."""
    ready, resident = [], []
    for _ in range(context.rounds):
        with context.mount() as mounted:
            ready.append(mounted.ready_after)
            time.sleep(1)
            resident.append(resident_mib(mounted.pid))
    yield row("ready after start (reference: target)", statistics.median(ready), READY_TARGET_SECONDS, "s")
    yield row("resident memory at rest (reference: target)", statistics.median(resident), RESIDENT_TARGET_MIB, "MiB")


def first_cat(context: Context) -> Iterator[str]:
    """First `cat` of 1.6 GB through a fresh mount over TCP; Hadoop's shell, its start-up deducted."""
    large, empty = context.file("large", LARGE), context.file("empty", 0)

    def ours() -> float:
        with context.mount() as mounted:
            context.claim_memory(2 * LARGE)
            begin = time.monotonic()
            subprocess.run(["cat", str(mounted.path) + large], check=True, stdout=subprocess.DEVNULL)
            return time.monotonic() - begin

    def reference() -> float:
        context.claim_memory(2 * LARGE)
        return context.shell_seconds("-cat", large) - context.shell_seconds("-cat", empty)

    yield row("first cat of 1.6 GB over TCP (reference: hdfs dfs -cat less its start)", *context.alternate(ours, reference), "s")


ALL = {"start": start, "first_cat": first_cat}
