"""The benchmarks' own programs, and the clock of a process."""

import json
import os
import subprocess
from pathlib import Path

from tests.cluster.jars import cache_root, require

from .row import Impossible

SOURCES = Path(__file__).parent
_PACKAGES = {"floor": ["fuse3"]}


def tool(name: str) -> Path:
    """The program that NAME.cpp makes, compiled when it is older than its source."""
    source, made = SOURCES / f"{name}.cpp", cache_root() / "bench" / name
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        flags = []
        for package in _PACKAGES.get(name, []):
            flags += subprocess.run(["pkg-config", "--cflags", "--libs", package], check=True, stdout=subprocess.PIPE,
                                    text=True).stdout.split()
        made.parent.mkdir(parents=True, exist_ok=True)
        partial = made.with_name(f"{name}.{os.getpid()}")
        subprocess.run([require("g++", "g++"), "-std=c++20", "-O2", str(source), "-o", str(partial), *flags, "-pthread"],
                       check=True)
        partial.rename(made)
    return made


def read(*arguments) -> dict:
    """What reader.cpp measured: seconds, bytes, reads."""
    done = subprocess.run([str(tool("reader")), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"reader {' '.join(map(str, arguments[:3]))}: {done.stderr}")
    return json.loads(done.stdout)


def drain(address: str, ranges: list[tuple[Path, int, int]]) -> dict:
    """What drain.cpp measured over ranges (block file, offset, length) of one DataNode's replicas."""
    generations: dict[Path, str] = {}
    lines = []
    for replica, offset, length in ranges:
        if replica not in generations:
            meta = next(replica.parent.glob(f"{replica.name}_*.meta"))
            generations[replica] = meta.name.removesuffix(".meta").rsplit("_", 1)[1]
        lines.append(f"{replica.name.removeprefix('blk_')} {generations[replica]} {offset} {length}\n")
    pool = next(part for part in ranges[0][0].parts if part.startswith("BP-"))
    done = subprocess.run([str(tool("drain")), *address.split(":"), pool], input="".join(lines), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    count, seconds = done.stdout.split()
    return {"bytes": int(count), "seconds": float(seconds)}


def processor_seconds(pid: int) -> float:
    """User and system time that a running process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    """The most memory that a running process has had resident."""
    return _status(pid, "VmHWM")


def resident_mib(pid: int) -> float:
    return _status(pid, "VmRSS")


def _status(pid: int, key: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no {key}")


def go_client() -> Path:
    """The command line of the Go client, built once by the Go tool from the module proxy."""
    made = cache_root() / "bench" / "go-2.4.0" / "hdfs"
    if not made.exists():
        try:
            go = require("go", "golang-go")
        except RuntimeError as missing:
            raise Impossible(str(missing)) from None
        done = subprocess.run([go, "install", "github.com/colinmarc/hdfs/v2/cmd/hdfs@v2.4.0"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env={**os.environ, "GOBIN": str(made.parent)})
        if done.returncode != 0:
            raise Impossible(f"the Go client cannot be built: {done.stdout}")
    return made
