"""Large files from begin to end."""

import statistics
import subprocess
import time
from collections.abc import Iterator

from .context import BLOCK, LARGE, Context
from .floor import floor, rclone
from .row import row, rows
from .tiers import PASSTHROUGH, SHORT_CIRCUIT, TCP, Proof, Tier
from .tools import drain, go_client, read

STEP = 1 << 20
STATE = "sources in the page cache, the mount's own cold"


def rate(measured: dict) -> float:
    return measured["bytes"] / 1e6 / measured["seconds"]


def sequential(tier: Tier):
    """First read of 1.6 GB through a fresh mount."""

    def case(context: Context) -> Iterator[str]:
        large = context.large()
        fetched: list[float] = []
        sides = {"ours": lambda: first_read(context, tier, large, fetched=fetched), "floor": lambda: floor_read(context, large)}
        if tier is TCP:
            sides |= {"drain": lambda: drained(context, large), "rclone": lambda: rclone_read(context, large),
                      "go": lambda: go_read(context, large)}
        yield from rows(f"first read of 1.6 GB, {tier.name}; {STATE}", context.in_turn(sides), "MB/s")
        yield row(f"first read of 1.6 GB, {tier.name}: fetched (reference: read)", statistics.median(fetched), LARGE / 1e6, "MB")

    return case


def first_read(context: Context, tier: Tier, path: str, *options: str, source: str | None = None,
               fetched: list[float] | None = None) -> float:
    """MB/s; appends to `fetched` the MB that came from the cluster."""
    with context.mount(tier, *options, source=source) as mounted:
        proof = Proof(mounted, tier)
        context.claim_memory(LARGE)
        measured = read("sequential", STEP, mounted / path)
        proof.check(measured["bytes"])
        if fetched is not None:
            fetched.append(sum(proof.fetched().values()) / 1e6)
    return rate(measured)


def floor_read(context: Context, path: str) -> float:
    with floor(context.local) as mounted:
        context.claim_memory(LARGE)
        return rate(read("sequential", STEP, mounted / path))


def drained(context: Context, path: str) -> float:
    blocks = [(replica, 0, replica.stat().st_size) for replica in context.replicas(path)]
    return rate(drain(context.cluster.transfer_address("dn1"), blocks))


def rclone_read(context: Context, path: str) -> float:
    with rclone(context.cluster.uri) as mounted:
        context.claim_memory(LARGE)
        return rate(read("sequential", STEP, mounted / path))


def go_read(context: Context, path: str) -> float:
    argv = [str(go_client()), "cat", context.cluster.uri + path]
    begin = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env={"HADOOP_USER_NAME": "root", "HOME": "/nonexistent"})
    return LARGE / 1e6 / (time.monotonic() - begin)


def second_read(context: Context) -> Iterator[str]:
    """The 1.6 GB once more through the same mount."""
    large = context.large()

    def ours() -> float:
        with context.mount(TCP) as mounted:
            context.claim_memory(LARGE)
            read("sequential", STEP, mounted / large)
            proof = Proof(mounted, TCP)
            again = read("sequential", STEP, mounted / large)
            if sum(proof.fetched().values()) > LARGE // 100:
                raise RuntimeError(f"the second read did not come from the page cache: {proof.fetched()}")
            return rate(again)

    def reference() -> float:
        with floor(context.local) as mounted:
            context.claim_memory(LARGE)
            read("sequential", STEP, mounted / large)
            return rate(read("sequential", STEP, mounted / large))

    yield from rows("second read of 1.6 GB; from the mount's own page cache", context.in_turn({"ours": ours, "floor": reference}),
                    "MB/s")


def passthrough(context: Context) -> Iterator[str]:
    """Twelve files of one block, whose reads the kernel takes to the replicas itself."""
    paths = context.block_files()[:12]

    def ours() -> float:
        with context.mount(PASSTHROUGH) as mounted:
            proof = Proof(mounted, PASSTHROUGH)
            measured = read("sequential", STEP, *(mounted / path for path in paths))
            proof.check_untouched()
        return rate(measured)

    def raw() -> float:
        return rate(read("sequential", STEP, *(context.replicas(path)[0] for path in paths)))

    def by_floor() -> float:
        with floor(context.local) as mounted:
            context.claim_memory(len(paths) * BLOCK)
            return rate(read("sequential", STEP, *(mounted / path for path in paths)))

    yield from rows("12 files of one block of 128 MiB, passthrough; replicas in the page cache",
                    context.in_turn({"ours": ours, "raw": raw, "floor": by_floor}), "MB/s")


def together(tier: Tier):
    """Sixteen readers, each of a file of its own."""

    def case(context: Context) -> Iterator[str]:
        paths = context.block_files()

        def ours() -> float:
            with context.mount(tier) as mounted:
                proof = Proof(mounted, tier)
                context.claim_memory(len(paths) * BLOCK)
                measured = read("together", STEP, *(mounted / path for path in paths))
                proof.check(measured["bytes"])
            return rate(measured)

        def reference() -> float:
            with floor(context.local) as mounted:
                context.claim_memory(len(paths) * BLOCK)
                return rate(read("together", STEP, *(mounted / path for path in paths)))

        yield from rows(f"16 readers of 16 files of 128 MiB, {tier.name}; {STATE}",
                        context.in_turn({"ours": ours, "floor": reference}), "MB/s")

    return case


CASES = {"sequential": sequential(SHORT_CIRCUIT), "sequential_tcp": sequential(TCP), "second": second_read,
         "passthrough": passthrough,
         "streams": together(SHORT_CIRCUIT), "streams_tcp": together(TCP)}
