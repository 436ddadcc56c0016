"""Two of ten columns of a Parquet file of 1 GB, with DuckDB."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.jars import cache_root

from .context import Context
from .floor import floor
from .row import Impossible, row, rows
from .tiers import SHORT_CIRCUIT, TCP, Proof, Tier

DUCKDB = "duckdb==2.0.0"
GB = 1_000_000_000


def python_with_duckdb() -> Path:
    """An interpreter of a virtual environment that has DuckDB, made once."""
    home = cache_root() / "bench" / DUCKDB
    if not home.exists():
        partial = home.with_name(f"{DUCKDB}.{os.getpid()}")
        for argv in ([sys.executable, "-m", "venv", str(partial)], [str(partial / "bin" / "python"), "-m", "pip", "install", DUCKDB]):
            done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0:
                raise Impossible(f"{DUCKDB} cannot be installed: {done.stdout}")
        partial.rename(home)
    return home / "bin" / "python"


def columns(work: str, path: Path) -> dict:
    argv = [str(python_with_duckdb()), "-I", str(Path(__file__).with_name("columns.py")), work, str(path)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"columns.py {work}: {done.stderr}")
    return json.loads(done.stdout)


def file(context: Context) -> Path:
    """The local copy of /table.parquet."""
    local = context.local / "table.parquet"
    if not local.exists():
        local.parent.mkdir(parents=True, exist_ok=True)
        columns("write", local)
        context.cluster.shell("dfs", "-put", str(local), "/table.parquet")
        os.sync()
    subprocess.run(["cat", str(local), *map(str, context.replicas("/table.parquet"))], check=True, stdout=subprocess.DEVNULL)
    return local


def parquet(tier: Tier):
    """Bytes fetched beside bytes needed, and the time beside the local disk and the floor."""

    def case(context: Context) -> Iterator[str]:
        local = file(context)
        right = columns("query", local)["sums"]
        fetched: list[float] = []

        def query(path: Path) -> float:
            context.claim_memory(GB)
            answer = columns("query", path)
            if answer["sums"] != right:
                raise RuntimeError(f"the sums are {answer['sums']}, not {right}")
            return answer["seconds"]

        def ours() -> float:
            with context.mount(tier) as mounted:
                proof = Proof(mounted, tier)
                seconds = query(mounted / "table.parquet")
                proof.check(columns("needed", local)["bytes"] * 9 // 10)
                fetched.append(sum(proof.fetched().values()) / 1e6)
            return seconds

        def by_floor() -> float:
            with floor(context.local) as mounted:
                return query(mounted / "table.parquet")

        sides = context.in_turn({"ours": ours, "floor": by_floor, "raw": lambda: query(local)})
        name = f"2 of 10 columns of 1 GB of Parquet with DuckDB, {tier.name}"
        yield row(f"{name}: fetched (reference: needed)", statistics.median(fetched),
                  columns("needed", local)["bytes"] / 1e6, "MB")
        yield from rows(f"{name}: time; sources in the page cache, the mount's own cold", sides, "s")

    return case


CASES = {"parquet": parquet(SHORT_CIRCUIT), "parquet_tcp": parquet(TCP)}
