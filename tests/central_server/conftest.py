import copy
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from central_server.database import Store, Where, open_store
from tests.central_server.databases import Databases, PostgresqlDatabases, SqliteDatabases
from tests.central_server.scene import Scene
from tests.central_server.signing import Key
from tests.central_server.support import Server, Station, bring_a_small_library, let_in, serving

Known = dict[str, dict[str, str]]

HERE = Path(__file__).parent
ALIKE = {
    f"test_{topic}"
    for topic in [
        "administering",
        "attacks",
        "csv_imports",
        "excel_bad_files",
        "excel_imports",
        "health",
        "hidden_together",
        "http",
        "marc",
        "national_numbers",
        "old_letters",
        "releases",
        "requests",
        "settings",
        "sums",
        "toml_imports",
    ]
}
"""What these look at happens before a database is asked, or is ordinary rows: SQLite shows it in short."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)  # a whole process
        if item.path.parent == HERE and item.path.stem in ALIKE and "[postgresql" in item.name:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Every test runs on both kinds of database."""
    if request.param == "sqlite":
        return SqliteDatabases(tmp_path_factory)
    return PostgresqlDatabases(request.getfixturevalue("cluster"))


@pytest.fixture(scope="session")
def empty_database(databases: Databases) -> Where:
    """A database that has just been made, to be copied: that is quicker than migrating for every test."""
    where = databases.new()
    open_store(where).close()
    return where


@pytest.fixture(scope="session")
def small_database(
    databases: Databases, empty_database: Where, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Where, Known]:
    """A database with a small library `hoa-sen`, to be copied, and the library's ids by barcode and card."""
    where = databases.new(empty_database)
    store = open_store(where)
    known = bring_a_small_library(store, tmp_path_factory.mktemp("small"))
    store.close()
    return where, known


@pytest.fixture(scope="session")
def reopened(databases: Databases, empty_database: Where) -> Store:
    """One for all tests, so that each statement is compiled once. Closing it lets it be opened again."""
    store = open_store(databases.new(empty_database), busy_timeout_s=0.2)
    store.close()
    return store


@pytest.fixture
def store(
    databases: Databases, empty_database: Where, reopened: Store, request: pytest.FixtureRequest
) -> Iterator[Store]:
    """A real database on disk, new for each test, without a library, unless the test takes `known`."""
    small = "known" in request.fixturenames
    databases.renew(reopened.where, request.getfixturevalue("small_database")[0] if small else empty_database)
    yield reopened
    reopened.close()


@pytest.fixture
def known(small_database: tuple[Where, Known]) -> Known:
    """A small library `hoa-sen` in `store`: its ids by barcode and card."""
    return copy.deepcopy(small_database[1])


@pytest.fixture(scope="session")
def server(databases: Databases) -> Iterator[Server]:
    """A real server process for all tests that take a library each. It soon says that it is busy."""
    with serving(databases.new(), "--busy-timeout", "0.3") as running:
        yield running


@pytest.fixture(scope="session")
def beside(server: Server) -> Iterator[Store]:
    """The running server's database, opened by this process too."""
    store = open_store(server.where)
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
