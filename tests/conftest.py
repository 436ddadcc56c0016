"""A skipped test is a failure: what a test needs is installed, or the run says what is missing.

The one exception is what an older Hadoop does not have.  A test that needs it is marked `hadoop("feature")`, with a feature of
tests/cluster/versions.py; on a version without it the test is reported as skipped for that reason.
"""

import signal

import pytest

from tests.cluster.versions import DEFAULT_VERSION, FEATURES, LIMITS, REFERENCE_VERSION, missing

_LEFT_OUT = pytest.StashKey[str]()


def pytest_sessionstart():
    """A shell starts background jobs with these ignored, and the programs that tests interrupt would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    for item in items:
        for marker in item.iter_markers("hadoop"):
            feature, = marker.args
            if feature not in (*FEATURES, *LIMITS):
                raise pytest.UsageError(f"{item.nodeid} needs {feature!r}, of which tests/cluster/versions.py knows nothing")
            reason = missing(feature, DEFAULT_VERSION)
            if reason is None:
                continue
            if DEFAULT_VERSION == REFERENCE_VERSION:
                raise pytest.UsageError(f"{item.nodeid} would not run on Hadoop {REFERENCE_VERSION}, where every test must: {reason}")
            item.stash[_LEFT_OUT] = reason
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not (report.when == "setup" and _LEFT_OUT in item.stash):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped or expected to fail; both hide what does not work: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    outcome = yield
    report = outcome.get_result()
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped as a whole: {report.longrepr}"
