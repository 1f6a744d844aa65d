"""A centre for each kind of link: every test of the port kiosk.ports.central.CentralLink runs on all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.cluster import Cluster
from tests.contracts.central_rigs import Centre, Station, native_rest, simulated


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with native_rest(tmp_path_factory.mktemp("centre")) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Centre]:
    with native_rest(tmp_path_factory.mktemp("centre"), cluster.url(cluster.create())) as made:
        yield made


CENTRES = [
    pytest.param("", id="simulated"),
    pytest.param("server", id="native_rest", marks=pytest.mark.slow),
    pytest.param("postgresql_server", id="native_rest_on_postgresql", marks=pytest.mark.slow),
]


def _centre(request: pytest.FixtureRequest) -> Iterator[Centre]:
    if request.param:
        yield request.getfixturevalue(request.param)
    else:
        with simulated() as made:
            yield made


@pytest.fixture(scope="session", params=CENTRES)
def centre(request: pytest.FixtureRequest) -> Iterator[Centre]:
    yield from _centre(request)


@pytest.fixture(params=CENTRES)
def closable_centre(request: pytest.FixtureRequest) -> Iterator[Centre]:
    """Its links may be closed: no other test shares them."""
    yield from _centre(request)


@pytest.fixture
def station(centre: Centre) -> Station:
    return centre.station()
