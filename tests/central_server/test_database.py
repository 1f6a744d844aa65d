"""Opening the database: whose it is, which schema it has, what it forbids."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from central_server import postgresql, settling, sqlite
from central_server.changes import read_page
from central_server.database import FILE_NAME, REVISION, CannotOpen, Store, Where, is_passing, open_store, reading
from central_server.ledger import read_ledger
from central_server.statistics import recount
from central_server.tables import metadata
from central_server.tables.library import change, library, title
from central_server.tables.operations import operation_body
from central_server.tables.organisations import ABOVE_LIBRARIES
from tests.central_server.databases import Databases
from tests.central_server.signing import Key
from tests.central_server.support import (
    ACCEPTED,
    NOON_MS,
    Station,
    bring,
    bring_a_small_library,
    let_in,
    put_on_list,
    take,
)


def execute(where: Where, statement: str) -> None:
    """As somebody who does not know our program."""
    url = sa.URL.create("sqlite", database=str(where / "central.sqlite")) if isinstance(where, Path) else where
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def parts_of(connection: sa.Connection) -> set[str]:
    """The tables that are a month of another."""
    if connection.dialect.name == "sqlite":
        return set()
    return set(connection.scalars(sa.text("SELECT relname FROM pg_class WHERE relispartition")))


def schema_of(connection: sa.Connection) -> dict[str, Any]:
    """Columns, keys and indexes of every table."""

    def sorted_(found: Sequence[Any]) -> list[str]:
        return sorted(json.dumps(one, default=str, sort_keys=True) for one in found)

    inspector = sa.inspect(connection)
    return {
        name: (
            [(one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(name)],
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted_(inspector.get_unique_constraints(name)),
            sorted_(inspector.get_indexes(name)),
        )
        for name in set(inspector.get_table_names()) - parts_of(connection) - {"alembic_version"}
    }


def test_makes_exactly_the_tables_that_the_code_knows_when_it_is_new(store: Store, databases: Databases) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.writing.connect() as connection:
        parts = parts_of(connection)
        whole = {"include_name": lambda name, kind, _parents: kind != "table" or name not in parts}
        assert compare_metadata(MigrationContext.configure(connection, opts=whole), metadata) == []
        migrated = schema_of(connection)
    made = databases.new()
    engine = sa.create_engine(store.writing.url.set(database=made.database if isinstance(made, sa.URL) else ":memory:"))
    with engine.connect() as connection:
        metadata.create_all(connection)
        assert schema_of(connection) == migrated
    engine.dispose()


def test_keeps_the_rows_in_the_tree_of_the_key_when_the_table_says_so(store: Store) -> None:
    if not isinstance(store.where, Path):
        pytest.skip("only SQLite has it")
    with store.reading.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        made = {row.name: row.sql for row in rows}
    for table in metadata.tables.values():
        without_rowid = table.dialect_options["sqlite"]["with_rowid"] is False
        assert made[table.name].rstrip().endswith("WITHOUT ROWID") is without_rowid


def test_carries_the_library_in_every_table_when_it_is_new(store: Store) -> None:
    with store.reading.connect() as connection:
        inspector = sa.inspect(connection)
        for name in set(inspector.get_table_names()) - {"alembic_version", "server_key"} - ABOVE_LIBRARIES:
            assert inspector.get_pk_constraint(name)["constrained_columns"][0] == "library_id", name


def test_has_the_newest_revision_when_it_is_new(store: Store) -> None:
    from alembic.script import ScriptDirectory

    from central_server.database import MIGRATIONS

    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == REVISION
    with store.reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == REVISION


def test_is_safe_against_a_power_cut_when_it_writes(store: Store) -> None:
    with store.writing.connect() as connection:
        if not isinstance(store.where, Path):
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            return
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    assert tuple(map(int, version.split("."))) >= (3, 51, 3), "an older SQLite has the WAL-reset bug"


def test_cannot_write_when_a_connection_is_for_reading(store: Store) -> None:
    with store.reading.connect() as connection, pytest.raises(DBAPIError):
        connection.exec_driver_sql("DELETE FROM library")


def test_sees_one_moment_when_another_writes_while_it_reads(
    store: Store, known: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    count = sa.select(sa.func.count()).select_from(title)
    with reading(store) as connection:
        assert connection.scalar(count) == 1
        bring(store, "titles", "Mã đầu sách,Nhan đề\nD2,Đất rừng phương Nam\n", tmp_path)
        assert connection.scalar(count) == 1
    with reading(store) as connection:
        assert connection.scalar(count) == 2


def test_lets_nobody_else_write_when_one_does(store: Store) -> None:
    other = open_store(store.where, create=False, busy_timeout_s=0.05)
    with store.writing.begin():
        with pytest.raises(DBAPIError) as refused, other.writing.begin():
            raise AssertionError("two write at once")
        assert is_passing(refused.value)
        with reading(other) as connection:
            connection.execute(sa.select(library))
    with other.writing.begin():
        pass
    other.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operation SET verdict = 'accepted'",
        "DELETE FROM operation",
        "UPDATE operation_body SET body = '{}'",
        "DELETE FROM operation_body",
    ],
)
def test_refuses_to_touch_an_operation_when_it_is_recorded(
    store: Store, known: dict[str, dict[str, str]], statement: str
) -> None:
    take(store, Station().check_in("TK.9"))
    with store.writing.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(statement)


def test_refuses_a_database_when_its_schema_is_another(store: Store) -> None:
    execute(store.where, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(CannotOpen, match=f"revision 0000, this program needs {REVISION}.*--migrate"):
        open_store(store.where)


def at_revision(where: Where, revision: str) -> sa.Engine:
    """A database with the tables of an older program."""
    from alembic import command
    from alembic.config import Config

    from central_server.database import MIGRATIONS

    if isinstance(where, Path):
        engine = sqlite.engine(where / FILE_NAME, 5.0, writes=True)
    else:
        engine = postgresql.engine(where, 5.0, writes=True)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return engine


def rows_for(older: sa.Table, then: sa.Connection) -> list[dict[str, Any]]:
    """What today's table of that name has, in the columns of an older program's. One library."""
    kept = metadata.tables[older.name].c
    rows = then.execute(sa.select(*(kept[column.name] for column in older.columns if column.name in kept)))
    if older.name != "operation":
        return [dict(row) for row in rows.mappings()]
    bodies = {row.position: row.body for row in then.execute(sa.select(operation_body))}
    return [{**row, "body": bodies[row["position"]]} for row in rows.mappings()]


def test_keeps_what_there_is_when_an_older_database_is_migrated(databases: Databases, tmp_path: Path) -> None:
    source = open_store(databases.new())
    known = bring_a_small_library(source, tmp_path)
    station, unsure = Station(), Station(device="tram-2", trusted=False)
    first, second = (station.check_out("TK.1", known["patron"][card]) for card in ("HS1", "HS2"))
    take(source, first, second, station.check_out("TK.2", known["patron"]["HS3"]))
    take(source, unsure.check_out("TK.3", known["patron"]["HS1"]), unsure.check_in("TK.3"), device="tram-2")
    ledger = read_ledger(source, "hoa-sen")

    where = databases.new()
    engine = at_revision(where, "0001")
    old = sa.MetaData()
    old.reflect(engine)
    with source.reading.connect() as then, engine.begin() as now:
        for name in ("library", "title", "item", "patron", "operation"):
            now.execute(old.tables[name].insert(), rows_for(old.tables[name], then))
        for row in then.execute(sa.select(change)).mappings():
            now.execute(old.tables["change"].insert(), dict(row) | {"data": without_surety(row["data"])})
        for name in ("loan", "check_in", "loan_end", "dispute"):
            for row in then.execute(sa.select(metadata.tables[name])).mappings():
                now.execute(old.tables[name].insert(), as_it_was(name, dict(row), old.tables[name]))
    engine.dispose()
    with reading(source) as connection:
        schema = schema_of(connection)
    source.close()

    with pytest.raises(CannotOpen, match="revision 0001"):
        open_store(where)
    store = open_store(where, migrate=True)
    migrated = read_ledger(store, "hoa-sen")
    # Both loans of one item were open then.
    assert {**migrated, "loans": [one | {"open": None} for one in migrated["loans"]]} == {
        **ledger,
        "loans": [one | {"open": None} for one in ledger["loans"]],
    }
    let_in(store, Key(), "hoa-sen", "tram-1")
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        let_in(store, Key(), "hoa-sen", "tram-1")
    assert take(store, Station(device="tram-3").ask("suggestion", text="Một"), device="tram-3") == [ACCEPTED]
    with reading(store) as connection:
        assert schema_of(connection) == schema
        assert recount.differences(connection) == []
        (told,) = settling.listed(connection, "hoa-sen")
        last = [one for one in read_page(connection, "hoa-sen", "", 2_000).changes if one.kind == "loan"][-1]
    assert (told["reason"], told["barcode"], told["ways"]) == (
        "already_on_loan",
        "TK.1",
        ["first_over", "first_has_it"],
    )
    # Whose due date nobody vouched for is told.
    assert [json.loads(bytes(last.data))[name] for name in ("item", "provisional")] == [known["item"]["TK.3"], True]
    # What was undated then may be dated now, and what was in dispute can be settled.
    assert take(store, unsure.date_boot(unsure.boot, NOON_MS), device="tram-2") == [ACCEPTED]
    put_on_list(store, known["patron"]["HS3"])
    settled = Station(device="tram-4").ask_at_desk("settlement", dispute=told["id"], way="first_over")
    assert take(store, settled, device="tram-4") == [ACCEPTED]
    settled_ledger = read_ledger(store, "hoa-sen")
    assert (settled_ledger["disputes"], settled_ledger["loans"]) == (0, ledger["loans"])
    store.close()


def without_surety(data: str) -> str:
    """What was told of a loan before it said how sure its due date is."""
    told = json.loads(data)
    return json.dumps(told and {name: value for name, value in told.items() if name != "provisional"})


def as_it_was(name: str, row: dict[str, Any], table: sa.Table) -> dict[str, Any]:
    """A row of today as the first program wrote it."""
    if name in ("loan", "check_in"):
        row |= {"wall_ms": row["earliest_ms"] or 0, "trusted": row["earliest_ms"] is not None}
        row["position"] = row.get("position") or 1
        row["open"] = row.get("standing")
    if row.get("reason") == "already_on_loan":
        row |= {"held": json.dumps([{"loan": row["subject"].split()[0], "barcode": row["barcode"]}]), "subject": ""}
    return {column.name: row[column.name] for column in table.columns}


def test_refuses_a_database_when_it_cannot_be_migrated(store: Store) -> None:
    execute(store.where, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CannotOpen, match="newer program"):
        open_store(store.where, migrate=True)


def test_refuses_a_database_when_it_is_somebody_elses(databases: Databases) -> None:
    where = databases.new()
    execute(where, "CREATE TABLE photo (name TEXT)")
    with pytest.raises(CannotOpen, match="not one of the central server"):
        open_store(where)


def test_refuses_a_file_when_it_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "central.sqlite").write_bytes(b"Xin chao" * 1000)
    with pytest.raises(CannotOpen, match="cannot be opened"):
        open_store(tmp_path)


def test_makes_nothing_when_only_an_existing_database_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="no database"):
        open_store(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []


def test_makes_no_tables_when_only_an_existing_database_is_wanted(databases: Databases) -> None:
    where = databases.new()
    with pytest.raises(CannotOpen, match=r"no database|is empty"):
        open_store(where, create=False)
