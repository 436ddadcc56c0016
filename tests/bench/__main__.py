"""Prints each benchmark as `name<TAB>ours<TAB>reference<TAB>ratio`, and what the ratio means in the first lines.

What cannot be measured says why on stderr, and the status is 1.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from . import cases
from .context import Context
from .row import LEGEND, REFERENCES


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"benchmarks to run (default: all): {', '.join(cases.ALL)}")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each side; the median is printed")
    parser.add_argument("--binary", type=Path, default=Path(os.environ.get("HDFSMOUNT_BINARY", "build/hdfsmount")))
    parser.add_argument("--against", default="", metavar="NAMES",
                        help=f"measure only these references, by commas: {', '.join(REFERENCES)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(cases.ALL):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    against = set(filter(None, options.against.split(",")))
    if unknown := against - set(REFERENCES):
        parser.error(f"no such reference: {', '.join(sorted(unknown))}")
    os.environ["HDFSMOUNT_BINARY"] = str(options.binary.resolve())
    context = Context(options.binary.resolve(), options.rounds, against)
    print(LEGEND, flush=True)
    try:
        for name in options.names or cases.ALL:
            measure(context, name)
    finally:
        context.close()
    return 1 if context.failures else 0


def measure(context: Context, name: str) -> None:
    try:
        for line in cases.ALL[name](context):
            print(line, flush=True)
    except (RuntimeError, OSError, AssertionError, subprocess.SubprocessError) as reason:
        context.complain(f"{name}: {reason}")


if __name__ == "__main__":
    sys.exit(main())
