"""The last line of scripts/test counts every case and loses no failure."""

import json
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "lib" / "sum-results"

GTEST = """<testsuites><testsuite name="s">
<testcase name="a" status="run" classname="s"/><testcase name="b" status="run" classname="s">{b}</testcase>
</testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite name="pytest"><testcase classname="t" name="p"/>
<testcase classname="t" name="q">{q}</testcase></testsuite></testsuites>"""


def total(tmp_path, *, gtest="", pytest="", meson_status=0, pytest_status=0, programs=("unit_base",), failed=()):
    """The last line and the status for such results; None leaves a file out."""
    xml = tmp_path / "xml"
    xml.mkdir()
    if gtest is not None:
        (xml / "unit_base.xml").write_text(GTEST.format(b=gtest))
    if pytest is not None:
        (xml / "pytest.xml").write_text(PYTEST.format(q=pytest))
    log = [json.dumps({"name": f"hdfsmount / {p}", "result": "FAIL" if p in failed else "OK"}) for p in programs]
    (tmp_path / "log.json").write_text("\n".join(log))
    done = subprocess.run([SCRIPT, "--meson", str(meson_status), "--pytest", str(pytest_status),
                           "--meson-log", tmp_path / "log.json", xml], stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1], done.returncode


def test_all_passed(tmp_path):
    assert total(tmp_path) == ("4 passed, 0 failed", 0)


@pytest.mark.parametrize("kind", ["<failure/>", "<error/>", "<skipped/>"])
def test_a_bad_case_of_either_kind(tmp_path, kind):
    assert total(tmp_path, gtest=kind, meson_status=1, failed=["unit_base"]) == ("3 passed, 1 failed", 1)
    (tmp_path / "two").mkdir()
    assert total(tmp_path / "two", pytest=kind, pytest_status=1) == ("3 passed, 1 failed", 1)


def test_a_crash_counts_as_a_failure(tmp_path):
    assert total(tmp_path, meson_status=1, programs=["unit_base", "unit_fs"], failed=["unit_fs"]) == ("4 passed, 1 failed", 1)


def test_a_crash_after_all_cases_passed_counts(tmp_path):
    assert total(tmp_path, meson_status=1, failed=["unit_base"]) == ("4 passed, 1 failed", 1)


def test_pytest_that_could_not_run_counts(tmp_path):
    assert total(tmp_path, pytest=None, pytest_status=3) == ("2 passed, 1 failed", 1)


def test_nothing_ran(tmp_path):
    assert total(tmp_path, gtest=None, pytest=None, programs=()) == ("0 passed, 0 failed", 1)
