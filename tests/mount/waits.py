"""A program that makes one call and says how that ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

# Python repeats a call that a signal interrupted, unless the signal's handler raises, as SIGINT's does.
_PROGRAM = """
import errno, mmap, os, sys, time
prepare, call = sys.argv[1:]
exec(prepare)
print("prepared", flush=True)
sys.stdin.readline()
print("ready", flush=True)
begin = time.monotonic()
try:
    eval(call)
    outcome = "done"
except KeyboardInterrupt:
    outcome = "EINTR"
except OSError as failure:
    outcome = errno.errorcode[failure.errno]
print(outcome, time.monotonic() - begin, flush=True)
"""


class Call:
    """The call under way.  `prepare` is a statement for before it, `between` is called just before it begins."""

    def __init__(self, call: str, prepare: str = "", between: Callable[[], None] = lambda: None):
        self._program = subprocess.Popen([sys.executable, "-c", _PROGRAM, prepare, call], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        try:
            self._expect("prepared")
            between()
            self._program.stdin.write("\n")
            self._program.stdin.flush()
            self._expect("ready")
        except BaseException:
            self.close()
            raise

    def _expect(self, word: str) -> None:
        line = self._program.stdout.readline().rstrip()
        if line != word:
            raise AssertionError(f"the program said {line!r} instead of {word!r}")

    @property
    def pid(self) -> int:
        return self._program.pid

    def ended(self) -> bool:
        return self._program.poll() is not None

    def signal(self, number: int) -> None:
        self._program.send_signal(number)

    def outcome(self) -> tuple[str, float]:
        """Waits for the end: "done" or the errno's name, and how many seconds the call took."""
        words = self._program.stdout.readline().split()
        if not words:
            raise AssertionError(f"the program ended with status {self._program.wait()}")
        return words[0], float(words[1])

    def close(self) -> None:
        self._program.kill()
        self._program.wait()
        self._program.stdin.close()
        self._program.stdout.close()

    def __enter__(self) -> Call:
        return self

    def __exit__(self, *_) -> None:
        self.close()
