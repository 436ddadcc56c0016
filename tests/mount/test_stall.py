"""A thousand calls wait for one hung server: what does not need it goes on as if nothing had happened."""

import errno
import hashlib
import os
import signal
import time

import pytest

from tests.cluster import pattern, simple
from tests.mount.mounting import wait_until
from tests.mount.waiting import Latencies, Programs, read_cold, stat_from_daemon, threads_of

WAITING = 1000
SIZE = 65536
HEALTHY = 100
ROUNDS = 300
LARGEST_P99 = 20  # milliseconds
MOST_THREADS = 15

# Attributes that outlive a test, and none that do.
CACHED = ("entry_timeout=1000s", "attr_timeout=1000s")


@pytest.fixture(scope="module")
def cluster():
    """/hung/file-* have their only replica on dn2, /healthy/file-* on dn1.  A DataNode that hangs is not declared dead."""
    with simple(datanodes=3, conf={"dfs.namenode.heartbeat.recheck-interval": "300000"}) as made:
        made.java.write_many("/hung", WAITING, size=SIZE, datanode=made.transfer_address("dn2"))
        made.java.write_many("/healthy", HEALTHY, size=SIZE, datanode=made.transfer_address("dn1"))
        yield made


@pytest.fixture
def paused(cluster):
    """A function that stops a process of the cluster, which goes on after the test at the latest."""
    names = []

    def pause(name):
        names.append(name)
        cluster.pause(name)

    yield pause
    for name in names:
        cluster.resume(name)
    wait_until(lambda: all(process.is_ready() for process in cluster.processes.values()), 60, "a healthy cluster")


@pytest.fixture
def show(capsys):
    """Prints although pytest captures."""

    def line(text):
        with capsys.disabled():
            print(f"\n  {text}", end="", flush=True)

    return line


def name_of(number):
    return f"file-{number:05d}"


def healthy_calls(made):
    """What programs that do not need the hung DataNode do, each time on other names than the last."""
    expected = [pattern.prefix(number, SIZE) for number in range(HEALTHY)]

    def read(number):
        number %= HEALTHY
        assert read_cold(made / "healthy" / name_of(number), SIZE) == expected[number]

    return Latencies({
        "ls": lambda number: os.listdir(made / "healthy"),
        "stat": lambda number: os.stat(made / "hung" / name_of(number % WAITING)),
        "read": read,
    })


def in_words(figures):
    return ", ".join(f"{name} {value:.1f} ms" for name, value in figures.items())


def checksums(made):
    return Programs([["md5sum", str(made / "hung" / name_of(number))] for number in range(WAITING)], made.path.parent)


def all_wait(made, programs, what):
    wait_until(lambda: made.counter("fuse_in_flight") >= WAITING, 60, f"{WAITING} {what} in flight")
    assert programs.running() == WAITING


def right_checksums(made):
    return sorted(f"{hashlib.md5(pattern.prefix(number, SIZE)).hexdigest()}  {made / 'hung' / name_of(number)}"
                  for number in range(WAITING))


def test_a_thousand_reads_wait_for_a_datanode_that_hangs(mount, cluster, paused, show):
    made = mount()
    calls = healthy_calls(made)
    calls.measure(100)
    before = calls.best(ROUNDS, LARGEST_P99)
    paused("dn2")
    with checksums(made) as programs:
        all_wait(made, programs, "reads")
        threads = threads_of(made.daemon.pid)
        meanwhile = calls.best(ROUNDS, LARGEST_P99)
        show(f"p99 before: {in_words(before)}; with {WAITING} reads waiting: {in_words(meanwhile)}; {threads} threads")
        assert threads <= MOST_THREADS
        assert max(meanwhile.values()) < LARGEST_P99, f"without the stall: {in_words(before)}"
        assert programs.running() == WAITING
        longest = programs.interrupt()
        show(f"ended at the latest {longest:.2f} s after SIGINT")
        assert longest < 1
        assert programs.statuses() == {-signal.SIGINT}
    with checksums(made) as programs:
        all_wait(made, programs, "reads")
        cluster.resume("dn2")
        resumed = time.monotonic()
        assert programs.statuses() == {0}
        show(f"drained {time.monotonic() - resumed:.1f} s after SIGCONT")
        assert programs.lines() == right_checksums(made)
    wait_until(lambda: made.counter("fuse_in_flight") == 0, 60, "no request in flight")
    wait_until(lambda: made.status()["files"]["open_files"] == 0, 10, "no file open")
    assert threads_of(made.daemon.pid) <= MOST_THREADS


def test_reads_of_a_datanode_that_hangs_end_at_their_deadline(mount, paused, show):
    timeout = 4
    made = mount(f"timeout={timeout}s")
    paused("dn2")
    begin = time.monotonic()
    with checksums(made) as programs:
        started = time.monotonic() - begin
        assert programs.statuses() == {1}
        seconds = time.monotonic() - begin
        assert programs.errors().count(os.strerror(errno.ETIMEDOUT)) == WAITING
    show(f"{WAITING} programs, started within {started:.1f} s, ended by -o timeout={timeout}s after {seconds:.1f} s")
    assert seconds < started + timeout + 2
    wait_until(lambda: made.status()["files"]["open_files"] == 0, 10, "no file open")


@pytest.fixture
def open_file(mount, cluster):
    """A mount that caches attributes, and a file opened there: /large, all of whose blocks are on dn1."""
    size = 32 << 20
    cluster.java.write("/large", size, seed=77, block_size=4 << 20, datanode=cluster.transfer_address("dn1"))
    made = mount(*CACHED)
    fd = os.open(made / "large", os.O_RDONLY)
    yield made, fd, size
    os.close(fd)


def calls_without_namenode(made, fd, size):
    """Calls that need no NameNode: of what is cached, and of an open file."""
    expected = pattern.pattern(77, 0, size)

    def read(number):
        offset = number * SIZE % size
        os.posix_fadvise(fd, offset, SIZE, os.POSIX_FADV_DONTNEED)
        assert os.pread(fd, SIZE, offset) == expected[offset:offset + SIZE]

    return Latencies({
        "stat": lambda number: stat_from_daemon(made / "healthy" / name_of(number % HEALTHY)),
        "read": read,
    })


def lookups(made):
    return Programs([["stat", "-c", "%s", str(made / "hung" / name_of(number))] for number in range(WAITING)],
                    made.path.parent)


def test_a_thousand_calls_wait_for_a_namenode_that_hangs(open_file, cluster, paused, show):
    made, fd, size = open_file
    calls = calls_without_namenode(made, fd, size)
    os.stat(made / "hung")
    calls.measure(HEALTHY)
    before = calls.best(ROUNDS, LARGEST_P99)
    paused("nn")
    with lookups(made) as programs:
        all_wait(made, programs, "look-ups")
        threads = threads_of(made.daemon.pid)
        meanwhile = calls.best(ROUNDS, LARGEST_P99)
        show(f"p99 before: {in_words(before)}; with {WAITING} look-ups waiting: {in_words(meanwhile)}; {threads} threads")
        assert threads <= MOST_THREADS
        assert max(meanwhile.values()) < LARGEST_P99, f"without the stall: {in_words(before)}"
        longest = programs.interrupt()
        show(f"ended at the latest {longest:.2f} s after SIGINT")
        assert longest < 1
        assert programs.statuses() == {-signal.SIGINT}
    wait_until(lambda: made.counter("fuse_in_flight") == 0, 10, "no request in flight")
    with lookups(made) as programs:
        all_wait(made, programs, "look-ups")
        cluster.resume("nn")
        resumed = time.monotonic()
        assert programs.statuses() == {0}
        show(f"drained {time.monotonic() - resumed:.1f} s after SIGCONT")
        assert programs.lines() == [str(SIZE)] * WAITING


def test_calls_to_a_namenode_that_hangs_end_at_their_deadline(mount, paused, show):
    timeout = 4
    made = mount(f"timeout={timeout}s", *CACHED)
    os.stat(made / "hung")
    paused("nn")
    begin = time.monotonic()
    with lookups(made) as programs:
        started = time.monotonic() - begin
        assert programs.statuses() == {1}
        seconds = time.monotonic() - begin
        assert programs.errors().count(os.strerror(errno.ETIMEDOUT)) == WAITING
    show(f"{WAITING} programs, started within {started:.1f} s, ended by -o timeout={timeout}s after {seconds:.1f} s")
    assert seconds < started + timeout + 2
