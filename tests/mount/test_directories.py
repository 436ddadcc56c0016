"""readdir(3) and its relatives, by the C library's own calls."""

import ctypes
import errno
import os
import random
import time

import pytest

COUNT = 2500  # three of the NameNode's pages


class _dirent(ctypes.Structure):
    _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("reclen", ctypes.c_ushort),
                ("type", ctypes.c_ubyte), ("name", ctypes.c_char * 256)]


_libc = ctypes.CDLL(None, use_errno=True)
_libc.opendir.argtypes, _libc.opendir.restype = [ctypes.c_char_p], ctypes.c_void_p
_libc.readdir.argtypes, _libc.readdir.restype = [ctypes.c_void_p], ctypes.POINTER(_dirent)
_libc.telldir.argtypes, _libc.telldir.restype = [ctypes.c_void_p], ctypes.c_long
_libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
_libc.rewinddir.argtypes = [ctypes.c_void_p]
_libc.closedir.argtypes = [ctypes.c_void_p]


class Directory:
    """An open directory stream."""

    def __init__(self, path):
        self._stream = _libc.opendir(os.fsencode(path))
        if not self._stream:
            raise OSError(ctypes.get_errno(), "opendir", str(path))

    def read(self):
        """The next entry's name, None at the end."""
        ctypes.set_errno(0)
        entry = _libc.readdir(self._stream)
        if not entry:
            if ctypes.get_errno():
                raise OSError(ctypes.get_errno(), "readdir")
            return None
        self.entry = entry.contents
        return entry.contents.name.decode()

    def rest(self):
        """All names up to the end."""
        return list(iter(self.read, None))

    def tell(self):
        return _libc.telldir(self._stream)

    def seek(self, position):
        _libc.seekdir(self._stream, position)

    def rewind(self):
        _libc.rewinddir(self._stream)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _libc.closedir(self._stream)


@pytest.fixture(scope="module")
def large(cluster):
    cluster.java.write_many("/tests/large", COUNT)
    return "/tests/large"


def names(count=COUNT):
    return [f"file-{number:05}" for number in range(count)]


def test_every_name_once(shared_mnt, large):
    with Directory(shared_mnt / large) as directory:
        assert sorted(directory.rest()) == sorted([".", "..", *names()])


def test_entries_carry_inode_and_type(shared_mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    cluster.webhdfs.mkdirs(f"{here}/dir")
    cluster.java.symlink("file", f"{here}/link")
    kinds = {}
    with Directory(shared_mnt / here) as directory:
        while name := directory.read():
            kinds[name] = directory.entry.type
            if name not in (".", ".."):
                assert directory.entry.ino == os.lstat(shared_mnt / here / name).st_ino
    assert kinds == {".": 4, "..": 4, "file": 8, "dir": 4, "link": 10}


def test_seekdir_goes_to_where_telldir_was(shared_mnt, large):
    with Directory(shared_mnt / large) as directory:
        positions, order = [], []
        while True:
            position = directory.tell()
            name = directory.read()
            if name is None:
                break
            positions.append(position)
            order.append(name)
        assert len(set(positions)) == len(positions)
        numbers = random.Random(1)
        for index in [0, 1, 2, len(order) - 1, *(numbers.randrange(len(order)) for _ in range(50))]:
            directory.seek(positions[index])
            assert directory.read() == order[index]
        middle = len(order) // 2
        directory.seek(positions[middle])
        assert directory.rest() == order[middle:]


def test_rewinddir_lists_afresh(shared_mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/a", b"")
    with Directory(shared_mnt / here) as directory:
        assert sorted(directory.rest()) == [".", "..", "a"]
        assert directory.read() is None
        cluster.webhdfs.put(f"{here}/b", b"")
        directory.rewind()
        assert sorted(directory.rest()) == [".", "..", "a", "b"]
        cluster.webhdfs.delete(f"{here}/a")
        directory.rewind()
        assert sorted(directory.rest()) == [".", "..", "b"]


def test_two_streams_do_not_disturb_each_other(shared_mnt, large):
    with Directory(shared_mnt / large) as first, Directory(shared_mnt / large) as second:
        both = []
        while (name := first.read()) is not None:
            both.append((name, second.read()))
        assert second.read() is None
        assert all(a == b for a, b in both)


def test_what_stays_is_listed_once_whatever_changes(shared_mnt, cluster, here):
    """Deletes and creates while a listing is under way."""
    cluster.java.write_many(here, COUNT)
    with Directory(shared_mnt / here) as directory:
        seen = [directory.read() for _ in range(800)]
        for number in [*range(0, 40), *range(1500, 1540)]:
            cluster.webhdfs.delete(f"{here}/file-{number:05}")
        for number in range(20):
            cluster.webhdfs.put(f"{here}/a-new-{number}", b"")
            cluster.webhdfs.put(f"{here}/z-new-{number}", b"")
        seen += directory.rest()
    stays = [n for n in names() if not (0 <= int(n[5:]) < 40 or 1500 <= int(n[5:]) < 1540)]
    for name in stays:
        assert seen.count(name) == 1, name
    assert len(seen) == len(set(seen))


def test_a_directory_deleted_while_listed_ends(shared_mnt, cluster, here):
    cluster.java.write_many(f"{here}/d", 2000)
    with Directory(shared_mnt / here / "d") as directory:
        first = [directory.read() for _ in range(10)]
        assert None not in first
        cluster.webhdfs.delete(f"{here}/d")
        try:
            rest = directory.rest()
            assert len(rest) == len(set(rest))
        except OSError as error:
            assert error.errno in (errno.ENOENT, errno.ESTALE)


def test_opendir_wants_a_directory(shared_mnt, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"")
    with pytest.raises(NotADirectoryError):
        Directory(shared_mnt / here / "file")
    with pytest.raises(FileNotFoundError):
        Directory(shared_mnt / here / "nothing")


def test_an_empty_directory(shared_mnt, here):
    with Directory(shared_mnt / here) as directory:
        assert sorted(directory.rest()) == [".", ".."]


def test_a_private_directory_is_refused_by_the_namenode(mount, cluster, here):
    cluster.webhdfs.mkdirs(f"{here}/private", "700")
    cluster.webhdfs.put(f"{here}/private/file", b"secret")
    cluster.webhdfs.put(f"{here}/readable", b"secret")
    cluster.webhdfs.set_permission(f"{here}/readable", "600")
    made = mount("hdfs_user=somebody")
    for attempt in (lambda: os.listdir(made / f"{here}/private"), lambda: os.stat(made / f"{here}/private/file"),
                    lambda: open(made / f"{here}/readable")):
        with pytest.raises(PermissionError) as failed:
            attempt()
        assert failed.value.errno == errno.EACCES


def test_a_listing_brings_the_attributes_along(mnt, large):
    """find on a listed directory asks the NameNode per page, not per file."""
    os.listdir(mnt.path / "tests")
    before = mnt.counter("namenode_calls")
    with os.scandir(mnt / large) as entries:
        sizes = [entry.stat().st_size for entry in entries]
    assert sizes == [0] * COUNT
    assert mnt.counter("namenode_calls") - before < 50
    assert 3 <= mnt.counter("namenode_calls", "getListing") < 20


def test_a_changed_directory_shows_after_the_time_out(mnt, cluster, here):
    assert os.listdir(mnt / here) == []
    cluster.webhdfs.put(f"{here}/file", b"")
    time.sleep(1.2)
    assert os.listdir(mnt / here) == ["file"]
