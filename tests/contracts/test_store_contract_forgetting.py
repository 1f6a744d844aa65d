"""What every store does about requests, visits and readers who are gone: the port kiosk.ports.store."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kiosk.domain.disputes import DisputeRecord, Version
from kiosk.domain.ids import erased_mark
from kiosk.domain.operations import OperationKind, Reader
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.ports.central import Gone
from kiosk.ports.store import BEGINNING, KeptOperation, WalkedTo
from tests.contracts.store_station import Station, accepted
from tests.local_store.shelf import (
    CATALOGUE,
    ITEMS,
    LAN,
    MINH,
    TITLE,
    hold_by,
    lend,
    loan_of,
    new_id,
    take_back,
    told,
    write_operation,
)

ASKED = RequestRecord(new_id(), "place_hold", TITLE.id, LAN.id, 1_000)
MARK = erased_mark(LAN.id)


def erase_all(station: Station, *marks: str, limit: int = 100) -> int:
    """How many steps it took."""
    after: WalkedTo | None = BEGINNING
    steps = 0
    while after is not None:
        with station.store.unit_of_work() as work:
            after = work.erase(frozenset(marks), after, limit)
            work.commit()
        steps += 1
    return steps


def test_keeps_a_request_with_its_answer(station: Station) -> None:
    later = replace(ASKED, id=new_id(), kind="suggestion", subject="", asked_ms=2_000)
    others = replace(ASKED, id=new_id(), patron_id=MINH.id)
    with station.store.unit_of_work() as work:
        for record in (ASKED, later, others):
            work.put_request(record)
        work.commit()
    declined = replace(ASKED, state=RequestState.DECLINED, by="rule", why="already_yours")
    station.apply(declined, declined)
    with station.reopen().unit_of_work() as work:
        assert list(work.requests_of_patron(LAN.id)) == [later, declined]
    station.apply(Gone("request", later.id))
    with station.store.unit_of_work() as work:
        assert list(work.requests_of_patron(LAN.id)) == [declined]


LENT_TWICE = DisputeRecord(
    new_id(),
    "tram-2",
    "ab" * 16,
    7,
    "already_on_loan",
    Version("tram-1", "cd" * 16, 3, "check_out", "TK.00001", (new_id(),), None),
    Version("tram-2", "ab" * 16, 7, "check_out", "TK.00001", (new_id(),), 1_795_000_000_000),
    ("first_over", "first_has_it"),
    is_open=True,
    way=None,
    opened_ms=1_795_000_001_000,
)


def test_keeps_what_a_librarian_must_look_at_until_it_is_settled(station: Station) -> None:
    older = replace(LENT_TWICE, id=new_id(), held=None, opened_ms=1_000)
    station.apply(LENT_TWICE, older)
    with station.reopen().unit_of_work() as work:
        assert list(work.open_disputes()) == [older, LENT_TWICE]
        assert work.dispute(new_id()) is None
    settled = replace(LENT_TWICE, is_open=False, way="first_over")
    station.apply(settled, settled)
    with station.store.unit_of_work() as work:
        assert list(work.open_disputes()) == [older]
        assert work.dispute(LENT_TWICE.id) == settled


def test_knows_the_day_of_a_readers_last_visit(station: Station) -> None:
    with station.store.unit_of_work() as work:
        assert work.last_visit(LAN.id) is None
        work.put_visit(LAN.id, date(2026, 11, 23))
        work.put_visit(LAN.id, date(2026, 11, 24))
        assert work.last_visit(LAN.id) == date(2026, 11, 24)


@pytest.mark.parametrize("gone", [Gone("erased_reader", MARK), Gone("patron", LAN.id)])
def test_puts_a_reader_who_is_gone_on_the_list_of_those_to_erase(station: Station, gone: Gone) -> None:
    station.apply(*CATALOGUE)
    station.apply(gone, gone)
    with station.reopen().unit_of_work() as work:
        assert work.to_erase() == {MARK}
        work.erased({MARK})
        assert work.to_erase() == frozenset()


@pytest.mark.parametrize("limit", [1, 100])
def test_takes_an_erased_reader_out_of_everything_and_leaves_all_others(station: Station, limit: int) -> None:
    station.apply(*CATALOGUE, hold_by(LAN, 1), hold_by(MINH, 2))
    station.apply(ASKED, replace(ASKED, id=new_id(), patron_id=MINH.id, why="vì"), told(loan_of(ITEMS[5], LAN)))
    with station.store.unit_of_work() as work:
        sent, settled = lend(work, ITEMS[0], LAN), lend(work, ITEMS[1], LAN)
        returned = take_back(work, ITEMS[1], settled[0])
        others = lend(work, ITEMS[2], MINH)
        for patron in (LAN, MINH):
            work.put_visit(patron.id, date(2026, 11, 23))
        work.commit()
    station.settle(accepted(settled[1]))
    before = list(station.store.ledger())
    assert erase_all(station, MARK, limit=limit) > (12 if limit == 100 else 30)
    with station.store.unit_of_work() as work:
        assert work.patron(LAN.id) is None
        assert [work.patron_by_card(card) for card in ("HS000123", "0042")] == [None, None]
        assert work.last_visit(LAN.id) is None
        assert list(work.requests_of_patron(LAN.id)) == []
        assert [hold.patron_id for hold in work.holds_on(TITLE.id)] == [MINH.id]
        assert list(work.open_loans_of_patron(LAN.id)) == []
        lent = work.loan(sent[0].id)
        assert lent == replace(sent[0], patron_id=None)
        assert [loan.id for loan in work.open_loans_of_item(ITEMS[0].id)] == [sent[0].id]
        # Still sent, about nobody; the chain is as it was.
        pending = [operation for _, operation in work.pending(10)]
        assert pending == [replace(sent[1], reader=None), returned, others[1]]
        assert work.patron(MINH.id) == MINH
        assert work.patron_by_card("HS000124") == MINH
        assert work.last_visit(MINH.id) == date(2026, 11, 23)
        assert [one.why for one in work.requests_of_patron(MINH.id)] == ["vì"]
        assert [loan.id for loan in work.open_loans_of_patron(MINH.id)] == [others[0].id]
    assert list(station.store.ledger()) == before
    assert all(row["patron"] != LAN.id for row in station.store.loans_ledger())
    assert station.store.forget()


def test_gives_every_operation_with_its_audit_line(station: Station) -> None:
    station.apply(*CATALOGUE)
    written = station.operations(2)
    station.reopen()
    with station.store.unit_of_work() as work:
        last = write_operation(work, OperationKind.VISIT, patron=LAN)
        work.commit()
    history = list(station.store.history())
    kept = [operation for operation, _ in history if operation]
    assert [(one.place, one.seq, one.body, one.hash) for one in kept] == [
        (place, one.id.seq, one.body, one.hash) for place, one in enumerate((*written, last), start=1)
    ]
    assert [one.before for one in kept] == [0, 0, 2]
    assert kept[0].reader is None
    assert isinstance(last.reader, Reader)
    assert (kept[2].reader, kept[2].salt, kept[2].private) == (LAN.id, last.reader.salt, None)
    assert [line and line.entry for _, line in history] == [f"{one.kind} {one.hash.hex()}" for one in kept]
    assert isinstance(kept[0], KeptOperation)
