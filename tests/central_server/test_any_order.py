"""However batches are split, doubled and shuffled, the same loans and the same ledger come out, and nothing twice."""

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_server import changes, settling
from central_server.database import Store, Where, open_store
from central_server.imports import patrons
from central_server.ledger import read_ledger
from central_server.tables.library import hold, patron, request
from central_server.tables.operations import (
    check_in,
    dated_boot,
    dispute,
    late_return,
    loan_end,
    operation_body,
    operation_reader,
    succession,
    voided,
)
from central_server.tables.operations import loan as loan_table
from central_server.tables.operations import operation as operation_table
from tests.central_server.databases import Databases
from tests.central_server.support import (
    CIRCULATION,
    NOON_MS,
    SUSPENDS,
    Operation,
    Station,
    bring,
    bring_a_small_library,
    loan_of,
    request_id,
    take,
    title_of,
)

Known = dict[str, dict[str, str]]
CARDS = ("HS1", "HS2")
BARCODES = ("TK.1", "TK.1", "TK.1", "TK.9")
OF_OPERATIONS = (
    operation_table,
    operation_body,
    operation_reader,
    succession,
    dispute,
    loan_table,
    loan_end,
    check_in,
    voided,
    dated_boot,
    request,
    hold,
    late_return,
)
HEARD_MS = NOON_MS + 10_000 * 86_400_000
SUSPENDING = CIRCULATION.replace("[[policy]]", SUSPENDS.replace("= 3", "= 1") + "[[policy]]", 1)


# What happens, in the order of happening: (act, station, barcode, card).
History = list[tuple[str, int, str, str]]


def histories(stations: int = 3) -> st.SearchStrategy[History]:
    """What happens at the shelves of stations of which some have no clock, and some are copied."""
    acts = ["check_out", "check_out", "check_in", "blind_check_in", "renew", "void", "reopen"]
    acts += ["place_hold", "place_hold", "cancel_hold"]
    acts += (
        [
            "a_month",
            "lose_clock",
            "date_boot",
            "date_boot_roughly",
            "set_clock",
            "copy_card",
            "save_card",
            "restore_card",
        ]
        if stations > 1
        else []
    )
    act = st.tuples(
        st.sampled_from(acts), st.integers(0, stations - 1), st.sampled_from(BARCODES), st.sampled_from(CARDS)
    )
    return st.lists(act, min_size=5, max_size=30)


class Shelves:
    """The stations of a history. A copied card is one more station with the same name."""

    def __init__(self, library: str, patrons: dict[str, str], title: str, stations: int) -> None:
        self.patrons = patrons
        self.title = title
        self.placed: dict[str, Operation] = {}
        self.stations = [Station(library=library, device=f"tram-{number}") for number in range(stations)]
        # Who has a book: the loan may have begun anywhere.
        self.on_loan: dict[str, Operation] = {}
        self.renewals: dict[str, int] = {}
        self.began: dict[int, int] = {}
        self.saved: dict[int, Station] = {}
        self.now_ms = NOON_MS

    def write(self, act: str, number: int, barcode: str, card: str) -> Operation | None:
        station = self.stations[number]
        self.now_ms += 60_000
        station.wall_ms = self.now_ms if station.trusted else 5
        out = self.on_loan.get(barcode)
        match act:
            case "check_out":
                self.on_loan[barcode] = station.check_out(barcode, self.patrons[card])
                return self.on_loan[barcode]
            case "check_in" if out:
                return station.check_in(barcode, [loan_of(self.on_loan.pop(barcode))])
            case "check_in" | "blind_check_in":
                return station.check_in(barcode)
            case "renew" if out:
                count = self.renewals[loan_of(out)] = self.renewals.get(loan_of(out), 0) + 1
                return station.renew(barcode, out["reader"]["patron"], loan_of(out), f"2027-01-{count:02}", count)
            case "void" if out and out["epoch"] == station.epoch:
                return station.void(self.on_loan.pop(barcode))
            case "place_hold":
                self.placed[card] = station.ask("place_hold", self.patrons[card], title=self.title)
                return self.placed[card]
            case "cancel_hold" if card in self.placed:
                return station.ask("cancel_hold", self.patrons[card], hold=request_id(self.placed[card]))
            case "reopen" if station.seq:
                station.reopen()
            case "a_month":
                self.now_ms += 30 * 86_400_000
            case "lose_clock":
                station.trusted, station.boot = False, str(uuid4())
                self.began[number] = self.now_ms
            case "set_clock":
                station.trusted, station.boot = True, str(uuid4())
            case "date_boot" if number in self.began:
                return station.date_boot(station.boot, self.began[number], None, *self.dated(out))
            case "date_boot_roughly" if number in self.began:
                return station.date_boot(station.boot, None, self.now_ms, after_ms=self.began[number])
            case "copy_card" if station.seq:
                other = (number + 1) % len(self.stations)
                self.stations[other] = station.copy().reopen()
                station.reopen()
            case "save_card" if station.seq:
                self.saved[number] = station.copy()
            case "restore_card" if number in self.saved:
                self.stations[number] = self.saved.pop(number).reopen()
        return None

    def dated(self, out: Operation | None) -> list[dict[str, Any]]:
        """What a boot that is dated says of a loan."""
        days = {"lent_on": "2026-11-18", "due_on": "2026-12-01", "renewals": 0}
        return [{"loan": loan_of(out), **days}] if out else []


def written(
    history: History, library: str, patrons: dict[str, str], title: str, stations: int = 3
) -> list[tuple[str, Operation]]:
    """The history as the chains of its stations: each operation with the name of its device."""
    shelves = Shelves(library, patrons, title, stations)
    found = []
    for act, number, barcode, card in history:
        device = shelves.stations[number].device
        if operation := shelves.write(act, number, barcode, card):
            found.append((device, operation))
    return found


def outcome(store: Store, library: str) -> tuple[list[tuple[Any, ...]], list[Any]]:
    """The operations, and the loans, wishes and open disputes about order: what must not depend on arrival."""
    ledger = read_ledger(store, library)
    kept = sorted((one["epoch"], one["seq"], one["hash"], one["kind"]) for one in ledger["operations"])
    loans = sorted(ledger["loans"], key=lambda one: str(one["id"]))
    in_library = late_return.c.library_id == library
    with store.reading.connect() as connection:
        told = settling.listed(connection, library)
        columns = (loan_table.c.id, loan_table.c.lent_on, loan_table.c.provisional)
        days = sa.select(*columns).where(loan_table.c.library_id == library)
        dates = {row.id: {"lent_on": row.lent_on, "provisional": row.provisional} for row in connection.execute(days)}
        of_wishes = (request.c.id, request.c.state, request.c.why, hold.c.placed_ms, hold.c.loan_id)
        same = sa.and_(hold.c.library_id == request.c.library_id, hold.c.id == request.c.id)
        wished = sa.select(*of_wishes).outerjoin(hold, same).where(request.c.library_id == library)
        wishes = sorted(tuple(row) for row in connection.execute(wished))
        mine = sa.select(patron.c.id).where(patron.c.library_id == library)
        told_of = {one: changes.current(connection, library, "patron", one) for one in connection.scalars(mine)}
        late = sorted(tuple(row) for row in connection.execute(sa.select(late_return).where(in_library)))
    doubts = sorted(one["id"] for one in told if one["reason"] in ("already_on_loan", "unclear_order"))
    return kept, [*(one | dates[one["id"]] for one in loans), *doubts, *wishes, *late, *sorted(told_of.items())]


def allow_deleting(connection: sa.Connection) -> None:
    """Take away what keeps operations from being deleted."""
    for table in ("operation", "operation_body"):
        of_table = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_refuses_delete{of_table}")


@pytest.fixture(scope="module")
def shared(databases: Databases, empty_database: Where) -> Iterator[Store]:
    """One database for all examples, which take two libraries each."""
    store = open_store(databases.new(empty_database))
    yield store
    store.close()


def send(store: Store, library: str, operations: Sequence[tuple[str, Operation]]) -> None:
    """One batch of each station, in the order of their first operations here."""
    for device in dict.fromkeys(device for device, _ in operations):
        batch = (one for other, one in operations if other == device)
        take(store, *batch, library=library, device=device, now_ms=HEARD_MS)


def check_any_order(shared: Store, folder: Path, history: History, data: st.DataObject) -> None:
    """Send `history` once split, doubled and shuffled, once in order, and compare."""
    library = f"l-{uuid4().hex[:12]}"
    known = bring_a_small_library(shared, folder, library)
    bring(shared, "circulation", SUSPENDING, folder, library)
    operations = written(history, library, known["patron"], title_of(shared, library))
    once = [(one["epoch"], one["seq"], one["hash"]) for _, one in operations]
    # Hypothesis itself would mostly keep the order.
    chance = data.draw(st.randoms(use_true_random=False))
    rest = copy.deepcopy(operations + chance.choices(operations, k=8) if operations else [])
    chance.shuffle(rest)
    while rest:
        size = chance.choice((1, 1, 2, 5, len(rest)))
        send(shared, library, rest[:size])
        rest = rest[size:]
    kept, loans = outcome(shared, library)
    assert [one[:3] for one in kept] == sorted(once)

    # The same again in order, in the same library: its things have the same ids.
    with shared.writing.begin() as connection:
        allow_deleting(connection)
        for table in OF_OPERATIONS:
            connection.execute(table.delete().where(table.c.library_id == library))
        patrons.publish_of(connection, library, set(known["patron"].values()))
    for operation in operations:
        send(shared, library, [operation])
    assert outcome(shared, library) == (kept, loans)
    assert read_ledger(shared, library)["conflicts"] == 0


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_ends_alike_when_batches_are_split_doubled_and_shuffled(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: History, data: st.DataObject
) -> None:
    check_any_order(shared, tmp_path_factory.getbasetemp(), history, data)


@pytest.mark.slow(30)
@pytest.mark.long
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_ends_alike_often_when_batches_are_split_doubled_and_shuffled(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: History, data: st.DataObject
) -> None:
    check_any_order(shared, tmp_path_factory.getbasetemp(), history, data)


@settings(max_examples=15, deadline=None)
@given(history=histories(stations=1))
def test_disputes_nothing_of_the_chain_when_operations_come_in_order(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: History
) -> None:
    library = f"o-{uuid4().hex[:12]}"
    known = bring_a_small_library(shared, tmp_path_factory.getbasetemp(), library)
    operations = written(history, library, known["patron"], title_of(shared, library), stations=1)
    for start in range(0, len(operations), 4):
        send(shared, library, operations[start : start + 4])
    reasons = {one["reason"] for one in read_ledger(shared, library)["operations"]}
    assert reasons <= {None, "unknown_item", "already_on_loan"}
