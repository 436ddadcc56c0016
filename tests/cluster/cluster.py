"""The cluster: named processes below one directory, and the ways to talk to them."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from . import config
from .jars import hadoop
from .janitor import Janitor
from .java_client import JavaClient
from .process import Process, ProcessError, spawn, tail
from .versions import DEFAULT_VERSION
from .webhdfs import WebHdfs

ClusterError = ProcessError

_COMMANDS = {
    "dfs": "org.apache.hadoop.fs.FsShell",
    "dfsadmin": "org.apache.hadoop.hdfs.tools.DFSAdmin",
    "haadmin": "org.apache.hadoop.hdfs.tools.DFSHAAdmin",
    "ec": "org.apache.hadoop.hdfs.tools.ECAdmin",
    "fsck": "org.apache.hadoop.hdfs.tools.DFSck",
}

# A short-lived client spends its time starting, not running.
_CLIENT_OPTIONS = ("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx512m")


class CommandError(RuntimeError):
    """A Hadoop command ended with a status other than 0."""

    def __init__(self, argv, status: int, stdout: str, stderr: str):
        super().__init__(f"{' '.join(argv)}: status {status}\n{stdout}{stderr}")
        self.status, self.stdout, self.stderr = status, stdout, stderr


class Cluster:
    """Made by a flavour, which adds processes and calls start().

    directory   everything the cluster writes; removed by close() or with this process
    conf_dir    what clients need: core-site.xml and hdfs-site.xml
    uri         the file system, "hdfs://127.0.0.1:PORT"
    sockets     the directory of the DataNodes' UNIX sockets, where they have any; it lives as long as `directory`
    """

    def __init__(self, *, version: str = DEFAULT_VERSION, parent: os.PathLike | None = None):
        self.hadoop = hadoop(version)
        self.version = version
        self.directory = Path(tempfile.mkdtemp(prefix="hdfsmount-cluster-", dir=parent)).resolve()
        self._janitors = [Janitor(self.directory)]
        self._sockets: Path | None = None
        self.logs = self.directory / "logs"
        self.conf_dir = self.directory / "client"
        for path in (self.logs, self.directory / "tmp"):
            path.mkdir()
        self.processes: dict[str, Process] = {}
        self.uri = ""
        self.namenode_http = ""
        self._java: JavaClient | None = None
        self._closed = False

    # What flavours use.

    def jvm(self, main_class: str, *args: str, conf: Path, heap: str, options: tuple[str, ...] = (),
            class_path: tuple[os.PathLike, ...] = ()) -> list[str]:
        """A daemon's command line: its own configuration directory and heap."""
        return self.hadoop.jvm(main_class, *args, class_path=self.hadoop.class_path(conf, *class_path),
                               options=(f"-Xmx{heap}", f"-Djava.io.tmpdir={self.directory / 'tmp'}", *options))

    @property
    def sockets(self) -> Path | None:
        return self._sockets

    @sockets.setter
    def sockets(self, directory: Path) -> None:
        self._sockets = directory
        self._janitors.append(Janitor(directory))

    def add(self, process: Process) -> Process:
        self.processes[process.name] = process
        return process

    def log_path(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def write_client_conf(self, properties: dict[str, str]) -> None:
        config.write_dir(self.conf_dir, properties, log_level="WARN")

    def run_once(self, name: str, argv: list[str]) -> subprocess.Popen:
        """Starts a set-up step (a format); its output goes to the log of that name."""
        with open(self.log_path(name), "ab") as log:
            return spawn(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.logs)

    def finish(self, name: str, child: subprocess.Popen, timeout: float = 60) -> None:
        if child.wait(timeout) != 0:
            raise ClusterError(f"{name} failed\n{tail(self.log_path(name))}")

    def wait_healthy(self, timeout: float = 90) -> None:
        """Returns once every process is healthy; ClusterError with the culprit's log otherwise."""
        deadline = time.monotonic() + timeout
        for process in self.processes.values():
            process.wait_ready(max(1.0, deadline - time.monotonic()))

    # What tests use.

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def kill(self, name: str) -> None:
        self[name].kill()

    def restart(self, name: str) -> None:
        self[name].restart()

    def pause(self, name: str) -> None:
        self[name].pause()

    def resume(self, name: str) -> None:
        self[name].resume()

    @property
    def webhdfs(self) -> WebHdfs:
        """The file system over HTTP as the superuser: no JVM to start."""
        return WebHdfs(self.namenode_http)

    @property
    def java(self) -> JavaClient:
        """One long-lived Java client, for what HTTP cannot do."""
        if self._java is None or not self._java.alive:
            self._java = JavaClient(self.hadoop, self.conf_dir, self.logs / "java-client.log",
                                    self.directory / "tmp")
        return self._java

    def command_line(self, command: str, *args: str) -> list[str]:
        """What runs a Hadoop command ("dfs", "dfsadmin", "haadmin", ...) against this cluster."""
        if command not in _COMMANDS:
            raise ValueError(f"unknown command {command!r}: one of {', '.join(_COMMANDS)}")
        options = (*_CLIENT_OPTIONS, f"-Djava.io.tmpdir={self.directory / 'tmp'}")
        return self.hadoop.jvm(_COMMANDS[command], *args, class_path=self.hadoop.class_path(self.conf_dir),
                               options=options)

    def shell(self, command: str, *args: str, check: bool = True, timeout: float = 300) -> str:
        """Runs a Hadoop command and returns its stdout; CommandError on a status other than 0."""
        argv = self.command_line(command, *args)
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, encoding="utf-8", errors="surrogateescape", timeout=timeout,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        if check and done.returncode != 0:
            raise CommandError((command, *args), done.returncode, done.stdout, done.stderr)
        return done.stdout

    def transfer_address(self, name: str) -> str:
        """The "host:port" at which a DataNode serves data."""
        return config.read_dir(self.directory / name / "conf")["dfs.datanode.address"]

    def domain_socket(self, name: str) -> Path:
        """The UNIX socket at which a DataNode passes open files on."""
        assert self.sockets is not None, "made without short_circuit=True"
        return self.sockets / f"dn.{self.transfer_address(name).rsplit(':', 1)[1]}"

    def replicas(self, block_id: int) -> list[Path]:
        """Every DataNode's file of a block (without the checksum file)."""
        return sorted(self.directory.glob(f"dn*/data*/current/BP-*/current/*/**/blk_{block_id}"))

    def save_logs(self, target: Path) -> None:
        """Copies the daemons' logs to where they outlive the cluster."""
        shutil.copytree(self.logs, target, dirs_exist_ok=True)

    def close(self) -> None:
        """Ends all processes and removes the directory; may be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._java is not None:
            self._java.close()
        # Nothing of a test cluster is worth an orderly shutdown.
        for process in self.processes.values():
            process.kill()
        for janitor in self._janitors:
            janitor.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_) -> None:
        self.close()
