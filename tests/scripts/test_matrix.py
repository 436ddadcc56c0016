"""The table of scripts/matrix hides neither a failure nor a test that a version cannot run."""

import subprocess
from pathlib import Path

import pytest

from tests.cluster.versions import TESTED_VERSIONS

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "scripts" / "lib" / "compatibility-table"

CASES = """<testsuites><testsuite name="pytest"><testcase classname="tests.cluster.test_cluster" name="a"/>
<testcase classname="tests.proto.test_descriptors" name="b"/><testcase classname="tests.mount.test_contents" name="c"/>
<testcase classname="tests.mount.test_replicas" name="d">{d}</testcase></testsuite></testsuites>"""
SKIPPED = '<skipped type="pytest.skip" message="erasure coding is not in Hadoop 2.10.2, but since 3.0.0"/>'


def table(tmp_path, results, *options):
    """What the script prints for such results, version -> (d's outcome or None for no file, pytest's status), and its status."""
    for version, (outcome, status) in results.items():
        if outcome is not None:
            (tmp_path / f"{version}.xml").write_text(CASES.format(d=outcome))
        (tmp_path / f"{version}.status").write_text(f"{status}\n")
    done = subprocess.run([SCRIPT, *options, tmp_path, *results], stdout=subprocess.PIPE, text=True)
    return done.stdout, done.returncode


def test_what_passed_and_what_cannot_run(tmp_path):
    text, status = table(tmp_path, {"2.10.2": (SKIPPED, 0), "3.4.2": ("", 0)})
    assert status == 0
    assert "| 2.10.2 | 1 passed | 1 passed | 1 passed | 1 |\n| 3.4.2 | 1 passed | 1 passed | 2 passed | none |" in text
    assert "| `tests/mount/test_replicas.py::d` | erasure coding is not in Hadoop 2.10.2, but since 3.0.0 |" in text


@pytest.mark.parametrize("outcome", ["<failure/>", "<error/>"])
def test_a_failure_on_one_version(tmp_path, outcome):
    text, status = table(tmp_path, {"3.3.6": (outcome, 1), "3.4.2": ("", 0)})
    assert status == 1
    assert "| 3.3.6 | 1 passed | 1 passed | 1 passed, **1 failed** | none |" in text
    assert "- failed on 3.3.6: `tests/mount/test_replicas.py::d`" in text


@pytest.mark.parametrize("result, word", [((None, 2), "no results"), (("", 3), "pytest ended with status 3")])
def test_a_run_that_broke_off(tmp_path, result, word):
    text, status = table(tmp_path, {"3.3.6": result, "3.4.2": ("", 0)})
    assert status == 1 and word in text


def test_only_what_is_between_the_marks_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- scripts/matrix writes from here -->\nold\n<!-- to here -->\nafter\n")
    text, _ = table(tmp_path, {"3.4.2": ("", 0)}, "--update", page)
    assert page.read_text() == f"before\n<!-- scripts/matrix writes from here -->\n{text}<!-- to here -->\nafter\n"


def test_the_page_shows_every_version():
    page = (REPOSITORY / "docs" / "compatibility.md").read_text()
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert tuple(rows) == TESTED_VERSIONS
    assert "failed" not in page
