"""Removes a directory when its owner is gone.

Run as a program: `janitor.py DIRECTORY` with a pipe from the owner as stdin.  The pipe ends
when the owner closes it or dies in any way; then whatever is mounted below the directory is
detached and the directory removed.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


class Janitor:
    """Owner's side: from construction on, `directory` will not outlive this process."""

    def __init__(self, directory: Path):
        self._child = subprocess.Popen([sys.executable, "-I", __file__, str(directory)], stdin=subprocess.PIPE,
                                       start_new_session=True)

    def close(self) -> None:
        """Removes the directory now."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()


def mounts_below(directory: str) -> list[str]:
    """Mount points at or below a directory, innermost first."""
    found = []
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as table:
        for line in table:
            point = line.split(" ")[1]
            for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
                point = point.replace(code, char)
            if point == directory or point.startswith(directory.rstrip("/") + "/"):
                found.append(point)
    return found[::-1]


def _main(directory: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    for _ in range(50):
        for point in mounts_below(directory):
            subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL)
        # Never descend into something that is still mounted: it is the user's data.
        if not mounts_below(directory):
            shutil.rmtree(directory, ignore_errors=True)
            if not os.path.exists(directory):
                return
        time.sleep(0.1)
    sys.exit(f"could not remove {directory}")


if __name__ == "__main__":
    _main(os.path.realpath(sys.argv[1]))
