"""However batches are split, doubled and shuffled, the same loans and the same ledger come out, and nothing twice."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_server import tables
from central_server.database import Store, Where, open_store
from central_server.ledger import read_ledger
from tests.central_server.databases import Databases
from tests.central_server.support import Operation, Station, bring_a_small_library, loan_of, take

Known = dict[str, dict[str, str]]
CARDS = ("HS1", "HS2")
BARCODES = ("TK.1", "TK.2", "TK.9")
OF_OPERATIONS = (
    tables.operation,
    tables.operation_reader,
    tables.succession,
    tables.dispute,
    tables.loan,
    tables.loan_end,
    tables.check_in,
    tables.voided,
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    """What happens at one shelf, one after the other: (act, barcode, card)."""
    acts = ("check_out", "check_out", "check_in", "blind_check_in", "renew", "void", "reopen")
    act = st.tuples(st.sampled_from(acts), st.sampled_from(BARCODES), st.sampled_from(CARDS))
    return draw(st.lists(act, min_size=1, max_size=25))


def written(history: list[tuple[str, str, str]], library: str, patrons: dict[str, str]) -> list[Operation]:
    """The history as the chain of one station."""
    station = Station(library=library)
    operations: list[Operation] = []
    on_loan: dict[str, Operation] = {}
    renewals: dict[str, int] = {}
    for act, barcode, card in history:
        out = on_loan.get(barcode)
        if act == "check_out":
            on_loan[barcode] = station.check_out(barcode, patrons[card])
            operations.append(on_loan[barcode])
        elif act == "blind_check_in" or (act == "check_in" and out is None):
            on_loan.pop(barcode, None)
            operations.append(station.check_in(barcode))
        elif act == "check_in" and out:
            operations.append(station.check_in(barcode, [loan_of(on_loan.pop(barcode))]))
        elif act == "renew" and out:
            count = renewals[loan_of(out)] = renewals.get(loan_of(out), 0) + 1
            operations.append(
                station.renew(barcode, out["reader"]["patron"], loan_of(out), f"2027-01-{count:02}", count)
            )
        elif act == "void" and operations and operations[-1]["body"].startswith('{"v": 1, "kind": "check'):
            operations.append(station.void(operations[-1]))
        elif act == "reopen" and station.seq:
            station.reopen()
    return operations


def outcome(store: Store, library: str) -> tuple[list[tuple[Any, ...]], list[Any]]:
    """The ledger and the loans without what depends on the order of arrival: positions, verdicts, reasons."""
    ledger = read_ledger(store, library)
    kept = sorted((one["epoch"], one["seq"], one["hash"], one["kind"]) for one in ledger["operations"])
    loans = sorted(ledger["loans"], key=lambda one: str(one["id"]))
    return kept, loans


def allow_deleting(connection: sa.Connection) -> None:
    """Take away what keeps operations from being deleted."""
    of_table = " ON operation" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS operation_refuses_delete{of_table}")


@pytest.fixture(scope="module")
def shared(databases: Databases, empty_database: Where) -> Iterator[Store]:
    """One database for all examples, which take two libraries each."""
    store = open_store(databases.new(empty_database))
    yield store
    store.close()


def check_any_order(shared: Store, folder: Path, history: list[tuple[str, str, str]], data: st.DataObject) -> None:
    """Send `history` once split, doubled and shuffled, once in order, and compare."""
    library = f"l-{uuid4().hex[:12]}"
    known = bring_a_small_library(shared, folder, library)
    operations = written(history, library, known["patron"])
    once = [(one["epoch"], one["seq"], one["hash"]) for one in operations]
    shuffled = data.draw(st.permutations(operations))
    doubled = shuffled + (data.draw(st.lists(st.sampled_from(operations), max_size=8)) if operations else [])
    rest = copy.deepcopy(doubled)
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        take(shared, *rest[:size], library=library)
        rest = rest[size:]
    kept, loans = outcome(shared, library)
    assert [one[:3] for one in kept] == sorted(once)

    # The same again in order, in the same library: its things have the same ids.
    with shared.writing.begin() as connection:
        allow_deleting(connection)
        for table in OF_OPERATIONS:
            connection.execute(table.delete().where(table.c.library_id == library))
    for operation in operations:
        take(shared, operation, library=library)
    assert outcome(shared, library) == (kept, loans)
    assert read_ledger(shared, library)["conflicts"] == 0


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_ends_alike_when_batches_are_split_doubled_and_shuffled(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    check_any_order(shared, tmp_path_factory.getbasetemp(), history, data)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_ends_alike_often_when_batches_are_split_doubled_and_shuffled(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    check_any_order(shared, tmp_path_factory.getbasetemp(), history, data)


@settings(max_examples=15, deadline=None)
@given(history=histories())
def test_disputes_nothing_of_the_chain_when_operations_come_in_order(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, str, str]]
) -> None:
    library = f"o-{uuid4().hex[:12]}"
    known = bring_a_small_library(shared, tmp_path_factory.getbasetemp(), library)
    operations = written(history, library, known["patron"])
    for start in range(0, len(operations), 4):
        take(shared, *operations[start : start + 4], library=library)
    reasons = {one["reason"] for one in read_ledger(shared, library)["operations"]}
    assert reasons <= {None, "unknown_item", "already_on_loan"}
