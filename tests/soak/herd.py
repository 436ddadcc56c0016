"""Two hundred mounts lose their NameNode and get it back; prints its calls per second before and after.

About three minutes. Not part of scripts/test: what it compares depends on how busy the machine is.
"""

import os
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    for name, variable in (("hdfsmount", "HDFSMOUNT_BINARY"), ("hdfsctl", "HDFSCTL")):
        os.environ.setdefault(variable, str(PROJECT / "build" / name))
    return pytest.main(["-p", "no:cacheprovider", "-v", *sys.argv[1:], str(PROJECT / "tests/mount/many_mounts.py")])


if __name__ == "__main__":
    sys.exit(main())
