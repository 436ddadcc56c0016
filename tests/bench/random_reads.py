"""4 KiB at random places of the 1.6 GB, by O_DIRECT: none comes from the mount's kernel cache."""

import itertools
from collections.abc import Iterator

from .context import Context
from .floor import floor, rclone
from .row import rows
from .tiers import SHORT_CIRCUIT, TCP, Proof, Tier
from .tools import read

SIZE, READS = 4096, 10_000
STATE = "by O_DIRECT, sources in the page cache"
TARGET = 4000  # reads a second over TCP
_seeds = itertools.count(1)


def random_rate(context: Context, tier: Tier, path: str, threads: int, *options: str, source: str | None = None,
                reads: int = READS) -> float:
    with context.mount(tier, *options, source=source) as mounted:
        proof = Proof(mounted, tier)
        measured = run(mounted, path, threads, reads)
        proof.check(reads * SIZE, exact=True)
    return measured


def run(mounted, path: str, threads: int, reads: int) -> float:
    measured = read("random", mounted / path, SIZE, reads, threads, next(_seeds), "direct")
    return measured["reads"] / measured["seconds"]


def random(tier: Tier, threads: int):
    """Through a fresh mount, first reads included."""

    def case(context: Context) -> Iterator[str]:
        large = context.large()

        def by_floor() -> float:
            with floor(context.local, direct_io=True) as mounted:
                return run(mounted, large, threads, READS)

        def by_rclone() -> float:
            with rclone(context.cluster.uri) as mounted:
                return run(mounted, large, threads, READS // 10)

        sides = {"ours": lambda: random_rate(context, tier, large, threads), "floor": by_floor}
        if threads == 1:
            sides["rclone"] = by_rclone
        if tier is TCP and threads == 1:
            sides["target"] = lambda: TARGET
        yield from rows(f"random 4 KiB, {threads} thread{'s' if threads > 1 else ''}, {tier.name}; {STATE}",
                        context.in_turn(sides), "reads/s")

    return case


CASES = {"random": random(SHORT_CIRCUIT, 1), "random16": random(SHORT_CIRCUIT, 16), "random_tcp": random(TCP, 1),
         "random16_tcp": random(TCP, 16)}
