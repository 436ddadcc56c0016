"""A minute of what `scripts/soak read` does for ten."""

import pytest

from tests.soak import read


@pytest.fixture(scope="module")
def cluster():
    with read.make_cluster() as made:
        yield made


@pytest.fixture(scope="module")
def versions():
    """Of each file of the cluster."""
    return [0] * read.FILES


@pytest.mark.long
@pytest.mark.parametrize("tier", read.TIERS)
def test_random_reads_while_datanodes_restart_and_files_change(cluster, versions, tier):
    counts, failures = read.phase(cluster, tier, versions, seed=1, seconds=20)
    assert not failures, "\n".join(failures)
    assert counts["bytes"] > 50 << 20
