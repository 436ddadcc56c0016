"""A user who is not root mounts through fusermount3."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mount.mounting import program

# A mount name space of its own, in which everybody may use /dev/fuse, as on most distributions; here it may be root's.
PREPARE = """
mknod -m 666 "$1/fuse" c 10 229 && mount --bind "$1/fuse" /dev/fuse || exit 99
export XDG_RUNTIME_DIR="$1/run"
as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
"""


@pytest.fixture
def place():
    """A directory that any user may enter, with the programs and a mount point of the user's."""
    directory = Path("/run") / f"hdfsmount-user-{os.getpid()}"
    directory.mkdir(mode=0o755)
    try:
        for name in ("hdfsmount", "hdfsctl"):
            shutil.copy(program(name), directory / name)
        for name in ("point", "run"):
            (directory / name).mkdir()
            os.chown(directory / name, 65534, 65534)
        (directory / "root-s").mkdir(mode=0o755)
        yield directory
    finally:
        shutil.rmtree(directory)


def as_user(place, cluster, script):
    return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", PREPARE + script, "sh", str(place),
                           cluster.uri], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


def test_mount_read_ask_and_unmount(place, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"read by a user\n")
    done = as_user(place, cluster, f"""
    as_user "$1/hdfsmount" "$2" "$1/point" -o noautoconf || exit 1
    as_user cat "$1/point{here}/file"
    as_user "$1/hdfsctl" status "$1/point" | grep '^hdfs_user:'
    "$1/hdfsctl" status "$1/point" > /dev/null 2> "$1/by-root" || cat "$1/by-root"
    as_user fusermount3 -u "$1/point" || exit 2
    """)
    assert done.returncode == 0, done.stderr
    content, user, *by_root = done.stdout.splitlines()
    assert content == "read by a user"
    assert user == "hdfs_user: nobody"
    # Root looks in the user's run-time directory under /run/user, which this user does not have.
    assert by_root and "--socket" in by_root[0]


@pytest.mark.parametrize("flags", ["", "-f"], ids=["background", "foreground"])
@pytest.mark.parametrize("point, options, reason", [
    ("root-s", "noautoconf", "no write access"),
    ("point", "noautoconf,allow_other", "user_allow_other"),
], ids=["not the user's directory", "allow_other"])
def test_what_fusermount3_refuses_is_told_in_one_line(place, cluster, flags, point, options, reason):
    done = as_user(place, cluster, f"""
    ! grep -q '^ *user_allow_other' /etc/fuse.conf || : > "$1/fuse.conf"
    [ ! -e "$1/fuse.conf" ] || mount --bind "$1/fuse.conf" /etc/fuse.conf
    as_user "$1/hdfsmount" "$2" "$1/{point}" {flags} -o {options}
    """)
    assert done.returncode == 32, done
    # allow_other warns first.
    lines = [line for line in done.stderr.splitlines() if "warning" not in line]
    assert len(lines) == 1 and lines[0].startswith("hdfsmount: cannot mount on ") and reason in lines[0], done.stderr
