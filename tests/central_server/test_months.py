"""Only PostgreSQL parts the bodies of operations by months: each lies in its own, and a read looks into one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from central_server import clock, months
from central_server.database import Store, make_library, open_store, reading
from central_server.postgresql import read_url
from central_server.tables.operations import ITS_BODY, operation, operation_body
from demo.cluster import Cluster
from tests.central_server.support import NOON_MS, Station, serving, take

DECEMBER = date(2026, 12, 1)
FAR_MS = clock.ms_of(date(2199, 5, 20))


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def empty(cluster: Cluster) -> str:
    """A database with a small library and the months of the tests."""
    name = cluster.create()
    store = open_store(read_url(cluster.url(name)))
    with store.writing.begin() as connection:
        make_library(connection, "hoa-sen", "Hoa Sen", 0)
        months.make(connection, months.missing(connection, NOON_MS))
    store.close()
    return name


@pytest.fixture
def store(cluster: Cluster, empty: str) -> Iterator[Store]:
    """Whose months are those of November 2026 and after."""
    store = open_store(read_url(cluster.url(cluster.create(empty))))
    yield store
    store.close()


def places(store: Store) -> dict[int, str]:
    """In which table the body of each position lies."""
    with reading(store) as connection:
        rows = connection.exec_driver_sql("SELECT position, tableoid::regclass::text FROM operation_body")
        return {row[0]: row[1] for row in rows}


def test_a_body_lies_in_the_month_in_vietnam_in_which_it_came(store: Store) -> None:
    station = Station()
    begins_ms = clock.ms_of(DECEMBER)
    for at_ms in (begins_ms - 1, begins_ms, clock.ms_of(date(2027, 1, 31))):
        take(store, station.check_in("TK.1"), now_ms=at_ms)
    assert places(store) == {
        1: "operation_body_2026_11",
        2: "operation_body_2026_12",
        3: "operation_body_2027_01",
    }


def test_a_month_that_has_begun_in_the_rest_stays_there(store: Store) -> None:
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


def test_a_server_makes_the_next_months_before_it_serves(cluster: Cluster, empty: str) -> None:
    where = read_url(cluster.url(cluster.create(empty)))
    store = open_store(where)
    with store.writing.begin() as connection:
        for month in connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relispartition AND relname ~ '^operation_body_[0-9]+_[0-9]+$'"
        ).scalars():
            connection.exec_driver_sql(f"DROP TABLE {month}")
    with serving(where), reading(store) as connection:
        assert months.missing(connection, clock.now_ms()) == []
    store.close()


def test_reading_one_body_looks_into_one_month(store: Store) -> None:
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
    take(store, Station().check_in("TK.1"), now_ms=NOON_MS)
    with reading(store) as reader, store.writing.begin() as connection:
        reader.exec_driver_sql("SELECT * FROM operation_body_2026_11").all()
        connection.exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
        assert months.make(connection, [date(2030, 1, 1)]) == [date(2030, 1, 1)]


def test_a_month_refuses_to_lose_a_body_when_it_is_asked_itself(store: Store) -> None:
    take(store, Station().check_in("TK.1"), now_ms=NOON_MS)
    with store.writing.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql("DELETE FROM operation_body_2026_11")
