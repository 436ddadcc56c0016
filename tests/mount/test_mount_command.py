"""mount(8), fstab and the command line's own switches."""

import os
import subprocess

import pytest

from tests.mount.mounting import mount_table, program

# In a mount name space of its own, /usr/sbin holds only mount.hdfs: nothing of the machine is touched.
IN_NAMESPACE = """
set -e
mkdir "$1/sbin" "$1/mnt"
ln -s "$2" "$1/sbin/mount.hdfs"
mount --bind "$1/sbin" /usr/sbin
[ -L /sbin ] || mount --bind "$1/sbin" /sbin
{command}
grep " $1/mnt " /proc/self/mounts | tail -1
cat "$1/mnt/$4/file"
umount "$1/mnt"
"""


def in_namespace(command, tmp_path, cluster, here):
    """Runs a mount command there; what the mount table and the file said."""
    cluster.webhdfs.put(f"{here}/file", b"the file's bytes\n")
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_NAMESPACE.format(command=command), "sh",
         str(tmp_path), str(program("hdfsmount")), cluster.uri, here.lstrip("/"), str(cluster.conf_dir)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    line, content = done.stdout.split("\n", 1)
    assert content == "the file's bytes\n"
    return line.split(" "), done.stderr


def test_mount_t_hdfs(tmp_path, cluster, here):
    fields, errors = in_namespace('mount -t hdfs "$3" "$1/mnt" -o "conf=$5,noexec"', tmp_path, cluster, here)
    assert fields[0].rstrip("/") == cluster.uri
    assert fields[2] == "fuse.hdfsmount"
    assert {"noexec", "nosuid", "nodev"} <= set(fields[3].split(","))
    assert errors == ""


def test_an_fstab_line(tmp_path, cluster, here):
    command = """
    echo "$3 $1/mnt hdfs defaults,_netdev,nofail,noatime,x-systemd.automount,comment=x,ro,conf=$5 0 0" > "$1/fstab"
    mount --fstab "$1/fstab" "$1/mnt"
    """
    fields, errors = in_namespace(command, tmp_path, cluster, here)
    assert fields[2] == "fuse.hdfsmount"
    assert "ro" in fields[3].split(",")
    assert errors == ""


def test_an_automount_point(tmp_path, cluster, here):
    """systemd puts autofs on the mount point and asks for the mount when somebody comes."""
    command = """
    mkfifo "$1/kernel"
    exec 3<>"$1/kernel"
    mount -n -i -t autofs -o "fd=3,pgrp=$(ps -o pgid= $$ | tr -d ' '),minproto=5,maxproto=5,direct" systemd-1 "$1/mnt"
    mount -t hdfs "$3" "$1/mnt" -o "conf=$5"
    """
    fields, errors = in_namespace(command, tmp_path, cluster, here)
    assert fields[2] == "fuse.hdfsmount"
    assert errors == ""


def test_mount_r_and_v(tmp_path, cluster, here):
    fields, _ = in_namespace('mount -v -r -n -t hdfs "$3" "$1/mnt" -o "conf=$5" >&2', tmp_path, cluster, here)
    assert "ro" in fields[3].split(",")


def test_sloppy_turns_an_unknown_option_into_a_warning(tmp_path, cluster, here):
    _, errors = in_namespace('mount -s -t hdfs "$3" "$1/mnt" -o "conf=$5,no_such_option"', tmp_path, cluster, here)
    assert "no_such_option" in errors


@pytest.mark.parametrize("given, shown, hidden", [
    ("", {"nosuid", "nodev"}, {"noexec"}), ("suid,dev", set(), {"nosuid", "nodev", "noexec"}),
    ("noexec,ro", {"noexec", "ro"}, {"rw"}), ("user", {"noexec", "nosuid", "nodev"}, set()),
    ("user,exec", {"nosuid", "nodev"}, {"noexec"}), ("allow_other", {"allow_other", "default_permissions"}, set()),
], ids=lambda v: str(v))
def test_options_that_the_kernel_shows(mount, given, shown, hidden):
    made = mount(*filter(None, given.split(",")))
    options = set(mount_table()[str(made.path)][2].split(","))
    assert shown <= options and not hidden & options


def test_allow_other_lets_others_in_and_warns_once(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x")
    cluster.webhdfs.put(f"{here}/secret", b"x")
    cluster.webhdfs.set_permission(f"{here}/secret", "600")

    def as_nobody(made, name):
        # The way to the mount point itself is private to root.
        script = 'cd "$1" && exec setpriv --reuid=65534 --regid=65534 --clear-groups cat "$2"'
        return subprocess.run(["sh", "-c", script, "sh", str(made / here), name], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)

    alone, shared = mount(), mount("allow_other")
    assert as_nobody(alone, "file").returncode != 0
    assert as_nobody(shared, "file").stdout == "x"
    assert "Permission denied" in as_nobody(shared, "secret").stderr
    assert len(shared.log_lines("allow_other")) == 1


def test_a_hadoop_key_on_the_command_line(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x")
    made = mount(f"hdfs.fs.defaultFS={cluster.uri}", "noautoconf", source=None, conf=None)
    assert (made / f"{here}/file").read_bytes() == b"x"


def test_the_environment_names_the_configuration(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x")
    for variable, value in (("HADOOP_CONF_DIR", cluster.conf_dir), ("LIBHDFS3_CONF", cluster.conf_dir / "hdfs-site.xml")):
        made = mount(source=None, conf=None, env={variable: str(value)})
        assert (made / f"{here}/file").read_bytes() == b"x"


def test_a_nameservice_as_the_source(mount, cluster, here):
    cluster.webhdfs.put(f"{here}/file", b"x")
    address = cluster.uri.split("/")[2]
    made = mount("noautoconf", "hdfs.dfs.nameservices=prod", f"hdfs.dfs.namenode.rpc-address.prod={address}",
                 source="hdfs://prod/", conf=None)
    assert (made / f"{here}/file").read_bytes() == b"x"
    assert mount_table()[str(made.path)][0].rstrip("/") == "hdfs://prod"


def test_a_dead_namenode_of_two_is_passed_over(mount, cluster, here):
    from tests.cluster.ports import free_port
    cluster.webhdfs.put(f"{here}/file", b"x")
    made = mount("noautoconf", "hdfs.dfs.nameservices=prod", "hdfs.dfs.ha.namenodes.prod=nn1\\,nn2",
                 f"hdfs.dfs.namenode.rpc-address.prod.nn1=127.0.0.1:{free_port()}",
                 f"hdfs.dfs.namenode.rpc-address.prod.nn2={cluster.uri.split('/')[2]}", source="hdfs://prod/", conf=None)
    assert (made / f"{here}/file").read_bytes() == b"x"


def test_version_and_help():
    for flag in ("--version", "--help"):
        done = subprocess.run([str(program("hdfsmount")), flag], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0 and done.stderr == "" and "hdfsmount" in done.stdout


def test_the_log_level_changes_while_mounted(mnt, here):
    mnt.hdfsctl("log-level", "debug")
    assert mnt.status()["log_level"] == "debug"
    os.listdir(mnt / here)
    mnt.hdfsctl("log-level", "info")
    assert mnt.status()["log_level"] == "info"
