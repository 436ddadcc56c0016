"""One long-lived Java client that a test drives over a pipe."""

from __future__ import annotations

import os
import subprocess
import threading
import urllib.parse
from pathlib import Path

from . import config
from .process import ProcessError, spawn


class JavaError(OSError):
    """An operation failed in Java; `exception` is the full class name."""

    def __init__(self, operation: str, exception: str, message: str):
        super().__init__(f"{operation}: {exception}: {message}")
        self.exception = exception


def _encode(value) -> str:
    if isinstance(value, bool):
        value = str(value).lower()
    return urllib.parse.quote(str(value), safe="/")


class JavaClient:
    """Hadoop's own file system API, for what WebHDFS cannot do or does slowly.

    A request is one line, "operation TAB key=value TAB ...", the reply one line as well;
    values are URL-encoded, so any name passes.  Safe to use from several threads, one
    request at a time.  Contents come from tests.cluster.pattern.
    """

    def __init__(self, hadoop, conf_dir: Path, log: Path, temporary: Path):
        conf = config.write_dir(log.with_name("java-client-conf"), {}, log_level="WARN")
        argv = hadoop.jvm("HdfsHelper", class_path=hadoop.class_path(conf_dir, conf, hadoop.helper_classes()),
                          options=("-Xmx512m", "-XX:TieredStopAtLevel=1", f"-Djava.io.tmpdir={temporary}"))
        self._log = log
        self._lock = threading.Lock()
        with open(log, "ab") as errors:
            self._child = spawn(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=log.parent,
                                env={**os.environ, "LC_ALL": "C.UTF-8"})

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def call(self, operation: str, **params) -> list[str]:
        """One request; the reply's values.  JavaError when the operation failed.

        Tried again once when the client still held a connection to a NameNode that has ended since: that did nothing.
        """
        try:
            return self._call_once(operation, **params)
        except JavaError as error:
            if error.exception != "java.io.EOFException":
                raise
            return self._call_once(operation, **params)

    def _call_once(self, operation: str, **params) -> list[str]:
        words = [operation, *(f"{k}={_encode(v)}" for k, v in params.items() if v is not None)]
        with self._lock:
            self._child.stdin.write(("\t".join(words) + "\n").encode())
            self._child.stdin.flush()
            line = self._child.stdout.readline().decode()
        if not line:
            raise ProcessError(f"the Java client ended\n{self._log.read_text(errors='replace')[-5000:]}")
        status, *values = [urllib.parse.unquote_plus(v) for v in line.rstrip("\n").split("\t")]
        if status != "ok":
            raise JavaError(operation, *values)
        return values

    def version(self) -> str:
        """The Hadoop version of the client's own classes."""
        return self.call("version")[0]

    def close(self) -> None:
        """Ends the client; files it holds open for writing stay unfinished."""
        self._child.kill()
        self._child.wait()
        self._child.stdin.close()
        self._child.stdout.close()

    # Whole files

    def write(self, path: str, size: int, *, seed: int = 0, block_size: int | None = None,
              replication: int | None = None, checksum: str | None = None,
              bytes_per_checksum: int | None = None, datanode: str | None = None) -> None:
        """A closed file of pattern(seed) bytes; checksum is "CRC32", "CRC32C" or "NULL".

        With `datanode`, a transfer address, the file has one replica of each block, there.
        """
        self.call("write", path=path, size=size, seed=seed, block_size=block_size, replication=replication,
                  checksum=checksum, bytes_per_checksum=bytes_per_checksum, datanode=datanode)

    def put(self, path: str, data: str) -> None:
        """A closed file with that text as UTF-8."""
        self.call("put", path=path, data=data)

    def write_many(self, directory: str, count: int, *, directories: int = 0, size: int = 0,
                   threads: int = 8, datanode: str | None = None) -> None:
        """Files named file-00000 ... below `directory`, or spread over directories dir-000 ... in it.

        File number i has the bytes of pattern(i) and `size` of them; 0 makes empty files. `datanode` as in write().
        """
        self.call("write_many", path=directory, count=count, directories=directories, size=size, threads=threads,
                  datanode=datanode)

    def md5(self, path: str) -> str:
        return self.call("md5", path=path)[0]

    # Files kept open.  A handle is a short text.

    def create(self, path: str, *, seed: int = 0, block_size: int | None = None,
               replication: int | None = None) -> str:
        return self.call("create", path=path, seed=seed, block_size=block_size, replication=replication)[0]

    def append(self, path: str, *, seed: int = 0) -> str:
        """Opens for append; the bytes continue pattern(seed) at the file's present length."""
        return self.call("append", path=path, seed=seed)[0]

    def extend(self, handle: str, size: int) -> None:
        """Writes the next bytes of the handle's pattern into the client's buffer."""
        self.call("extend", handle=handle, size=size)

    def hflush(self, handle: str) -> None:
        """Makes what is written visible to readers that ask the DataNode.

        Only a block's first hflush also tells the NameNode its length so far.
        """
        self.call("hflush", handle=handle)

    def hsync(self, handle: str, *, update_length: bool = False) -> None:
        self.call("hsync", handle=handle, update_length=update_length)

    def finish(self, handle: str) -> None:
        self.call("close", handle=handle)

    # Namespace

    def mkdirs(self, path: str) -> None:
        self.call("mkdirs", path=path)

    def delete(self, path: str) -> None:
        self.call("delete", path=path)

    def rename(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        self.call("rename", source=source, destination=destination, overwrite=overwrite)

    def symlink(self, target: str, link: str) -> None:
        self.call("symlink", target=target, link=link)

    def truncate(self, path: str, length: int) -> bool:
        """False when the NameNode has to recover the last block first."""
        return self.call("truncate", path=path, length=length)[0] == "true"

    def concat(self, target: str, sources: list[str]) -> None:
        self.call("concat", target=target, sources="\n".join(sources))

    def allow_snapshot(self, path: str) -> None:
        self.call("allow_snapshot", path=path)

    def create_snapshot(self, path: str, name: str) -> None:
        self.call("create_snapshot", path=path, name=name)

    def list_recursive(self, path: str) -> list[str]:
        """Paths of everything below a directory."""
        return self.call("list_recursive", path=path)

    def block_ids(self, path: str) -> list[int]:
        return [int(v) for v in self.call("block_ids", path=path)]
