"""Two hundred mounts of one NameNode, which goes away and comes back."""

import datetime
import os
import re
import time

import pytest

from tests.cluster import pattern, simple
from tests.mount.fleet import Fleet, Traffic, most_within
from tests.mount.mounting import wait_until

MOUNTS = 200
PROGRAMS = 3  # a mount
PERIOD = 3.0
STEADY_SECONDS = 9
OUTAGE_SECONDS = 8
RETURN_SECONDS = 8
LARGEST_RATIO = 3


@pytest.fixture(scope="module")
def cluster():
    # The audit log then says which mount has called.
    with simple(conf={"hadoop.caller.context.enabled": "true"}) as made:
        made.java.write_many("/shared", 30, size=1000)
        yield made


@pytest.fixture(scope="module")
def fleet(cluster):
    with Fleet(cluster.uri, MOUNTS, conf=cluster.conf_dir) as made:
        yield made


@pytest.fixture
def show(capsys):
    """Prints although pytest captures."""

    def line(text):
        with capsys.disabled():
            print(f"\n  {text}", end="", flush=True)

    return line


_CALL = re.compile(r"^(\d\d):(\d\d):([\d.]+) INFO audit: .*\bcmd=(\S+).*callerContext=hdfsmount:[^:]*:([^\s,]+)")


def calls_of(cluster, since):
    """(seconds since midnight, mount point) of each call of a mount that the NameNode has carried out."""
    found = []
    for line in cluster["nn"].log.read_text(errors="replace").splitlines():
        if match := _CALL.match(line):
            hour, minute, second, _, mount = match.groups()
            found.append((int(hour) * 3600 + int(minute) * 60 + float(second), mount))
    # The log counts from midnight.
    found = sorted(((when - since) % 86400 + since, mount) for when, mount in found if (when - since) % 86400 < 43200)
    return found


def now():
    """As the NameNode's log counts it."""
    at = datetime.datetime.now()
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6


def programs(fleet):
    """For each mount: one program that looks at a file, one that lists, one that reads."""
    expected = pattern.prefix(7, 1000)

    def read(path):
        assert path.read_bytes() == expected

    calls = []
    for path in fleet.paths:
        calls.append(lambda path=path: os.stat(path / "shared/file-00003"))
        calls.append(lambda path=path: os.listdir(path / "shared"))
        calls.append(lambda path=path: read(path / "shared/file-00007"))
    return calls


def restart(cluster):
    cluster.kill("nn")
    time.sleep(OUTAGE_SECONDS - 4)
    cluster.restart("nn")


def pause(cluster):
    cluster.pause("nn")
    time.sleep(OUTAGE_SECONDS)
    cluster.resume("nn")


def observe(cluster, calls, period, outage):
    """Runs the programs before, during and after an outage; the times of all calls before and after, and the traffic."""
    with Traffic(calls, period) as traffic:
        time.sleep(PERIOD)
        begin = now()
        time.sleep(STEADY_SECONDS)
        lost = now()
        outage(cluster)
        returned = time.monotonic()
        wait_until(lambda: traffic.all_have_called_since(returned), 60, "a call of every program after the outage")
        time.sleep(RETURN_SECONDS)
    found = calls_of(cluster, begin)
    return [call for call in found if call[0] < lost], [call for call in found if call[0] >= lost], traffic


def rates(before, after):
    """Calls per second: on average before, and in the worst second after."""
    return len(before) / STEADY_SECONDS, most_within([when for when, _ in after], 1)


@pytest.mark.long
@pytest.mark.parametrize("outage", [restart, pause])
def test_a_namenode_that_returns_is_not_overrun(cluster, fleet, show, outage):
    before, after, traffic = observe(cluster, programs(fleet), PERIOD, outage)
    steady, peak = rates(before, after)
    show(f"{outage.__name__}: {steady:.0f} calls/s before, at most {peak} in a second after the return "
         f"({peak / steady:.1f} x); longest call {traffic.longest:.1f} s")
    assert not traffic.failures, traffic.failures[:5]
    assert traffic.longest > OUTAGE_SECONDS / 2, "no program has noticed the outage"
    assert peak <= LARGEST_RATIO * steady


@pytest.mark.long
def test_the_limit_of_calls_per_second_holds_also_after_an_outage(cluster, show):
    """Programs that would like to make many more calls than the limit allows."""
    limit, burst = 1, 1
    with Fleet(cluster.uri, MOUNTS, f"max_calls_per_second={limit}", conf=cluster.conf_dir) as fleet:
        before, after, traffic = observe(cluster, programs(fleet), 0.3, pause)
    steady, peak = rates(before, after)
    show(f"at most {limit} calls/s a mount: {steady:.0f} calls/s before, at most {peak} in a second after the return "
         f"({peak / steady:.1f} x)")
    assert not traffic.failures, traffic.failures[:5]
    assert steady > 0.7 * limit * MOUNTS, "the programs do not reach the limit"
    assert peak <= LARGEST_RATIO * steady
    seconds = 10
    for mount in {mount for _, mount in before + after}:
        times = [when for when, whose in before + after if whose == mount]
        # The few that were sent to the hung NameNode are carried out together.
        assert most_within(times, seconds) <= limit * seconds + burst + 4, mount
