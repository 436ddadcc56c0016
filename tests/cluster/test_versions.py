"""A test is left out only on a version that lacks what the test needs, and says so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.versions import REFERENCE_VERSION, TESTED_VERSIONS, missing, ordinal

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_reference_is_tested():
    assert REFERENCE_VERSION in TESTED_VERSIONS


def test_versions_are_compared_by_number():
    assert missing("erasure coding", "2.10.2") and not missing("erasure coding", "3.0.0")
    assert missing("shared memory segments", "3.5.0") and not missing("shared memory segments", "3.4.2")
    assert ordinal("3.10.0") > ordinal("3.9.9")
    for wrong in ("", "3", "3.4.x", "../3.4.2", "3.4.2-SNAPSHOT"):
        with pytest.raises(ValueError):
            ordinal(wrong)


MARKED = """import pytest
from tests.cluster.versions import FEATURES
FEATURES["what comes later"] = "99.0"
@pytest.mark.hadoop({feature!r})
def test_it():
    {body}
"""


@pytest.mark.parametrize("version, feature, body, status, said", [
    ("2.10.2", "erasure coding", "assert False", 0, "erasure coding is not in Hadoop 2.10.2, but since 3.0.0"),
    ("3.3.6", "erasure coding", "pass", 0, "1 passed"),
    ("3.5.0", "shared memory segments", "assert False", 0, "no shared memory segments from Hadoop 3.5.0 on: libhadoop"),
    ("3.3.6", "shared memory segments", "pass", 0, "1 passed"),
    (REFERENCE_VERSION, "erasure coding", "pass", 0, "1 passed"),
    (REFERENCE_VERSION, "what comes later", "pass", 4, f"would not run on Hadoop {REFERENCE_VERSION}"),
    (REFERENCE_VERSION, "erasure", "pass", 4, "knows nothing"),
    ("3.3.6", "erasure coding", "pytest.skip('no time')", 1, "was skipped or expected to fail"),
    ("2.10", "erasure coding", "pytest.skip('no time')", 0, "is not in Hadoop 2.10,"),
])
def test_a_marked_test_is_left_out_only_where_the_feature_is_missing(tmp_path, version, feature, body, status, said):
    (tmp_path / "test_marked.py").write_text(MARKED.format(feature=feature, body=body))
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.conftest", "-c", REPOSITORY / "pytest.ini",
                           "--rootdir", tmp_path, tmp_path / "test_marked.py"], cwd=REPOSITORY, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env={**os.environ, "HDFSMOUNT_HADOOP_VERSION": version})
    assert done.returncode == status, done.stdout
    assert said in done.stdout
