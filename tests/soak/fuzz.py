"""Runs every libFuzzer target under sanitizers, for a minute each.

Builds the targets of tests/fuzz with clang (AddressSanitizer, UndefinedBehaviorSanitizer) in build-fuzz, runs them from
their committed corpora and prints a line a target. The last line is "N passed, N failed".
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FUZZ = PROJECT / "tests" / "fuzz"
COMPILER = "clang++-16"
PACKAGES = "apt-get install clang-16 libclang-rt-16-dev"
# An allocation above the first, and a process above the second, counts as unbounded.
LIMITS = ("-malloc_limit_mb=64", "-rss_limit_mb=1024", "-timeout=10")
LONGEST_INPUT = 32 * 1024
# libFuzzer names what it finds by its hash; committed inputs with other names were chosen by hand and stay.
BY_FUZZER = re.compile("[0-9a-f]{40}")
MOST_BY_FUZZER = 32
ENVIRONMENT = {"ASAN_OPTIONS": "quarantine_size_mb=16:detect_leaks=1:allocator_may_return_null=0",
               "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


class SoakError(Exception):
    pass


@dataclass
class Outcome:
    target: str
    executions: int
    coverage: int
    crashes: list[Path]
    status: int
    output: str

    @property
    def failed(self) -> bool:
        return bool(self.crashes) or self.status != 0 or self.executions == 0


def targets() -> list[str]:
    """unit_fuzz sees to it that the folders of tests/fuzz/corpus are the targets."""
    return sorted(path.name for path in (FUZZ / "corpus").iterdir())


def require_compiler() -> None:
    if not shutil.which(COMPILER):
        raise SoakError(f"{COMPILER} is missing: {PACKAGES}")
    probe = "#include <cstddef>\n#include <cstdint>\nextern \"C\" int LLVMFuzzerTestOneInput(const uint8_t*, size_t) { return 0; }\n"
    built = subprocess.run([COMPILER, "-fsanitize=fuzzer,address,undefined", "-x", "c++", "-", "-o", os.devnull], input=probe,
                           text=True, stderr=subprocess.PIPE)
    if built.returncode != 0:
        raise SoakError(f"{COMPILER} cannot link a fuzzer: {PACKAGES}\n{built.stderr}")


def build(directory: Path) -> None:
    if not (directory / "build.ninja").exists():
        wrapper = "ccache " if shutil.which("ccache") else ""
        subprocess.run(["meson", "setup", str(directory), str(PROJECT), "-Dfuzzers=true", "-Dtests=false",
                        "-Dbuildtype=debugoptimized", "-Db_sanitize=address,undefined", "-Db_lundef=false"],
                       check=True, env={**os.environ, "CXX": wrapper + COMPILER})
    subprocess.run(["ninja", "-C", str(directory), "fuzzers"], check=True)


def environment() -> dict[str, str]:
    return {**os.environ, **ENVIRONMENT}


def program(directory: Path, target: str) -> Path:
    return directory / "tests" / "fuzz" / f"fuzz_{target}"


def run_target(directory: Path, target: str, seconds: int, seed: int, found: Path) -> Outcome:
    """Runs one fuzzer; `found` receives the inputs that reached something new."""
    crashes = directory / "crashes" / target
    crashes.mkdir(parents=True, exist_ok=True)
    before = set(crashes.iterdir())
    dictionary = FUZZ / f"{target}.dict"
    done = subprocess.run(
        [program(directory, target), f"-seed={seed}", f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", *LIMITS,
         f"-artifact_prefix={crashes}/", "-print_final_stats=1", *([f"-dict={dictionary}"] if dictionary.exists() else []),
         found, FUZZ / "corpus" / target],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    executions = re.search(r"^stat::number_of_executed_units:\s+(\d+)", done.stdout, re.MULTILINE)
    coverage = re.findall(r" cov: (\d+) ", done.stdout)
    return Outcome(target, int(executions.group(1)) if executions else 0, int(coverage[-1]) if coverage else 0,
                   sorted(set(crashes.iterdir()) - before), done.returncode, done.stdout)


def explain(outcome: Outcome, directory: Path) -> str:
    lines = outcome.output.splitlines()
    at = next((i for i, line in enumerate(lines) if re.search(r"ERROR|runtime error|terminate called", line)),
              max(len(lines) - 20, 0))
    shown = [f"    {line}" for line in lines[at:at + 25]]
    repeat = [f"  repeat: {program(directory, outcome.target)} {path}" for path in outcome.crashes]
    return "\n".join([*shown, *(repeat or [f"  it ended with status {outcome.status} and left no input"])])


def features(directory: Path, target: str, folders: list[Path], work: Path) -> dict[Path, set[int]]:
    """The edges that every input of some folders reaches."""
    control = work / f"{target}.control"
    unused = work / f"{target}.merged"
    unused.mkdir()
    subprocess.run([program(directory, target), "-set_cover_merge=1", "-use_counters=0", f"-merge_control_file={control}", *LIMITS,
                    unused, *folders], env=environment(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = control.read_text().splitlines()
    paths = [Path(line) for line in lines[2:2 + int(lines[0])]]
    reached = (line.split()[1:] for line in lines[2 + len(paths):] if line.startswith("FT "))
    return {paths[int(number)]: set(map(int, edges)) for number, *edges in reached}


def cover(inputs: dict[Path, set[int]], known: set[int], most: int) -> list[Path]:
    """At most so many inputs that together reach as much as possible beyond what is known; small ones where equal."""
    known, chosen = set(known), []
    while len(chosen) < most:
        best = max(inputs, key=lambda path: (len(inputs[path] - known), -path.stat().st_size), default=None)
        if best is None or not inputs[best] - known:
            break
        chosen.append(best)
        known |= inputs[best]
    return chosen


def merge(directory: Path, target: str, found: Path, work: Path) -> int:
    """Chooses anew what the committed corpus holds beside inputs with names given by hand; how many inputs that is."""
    corpus = FUZZ / "corpus" / target
    inputs = features(directory, target, [corpus, found], work)
    named = {path for path in inputs if not BY_FUZZER.fullmatch(path.name)}
    known = set().union(*(inputs[path] for path in named))
    chosen = {path.name: path.read_bytes() for path in
              cover({path: edges for path, edges in inputs.items() if path not in named}, known, MOST_BY_FUZZER)}
    for path in corpus.iterdir():
        if BY_FUZZER.fullmatch(path.name):
            path.unlink()
    for name, content in chosen.items():
        (corpus / name).write_bytes(content)
    return len(chosen)


def soak(options: argparse.Namespace, names: list[str]) -> int:
    """Runs the targets, as many at a time as there are processors; how many failed."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="hdfsmount-fuzz-") as work, ThreadPoolExecutor(os.cpu_count()) as pool:
        def one(name: str) -> tuple[Outcome, Path]:
            found = Path(work) / name
            found.mkdir()
            return run_target(options.build, name, options.seconds, options.seed, found), found

        for outcome, found in pool.map(one, names):
            print(f"{outcome.target}: {outcome.executions} executions, coverage {outcome.coverage}, "
                  f"{len(outcome.crashes)} crashes{' FAILED' if outcome.failed else ''}", flush=True)
            failed += outcome.failed
            if outcome.failed:
                print(explain(outcome, options.build), flush=True)
            elif options.merge:
                print(f"  {merge(options.build, outcome.target, found, Path(work))} found inputs in its corpus", flush=True)
    return failed


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="time of each target (default %(default)s)")
    parser.add_argument("--seed", type=int, metavar="S", help="libFuzzer's seed; random when absent, and printed")
    parser.add_argument("--target", action="append", choices=targets(), help="only this one; repeatable")
    parser.add_argument("--merge", action="store_true",
                        help=f"keep at most {MOST_BY_FUZZER} found inputs, those that reach most, in tests/fuzz/corpus")
    parser.add_argument("--build", type=Path, default=PROJECT / "build-fuzz", metavar="DIR", help="default: build-fuzz")
    options = parser.parse_args(given)
    options.build = options.build.resolve()
    if options.seed is None:
        options.seed = random.randrange(1, 2**31)
    return options


def main() -> int:
    options = arguments(sys.argv[1:])
    names = options.target or targets()
    try:
        require_compiler()
        build(options.build)
    except (SoakError, subprocess.CalledProcessError, FileNotFoundError) as error:
        print(f"scripts/soak fuzz: {error}", file=sys.stderr)
        return 1
    print(f"seed {options.seed}, {options.seconds} s a target", flush=True)
    failed = soak(options, names)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
