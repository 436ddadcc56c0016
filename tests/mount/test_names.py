"""Names: many of them, and every odd one that HDFS can hold."""

import errno
import os
import subprocess
import unicodedata

import pytest

ODD = [
    "name with spaces", " leading space", "trailing space ", "two\nlines", "tab\there", "-leading-dash", "--help", ".hidden",
    "...", "a'b", 'a"b', "back\\slash", "percent%41", "hash#", "question?", "star*", "$HOME", "~", "a&b;c|d", "[x]", "{y}",
    "gr\u00fc\u00dfe", unicodedata.normalize("NFD", "gr\u00fc\u00dfe"), "\u65e5\u672c\u8a9e", "\U0001f600", "\u202e", "\x01",
    "\x7f", "a+b", "@", "=", ",", "x" * 255, "\u00e9" * 127 + "x", "\U0001f600" * 63 + "xyz",
]


def listing_of_hadoop(cluster, path):
    """(permissions, size, path) of everything below, from `hdfs dfs -ls -R`."""
    rows = []
    for line in cluster.shell("dfs", "-ls", "-R", path).splitlines():
        permissions, _, _, _, size, _, _, name = line.split(maxsplit=7)
        rows.append((permissions, size, name))
    return sorted(rows)


def listing_of_find(made, path):
    """The same from `find` on the mount."""
    argv = ["find", str(made / path), "-mindepth", "1", "-printf", "%M %s %P\\n"]
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    rows = [line.split(" ", 2) for line in done.stdout.splitlines()]
    return sorted((permissions, size, f"{path}/{name}") for permissions, size, name in rows)


@pytest.mark.parametrize("directories", [0, 100], ids=["one directory", "100 directories"])
def test_ten_thousand_files(mnt, cluster, here, directories):
    cluster.java.write_many(here, 10000, directories=directories)
    expected = listing_of_hadoop(cluster, here)
    assert len(expected) == 10000 + directories
    assert listing_of_find(mnt, here) == expected
    # Once more with whatever is cached now.
    assert listing_of_find(mnt, here) == expected


def test_a_thousand_small_files_have_their_own_bytes(mnt, cluster, here):
    from tests.cluster.pattern import pattern
    cluster.java.write_many(here, 1000, directories=10, size=100)
    for number in range(1000):
        assert (mnt / f"{here}/dir-{number % 10:03}/file-{number:05}").read_bytes() == pattern(number, 0, 100)


@pytest.fixture(scope="module")
def odd(cluster):
    """A directory with a file and a directory of every odd name; each file contains its own name."""
    path = "/tests/odd names"
    cluster.java.mkdirs(path)
    for name in ODD:
        cluster.java.put(f"{path}/{name}", name)
        cluster.java.mkdirs(f"{path}/dirs/{name}/{name}")
    return path


def test_odd_names_are_listed(shared_mnt, cluster, odd):
    found = os.listdir(os.fsencode(shared_mnt / odd))
    assert sorted(found) == sorted([*(n.encode() for n in ODD), b"dirs"])
    expected = sorted(os.path.relpath(p, odd) for p in cluster.java.list_recursive(odd))
    done = subprocess.run(["find", ".", "-mindepth", "1", "-printf", "%P\\0"], cwd=shared_mnt / odd,
                          stdout=subprocess.PIPE, check=True)
    assert sorted(done.stdout.decode().split("\0")[:-1]) == expected


def test_ls_agrees_with_hadoop_on_names_of_one_line(shared_mnt, cluster, here):
    # The shell's listing has neither quoting nor a place for line breaks, and blanks at the ends get lost in columns.
    names = [n for n in ODD if "\n" not in n and n == n.strip()]
    for name in names:
        cluster.java.put(f"{here}/{name}", name)
    assert listing_of_find(shared_mnt, here) == listing_of_hadoop(cluster, here)


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_an_odd_name_is_found_and_read(shared_mnt, odd, name):
    assert (shared_mnt / odd / name).read_text() == name
    assert os.listdir(shared_mnt / odd / "dirs" / name) == [name]
    done = subprocess.run(["cat", "--", name], cwd=shared_mnt / odd, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode() == name


def test_names_are_found_before_anything_was_listed(mount, cluster, odd):
    made = mount("attr_timeout=0", "entry_timeout=0")
    for name in reversed(ODD):
        assert os.stat(made / odd / name).st_size == len(name.encode())


@pytest.mark.parametrize("name, expected", [
    (b"no such file", errno.ENOENT),
    (b"x" * 256, errno.ENAMETOOLONG),
    (b"\xff\xfe", errno.EILSEQ),
    (b"cut \xe2\x82", errno.EILSEQ),
    (b"overlong \xc0\xaf", errno.EILSEQ),
    (b"surrogate \xed\xa0\x80", errno.EILSEQ),
    (b"colon:colon", errno.ENOENT),
])
def test_names_that_cannot_exist(shared_mnt, odd, name, expected):
    path = os.fsencode(shared_mnt / odd) + b"/" + name
    for attempt in (os.stat, lambda p: os.open(p, os.O_RDONLY), os.listdir):
        with pytest.raises(OSError) as failed:
            attempt(path)
        assert failed.value.errno == expected


def test_a_file_is_no_directory(shared_mnt, odd):
    for path, expected in ((f"{odd}/@/below", errno.ENOTDIR), (f"{odd}/@/", errno.ENOTDIR)):
        with pytest.raises(OSError) as failed:
            os.stat(str(shared_mnt.path) + path)
        assert failed.value.errno == expected


def test_a_new_name_appears_and_a_deleted_one_goes(mnt, cluster, here):
    from tests.mount.mounting import wait_until
    path = mnt / f"{here}/file"
    assert not path.exists()
    cluster.webhdfs.put(f"{here}/file", b"x")
    # Names that do not exist are not cached by default.
    assert path.exists()
    cluster.webhdfs.delete(f"{here}/file")
    wait_until(lambda: not path.exists(), 3, "the end of the cached name")


def test_deep_paths(mnt, cluster, here):
    deep = "/".join(f"d{number}" for number in range(60))
    cluster.webhdfs.put(f"{here}/{deep}/file", b"deep")
    assert (mnt / f"{here}/{deep}/file").read_bytes() == b"deep"
