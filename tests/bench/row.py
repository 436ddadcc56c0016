"""One line of the output."""

from collections.abc import Iterator

LEGEND = """\
# name<TAB>ours<TAB>reference<TAB>ratio; the ratio is ours / reference.
# s, ms, s/GB, MB, MiB: above 1 ours needs more.  MB/s, reads/s: above 1 ours does more."""

# What --against may choose from; sides of other names are always measured.
REFERENCES = ("floor", "drain", "raw", "java", "go", "rclone", "target")


class Impossible(RuntimeError):
    """Something cannot be measured on this machine or with this build; the text says why and what would help."""


class WrongTier(RuntimeError):
    """The counters say that the bytes did not come the way that was to be measured."""


def row(name: str, ours: float, reference: float, unit: str) -> str:
    digits = 0 if min(ours, reference) >= 100 else 3
    return f"{name}\t{ours:.{digits}f} {unit}\t{reference:.{digits}f} {unit}\t{ours / reference:.2f}"


def rows(name: str, sides: dict[str, float], unit: str) -> Iterator[str]:
    """One line for each reference beside "ours"."""
    for reference, value in sides.items():
        if reference != "ours":
            yield row(f"{name} (reference: {reference})", sides["ours"], value, unit)
