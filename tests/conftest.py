from collections.abc import Iterator

import pytest
from hypothesis import settings

from demo import cluster as clusters
from demo.cluster import Cluster

# For `--hypothesis-profile=long`: thirty times as many examples where a test takes a share of the profile's.
settings.register_profile("long", max_examples=3_000)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that nobody works on it alone in the end."""
    slow = ((item, item.get_closest_marker("slow")) for item in items)
    seconds = {item: mark.args[0] if mark and mark.args else 0 for item, mark in slow}
    items.sort(key=seconds.__getitem__, reverse=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test run, which need not survive a power cut."""
    if clusters.programs() is None:
        pytest.skip(clusters.HOW_TO_GET_IT)
    quick = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    with clusters.running(max_connections=300, **quick) as started:
        yield started
