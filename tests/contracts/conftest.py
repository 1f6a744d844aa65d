"""One station for each kind of store: every test of the store's contract runs on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.ports.store import Store
from local_store import open_store
from tests.contracts.store_station import Station
from tests.local_store.next_release import bring_to_next
from tests.local_store.shelf import config_in, new_store


def _sql(folder: Path) -> Callable[[], Store]:
    config = new_store(config_in(folder))
    return lambda: open_store(config)


def _sql_of_the_next_release(folder: Path) -> Callable[[], Store]:
    """Its schema has already expanded what this program works on: an update was taken back."""
    config = bring_to_next(new_store(config_in(folder)), folder)
    return lambda: open_store(config)


@pytest.fixture(params=[_sql, _sql_of_the_next_release], ids=["sql", "of the next release"])
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Station]:
    station = Station(request.param(tmp_path))
    try:
        yield station
    finally:
        station.store.close()
