"""Prints each benchmark as `name<TAB>ours<TAB>reference<TAB>ratio`; a ratio above 1 says that ours needs more."""

import argparse
import os
import sys
from pathlib import Path

from tests.cluster import simple

from . import cases
from .context import Context


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"benchmarks to run (default: all): {', '.join(cases.ALL)}")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each side; the median is printed")
    parser.add_argument("--binary", type=Path, default=Path(os.environ.get("HDFSMOUNT_BINARY", "build/hdfsmount")))
    options = parser.parse_args()
    if unknown := set(options.names) - set(cases.ALL):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    with simple() as cluster:
        context = Context(cluster, options.binary.resolve(), options.rounds)
        for name in options.names or cases.ALL:
            for line in cases.ALL[name](context):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
