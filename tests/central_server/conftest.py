from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from central_server.database import Store, open_store
from tests.central_server.support import Server, bring_a_small_library, serving


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a database that has just been made: copying it is quicker than migrating for every test."""
    folder = tmp_path_factory.mktemp("empty")
    store = open_store(folder)
    store.close()
    return store.path.read_bytes()


@pytest.fixture
def store(tmp_path: Path, empty_database: bytes) -> Iterator[Store]:
    """A real database on disk, without a library."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "central.sqlite").write_bytes(empty_database)
    store = open_store(folder, busy_timeout_s=0.2)
    yield store
    store.close()


@pytest.fixture
def known(store: Store, tmp_path: Path) -> dict[str, dict[str, str]]:
    """A small library `hoa-sen` in `store`: its ids by barcode and card."""
    return bring_a_small_library(store, tmp_path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server process for the tests of one file, which take a library each. It soon says that it is busy."""
    with serving(tmp_path_factory.mktemp("server"), "--busy-timeout", "0.3") as running:
        yield running


@pytest.fixture
def library(server: Server, tmp_path: Path) -> str:
    """A small library of this test alone, imported from this process into the running server's database."""
    code = f"l-{uuid4().hex}"
    store = open_store(server.data)
    bring_a_small_library(store, tmp_path, code)
    store.close()
    return code
