"""What a mount costs besides time: processor and memory."""

import resource
import statistics
import subprocess
from collections.abc import Iterator

from . import parquet
from .context import LARGE, Context
from .floor import floor
from .random_reads import READS, SIZE, run
from .row import row, rows
from .sequential import STEP
from .tiers import SHORT_CIRCUIT, TCP, Proof, Tier
from .tools import peak_mib, processor_seconds, read

MEMORY, BESIDES = 64, 40  # MiB


def processor(tier: Tier):
    """Processor seconds of the daemon for each GB of the first read of 1.6 GB."""

    def case(context: Context) -> Iterator[str]:
        large, empty = context.large(), context.file("empty", 0)

        def used(mounted, pid: int) -> float:
            context.claim_memory(LARGE)
            before = processor_seconds(pid)
            read("sequential", STEP, mounted / large)
            return (processor_seconds(pid) - before) / (LARGE / 1e9)

        def ours() -> float:
            with context.mount(tier) as mounted:
                proof = Proof(mounted, tier)
                seconds = used(mounted, mounted.daemon.pid)
                proof.check(LARGE)
            return seconds

        def by_floor() -> float:
            with floor(context.local) as mounted:
                return used(mounted, mounted.pid)

        def java() -> float:
            return (_shell_processor(context, tier, large) - _shell_processor(context, tier, empty)) / (LARGE / 1e9)

        sides = {"ours": ours, "floor": by_floor, "java": java}
        yield from rows(f"processor time of the daemon, first read of 1.6 GB, {tier.name}", context.in_turn(sides), "s/GB")

    return case


def _shell_processor(context: Context, tier: Tier, path: str) -> float:
    local = str(tier is SHORT_CIRCUIT).lower()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(context.cluster.command_line("dfs", "-D", f"dfs.client.read.shortcircuit={local}", "-cat", path), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def memory(tier: Tier):
    """The most that the daemon had resident while one mount did all the workloads."""

    def case(context: Context) -> Iterator[str]:
        large, small, files = context.large(), context.small_files(), context.block_files()
        parquet.file(context)
        peaks = []
        for _ in range(context.rounds):
            with context.mount(tier, f"memory={MEMORY}M") as mounted:
                proof = Proof(mounted, tier)
                read("sequential", STEP, mounted / large)
                read("files", mounted / small)
                read("together", STEP, *(mounted / path for path in files))
                for threads in (1, 16):
                    run(mounted, large, threads, READS)
                parquet.columns("query", mounted / "table.parquet")
                proof.check(LARGE + 2 * READS * SIZE)
                peaks.append(peak_mib(mounted.daemon.pid))
        yield row(f"peak memory with -o memory={MEMORY}M: sequential, small files, 16 readers, random, Parquet, {tier.name} "
                  "(reference: target)", statistics.median(peaks), MEMORY + BESIDES, "MiB")

    return case


CASES = {"processor": processor(SHORT_CIRCUIT), "processor_tcp": processor(TCP), "memory": memory(SHORT_CIRCUIT),
         "memory_tcp": memory(TCP)}
