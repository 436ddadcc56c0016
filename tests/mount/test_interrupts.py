"""Signals that reach a program while it waits for a hung NameNode."""

import os
import signal
import subprocess
import sys
import time

import pytest

# ctypes, because Python itself repeats a call that a signal interrupted. Prints the call's errno.
PROGRAM = """
import ctypes, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
caught = []
for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGUSR1):
    signal.signal(number, lambda n, frame: caught.append(n))
print("ready", flush=True)
status = libc.access(os.fsencode(sys.argv[1]), os.F_OK)
print(0 if status == 0 else ctypes.get_errno(), flush=True)
"""


@pytest.fixture
def hung(mount, cluster, here):
    """A program whose access(2) waits for a NameNode that does not answer, and a function that wakes that up."""
    # The directory is known, so that only the file is waited for: programs that look the same name up wait for the first
    # of them inside the kernel, where no signal ends that.
    made = mount("timeout=30s", "entry_timeout=100s", "attr_timeout=100s")
    cluster.webhdfs.put(f"{here}/file", b"x")
    os.stat(made / here)
    cluster.pause("nn")
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, str(made / here / "file")], stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout.readline() == "ready\n"
        time.sleep(0.3)
        yield program, lambda: cluster.resume("nn")
    finally:
        cluster.resume("nn")
        program.kill()
        program.wait()
        program.stdout.close()


def test_a_signal_that_stops_nothing_goes_unnoticed(hung):
    program, resume = hung
    for number in (signal.SIGCHLD, signal.SIGUSR1, signal.SIGCHLD):
        program.send_signal(number)
        time.sleep(0.2)
    assert program.poll() is None
    resume()
    assert program.stdout.readline() == "0\n"


def test_ctrl_c_that_the_program_catches_ends_its_call(hung):
    program, _ = hung
    program.send_signal(signal.SIGINT)
    assert program.stdout.readline() == "4\n"  # EINTR


def test_ctrl_c_after_another_signal_ends_the_call(hung):
    program, _ = hung
    program.send_signal(signal.SIGCHLD)
    time.sleep(0.3)
    program.send_signal(signal.SIGINT)
    assert program.stdout.readline() == "4\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGQUIT], ids=lambda n: n.name)
def test_a_fatal_signal_ends_the_program(hung, number):
    program, _ = hung
    program.send_signal(signal.SIGCHLD)
    time.sleep(0.3)
    program.send_signal(number)
    assert program.wait(5) == -number


def test_many_programs_waiting_in_one_directory_are_all_interrupted(hung):
    program, _ = hung
    path = program.args[-1]
    others = [subprocess.Popen(["stat", f"{path}-{i}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
              for i in range(20)]
    time.sleep(0.5)
    assert all(other.poll() is None for other in others)
    for other in others:
        other.send_signal(signal.SIGINT)
    assert {other.wait(5) for other in others} == {-signal.SIGINT}
