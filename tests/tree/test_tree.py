"""The source tree keeps the order that docs/architecture.md states, and every header stands alone."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
# Folders of equal rank that must not include each other, and the one header of a lower layer that a layer may include.
SIBLINGS = {"datanode": {"namenode"}, "namenode": {"datanode"}, "control": {"fuse", "fs", "hdfs"}, "fuse": {"control"}}
ONLY_HEADER = {("fs", "hdfs"): "hdfs/client.hpp"}
# Generated from proto/ at the top of the repository, below every layer, and known to this one only.
MESSAGES, MESSAGES_USER = "proto", "wire"


def folders_in_order(text: str) -> list[str]:
    return re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)


def layers() -> list[str]:
    return folders_in_order((ROOT / "docs" / "architecture.md").read_text())


def sources(*suffixes: str) -> list[Path]:
    return sorted(path for path in SRC.rglob("*") if path.suffix in suffixes and path.parts[-2] != "pch")


def includes(text: str) -> list[str]:
    return re.findall(r'^#include "([^"]+)"', text, re.MULTILINE)


def violations(file: str, folder: str, text: str, order: list[str]) -> list[str]:
    found = []
    for header in includes(text):
        target = header.split("/")[0]
        if target == folder or (target, folder) == (MESSAGES, MESSAGES_USER):
            continue
        if target not in order:
            found.append(f"{file} includes {header}: no layer of that name")
        elif order.index(target) > order.index(folder):
            found.append(f"{file} includes {header}: {folder} is below {target}")
        elif target in SIBLINGS.get(folder, set()):
            found.append(f"{file} includes {header}: {folder} and {target} are siblings")
        elif ONLY_HEADER.get((folder, target), header) != header:
            found.append(f"{file} includes {header}: only {ONLY_HEADER[folder, target]} is allowed")
    return found


def test_every_folder_is_in_the_table():
    assert {path.name for path in SRC.iterdir() if path.is_dir() and path.name != "pch"} == set(layers())


def test_includes_point_up_only():
    order = layers()
    found = []
    for path in sources(".hpp", ".cpp"):
        relative = path.relative_to(SRC)
        found += violations(str(relative), relative.parts[0], path.read_text(), order)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder, text", [
    ("rpc", '#include "namenode/proxy.hpp"\n'),
    ("datanode", '#include "namenode/proxy.hpp"\n'),
    ("fs", '#include "hdfs/services.hpp"\n'),
    ("fs", '#include "nowhere/x.hpp"\n'),
    ("rpc", '#include "proto/rpc_header.pb.h"\n'),
])
def test_a_wrong_include_is_found(folder, text):
    assert violations("x", folder, text, layers())


def test_only_fuse_knows_libfuse():
    for path in sources(".hpp", ".cpp"):
        if path.relative_to(SRC).parts[0] != "fuse":
            assert not re.search(r"#\s*include\s*<fuse", path.read_text()), path


def test_only_net_and_control_open_sockets():
    for path in sources(".hpp", ".cpp"):
        text = path.read_text()
        if path.relative_to(SRC).parts[0] not in ("net", "control"):
            assert "<sys/socket.h>" not in text and "asio/ip/tcp.hpp" not in text, path


def compiled_first(header: Path) -> bool:
    """Whether a source file of the same name includes the header before anything else, so that the build compiles it alone."""
    source = header.with_suffix(".cpp")
    return source.exists() and includes(source.read_text())[:1] == [str(header.relative_to(SRC))] and \
        re.search(r"^#include (.*)$", source.read_text(), re.MULTILINE).group(1).strip('"') == str(header.relative_to(SRC))


def test_headers_compile_alone():
    build = ROOT / "build"
    flags = subprocess.run(["pkg-config", "--cflags", "fuse3", "fmt", "libxml-2.0"], check=True, capture_output=True,
                           text=True).stdout.split()

    def compile_alone(header: Path) -> str:
        run = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-DBOOST_ASIO_SEPARATE_COMPILATION", "-D_FILE_OFFSET_BITS=64",
                              *flags, f"-I{SRC}", f"-I{build / 'proto'}", "-include", str(header), "-x", "c++", "/dev/null"],
                             capture_output=True, text=True)
        return f"{header}:\n{run.stderr}" if run.returncode else ""

    alone = [header for header in sources(".hpp") if not compiled_first(header)]
    assert alone, "the rule that picks headers is broken"
    with ThreadPoolExecutor(2) as pool:
        failures = [failure for failure in pool.map(compile_alone, alone) if failure]
    assert not failures, "\n".join(failures)


def test_sources_are_formatted():
    files = [str(path) for suffix in ("*.hpp", "*.cpp") for top in ("src", "tests") for path in (ROOT / top).rglob(suffix)]
    run = subprocess.run(["clang-format-16", "--dry-run", "--Werror", *files], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr[:4000]


def test_files_are_short():
    limit = 400
    long = {str(path.relative_to(ROOT)): count for path in sources(".hpp", ".cpp")
            if (count := len(path.read_text().splitlines())) > limit}
    assert not long
