"""scripts/soak finds its modules, and scripts/soak fuzz counts what a fuzzer reports."""

import subprocess
from pathlib import Path

import pytest

from tests.soak import fuzz

PROJECT = Path(__file__).resolve().parents[2]

QUIET = """#2	INITED cov: 50 ft: 60 corpus: 1/1b exec/s: 0 rss: 40Mb
#900	DONE   cov: 123 ft: 200 corpus: 9/99b lim: 4 exec/s: 0 rss: 41Mb
stat::number_of_executed_units: 900
"""
CRASH = """#2	INITED cov: 50 ft: 60 corpus: 1/1b exec/s: 0 rss: 40Mb
==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1
    #0 0x1 in decode
stat::number_of_executed_units: 17
"""


def soak(*arguments):
    return subprocess.run([PROJECT / "scripts" / "soak", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_help_lists_every_module():
    done = soak("--help")
    assert done.returncode == 0
    for module in (PROJECT / "tests" / "soak").glob("[a-z]*.py"):
        assert f"  {module.stem} " in done.stdout


@pytest.mark.parametrize("name", ["nothing", "../soak/fuzz", "__init__"])
def test_an_unknown_name_is_refused(name):
    done = soak(name)
    assert done.returncode == 1
    assert f"unknown name {name}" in done.stderr


@pytest.fixture
def run(tmp_path):
    """Runs a shell script in the place of the fuzzer of `listing`; the first argument of the script that is no option is
    where it puts what it has found."""
    def run(script: str) -> tuple[fuzz.Outcome, str]:
        program = fuzz.program(tmp_path, "listing")
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{script}")
        program.chmod(0o755)
        found = tmp_path / "found"
        found.mkdir()
        outcome = fuzz.run_target(tmp_path, "listing", 60, 7, found)
        return outcome, fuzz.explain(outcome, tmp_path)
    return run


def test_a_quiet_run_passes(run):
    outcome, _ = run(f"cat <<'END'\n{QUIET}END\n")
    assert (outcome.executions, outcome.coverage, outcome.crashes, outcome.failed) == (900, 123, [], False)


def test_a_crash_fails_and_says_how_to_repeat_it(run, tmp_path):
    outcome, text = run(f"for a; do case $a in -artifact_prefix=*) echo x > ${{a#*=}}crash-1 ;; esac; done\ncat <<'END'\n{CRASH}END\nexit 77\n")
    crash = tmp_path / "crashes" / "listing" / "crash-1"
    assert outcome.crashes == [crash] and outcome.failed
    assert "heap-buffer-overflow" in text
    assert text.endswith(f"repeat: {fuzz.program(tmp_path, 'listing')} {crash}")


@pytest.mark.parametrize("script", ["exit 1\n", "exit 0\n", f"cat <<'END'\n{QUIET}END\nexit 1\n"])
def test_a_run_that_did_nothing_or_ended_badly_fails(run, script):
    outcome, _ = run(script)
    assert outcome.failed


def test_the_fuzzer_is_told_seed_time_and_limits(run):
    outcome, _ = run("echo \"$@\"\n")
    for word in ("-seed=7", "-max_total_time=60", "-rss_limit_mb=1024", "-malloc_limit_mb=64", "corpus/listing"):
        assert word in outcome.output


def test_a_corpus_is_covered_by_few_and_small_inputs(tmp_path):
    def put(name: str, size: int) -> Path:
        path = tmp_path / name
        path.write_bytes(bytes(size))
        return path
    reached = {put("large", 9): {1, 2, 3}, put("small", 3): {1, 2, 3}, put("other", 5): {3, 4}, put("known", 1): {7}}
    assert [path.name for path in fuzz.cover(reached, {7}, 9)] == ["small", "other"]
    assert [path.name for path in fuzz.cover(reached, {7}, 1)] == ["small"]
    assert fuzz.cover(reached, {1, 2, 3, 4, 7}, 9) == []
