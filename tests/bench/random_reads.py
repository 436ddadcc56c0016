"""4 KiB at random places of the 1.6 GB, by O_DIRECT: none comes from the mount's kernel cache."""

import itertools
from collections.abc import Iterator
from random import Random

from .context import BLOCK, Context
from .floor import floor, rclone
from .row import row, rows
from .tiers import SHORT_CIRCUIT, TCP, Proof, Tier
from .tools import drain, read

SIZE, READS = 4096, 10_000
STATE = "by O_DIRECT, sources in the page cache"
TARGET = 4000  # reads a second over TCP
_seeds = itertools.count(1)


def random_rate(context: Context, tier: Tier, path: str, threads: int, *options: str, source: str | None = None,
                reads: int = READS, fetched: list[float] | None = None) -> float:
    """Reads a second; appends to `fetched` the MB that came from the cluster."""
    with context.mount(tier, *options, source=source) as mounted:
        proof = Proof(mounted, tier)
        measured = run(mounted, path, threads, reads)
        proof.check(reads * SIZE, exact=True)
        if fetched is not None:
            fetched.append(sum(proof.fetched().values()) / 1e6)
    return measured


def run(mounted, path: str, threads: int, reads: int) -> float:
    measured = read("random", mounted / path, SIZE, reads, threads, next(_seeds), "direct")
    return measured["reads"] / measured["seconds"]


def drained(context: Context, path: str) -> float:
    replicas = context.replicas(path)
    places = Random(next(_seeds)).sample(range(sum(replica.stat().st_size for replica in replicas) // SIZE), READS)
    ranges = [(replicas[place * SIZE // BLOCK], place * SIZE % BLOCK, SIZE) for place in places]
    return READS / drain(context.cluster.transfer_address("dn1"), ranges)["seconds"]


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

        fetched: list[float] = []
        sides = {"ours": lambda: random_rate(context, tier, large, threads, fetched=fetched), "floor": by_floor}
        if threads == 1:
            sides["rclone"] = by_rclone
        if tier is TCP and threads == 1:
            sides |= {"drain": lambda: drained(context, large), "target": lambda: TARGET}
        name = f"random 4 KiB, {threads} thread{'s' if threads > 1 else ''}, {tier.name}"
        yield from rows(f"{name}; {STATE}", context.in_turn(sides), "reads/s")
        yield row(f"{name}: fetched in the worst round (reference: read)", max(fetched), READS * SIZE / 1e6, "MB")

    return case


CASES = {"random": random(SHORT_CIRCUIT, 1), "random16": random(SHORT_CIRCUIT, 16), "random_tcp": random(TCP, 1),
         "random16_tcp": random(TCP, 16)}
