"""A named child process that dies with its parent."""

import ctypes
import os
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """In a forked child: be killed when the thread that forked ends, or end now if it has."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


class _spawner:
    """Forks from one thread that lives as long as this process.

    The kernel's parent-death signal follows the forking thread, not the process, so a
    child forked by a short-lived thread would be killed early.
    """

    def __init__(self):
        self._requests: queue.SimpleQueue = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def popen(self, argv, **options) -> subprocess.Popen:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="spawner", daemon=True)
                self._thread.start()
        reply: queue.SimpleQueue = queue.SimpleQueue()
        self._requests.put((argv, options, reply))
        answer = reply.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _run(self) -> None:
        while True:
            argv, options, reply = self._requests.get()
            parent = os.getpid()
            try:
                reply.put(subprocess.Popen(argv, preexec_fn=lambda: die_with(parent), start_new_session=True,
                                           **options))
            except BaseException as error:
                reply.put(error)


_spawn = _spawner()


def spawn(argv, **options) -> subprocess.Popen:
    """subprocess.Popen in a session of its own, killed by the kernel when this process ends."""
    return _spawn.popen(argv, **options)


def tail(log: Path, lines: int = 60) -> str:
    """The end of a log, without the class path that every daemon prints in one long line."""
    try:
        text = [line for line in log.read_text(errors="replace").splitlines() if len(line) < 4000]
    except OSError:
        text = []
    return "\n".join([f"--- {log} (last {lines} lines)", *text[-lines:]])


class ProcessError(RuntimeError):
    """A child did not start, ended early or did not become ready; carries the end of its log."""


class Process:
    """One daemon of a cluster.

    name     how tests speak of it ("nn", "dn1")
    argv     its command line; the same one again after a restart
    log      the file that takes stdout and stderr, appended to over restarts
    ready    asked repeatedly until true; an exception means "not yet"
    """

    def __init__(self, name: str, argv: list[str], *, log: Path, ready: Callable[[], bool],
                 env: dict[str, str] | None = None):
        self.name = name
        self.argv = argv
        self.log = log
        self._ready = ready
        self._env = env
        self._child: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise ProcessError(f"{self.name} was never started")
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        if self.alive:
            raise ProcessError(f"{self.name} is already running")
        with open(self.log, "ab") as log:
            self._child = spawn(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env,
                                cwd=self.log.parent)

    def is_ready(self) -> bool:
        try:
            return self._ready()
        except (OSError, ValueError, KeyError, IndexError):
            return False

    def wait_ready(self, timeout: float = 60) -> None:
        """Returns once the process is healthy; ProcessError with its log otherwise."""
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            if not self.alive:
                raise ProcessError(f"{self.name} ended with status {self._status()}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.name} is not ready after {timeout:g} s\n{self.log_tail()}")
            time.sleep(0.05)

    def restart(self, timeout: float = 60) -> None:
        """Kills it if it runs, starts it again and waits until it is healthy."""
        self.kill()
        self.start()
        self.wait_ready(timeout)

    def kill(self) -> None:
        """SIGKILL, and waits for the end; does nothing to a process that has ended."""
        if self.alive:
            self._child.kill()
        if self._child is not None:
            self._child.wait()

    def terminate(self, timeout: float = 20) -> None:
        """SIGTERM, then SIGKILL if that is not enough."""
        if self.alive:
            self._child.terminate()
            try:
                self._child.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()

    def pause(self) -> None:
        """SIGSTOP: its connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        # The signal stops threads one after the other; until the last one has stopped, one may still answer.
        deadline = time.monotonic() + 10
        while not self._all_threads_stopped():
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.name} does not stop")
            time.sleep(0.002)

    def _all_threads_stopped(self) -> bool:
        states = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                states.append((task / "stat").read_text().rsplit(")", 1)[1].split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return all(state in "Tt" for state in states)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def log_tail(self, lines: int = 60) -> str:
        return tail(self.log, lines)

    def _status(self):
        return None if self._child is None else self._child.returncode
