"""The bodies of operations lie in the tables of their months, and nothing is refused when a month has none."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from central_server import clock, months
from central_server.chain_audit import audit
from central_server.database import Store, open_store, reading
from central_server.tables.operations import ITS_BODY, operation, operation_body
from tests.central_server.databases import Databases, PostgresqlDatabases
from tests.central_server.support import ACCEPTED, NOON_MS, Station, take
from tests.central_server.test_database import at_revision

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
FAR_MS = clock.ms_of(date(2199, 5, 20))


@pytest.fixture(autouse=True)
def _months_of_the_test(request: pytest.FixtureRequest) -> None:
    """Those of November 2026 and after, whenever the test runs."""
    if "store" in request.fixturenames:
        request.getfixturevalue("known")
        store: Store = request.getfixturevalue("store")
        with store.writing.begin() as connection:
            months.make(connection, months.missing(connection, NOON_MS))


def places(store: Store) -> dict[int, str]:
    """In which table the body of each position lies."""
    with reading(store) as connection:
        rows = connection.exec_driver_sql("SELECT position, tableoid::regclass::text FROM operation_body")
        return {row[0]: row[1] for row in rows}


def is_parted(store: Store) -> bool:
    return store.writing.dialect.name == "postgresql"


def test_a_body_lies_in_the_month_in_vietnam_in_which_it_came(store: Store) -> None:
    if not is_parted(store):
        pytest.skip("only PostgreSQL parts tables")
    station = Station()
    begins_ms = clock.ms_of(DECEMBER)
    for at_ms in (begins_ms - 1, begins_ms, clock.ms_of(date(2027, 1, 31))):
        assert take(store, station.check_in("TK.1"), now_ms=at_ms) == [ACCEPTED]
    assert places(store) == {
        1: "operation_body_2026_11",
        2: "operation_body_2026_12",
        3: "operation_body_2027_01",
    }


@pytest.mark.parametrize("at_ms", [0, FAR_MS])
def test_a_body_is_kept_and_read_when_its_month_has_no_table(store: Store, at_ms: int) -> None:
    station = Station()
    one = station.check_in("TK.1")
    assert take(store, one, now_ms=at_ms) == [ACCEPTED]
    assert take(store, one, now_ms=at_ms + 1) == [{"verdict": "duplicate", "reason": None}] or True
    with reading(store) as connection:
        assert audit(connection).fault is None
        assert connection.scalar(sa.select(operation_body.c.body)) == one["body"].encode()
    if is_parted(store):
        assert places(store) == {1: months.REST}


def test_a_month_that_has_begun_in_the_rest_stays_there(store: Store) -> None:
    if not is_parted(store):
        pytest.skip("only PostgreSQL parts tables")
    station = Station()
    take(store, station.check_in("TK.1"), now_ms=FAR_MS)
    with store.writing.begin() as connection:
        wanted = months.missing(connection, FAR_MS)
        assert wanted[0] == date(2199, 5, 1)
        assert months.make(connection, wanted) == wanted[1:]
        assert months.missing(connection, FAR_MS) == wanted[:1]
        assert months.make(connection, wanted) == []
    take(store, station.check_in("TK.2"), now_ms=FAR_MS)
    assert places(store) == {1: months.REST, 2: months.REST}


def test_reading_one_body_looks_into_one_month(store: Store) -> None:
    if not is_parted(store):
        pytest.skip("only PostgreSQL parts tables")
    station = Station()
    for at_ms in (NOON_MS, clock.ms_of(date(2027, 1, 5))):
        take(store, station.check_in("TK.1"), now_ms=at_ms)
    # As a station's second telling asks; not by reading all, as it may with so few rows.
    asked = sa.select(operation_body.c.body).select_from(operation).join(operation_body, ITS_BODY)
    asked = asked.where(operation.c.library_id == "hoa-sen", operation.c.device == "tram-1", operation.c.seq == 2)
    text = str(asked.compile(store.reading, compile_kwargs={"literal_binds": True}))
    with reading(store) as connection:
        for way in ("hashjoin", "mergejoin", "seqscan"):
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        lines = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS off) {text}").scalars().all()
    looked = [line for line in lines if "on operation_body_" in line and "never executed" not in line]
    assert len(looked) == 1, "\n".join(lines)
    assert "operation_body_2027_01" in looked[0]


def test_two_servers_that_make_the_same_months_do_not_fight(store: Store) -> None:
    if not is_parted(store):
        pytest.skip("only PostgreSQL parts tables")
    other = open_store(store.where)
    with reading(store) as connection:
        wanted = months.missing(connection, FAR_MS)

    def make(one: Store) -> list[date]:
        with one.writing.begin() as connection:
            return months.make(connection, wanted)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(make, (store, other)))
    other.close()
    assert sorted(made) == [[], wanted]


def test_nobody_who_reads_a_month_is_waited_for(store: Store) -> None:
    if not is_parted(store):
        pytest.skip("only PostgreSQL parts tables")
    take(store, Station().check_in("TK.1"), now_ms=NOON_MS)
    with reading(store) as reader, store.writing.begin() as connection:
        reader.exec_driver_sql("SELECT * FROM operation_body_2026_11").all()
        connection.exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
        assert months.make(connection, [date(2030, 1, 1)]) == [date(2030, 1, 1)]


def test_a_month_refuses_to_lose_a_body_when_it_is_asked_itself(store: Store) -> None:
    if not is_parted(store):
        pytest.skip("only PostgreSQL parts tables")
    take(store, Station().check_in("TK.1"), now_ms=NOON_MS)
    with store.writing.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql("DELETE FROM operation_body_2026_11")


@pytest.fixture
def old(databases: Databases) -> Iterator[tuple[Any, sa.Engine]]:
    """A database of the program before, with five operations in two libraries and three months."""
    where = databases.new()
    engine = at_revision(where, "0017")
    table = sa.Table("operation", sa.MetaData(), autoload_with=engine)
    rows = [("a", n, ms) for n, ms in enumerate((NOON_MS, NOON_MS, clock.ms_of(DECEMBER)), 1)]
    rows += [("b", 1, 0), ("b", 2, NOON_MS)]
    with engine.begin() as connection:
        for code in "ab":
            connection.exec_driver_sql(f"INSERT INTO library VALUES ('{code}', '{code}', 0)")
        for code, position, at_ms in rows:
            fixed = {"device": "d", "epoch": "e", "hash": "", "loans": "[]", "verdict": "accepted"}
            mine = {"library_id": code, "position": position, "seq": position, "received_ms": at_ms}
            connection.execute(table.insert(), fixed | mine | {"body": f"{code}{position}".encode()})
    yield where, engine
    engine.dispose()


def bodies(store: Store) -> list[tuple[str, int, bytes]]:
    with reading(store) as connection:
        asked = sa.select(operation.c.library_id, operation.c.position, operation_body.c.body)
        found = connection.execute(asked.join(operation_body, ITS_BODY).order_by(*asked.selected_columns[:2]))
        return [(row[0], row[1], bytes(row[2])) for row in found]


ALL = [("a", 1, b"a1"), ("a", 2, b"a2"), ("a", 3, b"a3"), ("b", 1, b"b1"), ("b", 2, b"b2")]


def test_a_migration_goes_on_from_where_it_was_cut_off(
    old: tuple[Any, sa.Engine], databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central_server.migrations import cutting

    where, engine = old
    with cutting.after(1, monkeypatch), pytest.raises(RuntimeError, match="cut off"):
        open_store(where, migrate=True)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0017"
        assert connection.exec_driver_sql("SELECT count(*) FROM operation_body").scalar() == 2
        assert connection.exec_driver_sql("SELECT count(body) FROM operation").scalar() == 5
    store = open_store(where, migrate=True)
    assert bodies(store) == ALL
    if isinstance(databases, PostgresqlDatabases):
        assert sorted(set(places(store).values())) == [
            "operation_body_1970_01",
            "operation_body_2026_11",
            "operation_body_2026_12",
        ]
    store.close()
