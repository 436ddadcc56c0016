"""A short run of what `scripts/soak core` does for ten minutes under sanitizers: the ordinary build, without them."""

import pytest

from tests.soak import core


@pytest.fixture(scope="module")
def cluster():
    with core.make_cluster() as made:
        yield made


@pytest.mark.long
def test_readers_while_datanodes_readers_and_caches_come_and_go(cluster, tmp_path):
    counts, failures = core.phase(cluster, seed=1, seconds=20, reports=tmp_path)
    assert not failures, "\n".join(failures)
    assert counts["bytes"] > 50 << 20
