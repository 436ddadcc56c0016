"""Other system calls that read, and when the kernel's pages are used again."""

import mmap
import os
import socket
import threading
import time

import pytest

from tests.cluster.pattern import pattern
from tests.mount.mounting import wait_until

SEED, SIZE = 7, 3 * (1 << 20) + 12345


@pytest.fixture
def file(mnt, cluster, here):
    cluster.java.write(f"{here}/file", SIZE, seed=SEED, block_size=1 << 20)
    return mnt / here / "file"


def test_a_mapping_is_read_by_a_child(file):
    with open(file, "rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as view:
        child = os.fork()
        if child == 0:
            os._exit(0 if view[:] == pattern(SEED, 0, SIZE) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert view[SIZE - 5000:] == pattern(SEED, SIZE - 5000, 5000)


def test_sendfile(file):
    left, right = socket.socketpair()
    received = bytearray()

    def receive():
        while data := right.recv(1 << 20):
            received.extend(data)

    thread = threading.Thread(target=receive)
    thread.start()
    with open(file, "rb") as opened, left:
        sent = 0
        while sent < SIZE:
            sent += os.sendfile(left.fileno(), opened.fileno(), sent, SIZE - sent)
    thread.join()
    right.close()
    assert received == pattern(SEED, 0, SIZE)


def test_splice(file):
    out, into = os.pipe()
    got = bytearray()
    with open(file, "rb") as opened:
        while moved := os.splice(opened.fileno(), into, 1 << 16):
            while moved > 0:
                data = os.read(out, moved)
                got.extend(data)
                moved -= len(data)
    os.close(out)
    os.close(into)
    assert got == pattern(SEED, 0, SIZE)


def test_pages_are_kept_from_open_to_open(mnt, file):
    assert file.read_bytes() == pattern(SEED, 0, SIZE)
    fetched = mnt.counter("fetched_bytes")
    for _ in range(3):
        assert file.read_bytes() == pattern(SEED, 0, SIZE)
    assert mnt.counter("fetched_bytes") == fetched


def test_a_read_from_the_page_cache_asks_for_attributes_once_a_time_out(mount, file, here, cluster):
    made = mount("attr_timeout=30", "entry_timeout=30")
    with open(made / here / "file", "rb", buffering=0) as opened:
        for _ in range(100):
            assert os.pread(opened.fileno(), 4096, 8192) == pattern(SEED, 8192, 4096)
    assert made.counter("namenode_calls", "getFileInfo") <= 6


def test_appended_bytes_show_after_the_time_out_and_never_a_mix(mnt, cluster, here):
    path = f"{here}/grown"
    cluster.java.write(path, 10_000, seed=1)
    assert (mnt / path).read_bytes() == pattern(1, 0, 10_000)
    handle = cluster.java.append(path, seed=2)
    cluster.java.extend(handle, 5_000)
    cluster.java.finish(handle)
    whole = pattern(1, 0, 10_000) + cluster.webhdfs.get(path, offset=10_000)
    assert len(whole) == 15_000
    seen = []

    def grown():
        seen.append((mnt / path).read_bytes())
        return len(seen[-1]) == 15_000

    wait_until(grown, 5, "the appended bytes")
    assert all(whole.startswith(bytes_) and len(bytes_) in (10_000, 15_000) for bytes_ in seen)


def test_a_file_replaced_elsewhere_shows_its_own_bytes(mnt, cluster, here):
    path = f"{here}/replaced"
    for seed in range(1, 5):
        cluster.java.write(path, 20_000, seed=seed)
        time.sleep(1.1)
        assert (mnt / path).read_bytes() == pattern(seed, 0, 20_000)
