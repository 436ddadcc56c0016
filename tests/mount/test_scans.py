"""Programs that go through a directory: what they open next is located and fetched ahead, as the user who will open it."""

import os
import subprocess
import time

import pytest

from tests.cluster.pattern import pattern

FILES, SIZE = 60, 3000
PATIENT = "attr_timeout=60"  # also on a busy machine nothing is given up


def written(cluster, here):
    cluster.java.write_many(here, FILES, size=SIZE)
    return [f"file-{number:05}" for number in range(FILES)]


def ahead(made, label):
    return made.counter("opened_ahead", label)


def read_in_order(made, here, names):
    os.listdir(made / here)
    for number, name in enumerate(names):
        assert (made / here / name).read_bytes() == pattern(number, 0, SIZE), name


def test_files_read_in_order_are_opened_ahead(mount, cluster, here):
    names = written(cluster, here)
    made = mount(PATIENT)
    read_in_order(made, here, names)
    assert ahead(made, "used") >= FILES - 5
    assert made.counter("namenode_calls", "getBlockLocations") == FILES, "none is asked for twice"
    assert made.counter("read_bytes", "read_ahead") >= (FILES - 5) * SIZE


def test_tools_that_walk_are_recognised(mount, cluster, here):
    written(cluster, here)
    made = mount(PATIENT)
    assert subprocess.run(["grep", "-rc", "no such text", made / here], stdout=subprocess.PIPE).stdout.count(b":0\n") == FILES
    assert ahead(made, "used") >= FILES // 2


def test_files_read_at_random_are_not(mount, cluster, here):
    names = written(cluster, here)
    made = mount()
    os.listdir(made / here)
    for number in (40, 10, 55, 30, 20, 0, 50):
        assert (made / here / names[number]).read_bytes() == pattern(number, 0, SIZE)
    assert made.counter("namenode_calls", "getBlockLocations") == 7


def test_what_was_opened_ahead_in_vain_is_given_up(mount, cluster, here):
    names = written(cluster, here)
    made = mount("attr_timeout=0.5")
    read_in_order(made, here, names[:10])
    deadline = time.monotonic() + 10
    while ahead(made, "unused") == 0 or made.counter("buffer_bytes_in_use") > 0:
        assert time.monotonic() < deadline, made.status()["counters"]
        time.sleep(0.1)
    assert made.counter("namenode_calls", "getBlockLocations") <= 10 + 16


def test_a_file_changed_after_it_was_opened_ahead_shows_its_new_bytes_in_time(mount, cluster, here):
    names = written(cluster, here)
    made = mount()
    read_in_order(made, here, names[:10])
    cluster.java.put(f"{here}/{names[11]}", "new")
    cluster.java.delete(f"{here}/{names[12]}")
    time.sleep(1.1)
    assert (made / here / names[11]).read_text() == "new"
    assert not (made / here / names[12]).exists()
    for number in range(13, FILES):
        assert (made / here / names[number]).read_bytes() == pattern(number, 0, SIZE)


def test_no_bytes_are_fetched_ahead_that_the_user_may_not_read(mount, cluster, here):
    names = written(cluster, here)
    cluster.webhdfs.set_permission(f"{here}/{names[20]}", "600")
    made = mount("hdfs_user=somebody", PATIENT)
    os.listdir(made / here)
    for number, name in enumerate(names):
        if number != 20:
            assert (made / here / name).read_bytes() == pattern(number, 0, SIZE)
            continue
        with pytest.raises(PermissionError):
            (made / here / name).read_bytes()
    assert ahead(made, "used") >= FILES - 10
