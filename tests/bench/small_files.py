"""Two thousand files of 5 KB, directory by directory."""

from collections.abc import Iterator

from .context import SMALL_FILES, SMALL_SIZE, Context
from .floor import floor, rclone
from .row import rows
from .tiers import DIRECT, SHORT_CIRCUIT, TCP, Proof, Tier
from .tools import read

STATE = "sources in the page cache, the mount's own cold"


def scan(context: Context, tier: Tier, *options: str, source: str | None = None) -> float:
    small = context.small_files()
    with context.mount(tier, *options, source=source) as mounted:
        proof = Proof(mounted, tier)
        measured = read("files", mounted / small)
        proof.check(SMALL_FILES * SMALL_SIZE)
    return _seconds(measured)


def _seconds(measured: dict) -> float:
    if measured["bytes"] != SMALL_FILES * SMALL_SIZE:
        raise RuntimeError(f"{measured['bytes']} bytes in {SMALL_FILES} files")
    return measured["seconds"]


def small(tier: Tier):
    """Lists each directory, then opens, reads and closes its files."""

    def case(context: Context) -> Iterator[str]:
        path = context.small_files()

        def by_floor() -> float:
            with floor(context.local) as mounted:
                return _seconds(read("files", mounted / path))

        def by_rclone() -> float:
            with rclone(context.cluster.uri) as mounted:
                return _seconds(read("files", mounted / path))

        sides = {"ours": lambda: scan(context, tier), "floor": by_floor, "rclone": by_rclone}
        yield from rows(f"2,000 files of 5 KB, {tier.name}; {STATE}", context.in_turn(sides), "s")

    return case


CASES = {"small": small(SHORT_CIRCUIT), "small_direct": small(DIRECT), "small_tcp": small(TCP)}
