from collections.abc import Iterator

import pytest
from hypothesis import settings

from demo import cluster as clusters
from demo.cluster import Cluster

# For `--hypothesis-profile=long`: thirty times as many examples where a test takes a share of the profile's.
settings.register_profile("long", max_examples=3_000)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test run, which need not survive a power cut."""
    if clusters.programs() is None:
        pytest.skip(clusters.HOW_TO_GET_IT)
    quick = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    with clusters.running(max_connections=300, **quick) as started:
        yield started
