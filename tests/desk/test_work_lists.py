"""The work lists: what stands in each, and what ticking it off writes down."""

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.domain.model import Hold, ItemStatus, Patron
from kiosk.domain.operations import Operation, commitment
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import Gone, HoldRecord, ItemRecord, PatronRecord
from kiosk.session.desk_states import (
    Act,
    CheckLine,
    Counts,
    OverdueLine,
    ReaderLine,
    ShelveLine,
    ToCheck,
    UnsentLine,
    Work,
    WorkLine,
)
from kiosk.session.effects import CallHelp, CheckIn, CheckOut, CountWork, ListWork, TakeBack, TickOff
from kiosk.session.inputs import (
    DeskActDone,
    HelpCalled,
    LoanRecorded,
    ReturnRecorded,
    TakenBack,
    WorkCounted,
    WorkListed,
)
from tests.desk.conftest import TODAY

if TYPE_CHECKING:
    from tests.desk.conftest import Library

LAN = ByStaff(Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN))
AN, HAN = ReaderLine("p1", "Minh An", "7A1"), ReaderLine("p2", "Gia Hân", "7A1")


def listed(library: "Library", work: Work) -> tuple[WorkLine, ...]:
    answer = library.ask(ListWork(7, 9, work))
    assert isinstance(answer, WorkListed)
    assert (answer.visit, answer.request, answer.work) == (7, 9, work)
    return answer.lines


def counted(library: "Library") -> Counts:
    answer = library.ask(CountWork(7, 9))
    assert isinstance(answer, WorkCounted)
    assert (answer.visit, answer.request) == (7, 9)
    return answer.counts


def ticked(library: "Library", act: Act, id_: str, barcode: str = "") -> bool:
    answer = library.ask(TickOff(7, 9, act, id_, LAN, barcode))
    assert isinstance(answer, DeskActDone)
    assert (answer.visit, answer.request, answer.act) == (7, 9, act)
    return answer.well


def last(library: "Library") -> tuple[Operation, dict[str, Any]]:
    with library.store.unit_of_work() as work:
        operation = work.pending(500)[-1][1]
    return operation, json.loads(operation.body)


def sent(library: "Library") -> int:
    with library.store.unit_of_work() as work:
        return len(work.pending(500))


def lend(library: "Library", barcode: str, patron: str = "p1") -> LoanRecorded:
    answer = library.ask(CheckOut(1, 1, patron, barcode))
    assert isinstance(answer, LoanRecorded), answer
    return answer


def bring_back(library: "Library", barcode: str) -> ReturnRecorded:
    answer = library.ask(CheckIn(1, 1, barcode))
    assert isinstance(answer, ReturnRecorded)
    return answer


# ---- to check, and calls


def test_a_slip_and_an_unknown_book_are_to_be_checked_oldest_first(library: "Library") -> None:
    loan = lend(library, "TK.00001")
    taken = library.ask(TakeBack(1, 1, loan.operation, "p1"))
    assert isinstance(taken, TakenBack)
    back = bring_back(library, "TK.99999")
    slip, unknown = listed(library, Work.TO_CHECK)
    assert isinstance(slip, CheckLine)
    assert isinstance(unknown, CheckLine)
    assert (slip.why, slip.book.name, slip.reader) == (ToCheck.VOIDED, "Nhan đề 1", AN)
    assert (unknown.why, unknown.book.barcode, unknown.book.name, unknown.reader) == (
        ToCheck.UNKNOWN_ITEM,
        "TK.99999",
        "",
        None,
    )
    assert unknown.operation == back.operation
    assert unknown.at_ms == library.clock.now().wall_ms
    assert listed(library, Work.HELP) == ()


def test_two_loans_that_one_return_has_ended_are_to_be_checked(library: "Library") -> None:
    library.lent_elsewhere("i1", "p1")
    library.lent_elsewhere("i1", "p2", days_ago=2)
    bring_back(library, "TK.00001")
    (line,) = listed(library, Work.TO_CHECK)
    assert isinstance(line, CheckLine)
    assert line.why is ToCheck.SEVERAL_LOANS
    assert line.reader in (AN, HAN)


def test_what_happened_without_a_clock_has_no_time(library: "Library") -> None:
    library.clock.lose_time()
    bring_back(library, "TK.99999")
    (line,) = listed(library, Work.TO_CHECK)
    assert isinstance(line, CheckLine)
    assert line.at_ms is None


def test_what_was_seen_is_written_down_and_leaves_the_list(library: "Library") -> None:
    back = bring_back(library, "TK.99999")
    (line,) = listed(library, Work.TO_CHECK)
    assert ticked(library, Act.CHECKED, line.id)
    assert listed(library, Work.TO_CHECK) == ()
    operation, body = last(library)
    assert (body["kind"], body["actor"], body["staff"]) == ("checked", "librarian", LAN.staff.id)
    assert body["data"] == {
        "operation": {"epoch": back.operation.epoch, "seq": back.operation.seq},
        "why": "unknown_item",
    }
    assert library.operations()[-1]["barcode"] is None, "as in the body, which names no book"
    assert operation.reader is None


@pytest.mark.parametrize("id_", ["", "99", "x", "1' OR '1'='1"])
def test_what_is_not_in_the_list_is_not_ticked_off(library: "Library", id_: str) -> None:
    bring_back(library, "TK.99999")
    before = sent(library)
    assert not ticked(library, Act.CHECKED, id_)
    assert not ticked(library, Act.SETTLE, listed(library, Work.TO_CHECK)[0].id)
    assert (sent(library), len(listed(library, Work.TO_CHECK))) == (before, 1)


def test_the_same_line_is_ticked_off_once(library: "Library") -> None:
    bring_back(library, "TK.99999")
    (line,) = listed(library, Work.TO_CHECK)
    assert [ticked(library, Act.CHECKED, line.id) for _ in range(2)] == [True, False]
    assert sent(library) == 2


def test_a_call_is_listed_by_itself_and_says_of_nobody_who_called(library: "Library") -> None:
    answer = library.ask(CallHelp(7, 9))
    assert isinstance(answer, HelpCalled)
    assert (answer.visit, answer.request) == (7, 9)
    operation, body = last(library)
    assert (body["kind"], body["actor"], body["reader"]) == ("help_call", "anyone", None)
    assert body["data"] == {"day": "2026-11-23"}
    assert operation.id == answer.operation
    (line,) = listed(library, Work.HELP)
    assert isinstance(line, CheckLine)
    assert (line.why, line.operation, line.reader) == (ToCheck.HELP, answer.operation, None)
    assert listed(library, Work.TO_CHECK) == ()
    assert ticked(library, Act.CHECKED, line.id)
    assert listed(library, Work.HELP) == ()


def test_a_call_stands_for_those_of_the_next_minutes_until_somebody_has_seen_to_it(library: "Library") -> None:
    def call() -> object:
        answer = library.ask(CallHelp(7, 9))
        assert isinstance(answer, HelpCalled)
        return answer.operation

    first = call()
    library.clock.advance(179)
    assert call() == first
    assert len(listed(library, Work.HELP)) == sent(library) == 1
    library.clock.advance(1)
    second = call()
    assert second != first
    for line in listed(library, Work.HELP):
        assert ticked(library, Act.CHECKED, line.id)
    assert call() not in (first, second)
    library.clock.moment = replace(library.clock.moment, boot_id="boot-2", boottime_ms=1)
    call()
    assert len(listed(library, Work.HELP)) == 2


# ---- overdue


def test_late_books_come_by_class_then_by_reader_and_no_class_last(library: "Library") -> None:
    others = (("p4", "thầy Sơn", ""), ("p5", "Trần Bảo", "6A2"), ("p6", "Lê Chi", "10A1"), ("p7", "Vũ Ân", "6A2"))
    library.apply(*(PatronRecord(Patron(*one, "hs", None, False), ()) for one in others))
    late_ones = ("i1", "p4", 1), ("i2", "p1", 2), ("i3", "p5", 3), ("i4", "p2", 4), ("i6", "p6", 5), ("i7", "p7", 6)
    for item, patron, late in (*late_ones, ("i5", "p1", -1)):
        library.lent_elsewhere(item, patron, days_ago=20, due_in=-late)
    lines = [line for line in listed(library, Work.OVERDUE) if isinstance(line, OverdueLine)]
    assert [(line.reader.class_name, line.reader.name, line.days) for line in lines] == [
        ("6A2", "Vũ Ân", 6),
        ("6A2", "Trần Bảo", 3),
        ("7A1", "Minh An", 2),
        ("7A1", "Gia Hân", 4),
        ("10A1", "Lê Chi", 5),
        ("", "thầy Sơn", 1),
    ]
    assert lines[2].book.barcode == "TK.00002"
    assert lines[2].due_on == date(2026, 11, 21)


def test_nobody_is_late_on_a_day_that_is_not_sure(library: "Library") -> None:
    library.lent_elsewhere("i1", "p1", days_ago=20, due_in=-3)
    assert len(listed(library, Work.OVERDUE)) == 1
    library.clock.lose_time()
    assert listed(library, Work.OVERDUE) == ()
    assert counted(library).work[Work.OVERDUE] == 0


def test_a_reader_who_is_gone_is_in_no_list(library: "Library") -> None:
    library.lent_elsewhere("i1", "p2", days_ago=20, due_in=-3)
    library.apply(Gone("patron", "p2"))
    assert listed(library, Work.OVERDUE) == ()


# ---- the hold shelf


def waits(library: "Library", *holds: Hold) -> None:
    library.apply(*(HoldRecord(hold, place) for place, hold in enumerate(holds, 1)))


def test_as_many_of_a_queue_as_there_are_copies_have_one_to_be_put_there(library: "Library") -> None:
    waits(library, Hold("h2", "t4", "p2", "ngăn 2"), Hold("h3", "t1", "p2", "ngăn 3"))
    library.lent_elsewhere("i1", "p1")
    (line,) = listed(library, Work.TO_SHELVE)
    assert isinstance(line, ShelveLine)
    assert (line.id, line.reader, line.book.name, line.shelf) == ("h1", AN, "Nhan đề 4", "ngăn 2")
    bring_back(library, "TK.00001")
    assert [line.id for line in listed(library, Work.TO_SHELVE)] == ["h3", "h1"]


@pytest.mark.parametrize("id_", ["h1", ""])
def test_a_scan_says_which_copy_stands_there(library: "Library", id_: str) -> None:
    assert ticked(library, Act.SHELVED, id_, "TK.00004")
    assert listed(library, Work.TO_SHELVE) == ()
    operation, body = last(library)
    assert (body["kind"], body["staff"]) == ("hold_shelved", LAN.staff.id)
    assert body["data"] == {"hold": "h1", "barcode": "TK.00004", "day": "2026-11-23"}
    assert operation.reader is not None
    assert body["reader"] == commitment(operation.reader.salt, "p1")
    with library.store.unit_of_work() as work:
        assert [hold.shelved_on for hold in work.holds_on("t4")] == [TODAY]


@pytest.mark.parametrize(
    ("id_", "barcode"), [("h1", "TK.00001"), ("h9", "TK.00004"), ("h1", "TK.99999"), ("h1", ""), ("", "TK.00002")]
)
def test_a_book_that_nobody_waits_for_is_put_nowhere(library: "Library", id_: str, barcode: str) -> None:
    assert not ticked(library, Act.SHELVED, id_, barcode)
    assert (sent(library), len(listed(library, Work.TO_SHELVE))) == (0, 1)


def test_a_book_that_is_not_back_is_not_put_there(library: "Library") -> None:
    library.lent_elsewhere("i4", "p2")
    assert listed(library, Work.TO_SHELVE) == ()
    assert not ticked(library, Act.SHELVED, "h1", "TK.00004")


def test_it_is_put_there_once(library: "Library") -> None:
    assert [ticked(library, Act.SHELVED, "", "TK.00004") for _ in range(2)] == [True, False]


def test_a_hold_that_was_served_here_waits_no_more_before_the_centre_has_ended_it(library: "Library") -> None:
    library.apply(ItemRecord("i4b", "t4", "TK.00044", "STK", ItemStatus.AVAILABLE))
    waits(library, Hold("h2", "t4", "p2", "ngăn 2"))
    lend(library, "TK.00004")
    assert [line.id for line in listed(library, Work.TO_SHELVE)] == ["h2"]
    library.apply(Gone("hold", "h2"))
    assert listed(library, Work.TO_SHELVE) == ()
    assert not ticked(library, Act.SHELVED, "", "TK.00044")
    assert isinstance(library.ask(CheckOut(7, 9, "p2", "TK.00044")), LoanRecorded), "nobody else waits for it"


# ---- unsent, and the counts


def test_what_is_not_sent_is_counted_by_kind_and_what_is_set_aside_by_itself(library: "Library") -> None:
    first = lend(library, "TK.00001")
    lend(library, "TK.00002")
    bring_back(library, "TK.00002")
    with library.store.unit_of_work() as work:
        work.set_aside(first.operation, "request_refused")
        work.commit()
    lines = {line.id: line for line in listed(library, Work.UNSENT)}
    assert set(lines.values()) == {
        UnsentLine("check_out!", "check_out", 1, set_aside=True),
        UnsentLine("check_out", "check_out", 1, set_aside=False),
        UnsentLine("check_in", "check_in", 1, set_aside=False),
    }
    assert counted(library).work[Work.UNSENT] == 3


def test_every_list_is_as_long_as_it_is_counted(disputed: "Library") -> None:
    lend(disputed, "TK.00002")
    bring_back(disputed, "TK.99999")
    disputed.ask(CallHelp(1, 1))
    disputed.lent_elsewhere("i3", "p2", days_ago=20, due_in=-2)
    counts = counted(disputed)
    assert (counts.lent, counts.returned, counts.readers) == (1, 0, 1)
    for work in Work:
        lines = listed(disputed, work)
        many = sum(line.count if isinstance(line, UnsentLine) else 1 for line in lines)
        assert counts.work[work] == many > 0, work
    assert len({line.id for work in Work for line in listed(disputed, work)}) == sum(
        len(listed(disputed, work)) for work in Work
    )
