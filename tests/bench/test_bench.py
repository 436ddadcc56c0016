"""The benchmarks' own programs do what they are measured for, and a wrong figure is refused."""

import os
import shutil

import pytest

from tests.bench import __main__ as program
from tests.bench import cases
from tests.bench.context import Context
from tests.bench.floor import floor
from tests.bench.row import Impossible, WrongTier, row, rows
from tests.bench.tiers import PASSTHROUGH, SHORT_CIRCUIT, TCP, Proof
from tests.bench.tools import drain, read
from tests.cluster import simple
from tests.cluster.pattern import pattern

MIB = 1 << 20


class FakeMount:
    def __init__(self, **counters):
        self.counters = counters

    def status(self):
        return {"counters": {name: dict(labels) for name, labels in self.counters.items()}}

    def log_text(self):
        return ""


def test_floor_shows_the_same_files(tmp_path):
    source = tmp_path / "source"
    for number in range(300):
        path = source / f"dir-{number % 3}" / f"file-{number:03}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pattern(number, 0, number * 100))
    (source / "large").write_bytes(pattern(7, 0, 9 * MIB + 5))
    for direct_io in (False, True):
        with floor(source, direct_io=direct_io) as mounted:
            for directory, names, files in os.walk(source):
                beside = mounted / os.path.relpath(directory, source)
                assert sorted(os.listdir(beside)) == sorted(names + files)
                for name in files:
                    assert (beside / name).read_bytes() == open(os.path.join(directory, name), "rb").read()
            total = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
            assert read("files", mounted.path)["bytes"] == total
            assert read("sequential", MIB, mounted / "large")["bytes"] == 9 * MIB + 5
            assert read("random", mounted / "large", 4096, 1000, 4, 1, "direct")["reads"] == 1000
    assert not list(tmp_path.glob("*/mnt"))


def test_reader_fails_for_what_it_cannot_read(tmp_path):
    (tmp_path / "short").write_bytes(b"x" * 4096)
    for words in (("sequential", MIB, tmp_path / "nothing"), ("random", tmp_path / "short", 4096, 2, 1, 1), ("nonsense",)):
        with pytest.raises(RuntimeError):
            read(*words)


def test_drain_takes_blocks_and_ranges():
    with simple() as cluster:
        cluster.java.write("/file", 5 * MIB + 77, block_size=2 * MIB)
        replicas = [cluster.replicas(block)[0] for block in cluster.java.block_ids("/file")]
        address = cluster.transfer_address("dn1")
        whole = [(replica, 0, replica.stat().st_size) for replica in replicas]
        assert drain(address, whole)["bytes"] == 5 * MIB + 77
        assert drain(address, [(replicas[1], place * 4096, 4096) for place in range(0, 512, 3)])["bytes"] == 171 * 4096
        with pytest.raises(RuntimeError):
            drain(address, [(replicas[0], 0, 3 * MIB)])
        shutil.copy(replicas[0].parent / next(replicas[0].parent.glob(f"{replicas[0].name}_*.meta")).name,
                    replicas[0].parent / "blk_1_1.meta")
        with pytest.raises(RuntimeError, match="refused"):
            drain(address, [(replicas[0].with_name("blk_1"), 0, MIB)])


def test_bytes_of_another_tier_are_refused():
    mount = FakeMount(fetched_bytes={"remote": 5}, read_bytes={"read_ahead": 5})
    proof = Proof(mount, SHORT_CIRCUIT)
    with pytest.raises(WrongTier):
        proof.check(1000)
    mount.counters = {"fetched_bytes": {"remote": 5, "short_circuit": 1000}, "read_bytes": {"read_ahead": 1005}}
    proof.check(1000, exact=True)
    mount.counters["read_bytes"] = {"read_ahead": 905}
    with pytest.raises(WrongTier):
        proof.check(1000, exact=True)
    mount.counters["fetched_bytes"] = {"remote": 505, "short_circuit": 1000}
    with pytest.raises(WrongTier):
        proof.check(1000)
    passed = Proof(mount, PASSTHROUGH)
    passed.check_untouched()
    mount.counters["read_bytes"] = {"read_ahead": 906}
    with pytest.raises(WrongTier):
        passed.check_untouched()


def test_the_ratio_is_ours_by_reference():
    assert row("name", 3.0, 2.0, "s") == "name\t3.000 s\t2.000 s\t1.50"
    assert list(rows("name", {"ours": 100, "floor": 200, "raw": 400}, "MB/s")) == [
        "name (reference: floor)\t100 MB/s\t200 MB/s\t0.50", "name (reference: raw)\t100 MB/s\t400 MB/s\t0.25"]


def test_impossible_references_are_left_out_and_noted(tmp_path):
    def impossible():
        raise Impossible("not installed")

    context = Context(tmp_path, 3, set())
    assert context.in_turn({"ours": lambda: 1.0, "rclone": impossible, "floor": lambda: 2.0}) == {"ours": 1.0, "floor": 2.0}
    assert context.failures == ["rclone: not installed"]
    with pytest.raises(Impossible):
        context.in_turn({"ours": impossible, "floor": lambda: 2.0})
    chosen = Context(tmp_path, 1, {"raw"})
    assert chosen.in_turn({"ours": lambda: 1.0, "floor": impossible, "raw": lambda: 3.0}) == {"ours": 1.0, "raw": 3.0}
    with pytest.raises(Impossible):
        chosen.in_turn({"ours": lambda: 1.0, "floor": lambda: 2.0})


def test_what_cannot_be_measured_makes_the_status_1(monkeypatch, capsys):
    def impossible(_):
        raise WrongTier("by another way")
        yield

    monkeypatch.setattr(cases, "ALL", {"good": lambda _: iter(["a\tb\tc\td"]), "bad": impossible})
    monkeypatch.setenv("HDFSMOUNT_BINARY", os.environ.get("HDFSMOUNT_BINARY", ""))
    monkeypatch.setattr("sys.argv", ["bench", "bad", "good"])
    assert program.main() == 1
    printed = capsys.readouterr()
    assert "a\tb\tc\td" in printed.out and "not measured: bad: by another way" in printed.err
    monkeypatch.setattr("sys.argv", ["bench", "good"])
    assert program.main() == 0
    monkeypatch.setattr("sys.argv", ["bench", "other"])
    with pytest.raises(SystemExit):
        program.main()
