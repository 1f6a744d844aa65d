"""The bodies of operations in their own table: none is refused for want of a month, those from before move."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import clock, months
from central_server.chain_audit import audit
from central_server.database import FILE_NAME, CannotOpen, Store, Where, open_store, reading
from central_server.tables.operations import ITS_BODY, operation, operation_body
from tests.central_server.databases import Databases
from tests.central_server.support import ACCEPTED, NOON_MS, Station, take
from tests.central_server.test_database import at_revision

DECEMBER = date(2026, 12, 1)
FAR_MS = clock.ms_of(date(2199, 5, 20))


@pytest.mark.parametrize("at_ms", [0, FAR_MS])
def test_a_body_is_kept_and_read_when_its_month_has_no_table(store: Store, known: object, at_ms: int) -> None:
    station = Station()
    one = station.check_in("TK.1")
    assert take(store, one, now_ms=at_ms) == [ACCEPTED]
    assert take(store, one, now_ms=at_ms + 1) == [("duplicate", None)]
    with reading(store) as connection:
        assert audit(connection).fault is None
        assert connection.scalar(sa.select(operation_body.c.body)) == one["body"].encode()
    if not isinstance(store.where, Path):
        assert counted(store.where, months.REST) == 1


@pytest.fixture
def old(databases: Databases) -> Where:
    """A database of the program before, with five operations in two libraries and three months."""
    where = databases.new()
    engine = at_revision(where, "0017")
    table = sa.Table("operation", sa.MetaData(), autoload_with=engine)
    rows = [("a", n, ms) for n, ms in enumerate((NOON_MS, NOON_MS, clock.ms_of(DECEMBER)), 1)]
    rows += [("b", 1, 0), ("b", 2, NOON_MS)]
    with engine.begin() as connection:
        for code in "ab":
            connection.exec_driver_sql(
                f"INSERT INTO library (library_id, name, created_ms) VALUES ('{code}', '{code}', 0)"
            )
        for code, position, at_ms in rows:
            fixed = {"device": "d", "epoch": "e", "hash": "", "loans": "[]", "verdict": "accepted"}
            mine = {"library_id": code, "position": position, "seq": position, "received_ms": at_ms}
            connection.execute(table.insert(), fixed | mine | {"body": f"{code}{position}".encode()})
    engine.dispose()
    return where


def counted(where: Where, rows: str) -> int:
    url = sa.URL.create("sqlite", database=str(where / FILE_NAME)) if isinstance(where, Path) else where
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        count = connection.exec_driver_sql(f"SELECT count(*) FROM {rows}").scalar()
    engine.dispose()
    return int(count or 0)


def bodies(store: Store) -> list[tuple[str, int, bytes]]:
    with reading(store) as connection:
        asked = sa.select(operation.c.library_id, operation.c.position, operation_body.c.body)
        found = connection.execute(asked.join(operation_body, ITS_BODY).order_by(*asked.selected_columns[:2]))
        return [(row[0], row[1], bytes(row[2])) for row in found]


ALL = [("a", 1, b"a1"), ("a", 2, b"a2"), ("a", 3, b"a3"), ("b", 1, b"b1"), ("b", 2, b"b2")]


def test_a_migration_goes_on_from_where_it_was_cut_off(old: Where) -> None:
    commits: list[sa.Connection] = []

    def cut_off_at_the_third(connection: sa.Connection) -> None:
        commits.append(connection)
        if len(commits) == 3:
            raise RuntimeError("cut off")

    sa.event.listen(sa.Engine, "commit", cut_off_at_the_third)
    try:
        with pytest.raises(RuntimeError, match="cut off"):
            open_store(old, migrate=True)
    finally:
        sa.event.remove(sa.Engine, "commit", cut_off_at_the_third)
    commits[0].engine.dispose()
    # The bodies of one library are over, and the program of before still finds all of them where they were.
    assert [counted(old, one) for one in ("operation_body", "operation WHERE body IS NOT NULL")] == [3, 5]
    with pytest.raises(CannotOpen, match="revision 00"):
        open_store(old)
    store = open_store(old, migrate=True)
    assert bodies(store) == ALL
    if not isinstance(old, Path):
        assert [counted(old, f"operation_body_{month}") for month in ("1970_01", "2026_11", "2026_12", "rest")] == [
            1,
            3,
            1,
            0,
        ]
    store.close()
