import copy
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from central_server.database import Store, open_store
from tests.central_server.scene import Scene
from tests.central_server.signing import Key
from tests.central_server.support import Server, Station, bring_a_small_library, let_in, serving


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a database that has just been made: copying it is quicker than migrating for every test."""
    folder = tmp_path_factory.mktemp("empty")
    store = open_store(folder)
    store.close()
    return store.path.read_bytes()


@pytest.fixture(scope="session")
def small_database(
    tmp_path_factory: pytest.TempPathFactory, empty_database: bytes
) -> tuple[bytes, dict[str, dict[str, str]]]:
    """The file of a database with a small library `hoa-sen`, and the library's ids by barcode and card."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "central.sqlite").write_bytes(empty_database)
    store = open_store(folder)
    known = bring_a_small_library(store, folder)
    store.close()
    return store.path.read_bytes(), known


@pytest.fixture
def store(tmp_path: Path, empty_database: bytes, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A real database on disk, without a library, unless the test takes `known`."""
    folder = tmp_path / "data"
    folder.mkdir()
    small = "known" in request.fixturenames
    content = request.getfixturevalue("small_database")[0] if small else empty_database
    (folder / "central.sqlite").write_bytes(content)
    store = open_store(folder, busy_timeout_s=0.2)
    yield store
    store.close()


@pytest.fixture
def known(small_database: tuple[bytes, dict[str, dict[str, str]]]) -> dict[str, dict[str, str]]:
    """A small library `hoa-sen` in `store`: its ids by barcode and card."""
    return copy.deepcopy(small_database[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server process for all tests that take a library each. It soon says that it is busy."""
    with serving(tmp_path_factory.mktemp("server"), "--busy-timeout", "0.3") as running:
        yield running


@pytest.fixture(scope="session")
def beside(server: Server) -> Iterator[Store]:
    """The running server's database, opened by this process too."""
    store = open_store(server.data)
    yield store
    store.close()


@pytest.fixture
def library(beside: Store, tmp_path: Path) -> str:
    """A small library of this test alone, imported from this process into the running server's database."""
    code = f"l-{uuid4().hex}"
    bring_a_small_library(beside, tmp_path, code)
    return code


@pytest.fixture(scope="session")
def other_library(beside: Store, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library with the same barcodes and cards, which nobody changes."""
    bring_a_small_library(beside, tmp_path_factory.mktemp("other"), "sao-khue")
    return "sao-khue"


@pytest.fixture
def scene(server: Server, beside: Store, library: str, other_library: str) -> Scene:
    """Both at the running server, the first with an active station."""
    key = Key()
    let_in(beside, key, library, "tram-1")
    return Scene(server, beside, library, other_library, key, Station(library=library))
