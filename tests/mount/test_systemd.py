"""The unit file, run as systemd runs it: its commands, its environment, its readiness protocol."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.cluster.process import spawn, tail
from tests.mount.mounting import REPOSITORY, mount_table, program, wait_until

UNIT = REPOSITORY / "systemd" / "hdfsmount@.service"

# systemd.exec(5): each of these gives the service a mount namespace of its own, in which the mount would be hidden.
NAMESPACED = re.compile(
    r"^(Private(Tmp|Devices|Mounts|Users|IPC)|Protect(System|Home|Kernel\w+|ControlGroups|Proc|Hostname|Clock)|ProcSubset|"
    r"(ReadOnly|ReadWrite|Inaccessible|Exec|NoExec)Paths|(Bind|BindReadOnly)Paths|TemporaryFileSystem|RootDirectory|"
    r"RootImage|MountImages|MountFlags|DynamicUser|NetworkNamespacePath|NoNewPrivileges|Restrict(Namespaces|SUIDSGID))=",
    re.MULTILINE)


class Unit:
    """The [Service] section of the unit, its specifiers resolved for one instance."""

    def __init__(self, text: str, mount_point: Path):
        self._point = str(mount_point)
        self._instance = subprocess.run(["systemd-escape", "--path", self._point], stdout=subprocess.PIPE, text=True,
                                        check=True).stdout.strip()
        section = text.split("[Service]")[1].split("[Install]")[0]
        self._lines = [line.split("=", 1) for line in section.splitlines() if "=" in line and not line.startswith("#")]

    def values(self, key: str) -> list[str]:
        return [value for name, value in self._lines if name == key]

    def _specifiers(self, word: str) -> str:
        return re.sub("%.", lambda m: {"%f": self._point, "%i": self._instance, "%%": "%"}[m.group()], word)

    def environment_file(self) -> str:
        (path,) = self.values("EnvironmentFile")
        return self._specifiers(path)

    def environment(self) -> dict[str, str]:
        return dict(word.split("=", 1) for value in self.values("Environment") for word in shlex.split(value))

    def command(self, line: str, environment: dict[str, str]) -> list[str]:
        """systemd.service(5), "Command lines": words, specifiers, then variables."""
        argv = []
        for word in map(self._specifiers, shlex.split(line.lstrip("-+:!@"))):
            if re.fullmatch(r"\$\w+", word):
                argv += environment.get(word[1:], "").split()
            else:
                argv.append(re.sub(r"\$\$|\$\{(\w+)\}",
                                   lambda m: environment.get(m.group(1), "") if m.group(1) else "$", word))
        return argv


class Service:
    """What systemd does with the unit, for one instance."""

    def __init__(self, home: Path, mount_point: Path, settings: str):
        self.unit = Unit(UNIT.read_text(), mount_point)
        self._home, self._log = home, home / "daemon.log"
        self._settings = dict(line.split("=", 1) for line in settings.splitlines())
        self.process = None

    def _environment(self) -> dict[str, str]:
        return self.unit.environment() | self._settings

    def _run_all(self, key: str) -> None:
        for line in self.unit.values(key):
            argv = self.unit.command(line, self._environment())
            assert "+" in line[:line.index("/")], "must also work with User="
            done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
            assert done.returncode == 0, (argv, done.stdout)
            assert done.stdout == ""

    def start(self) -> str:
        """Runs ExecStartPre and ExecStart and waits for the readiness message, which it returns."""
        self._run_all("ExecStartPre")
        path = self._home / "notify"
        path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(path))
        self.notify.settimeout(20)
        (line,) = self.unit.values("ExecStart")
        argv = self.unit.command(line, self._environment())
        assert argv[0] == "hdfsmount"  # found by systemd in its fixed search path
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "NOTIFY_SOCKET": str(path)}
        with open(self._log, "ab") as log:
            self.process = spawn([str(program("hdfsmount")), *argv[1:]], stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, cwd="/", env=clean | self._environment())
        return self.message()

    def message(self) -> str:
        try:
            return self.notify.recv(4096).decode()
        except TimeoutError:
            raise AssertionError(f"no message\n{tail(self._log, 50)}") from None

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(20)
        self._run_all("ExecStopPost")
        self.notify.close()
        return status


@pytest.fixture
def point(tmp_path):
    path = tmp_path / "mount point"
    yield path
    subprocess.run(["umount", "-l", str(path)], stderr=subprocess.DEVNULL, check=False)


@pytest.fixture
def service(cluster, tmp_path, point):
    made = Service(tmp_path, point, f"SOURCE={cluster.uri}\nOPTIONS=ro,conf={cluster.conf_dir}")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def test_systemd_accepts_the_unit(tmp_path):
    text = UNIT.read_text()
    assert "ExecStart=hdfsmount " in text
    # As installed: the program is where systemd looks for it.
    (tmp_path / UNIT.name).write_text(text.replace("ExecStart=hdfsmount ", f"ExecStart={program('hdfsmount')} "))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / "hdfsmount@srv-hdfs.service")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_directive_hides_the_mount_from_the_host():
    assert NAMESPACED.search("ProtectSystem=yes") and NAMESPACED.search("x=1\nPrivateTmp=yes")
    assert not NAMESPACED.search(UNIT.read_text())


def test_the_unit_says_what_the_program_does(tmp_path):
    unit = Unit(UNIT.read_text(), tmp_path)
    assert unit.values("Type") == ["notify"]
    assert unit.values("NotifyAccess") == ["main"]
    assert unit.values("Restart") == ["on-failure"]
    assert unit.environment_file().startswith("-/etc/hdfsmount/")  # "-": it need not exist


def test_it_is_ready_when_the_root_answers_and_stops_cleanly(service, cluster, point, here):
    cluster.webhdfs.put(f"{here}/file", b"seen from outside the unit")
    message = service.start()
    assert "READY=1" in message.splitlines()
    # This process is not part of the service: what it sees, the host sees.
    assert (point / here.lstrip("/") / "file").read_bytes() == b"seen from outside the unit"
    assert service.stop() == 0
    assert str(point).replace(" ", "\\040") not in mount_table()


def test_it_says_that_it_is_stopping(service, point):
    service.start()
    service.process.send_signal(signal.SIGTERM)
    assert "STOPPING=1" in service.message().splitlines()
    assert service.process.wait(20) == 0


def test_hangup_is_ignored(service, point):
    service.start()
    service.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    os.listdir(point)
    assert service.process.poll() is None
    assert service.stop() == 0


def test_umount_by_hand_is_no_failure(service, point):
    service.start()
    subprocess.run(["umount", str(point)], check=True)
    assert service.process.wait(20) == 0


def test_the_next_start_cleans_up_after_a_killed_daemon(service, point):
    service.start()
    service.process.kill()
    service.process.wait()
    with pytest.raises(OSError, match="not connected"):
        os.listdir(point)
    assert "READY=1" in service.start()
    os.listdir(point)
    assert service.stop() == 0


def test_stopping_cleans_up_after_a_killed_daemon(service, point):
    service.start()
    assert service.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: str(point).replace(" ", "\\040") not in mount_table(), 5, "the dead mount is gone")
    assert os.listdir(point) == []


def test_what_others_mounted_there_is_left_alone(service, point):
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(point)], check=True)
    (point / "theirs").write_text("")
    service._run_all("ExecStartPre")
    service._run_all("ExecStopPost")
    assert os.listdir(point) == ["theirs"]


def test_a_mistake_in_the_options_is_not_tried_again(cluster, tmp_path, point):
    unit = Unit(UNIT.read_text(), point)
    point.mkdir()
    environment = unit.environment() | {"SOURCE": cluster.uri, "OPTIONS": "no_such_option"}
    argv = unit.command(unit.values("ExecStart")[0], environment)
    done = subprocess.run([str(program("hdfsmount")), *argv[1:]], stderr=subprocess.PIPE, text=True, timeout=30)
    assert [str(done.returncode)] == unit.values("RestartPreventExitStatus")
    assert "no_such_option" in done.stderr


def test_without_a_source_the_default_file_system_is_mounted(cluster, tmp_path, point):
    service = Service(tmp_path, point, f"OPTIONS=conf={cluster.conf_dir}")
    assert service.unit.environment()["SOURCE"] == ""
    try:
        assert cluster.uri in service.start()
        assert service.stop() == 0
    finally:
        if service.process.poll() is None:
            service.process.kill()


def test_the_tools_the_unit_calls_exist():
    for name in ("findmnt", "umount", "mkdir", "sh"):
        assert shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin"), name
