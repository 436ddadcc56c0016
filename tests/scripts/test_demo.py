"""scripts/demo shows what it promises and leaves nothing behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.mount.mounting import mount_table, program

REPOSITORY = Path(__file__).resolve().parents[2]


def start(tmp_path, *arguments):
    """The demonstration in a session of its own, as from a terminal, with everything below tmp_path."""
    env = {**os.environ, "TMPDIR": str(tmp_path), "HDFSMOUNT_BUILD": str(program("hdfsmount").parent)}
    return subprocess.Popen([REPOSITORY / "scripts" / "demo", *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True)


def processes_naming(text):
    """Command lines of processes that mention a text."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def assert_nothing_left(tmp_path):
    assert not [point for point in mount_table() if point.startswith(str(tmp_path))]
    deadline = time.monotonic() + 10
    while processes_naming(str(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_naming(str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_the_transcript(tmp_path):
    demo = start(tmp_path, "--once")
    # Long, because it builds first when sources have changed since.
    output, _ = demo.communicate(timeout=900)
    assert demo.returncode == 0, output
    commands = [line[2:] for line in output.splitlines() if line.startswith("$ ")]
    for tool in ("hdfsmount hdfs://", "ls -l", "cat ", "grep -r", "find ", "md5sum ", "tar ", "df -h", "du -sh", "python3 "):
        assert any(command.startswith(tool) for command in commands), tool
    assert "67108864 bytes" in output
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stays_mounted_until_it_is_interrupted(tmp_path, number):
    demo = start(tmp_path)
    output = ""
    while "Ctrl-C unmounts it" not in output:
        line = demo.stdout.readline()
        assert line, output
        output += line
    point, = [point for point in mount_table() if point.startswith(str(tmp_path))]
    assert "data" in os.listdir(point)
    # A terminal sends Ctrl-C to the whole foreground group.
    if number == signal.SIGINT:
        os.killpg(demo.pid, number)
    else:
        demo.send_signal(number)
    demo.communicate(timeout=60)
    assert demo.returncode != 0
    assert_nothing_left(tmp_path)


def test_an_interrupted_start_leaves_nothing(tmp_path):
    demo = start(tmp_path)
    while "Starting HDFS" not in (line := demo.stdout.readline()):
        assert line
    time.sleep(2)
    os.killpg(demo.pid, signal.SIGINT)
    demo.communicate(timeout=60)
    assert_nothing_left(tmp_path)
