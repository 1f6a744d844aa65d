"""Pages find what they show by an index, however long a library's history is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from central_server import lookup, reader_books, reports, today
from central_server.catalogue import items
from central_server.clock import day_of
from central_server.database import Store, reading
from central_server.tables.operations import check_in, loan, operation, operation_body
from tests.central_server.support import NOON_MS

DAY_MS = 24 * 3_600_000
DAYS = 2_000
TODAY = day_of(NOON_MS)
HISTORY = {"loan", "check_in", "operation"}


@pytest.fixture
def years(store: Store, known: object) -> Store:
    """Every day of some years one book was lent and came back."""
    rows: dict[sa.Table, list[dict[str, Any]]] = {loan: [], check_in: [], operation: [], operation_body: []}
    for number in range(1, DAYS + 1):
        at_ms = NOON_MS - number * DAY_MS
        place = {"library_id": "hoa-sen", "device": "tram-1", "epoch": "0" * 32, "seq": number}
        book = {"barcode": f"CU.{number}"}
        times = {"earliest_ms": at_ms, "latest_ms": at_ms}
        lent = {"id": f"{number}", "lent_on": day_of(at_ms).isoformat(), "due_on": "2026-01-01", "renewals": 0}
        state = {"open": False, "standing": False, "voided": False, "position": number}
        rows[loan].append(place | book | times | lent | state)
        rows[check_in].append(place | book | times)
        told = {"position": number, "hash": "", "loans": "[]", "verdict": "accepted"}
        kind = "help_call" if number % 100 == 0 else "check_in"
        rows[operation].append(place | book | told | {"kind": kind, "received_ms": at_ms})
        wrote = {"library_id": "hoa-sen", "position": number, "received_ms": at_ms, "body": b"{}"}
        rows[operation_body].append(wrote)
    with store.writing.begin() as connection:
        for table, these in rows.items():
            connection.execute(table.insert(), these)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
    return store


def plans(store: Store, ask: Callable[[sa.Connection], object]) -> list[str]:
    """How the database answers each statement of `ask`."""
    asked: list[tuple[str, Any]] = []

    def heard(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(store.reading, "before_cursor_execute", heard)
    with reading(store) as connection:
        ask(connection)
    sa.event.remove(store.reading, "before_cursor_execute", heard)
    with reading(store) as connection:
        explain = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in asked
            if statement.startswith("SELECT")
        ]


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda c: today.look(c, "hoa-sen", NOON_MS), {"loan_by_day", "check_in_by_time", "operation_to_check"}),
        (
            lambda c: reports.by_month(c, "hoa-sen", TODAY - timedelta(days=30), TODAY),
            {"loan_by_day", "check_in_by_time"},
        ),
        (
            lambda c: items.is_removable(c, "hoa-sen", "TK.1"),
            {"loan_over_by_barcode", "operation_of_item"},
        ),
    ],
    ids=["today", "months", "removable"],
)
def test_reads_a_part_of_the_history(years: Store, ask: Callable[[sa.Connection], object], indexes: set[str]) -> None:
    found = plans(years, ask)
    assert {name for name in indexes if any(name in plan for plan in found)} == indexes, "\n\n".join(found)
    for plan in found:
        for table in HISTORY:
            assert f"Seq Scan on {table} " not in plan
            assert f"SCAN {table}" not in plan


@pytest.mark.parametrize("counted", [False, True], ids=["without statistics", "with statistics"])
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda c: lookup.on_loan(c, "hoa-sen", {"CU.1", "CU.2"}), "loan_standing_by_barcode"),
        (lambda c: lookup.find(c, "hoa-sen", "de", only_inside=True), "loan_standing_by_barcode"),
        (lambda c: reader_books._open_loans(c, "hoa-sen", "somebody"), "loan_standing_by_patron"),
    ],
    ids=["on loan", "inside", "of a reader"],
)
def test_finds_the_loans_that_stand_and_passes_over_the_others(
    years: Store, ask: Callable[[sa.Connection], object], index: str, counted: bool
) -> None:
    """Without statistics SQLite goes through all of a library's loans, if nobody tells it by which index.
    PostgreSQL is always asked with them."""
    if counted and years.writing.dialect.name == "sqlite":
        with years.writing.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        years.reading.dispose()
    found = plans(years, ask)
    # PostgreSQL may take the other of the two, which are equally small.
    wanted = index if years.writing.dialect.name == "sqlite" else "loan_standing_by_"
    assert [plan for plan in found if wanted in plan], "\n\n".join(found)
    for plan in found:
        assert "Seq Scan on loan " not in plan
        assert "SCAN loan" not in plan
        assert "loan USING PRIMARY KEY (library_id=?)" not in plan
