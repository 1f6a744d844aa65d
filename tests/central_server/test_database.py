"""Opening the database: whose it is, which schema it has, what it forbids."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from central_server import tables
from central_server.database import REVISION, CannotOpen, Store, open_store
from central_server.ledger import read_ledger
from tests.central_server.signing import Key
from tests.central_server.support import Station, bring_a_small_library, let_in, take


def execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_makes_exactly_the_tables_that_the_code_knows_when_it_is_new(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.writing.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        made = {row.name: row.sql for row in rows}
    for table in tables.metadata.tables.values():
        without_rowid = table.dialect_options["sqlite"]["with_rowid"] is False
        assert made[table.name].rstrip().endswith("WITHOUT ROWID") is without_rowid
        assert {index.name for index in table.indexes} <= made.keys()


def test_carries_the_library_in_every_table_when_it_is_new(store: Store) -> None:
    with store.reading.connect() as connection:
        inspector = sa.inspect(connection)
        for name in set(inspector.get_table_names()) - {"alembic_version"}:
            assert inspector.get_pk_constraint(name)["constrained_columns"][0] == "library_id", name


def test_has_the_newest_revision_when_it_is_new(store: Store) -> None:
    from alembic.script import ScriptDirectory

    from central_server.database import MIGRATIONS

    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == REVISION
    with store.reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == REVISION


def test_is_safe_against_a_power_cut_when_it_writes(store: Store) -> None:
    with store.writing.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    assert tuple(map(int, version.split("."))) >= (3, 51, 3), "an older SQLite has the WAL-reset bug"


def test_cannot_write_when_a_connection_is_for_reading(store: Store) -> None:
    with store.reading.connect() as connection, pytest.raises(DBAPIError):
        connection.exec_driver_sql("DELETE FROM library")


@pytest.mark.parametrize("statement", ["UPDATE operation SET verdict = 'accepted'", "DELETE FROM operation"])
def test_refuses_to_touch_an_operation_when_it_is_recorded(
    store: Store, known: dict[str, dict[str, str]], statement: str
) -> None:
    take(store, Station().check_in("TK.9"))
    with store.writing.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(statement)


def test_refuses_a_database_when_its_schema_is_another(store: Store) -> None:
    execute(store.path, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(CannotOpen, match=f"revision 0000, this program needs {REVISION}.*--migrate"):
        open_store(store.path.parent)


def test_keeps_what_there_is_when_an_older_database_is_migrated(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    bring_a_small_library(store, tmp_path)
    take(store, Station().check_in("TK.1"))
    ledger = read_ledger(store, "hoa-sen")
    store.close()
    for statement in ("DROP TABLE device", "DROP TABLE enrol_token", "UPDATE alembic_version SET version_num = '0001'"):
        execute(store.path, statement)
    with pytest.raises(CannotOpen, match="revision 0001"):
        open_store(tmp_path)
    store = open_store(tmp_path, migrate=True)
    assert read_ledger(store, "hoa-sen") == ledger
    let_in(store, Key(), "hoa-sen", "tram-1")
    with pytest.raises(DBAPIError, match="UNIQUE"):
        let_in(store, Key(), "hoa-sen", "tram-1")
    store.close()


def test_refuses_a_database_when_it_cannot_be_migrated(store: Store) -> None:
    execute(store.path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CannotOpen, match="newer program"):
        open_store(store.path.parent, migrate=True)


def test_refuses_a_database_when_it_is_somebody_elses(tmp_path: Path) -> None:
    execute(tmp_path / "central.sqlite", "CREATE TABLE photo (name)")
    with pytest.raises(CannotOpen, match="not one of the central server"):
        open_store(tmp_path)


def test_refuses_a_file_when_it_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "central.sqlite").write_bytes(b"Xin chao" * 1000)
    with pytest.raises(CannotOpen, match="cannot be opened"):
        open_store(tmp_path)


def test_makes_nothing_when_only_an_existing_database_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="no database"):
        open_store(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []
