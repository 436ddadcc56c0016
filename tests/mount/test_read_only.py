"""Whatever would change something is refused with EROFS and changes nothing."""

import errno
import os
import stat
import subprocess

import pytest

ATTEMPTS = {
    "create": lambda d: os.open(d / "new", os.O_CREAT | os.O_WRONLY),
    "create for reading": lambda d: os.open(d / "new", os.O_CREAT | os.O_RDONLY),
    "create exclusively": lambda d: os.open(d / "new", os.O_CREAT | os.O_EXCL | os.O_RDWR),
    "unnamed file": lambda d: os.open(d, os.O_TMPFILE | os.O_RDWR),
    "open for writing": lambda d: os.open(d / "file", os.O_WRONLY),
    "open for both": lambda d: os.open(d / "file", os.O_RDWR),
    "open to append": lambda d: os.open(d / "file", os.O_WRONLY | os.O_APPEND),
    "open with O_TRUNC": lambda d: os.open(d / "file", os.O_RDONLY | os.O_TRUNC),
    "truncate": lambda d: os.truncate(d / "file", 3),
    "mkdir": lambda d: os.mkdir(d / "new"),
    "mknod file": lambda d: os.mknod(d / "new", stat.S_IFREG | 0o600),
    "mknod fifo": lambda d: os.mkfifo(d / "new"),
    "symlink": lambda d: os.symlink("file", d / "new"),
    "link": lambda d: os.link(d / "file", d / "new"),
    "unlink": lambda d: os.unlink(d / "file"),
    "rmdir": lambda d: os.rmdir(d / "dir"),
    "rename": lambda d: os.rename(d / "file", d / "new"),
    "rename over": lambda d: os.rename(d / "file", d / "other"),
    "rename directory": lambda d: os.rename(d / "dir", d / "new"),
    "chmod": lambda d: os.chmod(d / "file", 0o600),
    "chown": lambda d: os.chown(d / "file", 1, 1),
    "utime": lambda d: os.utime(d / "file", (1, 1)),
    "touch": lambda d: os.utime(d / "file"),
    "chmod of a directory": lambda d: os.chmod(d / "dir", 0o700),
    "setxattr": lambda d: os.setxattr(d / "file", "user.test", b"1"),
    "removexattr": lambda d: os.removexattr(d / "file", "user.test"),
}


@pytest.fixture(scope="module")
def target(cluster):
    path = "/tests/read only"
    cluster.webhdfs.put(f"{path}/file", b"content")
    cluster.webhdfs.put(f"{path}/other", b"other content")
    cluster.webhdfs.mkdirs(f"{path}/dir")
    return path


@pytest.mark.parametrize("options", [(), ("ro",), ("rw", "allow_other")], ids=["default", "ro", "rw,allow_other"])
def test_every_change_is_refused(mount, cluster, target, options):
    before = list(cluster.webhdfs.walk(target))
    made = mount(*options)
    found = {}
    for name, attempt in ATTEMPTS.items():
        try:
            fd = attempt(made / target)
            found[name] = "succeeded"
            if isinstance(fd, int):
                os.close(fd)
        except OSError as error:
            found[name] = os.strerror(error.errno)
    # The kernel itself has no O_TMPFILE for this file system on a mount that is not read-only.
    expected = {name: os.strerror(errno.EROFS) for name in ATTEMPTS}
    if "ro" not in options:
        expected["unnamed file"] = os.strerror(errno.EOPNOTSUPP)
    assert found == expected
    after = list(cluster.webhdfs.walk(target))
    for _, entry in (*before, *after):
        entry.pop("accessTime")
    assert after == before
    assert (made / target / "file").read_bytes() == b"content"


def test_an_existing_file_may_be_opened_with_o_creat_for_reading(mount, target):
    fd = os.open(mount() / target / "file", os.O_CREAT | os.O_RDONLY)
    assert os.read(fd, 100) == b"content"
    os.close(fd)


def test_access_for_writing_is_refused_and_for_reading_granted(mount, target):
    path = mount() / target / "file"
    assert os.access(path, os.R_OK) and os.access(path, os.F_OK)
    assert not os.access(path, os.W_OK)
    assert not os.access(path, os.X_OK)


def test_cp_and_rm_fail_and_say_why(mount, target):
    made = mount()
    for argv in (["cp", "/etc/hostname", str(made / target)], ["rm", "-f", str(made / target / "file")],
                 ["mv", str(made / target / "file"), str(made / target / "x")]):
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "LC_ALL": "C"})
        assert done.returncode != 0
        assert "Read-only file system" in done.stderr


def test_a_shared_writable_mapping_is_refused(mount, target):
    import mmap
    made = mount()
    with open(made / target / "file", "rb") as file, pytest.raises(PermissionError):
        mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


def test_programs_run_from_the_mount_unless_noexec(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/script", b"#!/bin/sh\necho ran\n", permission="755")
    done = subprocess.run([str(mount() / here / "script")], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "ran\n"
    with pytest.raises(PermissionError):
        subprocess.run([str(mount("noexec") / here / "script")], check=True)
