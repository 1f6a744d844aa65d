"""What every store does, whatever it is made of: the port kiosk.ports.store, on the side of the centre."""

from __future__ import annotations

import itertools
import logging
from dataclasses import replace
from datetime import date

import pytest

from kiosk.domain.clock_trust import KeptTime, Voucher
from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import OperationId, OperationKind
from kiosk.ports.central import Gone, PatronRecord, Verdict, VerdictKind
from kiosk.ports.store import OutboxCounts
from tests.contracts.store_station import Station, accepted
from tests.local_store.shelf import (
    BUILD_MS,
    CALENDAR,
    CATALOGUE,
    DUE,
    ITEMS,
    LAN,
    LENT,
    MINH,
    RULES,
    TITLE,
    hold_by,
    item_shown,
    lend,
    loan_of,
    take_back,
    told,
    write_operation,
)

# verdicts


def test_gives_pending_operations_oldest_first_in_pages(station: Station) -> None:
    written = station.operations(5)
    station.reopen()
    written += station.operations(2)
    with station.store.unit_of_work() as work:
        first = work.pending(3)
        rest = work.pending(10, after=first[-1][0])
        assert [operation for _, operation in (*first, *rest)] == written
        places = [place for place, _ in (*first, *rest)]
        assert places == sorted(set(places))
        assert list(work.pending(10, after=places[-1])) == []


def test_settles_each_operation_by_its_verdict(station: Station) -> None:
    one, two, three, four = station.operations(4)
    station.settle(
        Verdict(two.id, VerdictKind.DUPLICATE), Verdict(three.id, VerdictKind.DISPUTED, "unknown_item"), accepted(one)
    )
    assert station.pending() == [four.id]
    assert station.states() == ["settled", "settled", "disputed", "pending"]
    assert [row["reason"] for row in station.store.ledger()] == [None, None, "unknown_item", None]
    for _ in range(2):
        with station.store.unit_of_work() as work:
            assert work.outbox_counts() == OutboxCounts(pending=1, disputed=1, settled=2, set_aside=0)
        station.reopen()


def test_keeps_the_first_verdict_whatever_comes_again(station: Station) -> None:
    one, two = station.operations(2)
    station.settle(accepted(one), Verdict(two.id, VerdictKind.DISPUTED, "clone"))
    station.settle(Verdict(one.id, VerdictKind.DISPUTED, "gap"), accepted(two), accepted(two))
    assert [(row["state"], row["reason"]) for row in station.store.ledger()] == [
        ("settled", None),
        ("disputed", "clone"),
    ]
    with station.store.unit_of_work() as work:
        assert work.outbox_counts() == OutboxCounts(pending=0, disputed=1, settled=1)


def test_ignores_verdicts_on_unknown_operations_with_a_log_line(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    (one,) = station.operations(1)
    unknown = [OperationId("f" * 32, 1), OperationId(one.id.epoch, 2), OperationId(one.id.epoch, 0)]
    with caplog.at_level(logging.WARNING):
        station.settle(*(Verdict(id_, VerdictKind.ACCEPTED) for id_ in unknown), accepted(one))
    assert "3 verdicts" in caplog.text
    assert station.states() == ["settled"]


def test_sets_an_operation_aside_until_the_next_opening(station: Station) -> None:
    one, two, three = station.operations(3)
    station.set_aside(two)
    assert station.pending() == [one.id, three.id]
    with station.store.unit_of_work() as work:
        assert work.outbox_counts() == OutboxCounts(pending=2, disputed=0, settled=0, set_aside=1)
    station.settle(accepted(one), accepted(three))
    assert [(row["state"], row["reason"]) for row in station.store.ledger()][1] == ("set_aside", "request_refused")
    station.reopen()
    assert station.pending() == [two.id]
    assert station.states() == ["settled", "pending", "settled"]
    assert [row["reason"] for row in station.store.ledger()] == [None, None, None]


def test_what_was_set_aside_is_pending_again_when_it_is_to_be_told_again(station: Station) -> None:
    one, two = station.operations(2)
    station.settle(accepted(two))
    station.set_aside(one)
    with station.store.unit_of_work() as work:
        work.tell_set_aside_again()
        work.commit()
    assert station.pending() == [one.id]
    station.reopen()
    assert station.pending() == [one.id]


def test_settles_an_operation_that_was_set_aside_when_its_verdict_comes_late(station: Station) -> None:
    (one,) = station.operations(1)
    station.set_aside(one)
    station.settle(accepted(one))
    assert station.states() == ["settled"]
    with station.reopen().unit_of_work() as work:
        assert work.outbox_counts() == OutboxCounts(pending=0, disputed=0, settled=1)


def test_leaves_a_settled_operation_alone_when_it_should_be_set_aside(station: Station) -> None:
    (one,) = station.operations(1)
    station.settle(accepted(one))
    station.set_aside(one)
    assert station.states() == ["settled"]


def test_finds_what_is_pending_behind_many_that_are_settled(station: Station) -> None:
    written = station.operations(1_300)
    station.settle(*(accepted(operation) for operation in written[:700]))
    station.set_aside(written[700])
    station.settle(*(accepted(operation) for operation in written[701:1_290]))
    waiting = [operation.id for operation in written[1_290:]]
    assert station.pending() == waiting
    station.reopen()
    assert station.pending() == [written[700].id, *waiting]
    with station.store.unit_of_work() as work:
        assert work.outbox_counts() == OutboxCounts(pending=11, disputed=0, settled=1_289)


# what the centre tells


def test_keeps_the_cursor_with_the_changes(station: Station) -> None:
    with station.store.unit_of_work() as work:
        assert work.cursor() == ""
    station.apply(TITLE, cursor="a/7")
    with station.reopen().unit_of_work() as work:
        assert work.cursor() == "a/7"


def test_changes_nothing_when_the_same_changes_come_again(station: Station) -> None:
    changes = (*CATALOGUE, told(loan_of(ITEMS[0])), told(loan_of(ITEMS[1]), is_open=False), hold_by(LAN, 1))
    station.apply(*changes)
    before = list(station.store.loans_ledger())
    station.apply(*changes)
    assert list(station.store.loans_ledger()) == before
    with station.store.unit_of_work() as work:
        assert work.patron_by_card("0042") == LAN
        assert work.item_by_barcode("TK.00001") == item_shown(ITEMS[0])
        assert len(work.holds_on(TITLE.id)) == 1
        assert work.rules() == RULES


def test_takes_the_last_of_several_changes_to_one_thing(station: Station) -> None:
    gone_and_back, renamed = ITEMS[0], replace(ITEMS[1], barcode="TK.99999")
    station.apply(
        TITLE, Gone("item", gone_and_back.id), gone_and_back, ITEMS[1], renamed, ITEMS[2], Gone("item", ITEMS[2].id)
    )
    with station.store.unit_of_work() as work:
        assert work.item_by_barcode(gone_and_back.barcode) is not None
        assert work.item_by_barcode("TK.99999") is not None
        assert work.item_by_barcode(ITEMS[1].barcode) is None
        assert work.item_by_barcode(ITEMS[2].barcode) is None


def test_changes_what_it_knows_already(station: Station) -> None:
    station.apply(*CATALOGUE)
    lost = replace(ITEMS[0], status=ItemStatus.LOST)
    moved = replace(LAN, class_name="8A", blocked=True, valid_until=None)
    station.apply(lost, PatronRecord(moved, ("HS000123",)), replace(TITLE, name="Dế Mèn"), replace(RULES, version="2"))
    with station.store.unit_of_work() as work:
        item = work.item_by_barcode(lost.barcode)
        assert item is not None
        assert (item.status, item.name) == (ItemStatus.LOST, "Dế Mèn")
        assert work.patron(LAN.id) == moved
        assert work.patron_by_card("HS000123") == moved
        assert work.patron_by_card("0042") is None, "a card that is no more"
        assert work.rules().version == "2"
        assert work.calendar() == CALENDAR


def test_gives_a_card_to_whom_it_was_given_last(station: Station) -> None:
    station.apply(PatronRecord(LAN, ("HS000123",)), PatronRecord(MINH, ()))
    station.apply(PatronRecord(MINH, ("HS000123",)))
    with station.store.unit_of_work() as work:
        assert work.patron_by_card("HS000123") == MINH
    station.apply(PatronRecord(LAN, ()))
    with station.store.unit_of_work() as work:
        assert work.patron_by_card("HS000123") == MINH


@pytest.mark.parametrize("kind", ["title", "item", "patron", "loan", "hold"])
def test_forgets_what_is_no_more(station: Station, kind: str) -> None:
    loan, hold = loan_of(ITEMS[0]), hold_by(LAN, 1)
    station.apply(*CATALOGUE, told(loan), hold)
    ids = {"title": TITLE.id, "item": ITEMS[0].id, "patron": LAN.id, "loan": loan.id, "hold": hold.hold.id}
    station.apply(Gone(kind, ids[kind]), Gone(kind, "never known"))
    with station.store.unit_of_work() as work:
        item = work.item_by_barcode(ITEMS[0].barcode)
        found = {
            "title": item is not None and item.name != "",
            "item": item is not None,
            "patron": work.patron(LAN.id) is not None and work.patron_by_card("HS000123") is not None,
            "loan": work.loan(loan.id) is not None,
            "hold": bool(work.holds_on(TITLE.id)),
        }
    missing = {name for name, is_there in found.items() if not is_there}
    assert missing == ({"item", "title"} if kind == "item" else {kind})


def test_passes_over_the_end_of_an_unknown_kind_of_thing(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    station.apply(Gone("suggestion", "1"), TITLE, ITEMS[0], cursor="5")
    assert "suggestion" in caplog.text
    with station.store.unit_of_work() as work:
        assert work.cursor() == "5"
        assert work.item_by_barcode(ITEMS[0].barcode) is not None


@pytest.mark.parametrize("waits", ["pending", "set_aside"])
@pytest.mark.parametrize("change", ["closed", "gone"])
def test_leaves_a_loan_alone_while_it_has_something_to_tell_of_it(station: Station, waits: str, change: str) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        loan, operation = lend(work, ITEMS[0])
        work.commit()
    if waits == "set_aside":
        station.set_aside(operation)
    other = loan_of(ITEMS[1], MINH)
    says = told(loan, is_open=False) if change == "closed" else Gone("loan", loan.id)
    station.apply(says, told(other))
    with station.store.unit_of_work() as work:
        assert list(work.open_loans_of_patron(LAN.id)) == [loan]
        assert work.loan(other.id) is not None
    station.settle(accepted(operation))
    station.apply(says)
    with station.store.unit_of_work() as work:
        assert list(work.open_loans_of_patron(LAN.id)) == []


def test_leaves_a_loan_alone_until_the_last_word_on_it_is_settled_also_after_reopening(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        loan, lent = lend(work, ITEMS[0])
        returned = take_back(work, ITEMS[0], loan)
        work.commit()
    station.settle(accepted(returned))
    station.reopen()
    station.apply(told(loan))
    with station.store.unit_of_work() as work:
        assert list(work.open_loans_of_patron(LAN.id)) == [], "the check-out is still to be told"
    station.settle(Verdict(lent.id, VerdictKind.DISPUTED, "unknown_item"))
    station.apply(told(loan))
    with station.store.unit_of_work() as work:
        assert [known.id for known in work.open_loans_of_patron(LAN.id)] == [loan.id], "a dispute is the centre's word"


def test_takes_over_what_the_centre_says_of_a_loan(station: Station) -> None:
    station.apply(*CATALOGUE)
    loan = loan_of(ITEMS[0])
    station.apply(told(loan))
    with station.store.unit_of_work() as work:
        assert work.loan(loan.id) == loan, "with the item's type"
        work.end_loans([loan.id], LENT)
        work.commit()
    later = replace(loan, due_on=date(2026, 12, 21), renewals=1, patron_id=None)
    station.apply(told(later))
    with station.store.unit_of_work() as work:
        assert list(work.open_loans_of_item(ITEMS[0].id)) == [later]


def test_is_no_surer_of_a_date_that_the_centre_only_repeats(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        unsure = replace(loan_of(ITEMS[0]), provisional=True)
        work.add_loan(unsure)
        work.commit()
    station.apply(told(replace(unsure, provisional=False)))
    with station.store.unit_of_work() as work:
        assert work.loan(unsure.id) == unsure
    sure = replace(unsure, provisional=False, due_on=date(2026, 12, 21))
    station.apply(told(sure))
    with station.store.unit_of_work() as work:
        assert work.loan(unsure.id) == sure


def test_takes_over_from_a_centre_that_knows_how_sure_a_due_date_is(station: Station) -> None:
    station.apply(*CATALOGUE)
    unsure = replace(loan_of(ITEMS[0]), provisional=True)
    for one in (unsure, replace(unsure, provisional=False), unsure):
        station.apply(replace(told(one), says_how_sure=True))
        with station.store.unit_of_work() as work:
            assert work.loan(one.id) == one


# time


def test_keeps_the_floor_of_time_by_the_minute(station: Station) -> None:
    with station.store.unit_of_work() as work:
        assert work.time_floor_ms() == BUILD_MS
        work.keep_time(KeptTime(BUILD_MS + 7_230_000, Voucher.BATTERY))
        work.commit()
    with station.reopen().unit_of_work() as work:
        assert work.time_floor_ms() == BUILD_MS + 7_200_000


# for comparing with the centre


def test_lists_every_operation_and_loan_for_comparison(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        loan, lent = lend(work, ITEMS[0])
        returned = write_operation(work, OperationKind.CHECK_IN, barcode="TK.00002")
        work.commit()
    there = loan_of(replace(ITEMS[0], id="not in the catalogue"), MINH)
    station.apply(told(there, is_open=False))
    rows = [
        (row["device"], row["epoch"], row["seq"], row["hash"], row["kind"], row["state"], row["barcode"], row["loans"])
        for row in station.store.ledger()
    ]
    assert rows == [
        ("tram-1", lent.id.epoch, 1, lent.hash.hex(), "check_out", "pending", "TK.00001", [loan.id]),
        ("tram-1", returned.id.epoch, 2, returned.hash.hex(), "check_in", "pending", "TK.00002", []),
    ]
    loans = sorted(station.store.loans_ledger(), key=lambda row: str(row["item_barcode"]))
    due = DUE.isoformat()
    assert loans == [
        {"id": there.id, "item_barcode": None, "patron": MINH.id, "due_on": due, "renewals": 0, "open": False},
        {"id": loan.id, "item_barcode": "TK.00001", "patron": LAN.id, "due_on": due, "renewals": 0, "open": True},
    ]


def test_reads_the_ledger_as_it_was_when_the_reading_began(station: Station) -> None:
    station.operations(3)
    ledger = station.store.ledger()
    first = next(ledger)
    station.operations(2)
    assert len([first, *ledger]) == 3
    assert len(list(station.store.ledger())) == 5


def test_shows_no_ledger_row_of_an_open_unit_of_work(station: Station) -> None:
    with station.store.unit_of_work() as work:
        write_operation(work)
        assert list(station.store.ledger()) == []


def test_proves_by_a_probe_that_it_can_write(station: Station) -> None:
    for _ in itertools.repeat(None, 3):
        with station.store.unit_of_work() as work:
            work.probe()
            work.commit()
    assert station.states() == []
