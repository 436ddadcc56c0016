"""Every byte read through the mount is the byte that was written."""

import hashlib
import mmap
import os
import random
import subprocess
import threading
import time

import pytest

from tests.cluster import pattern
from tests.mount.mounting import Mount

MIB = 1 << 20
SIZES = {"empty": 0, "one byte": 1, "chunk less one": 511, "chunk": 512, "chunk plus one": 513,
         "block less one": MIB - 1, "block": MIB, "block plus one": MIB + 1, "several blocks": 5 * MIB + 12345}


def md5_of(path):
    digest = hashlib.md5()
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("bytes_per_checksum", [512, 4096])
@pytest.mark.parametrize("checksum", ["CRC32", "CRC32C", "NULL"])
def test_md5_by_size_and_checksum(shared_mnt, cluster, here, size, checksum, bytes_per_checksum):
    path = f"{here}/file"
    cluster.java.write(path, size, seed=size, block_size=MIB, checksum=checksum, bytes_per_checksum=bytes_per_checksum)
    assert os.stat(shared_mnt / path).st_size == size
    done = subprocess.run(["md5sum", str(shared_mnt / path)], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.split()[0].lstrip("\\") == pattern.md5(size, size)


def test_md5_of_one_gib_in_many_blocks(mnt, cluster, here):
    size = 1 << 30
    cluster.java.write(f"{here}/large", size, seed=11, block_size=4 * MIB)
    assert md5_of(mnt / f"{here}/large") == pattern.md5(11, size)
    mnt.drop_kernel_caches()
    with open(mnt / f"{here}/large", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), 1000, size - 500) == pattern.pattern(11, size - 500, 500)
    cluster.webhdfs.delete(f"{here}/large")


def test_a_file_longer_than_one_answer_with_locations(mount, cluster, here):
    size = 40 * MIB + 17
    cluster.java.write(f"{here}/file", size, seed=12, block_size=MIB)
    made = mount("hdfs.dfs.client.read.prefetch.size=4194304")
    assert md5_of(made / f"{here}/file") == pattern.md5(12, size)


@pytest.fixture(scope="module")
def blocks(cluster):
    """A file of 33 blocks, the last one short."""
    size = 32 * MIB + 4321
    cluster.webhdfs.mkdirs("/tests/contents")
    cluster.java.write("/tests/contents/blocks", size, seed=13, block_size=MIB)
    return "/tests/contents/blocks", 13, size


def random_ranges(size, count):
    """Offsets and lengths of all kinds: tiny, page-sized, over block borders, over the end."""
    numbers = random.Random(20240229)
    for _ in range(count):
        length = numbers.choice([1, 7, 512, 4096, 65536, 131072, 300001])
        near_border = numbers.random() < 0.3
        offset = numbers.randrange(1, 33) * MIB - numbers.randrange(length + 1) if near_border else numbers.randrange(size)
        yield max(0, offset), length


@pytest.mark.parametrize("flags", [0, os.O_DIRECT], ids=["cached", "O_DIRECT"])
def test_two_thousand_random_preads(mnt, blocks, flags):
    path, seed, size = blocks
    fd = os.open(mnt / path, os.O_RDONLY | flags)
    try:
        for offset, length in random_ranges(size, 2000):
            expected = pattern.pattern(seed, offset, max(0, min(length, size - offset)))
            assert os.pread(fd, length, offset) == expected, f"{length} bytes at {offset}"
    finally:
        os.close(fd)


@pytest.mark.parametrize("flags", [0, os.O_DIRECT], ids=["cached", "O_DIRECT"])
def test_random_preads_of_one_handle_by_many_threads(mnt, blocks, flags):
    """Readers that jump about in one handle keep restarting its read-ahead under each other's feet."""
    path, seed, size = blocks
    content = memoryview(pattern.pattern(seed, 0, size))
    fd, wrong = os.open(mnt / path, os.O_RDONLY | flags), []

    def jump_about(number):
        numbers = random.Random(number)
        for _ in range(250):
            # Long enough for the kernel to split it into requests that follow one another.
            offset, length = numbers.randrange(size), numbers.choice([65536, 300001, 1000000])
            try:
                if os.pread(fd, length, offset) != content[offset:offset + length]:
                    wrong.append((offset, length))
            except OSError as error:
                wrong.append((offset, length, error))
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)

    try:
        threads = [threading.Thread(target=jump_about, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        os.close(fd)
    assert wrong == []


def test_random_preads_without_kernel_read_ahead(mnt, blocks):
    path, seed, size = blocks
    fd = os.open(mnt / path, os.O_RDONLY)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
        for offset, length in random_ranges(size, 300):
            expected = pattern.pattern(seed, offset, max(0, min(length, size - offset)))
            assert os.pread(fd, length, offset) == expected
    finally:
        os.close(fd)


def test_reads_at_and_past_the_end(mnt, blocks):
    path, seed, size = blocks
    fd = os.open(mnt / path, os.O_RDONLY)
    try:
        assert os.pread(fd, 100, size) == b""
        assert os.pread(fd, 100, size + 10 * MIB) == b""
        assert os.pread(fd, 100, size - 1) == pattern.pattern(seed, size - 1, 1)
        assert os.pread(fd, 0, 5) == b""
        assert os.lseek(fd, 0, os.SEEK_END) == size
    finally:
        os.close(fd)


def test_mmap_reads_the_same_bytes(mnt, blocks):
    path, seed, size = blocks
    with open(mnt / path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        assert hashlib.md5(view).hexdigest() == pattern.md5(seed, size)


def test_backwards_and_strided_reads(mnt, blocks):
    path, seed, size = blocks
    with open(mnt / path, "rb", buffering=0) as file:
        for offset in range(size - size % 700001, -1, -700001):
            assert os.pread(file.fileno(), 5000, offset) == pattern.pattern(seed, offset, min(5000, size - offset))


def test_many_readers_of_one_file_at_once(mnt, blocks):
    path, seed, size = blocks
    expected, found = pattern.md5(seed, size), []
    threads = [threading.Thread(target=lambda: found.append(md5_of(mnt / path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_a_second_read_comes_from_the_page_cache(mnt, blocks):
    path, seed, size = blocks
    assert md5_of(mnt / path) == pattern.md5(seed, size)
    before = mnt.counter("fuse_requests", "read")
    assert before > 0
    assert md5_of(mnt / path) == pattern.md5(seed, size)
    assert mnt.counter("fuse_requests", "read") == before


def test_a_replaced_file_shows_its_new_bytes(mnt, cluster, here):
    path = f"{here}/file"
    cluster.webhdfs.put(path, b"a" * 5000)
    assert (mnt / path).read_bytes() == b"a" * 5000
    cluster.webhdfs.put(path, b"b" * 5000)
    time.sleep(1.2)
    assert (mnt / path).read_bytes() == b"b" * 5000


def test_new_bytes_with_the_old_length_and_time_are_not_mistaken_for_the_old(mnt, cluster, here):
    path = f"{here}/file"
    for letter in (b"a", b"b"):
        cluster.webhdfs.put(path, letter * 5000)
        cluster.webhdfs.set_times(path, mtime=1600000000000)
        time.sleep(1.2)
        assert (mnt / path).read_bytes() == letter * 5000


def test_content_rewritten_in_place_with_the_old_length_and_time(mnt, cluster, here):
    """The same inode, length and modification time, and other blocks."""
    path, java = f"{here}/file", cluster.java
    for seed in (1, 2):
        if seed == 1:
            java.write(path, 5000, seed=seed)
        else:
            assert java.truncate(path, 0)
            handle = java.append(path, seed=seed)
            java.extend(handle, 5000)
            java.finish(handle)
        cluster.webhdfs.set_times(path, mtime=1600000000000)
        time.sleep(1.2)
        for _ in range(2):
            assert (mnt / path).read_bytes() == pattern.pattern(seed, 0, 5000)


def test_a_truncated_file_ends_where_it_ends(mnt, cluster, here):
    path = f"{here}/file"
    cluster.java.write(path, 3 * MIB, seed=2, block_size=MIB)
    assert md5_of(mnt / path) == pattern.md5(2, 3 * MIB)
    assert cluster.java.truncate(path, MIB)
    time.sleep(1.2)
    assert (mnt / path).read_bytes() == pattern.pattern(2, 0, MIB)


def test_concatenated_blocks_of_unequal_length(mnt, cluster, here):
    for number, size in enumerate([MIB + 5, 77, 2 * MIB]):
        cluster.java.write(f"{here}/{number}", size, seed=number, block_size=MIB)
    cluster.java.concat(f"{here}/0", [f"{here}/1", f"{here}/2"])
    expected = pattern.pattern(0, 0, MIB + 5) + pattern.pattern(1, 0, 77) + pattern.pattern(2, 0, 2 * MIB)
    assert (mnt / f"{here}/0").read_bytes() == expected
    with open(mnt / f"{here}/0", "rb") as file:
        file.seek(MIB)
        assert file.read(300) == expected[MIB:MIB + 300]


def test_an_open_file_follows_its_rename(mount, cluster, here):
    cluster.java.write(f"{here}/a", 3 * MIB, seed=4, block_size=MIB)
    made = mount()
    with open(made / f"{here}/a", "rb", buffering=0) as file:
        assert file.read(100) == pattern.pattern(4, 0, 100)
        cluster.webhdfs.rename(f"{here}/a", f"{here}/b")
        made.drop_kernel_caches()
        assert os.pread(file.fileno(), 1000, 2 * MIB) == pattern.pattern(4, 2 * MIB, 1000)


def test_archives_and_searches(mnt, cluster, here, tmp_path):
    for number in range(20):
        cluster.webhdfs.put(f"{here}/d{number % 3}/f{number}", f"line one\nneedle {number}\n".encode())
    subprocess.run(["tar", "-cf", str(tmp_path / "all.tar"), "-C", str(mnt / here), "."], check=True)
    subprocess.run(["tar", "-xf", "all.tar"], cwd=tmp_path, check=True)
    (tmp_path / "all.tar").unlink()
    subprocess.run(["diff", "-r", str(tmp_path), str(mnt / here)], check=True)
    done = subprocess.run(["grep", "-rc", "needle", str(mnt / here)], stdout=subprocess.PIPE, text=True, check=True)
    assert sorted(line.rsplit(":", 1)[1] for line in done.stdout.splitlines()) == ["1"] * 20


def test_reading_with_the_least_memory(cluster, here):
    size = 20 * MIB
    cluster.java.write(f"{here}/file", size, seed=6, block_size=4 * MIB)
    with Mount(cluster.uri, "memory=8M", conf=cluster.conf_dir) as made:
        found = []
        threads = [threading.Thread(target=lambda: found.append(md5_of(made / f"{here}/file"))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [pattern.md5(6, size)] * 12
