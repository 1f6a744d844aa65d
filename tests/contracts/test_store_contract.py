"""What every store does, whatever it is made of: the port kiosk.ports.store, on the side of the desk."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from kiosk.domain.clock_trust import KeptTime, Voucher
from kiosk.domain.due_dates import Calendar
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import ChainEnd, Operation, OperationId
from kiosk.ports.central import Gone
from kiosk.ports.store import RecordedAct, ToCheck
from tests.contracts.store_station import Station, accepted
from tests.local_store.shelf import (
    BOOT,
    BUILD_MS,
    CALENDAR,
    CATALOGUE,
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

# what the library is


def test_knows_a_patron_by_each_card_and_by_id(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        assert [work.patron_by_card(card) for card in ("HS000123", "0042", "HS000124")] == [LAN, LAN, MINH]
        assert work.patron(MINH.id) == MINH
        assert work.patron_by_card("HS999999") is None
        assert work.patron("nobody") is None


def test_shows_an_item_with_its_title(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        assert work.item_by_barcode("TK.00001") == item_shown(ITEMS[0])
        assert work.item_by_barcode("tk.00001") is None


def test_shows_an_item_whose_title_has_not_come_yet(station: Station) -> None:
    station.apply(ITEMS[0])
    with station.store.unit_of_work() as work:
        item = work.item_by_barcode(ITEMS[0].barcode)
    assert item is not None
    assert (item.id, item.name, item.author, item.shelf) == (ITEMS[0].id, "", "", "")


def test_knows_an_item_and_a_title_by_id(station: Station) -> None:
    station.apply(*CATALOGUE, replace(ITEMS[1], title_id="another title"))
    with station.store.unit_of_work() as work:
        assert work.item(ITEMS[0].id) == item_shown(ITEMS[0])
        nameless = work.item(ITEMS[1].id)
        assert nameless is not None
        assert nameless.name == "", "its title has not come yet"
        assert work.title(TITLE.id) == TITLE
        assert work.item("unknown") is None
        assert work.title("another title") is None


def test_gives_no_rules_before_the_centre_has_sent_any(station: Station) -> None:
    with station.store.unit_of_work() as work:
        assert work.rules() == CirculationRules("", {}, {})
        assert work.calendar() == Calendar()


def test_gives_rules_and_calendar_as_they_came_also_after_reopening(station: Station) -> None:
    station.apply(RULES, CALENDAR)
    for _ in range(2):
        with station.store.unit_of_work() as work:
            assert work.rules() == RULES
            assert work.calendar() == CALENDAR
        station.reopen()


def test_gives_holds_in_the_order_they_were_placed_not_the_order_they_came(station: Station) -> None:
    third, first, second = hold_by(LAN, 3_000), hold_by(MINH, 1_000), hold_by(LAN, 2_000)
    station.apply(third, first, second)
    station.apply(replace(first, hold=replace(first.hold, shelf="ngăn 9")), cursor="2")
    with station.store.unit_of_work() as work:
        holds = work.holds_on(TITLE.id)
        assert [hold.id for hold in holds] == [first.hold.id, second.hold.id, third.hold.id]
        assert holds[0].shelf == "ngăn 9"
        assert list(work.holds_on("another title")) == []


def test_gives_the_holds_of_one_patron_in_the_order_they_were_placed(station: Station) -> None:
    later, other, first = hold_by(LAN, 3_000), hold_by(MINH, 1_000), hold_by(LAN, 2_000)
    elsewhere = replace(later, hold=replace(later.hold, id="elsewhere", title_id="another title"), placed_ms=9_000)
    station.apply(later, other, first, elsewhere)
    with station.store.unit_of_work() as work:
        assert [hold.id for hold in work.holds_of_patron(LAN.id)] == [first.hold.id, later.hold.id, "elsewhere"]
        assert list(work.holds_of_patron("nobody")) == []
    station.apply(Gone("hold", first.hold.id), cursor="2")
    with station.store.unit_of_work() as work:
        assert list(work.holds_of_patron(LAN.id)) == [later.hold, elsewhere.hold]


def test_counts_as_free_the_available_copies_of_a_title_that_are_on_nobodys_loan(station: Station) -> None:
    other = replace(ITEMS[5], title_id="another title")
    station.apply(*CATALOGUE[:-1], other, replace(ITEMS[0], status=ItemStatus.LOST))
    with station.store.unit_of_work() as work:
        assert work.free_copies(TITLE.id) == 4
        loan, _ = lend(work, ITEMS[1])
        lend(work, ITEMS[2])
        assert work.free_copies(TITLE.id) == 2, "its own loans count"
        take_back(work, ITEMS[1], loan)
        assert work.free_copies(TITLE.id) == 3
        assert work.free_copies("another title") == 1
        assert work.free_copies("unknown") == 0
    station.apply(replace(ITEMS[3], in_house_only=True))
    with station.store.unit_of_work() as work:
        assert work.free_copies(TITLE.id) == 3, "one of the four is only read here"


# a check-out


def test_lends_so_that_loan_and_operation_are_there_together(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        loan, operation = lend(work, ITEMS[0])
        assert list(work.open_loans_of_patron(LAN.id)) == [loan], "its own writes are seen"
        work.commit()
    with station.reopen().unit_of_work() as work:
        assert list(work.open_loans_of_patron(LAN.id)) == [loan]
        assert list(work.open_loans_of_item(ITEMS[0].id)) == [loan]
        assert work.loan(loan.id) == loan
        assert work.loan("unknown") is None
        assert [sent for _, sent in work.pending(10)] == [operation], "byte for byte, with its reader"
        assert work.act(operation.id) == RecordedAct(operation.id, "check_out", "TK.00001", (loan.id,), BOOT, 5_000)
        assert work.act(OperationId(operation.id.epoch, 99)) is None
        assert work.act(OperationId("f" * 32, 1)) is None


def test_gives_the_newest_loan_of_an_item_first(station: Station) -> None:
    station.apply(*CATALOGUE)
    older, newer = loan_of(ITEMS[0], MINH, lent_on=date(2026, 11, 1)), loan_of(ITEMS[0], LAN)
    station.apply(told(older), told(newer))
    with station.store.unit_of_work() as work:
        assert [loan.id for loan in work.open_loans_of_item(ITEMS[0].id)] == [newer.id, older.id]


def test_ends_reopens_and_extends_a_loan(station: Station) -> None:
    station.apply(*CATALOGUE)
    later = date(2026, 12, 21)
    with station.store.unit_of_work() as work:
        loan, _ = lend(work, ITEMS[0])
        assert work.renewed_on(loan.id) is None
        work.extend_loan(loan.id, later, 1, date(2026, 12, 1), True)
        work.commit()
    extended = replace(loan, due_on=later, renewals=1, provisional=True)
    with station.store.unit_of_work() as work:
        assert list(work.open_loans_of_patron(LAN.id)) == [extended]
        assert work.renewed_on(loan.id) == date(2026, 12, 1)
        work.end_loans([loan.id], LENT)
        assert list(work.open_loans_of_patron(LAN.id)) == []
        assert list(work.open_loans_of_item(ITEMS[0].id)) == []
        assert work.loan(loan.id) == extended, "a past loan is still known"
        work.reopen_loans([loan.id])
        assert list(work.open_loans_of_item(ITEMS[0].id)) == [extended]
        assert work.renewed_on("unknown") is None


# all or nothing


def test_leaves_nothing_of_a_unit_of_work_that_was_not_committed(station: Station) -> None:
    station.apply(*CATALOGUE)
    first = station.operations(1)[0]
    with station.store.unit_of_work() as work:
        counts, floor = work.outbox_counts(), work.time_floor_ms()
    with station.store.unit_of_work() as work:
        loan, operation = lend(work, ITEMS[0])
        work.settle([accepted(first)])
        work.apply(
            [replace(RULES, version="never"), replace(CALENDAR, version="never"), Gone("item", ITEMS[1].id)], "9"
        )
        work.put_on_list(ToCheck.VOIDED, operation.id, "TK.00001")
        work.keep_time(KeptTime(BUILD_MS + 3_600_000, Voucher.CENTRE))
        work.note_undated("another boot")
        assert work.rules().version == "never"
        assert work.calendar().version == "never"
        assert work.outbox_counts() == replace(counts, settled=1)
    with station.store.unit_of_work() as work:
        assert work.last_operation() == ChainEnd(first.id, first.hash)
        assert work.loan(loan.id) is None
        assert work.act(operation.id) is None
        assert work.rules() == RULES
        assert work.calendar() == CALENDAR
        assert work.item_by_barcode(ITEMS[1].barcode) is not None
        assert work.cursor() == "1"
        assert work.outbox_counts() == counts
        assert work.time_floor_ms() == floor
        assert [waiting for _, waiting in work.pending(10)] == [first]
    station.apply(told(loan), cursor="2")
    with station.store.unit_of_work() as work:
        assert work.loan(loan.id) is not None, "an operation that never was holds up no change"


def test_goes_on_without_a_gap_after_a_roll_back(station: Station) -> None:
    with station.store.unit_of_work() as work:
        write_operation(work)
    (first,) = station.operations(1)
    with station.store.unit_of_work() as work:
        write_operation(work)
        write_operation(work)
    (second,) = station.operations(1)
    assert (first.id.seq, second.id.seq) == (1, 2)
    assert station.pending() == [first.id, second.id]
    assert station.reopen() is not None
    assert station.pending() == [first.id, second.id]


def test_rolls_back_when_a_bug_ends_the_unit_of_work(station: Station) -> None:
    def buggy() -> None:
        with station.store.unit_of_work() as work:
            write_operation(work)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        buggy()
    assert station.pending() == []


def test_refuses_to_work_on_after_a_commit(station: Station) -> None:
    with station.store.unit_of_work() as work:
        work.commit()
        with pytest.raises(RuntimeError):
            work.commit()


def test_refuses_an_operation_that_does_not_continue_the_chain(station: Station) -> None:
    (first,) = station.operations(1)
    act = RecordedAct(first.id, "check_in", "TK.00001", (), BOOT, 1)
    with station.store.unit_of_work() as work:
        with pytest.raises(ValueError, match="comes next"):
            work.add_operation(first, act)
        second = replace(first, id=OperationId(first.id.epoch, 2))
        with pytest.raises(ValueError, match="does not continue"):
            work.add_operation(second, act)


# the chain, as docs/protocol.md says it, computed here once more


def verify_chain(operations: Sequence[Operation]) -> None:
    previous = bytes(32)
    place: dict[str, int] = {}
    for operation in operations:
        body = json.loads(operation.body)
        assert (body["epoch"], body["seq"]) == (operation.id.epoch, operation.id.seq)
        assert body["seq"] == place.get(body["epoch"], 0) + 1, "gapless within its epoch, from 1"
        if body["seq"] == 1:
            before = body["predecessor"]
            expected = place and {"epoch": list(place)[-1], "seq": list(place.values())[-1], "hash": previous.hex()}
            assert before == (expected or None)
        else:
            assert "predecessor" not in body
        place[body["epoch"]] = body["seq"]
        previous = hashlib.sha256(previous + operation.body.encode("utf-8")).digest()
        assert operation.hash == previous
        if operation.reader is None:
            assert body["reader"] is None
        else:
            patron = operation.reader.patron_id.encode("ascii")
            assert body["reader"] == hmac.new(operation.reader.salt, patron, hashlib.sha256).hexdigest()


def test_chains_operations_gaplessly_over_epochs_and_roll_backs(station: Station) -> None:
    station.apply(*CATALOGUE)
    epochs = []
    for items in (ITEMS[:2], (), ITEMS[2:3], ITEMS[3:5]):
        store = station.reopen()
        with store.unit_of_work() as work:
            epochs.append(work.origin.epoch)
            assert work.last_operation() is None
        for item in items:
            with store.unit_of_work() as work:
                lend(work, item)
            with store.unit_of_work() as work:
                loan, _ = lend(work, item)
                take_back(work, item, loan)
                work.commit()
    with station.reopen().unit_of_work() as work:
        written = [operation for _, operation in work.pending(100)]
        assert work.origin.predecessor == ChainEnd(written[-1].id, written[-1].hash)
    assert len(written) == 10
    verify_chain(written)
    assert len(set(epochs)) == 4
    assert all(len(epoch) == 32 and int(epoch, 16) >= 0 for epoch in epochs)


def test_names_the_last_epoch_that_wrote_as_the_predecessor(station: Station) -> None:
    with station.store.unit_of_work() as work:
        assert work.origin.predecessor is None
    *_, last = station.operations(3)
    for _ in range(3):  # epochs in which nothing happens leave no trace
        station.reopen()
    with station.store.unit_of_work() as work:
        assert work.origin.predecessor == ChainEnd(last.id, last.hash)
