"""Whatever takes the log, the mount does not wait for it."""

import os
import select
import signal
import subprocess
import time

from tests.cluster.process import spawn
from tests.mount.mounting import mount_table, program, wait_until


def test_a_full_standard_error_stops_neither_the_mount_nor_its_end(cluster, here, tmp_path):
    point = tmp_path / "point"
    point.mkdir()
    cluster.webhdfs.put(f"{here}/file", b"x")
    reader, writer = os.pipe()
    argv = [str(program("hdfsmount")), cluster.uri, str(point), "-f", "-o", f"conf={cluster.conf_dir},log_level=debug"]
    daemon = spawn(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer, cwd=tmp_path)
    try:
        wait_until(lambda: str(point) in mount_table(), timeout=20, what="the mount")
        # Each failed look-up is one line; whoever would wait for the pipe would stop here.
        deadline = time.monotonic() + 60
        count = 0
        while select.select([], [writer], [], 0)[1]:
            assert not os.path.exists(f"{point}{here}/{count}-{'x' * 200}")
            assert time.monotonic() < deadline, "the pipe never filled"
            count += 1
        for extra in range(20):
            assert not os.path.exists(f"{point}{here}/{count + extra}-{'x' * 200}")
        with open(f"{point}{here}/file", "rb") as file:
            assert file.read() == b"x"
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
        assert str(point) not in mount_table()
    finally:
        daemon.kill()
        daemon.wait()
        if str(point) in mount_table():
            subprocess.run(["umount", "-l", str(point)], check=True)
        os.close(writer)
        os.close(reader)
