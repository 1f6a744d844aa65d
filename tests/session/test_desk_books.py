"""Lending and taking back at the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kiosk.domain.blocks import InHouseOnly, NoPolicy, OnLoanToAnother, OverdueLoans
from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import ChangeItemStatus
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.devices import Sound
from kiosk.session.books import LoanShown
from kiosk.session.desk_states import (
    Act,
    DeskProblem,
    DeskRow,
    Finding,
    Lending,
    ReaderLine,
    ReaderShown,
    RowKind,
    StaffShown,
    Supervising,
    TakingBack,
)
from kiosk.session.effects import Ask, CheckIn, CheckOut, OpenReader, Play, Renew, TakeBack
from kiosk.session.inputs import (
    ActTouched,
    AlreadyYours,
    Button,
    ItemNotFound,
    LineTouched,
    LoanRecorded,
    LoanRefused,
    NotRenewed,
    NotTakenBack,
    ReaderOpened,
    ReturnRecorded,
    TakenBack,
    Touched,
)
from kiosk.session.states import State
from tests.session.play import DUE, Play_, book, card, code, item

STAFF = Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN)
LAN = StaffShown(STAFF, "p9", "cô Lan")
AT_HOME = LoanShown(book("TK.9"), date(2026, 12, 1), None, 8, 1)
AN = ReaderShown(ReaderLine("p1", "Minh An", "6A2"), "hs", 5, (AT_HOME,), (), (), False, None)
BINH = ReaderShown(ReaderLine("p2", "Bình", "6A2"), "hs", 5, (), (), (), False, None)


class Desk(Play_):
    def __init__(self, page: Lending | TakingBack) -> None:
        super().__init__()
        self.state = State(Supervising(LAN, 0.0, page), visit=3)

    @property
    def page(self) -> Any:
        assert isinstance(self.state.doing, Supervising)
        return self.state.doing.page

    def act(self, act: Act, value: str = "") -> tuple[object, ...]:
        return self.feed(ActTouched(act, 9.0, value))

    def lend_to(self, reader: ReaderShown | None) -> None:
        ask = self.one(card("HS1", 1.0), OpenReader)
        assert isinstance(ask, OpenReader)
        self.feed(ReaderOpened(ask.visit, ask.request, reader, 1.0))

    def record(self, ask: Any, *, renewed: bool = False, against: bool = False) -> OperationId:
        operation = self.operation()
        self.feed(
            LoanRecorded(
                ask.visit, ask.request, operation, book(ask.barcode), DUE, None, 1, renewed, 2.0, against_rules=against
            )
        )
        return operation

    def refuse(self, ask: Any, *blocks: Any) -> None:
        self.feed(LoanRefused(ask.visit, ask.request, book(ask.barcode), blocks, 2.0))


@pytest.fixture
def lending() -> Desk:
    desk = Desk(Lending())
    desk.lend_to(AN)
    return desk


def test_lends_to_the_reader_whose_card_was_scanned_in_the_name_of_who_is_at_the_desk(lending: Desk) -> None:
    ask = lending.one(item("TK.1", 2.0), CheckOut)
    assert isinstance(ask, CheckOut)
    assert (ask.patron_id, ask.by) == ("p1", ByStaff(STAFF))
    operation = lending.record(ask)
    assert lending.page.rows == (DeskRow(RowKind.LENT, book("TK.1"), operation, DUE),)


def test_a_double_scan_asks_nothing_twice(lending: Desk) -> None:
    ask = lending.one(item("TK.1", 2.0), CheckOut)
    assert lending.feed(item("TK.1", 2.1)) == ()
    lending.record(ask)
    assert lending.feed(item("TK.1", 2.2)) == ()


def test_another_card_is_another_reader_and_nothing_of_the_one_before_stays(lending: Desk) -> None:
    lending.record(lending.one(item("TK.1", 2.0), CheckOut))
    lending.lend_to(BINH)
    assert lending.page == Lending(BINH)


def test_the_same_card_again_keeps_what_was_done(lending: Desk) -> None:
    lending.record(lending.one(item("TK.1", 2.0), CheckOut))
    lending.lend_to(AN)
    assert len(lending.page.rows) == 1


def test_a_book_before_any_card_is_lent_to_nobody() -> None:
    desk = Desk(Lending())
    assert desk.feed(item("TK.1", 1.0)) == (Play(Sound.ATTENTION),)
    assert desk.page.problem is DeskProblem.CARD_FIRST


def test_a_strangers_card_is_told_and_the_reader_before_is_open_no_longer(lending: Desk) -> None:
    lending.lend_to(None)
    assert lending.page == Lending(problem=DeskProblem.UNKNOWN_CARD)
    assert lending.feed(item("TK.1", 2.0)) == (Play(Sound.ATTENTION),)
    assert lending.page.problem is DeskProblem.CARD_FIRST


def test_a_book_that_is_scanned_while_a_card_is_looked_up_is_lent_to_that_reader(lending: Desk) -> None:
    ask = lending.one(card("HS2", 2.0), OpenReader)
    assert isinstance(ask, OpenReader)
    assert lending.feed(item("TK.1", 2.1)) == ()
    assert lending.feed(item("TK.2", 2.2)) == ()
    then = [one for one in lending.feed(ReaderOpened(ask.visit, ask.request, BINH, 2.3)) if isinstance(one, CheckOut)]
    assert [(one.patron_id, one.barcode) for one in then] == [("p2", "TK.1"), ("p2", "TK.2")]
    assert lending.page.reader == BINH


def test_a_book_behind_a_strangers_card_is_lent_to_nobody_and_the_next_card_begins_anew(lending: Desk) -> None:
    ask = lending.one(card("HS3", 2.0), OpenReader)
    assert isinstance(ask, OpenReader)
    lending.feed(item("TK.1", 2.1))
    lending.feed(card("HS2", 2.2))
    lending.feed(item("TK.2", 2.3))
    told = lending.feed(ReaderOpened(ask.visit, ask.request, None, 2.4))
    (again,) = (one for one in told if not isinstance(one, Play))
    assert isinstance(again, OpenReader)
    (lent,) = (
        one for one in lending.feed(ReaderOpened(again.visit, again.request, BINH, 2.5)) if isinstance(one, CheckOut)
    )
    assert (lent.patron_id, lent.barcode) == ("p2", "TK.2")


@pytest.mark.parametrize("touched", [ActTouched(Act.NEXT_READER, 2.1), LineTouched("TK.9", 2.1)])
def test_nothing_is_touched_while_a_card_is_looked_up(lending: Desk, touched: ActTouched | LineTouched) -> None:
    lending.feed(card("HS2", 2.0))
    before = lending.page
    assert lending.feed(touched) == ()
    assert lending.page == before


def test_what_is_held_behind_a_card_is_nobodys_once_the_page_is_left(lending: Desk) -> None:
    lending.feed(card("HS2", 2.0))
    lending.feed(item("TK.1", 2.1))
    lending.feed(Touched(Button.DISMISS, 2.2))
    assert (lending.state.held, lending.state.awaiting) == ((), None)


def test_the_loan_of_the_reader_before_does_not_stand_on_the_next_ones_page(lending: Desk) -> None:
    """The book of another is returned first, and lent behind the next card."""
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), OnLoanToAnother())
    (back,) = lending.act(Act.RETURN_FIRST)
    assert isinstance(back, CheckIn)
    ask = lending.one(card("HS2", 2.1), OpenReader)
    assert isinstance(ask, OpenReader)
    returned = ReturnRecorded(back.visit, back.request, lending.operation(), book("TK.1"), True, None, 2.2)
    lent = next(one for one in lending.feed(returned) if isinstance(one, CheckOut))
    lending.feed(ReaderOpened(ask.visit, ask.request, BINH, 2.3))
    lending.record(lent)
    assert lending.page == Lending(BINH)


def test_what_is_no_code_of_ours_is_told(lending: Desk) -> None:
    lending.feed(replace(item("x", 2.0), code=code("x")))
    assert lending.page.problem is DeskProblem.NO_CODE_OF_OURS


def test_an_unknown_label_is_told_and_may_be_tried_again(lending: Desk) -> None:
    ask = lending.one(item("TK.7", 2.0), CheckOut)
    assert isinstance(ask, CheckOut)
    lending.feed(ItemNotFound(ask.visit, ask.request, "TK.7", 2.0))
    assert lending.page.problem is DeskProblem.UNKNOWN_ITEM
    lending.one(item("TK.7", 3.0), CheckOut)


def test_what_the_rules_refuse_is_lent_with_a_reason(lending: Desk) -> None:
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), OverdueLoans(1), InHouseOnly())
    assert lending.page.refused.stay == ()
    (ask,) = lending.act(Act.OVERRIDE, "for_class")
    assert isinstance(ask, CheckOut)
    assert (ask.barcode, ask.by) == ("TK.1", ByStaff(STAFF, "for_class"))
    lending.record(ask, against=True)
    assert lending.page.refused is None
    assert lending.page.rows[0].against_rules


def test_a_reason_that_is_empty_sets_nothing_aside(lending: Desk) -> None:
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), OverdueLoans(1))
    assert lending.act(Act.OVERRIDE, "") == ()


def test_what_nobody_may_set_aside_stays_refused(lending: Desk) -> None:
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), OverdueLoans(1), NoPolicy())
    assert lending.page.refused.stay == (NoPolicy(),)
    assert lending.act(Act.OVERRIDE, "for_class") == ()


def test_a_book_of_another_reader_is_taken_back_and_then_lent(lending: Desk) -> None:
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), OnLoanToAnother())
    (ask,) = lending.act(Act.RETURN_FIRST)
    assert isinstance(ask, CheckIn)
    assert (ask.barcode, ask.by) == ("TK.1", ByStaff(STAFF))
    assert lending.act(Act.RETURN_FIRST) == (), "asked once"
    returned = ReturnRecorded(ask.visit, ask.request, lending.operation(), book("TK.1"), True, None, 3.0)
    (then,) = (one for one in lending.feed(returned) if isinstance(one, CheckOut))
    assert (then.patron_id, then.barcode) == ("p1", "TK.1")


def test_what_was_refused_stays_in_the_list_as_not_lent_until_it_is_answered(lending: Desk) -> None:
    blocks = (OverdueLoans(1), InHouseOnly())
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), *blocks)
    refused = lending.page.refused
    lending.record(lending.one(item("TK.2", 3.0), CheckOut))
    assert lending.page.refused is None
    assert [(row.kind, row.book.barcode) for row in lending.page.rows] == [
        (RowKind.LENT, "TK.2"),
        (RowKind.REFUSED, "TK.1"),
    ]
    lending.feed(LineTouched("TK.1", 4.0))
    assert lending.page.refused == refused, "its reasons again, and what may be done"
    (ask,) = lending.act(Act.OVERRIDE, "for_class")
    lending.record(ask, against=True)
    assert [(row.kind, row.book.barcode) for row in lending.page.rows] == [
        (RowKind.LENT, "TK.1"),
        (RowKind.LENT, "TK.2"),
    ]


def test_what_was_refused_is_asked_again_by_another_scan_and_a_touch_puts_it_aside(lending: Desk) -> None:
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), OverdueLoans(1))
    lending.refuse(lending.one(item("TK.1", 3.0), CheckOut), NoPolicy())
    assert [row.kind for row in lending.page.rows] == [RowKind.REFUSED]
    lending.feed(LineTouched("TK.1", 4.0))
    assert lending.page.refused is None, "closed"
    lending.feed(LineTouched("TK.1", 5.0))
    assert lending.page.refused.blocks == (NoPolicy(),)


def test_a_renewal_that_is_refused_is_no_book_that_was_not_lent(lending: Desk) -> None:
    lending.feed(LineTouched("TK.9", 2.0))
    (ask,) = lending.act(Act.RENEW)
    assert isinstance(ask, Renew)
    lending.feed(NotRenewed(ask.visit, ask.request, "TK.9", (OverdueLoans(1),), 3.0))
    assert lending.page.rows == ()


def test_a_book_at_home_that_is_scanned_and_not_renewed_stays_in_the_list_as_theirs(lending: Desk) -> None:
    lending.refuse(lending.one(item("TK.9", 2.0), CheckOut), OverdueLoans(1))
    assert (lending.page.rows, lending.page.refused.blocks) == ((), (OverdueLoans(1),))


def test_only_a_book_of_another_reader_is_taken_back_first(lending: Desk) -> None:
    lending.refuse(lending.one(item("TK.1", 2.0), CheckOut), OverdueLoans(1))
    assert lending.act(Act.RETURN_FIRST) == ()


def test_renews_a_book_at_home_and_with_a_reason_against_the_rules(lending: Desk) -> None:
    lending.feed(LineTouched("TK.9", 2.0))
    (ask,) = lending.act(Act.RENEW)
    assert isinstance(ask, Renew)
    assert (ask.patron_id, ask.barcode, ask.by) == ("p1", "TK.9", ByStaff(STAFF))
    lending.feed(NotRenewed(ask.visit, ask.request, "TK.9", (OverdueLoans(1),), 3.0))
    assert lending.page.refused.renewing
    (again,) = lending.act(Act.OVERRIDE, "parents_know")
    assert isinstance(again, Renew)
    assert again.by == ByStaff(STAFF, "parents_know")
    lending.record(again, renewed=True, against=True)
    assert [row.kind for row in lending.page.rows] == [RowKind.RENEWED]


def test_a_loan_that_has_ended_meanwhile_is_told(lending: Desk) -> None:
    lending.feed(LineTouched("TK.9", 2.0))
    (ask,) = lending.act(Act.RENEW)
    assert isinstance(ask, Renew)
    lending.feed(NotRenewed(ask.visit, ask.request, "TK.9", (), 3.0))
    assert lending.page.problem is DeskProblem.NOT_DONE


def test_tells_a_book_that_they_have_since_today(lending: Desk) -> None:
    ask = lending.one(item("TK.1", 2.0), CheckOut)
    assert isinstance(ask, CheckOut)
    lending.feed(AlreadyYours(ask.visit, ask.request, book("TK.1"), DUE, None, 2.0))
    assert [row.kind for row in lending.page.rows] == [RowKind.ALREADY_THEIRS]


def test_a_slip_is_voided_however_late_and_once(lending: Desk) -> None:
    operation = lending.record(lending.one(item("TK.1", 2.0), CheckOut))
    lending.feed(LineTouched("TK.1", 3.0))
    (ask,) = lending.act(Act.VOID)
    assert isinstance(ask, TakeBack)
    assert (ask.operation, ask.patron_id, ask.by) == (operation, "p1", ByStaff(STAFF))
    assert lending.act(Act.VOID) == ()
    lending.feed(TakenBack(ask.visit, ask.request, operation, 0, 4.0))
    assert lending.page.rows == ()


def test_what_cannot_be_voided_any_more_stays_and_is_told(lending: Desk) -> None:
    operation = lending.record(lending.one(item("TK.1", 2.0), CheckOut))
    lending.feed(LineTouched("TK.1", 3.0))
    (ask,) = lending.act(Act.VOID)
    assert isinstance(ask, TakeBack)
    lending.feed(NotTakenBack(ask.visit, ask.request, operation, 4.0))
    assert (lending.page.problem, lending.page.rows[0].leaving) == (DeskProblem.NOT_DONE, False)


def test_looks_a_reader_up_or_goes_on_to_the_next_one(lending: Desk) -> None:
    lending.act(Act.NEXT_READER)
    assert lending.page == Lending()
    lending.act(Act.FIND)
    assert lending.page == Finding(lends=True)


def test_a_pile_comes_back_and_who_had_each_book_is_told() -> None:
    desk = Desk(TakingBack())
    ask = desk.one(item("TK.1", 1.0), CheckIn)
    assert isinstance(ask, CheckIn)
    assert ask.by == ByStaff(STAFF)
    assert desk.feed(item("TK.1", 1.1)) == (), "a double scan"
    operation = desk.operation()
    desk.feed(ReturnRecorded(ask.visit, ask.request, operation, book("TK.1"), True, None, 2.0, had=AN.line))
    assert desk.page.rows == (DeskRow(RowKind.RETURNED, book("TK.1"), operation, had=AN.line),)
    assert desk.feed(item("TK.1", 2.2)) == (), "in this pile already"


def test_a_damaged_book_is_marked_once() -> None:
    desk = Desk(TakingBack((DeskRow(RowKind.RETURNED, book("TK.1"), OperationId("e", 1)),), "TK.1"))
    ask = next(one for one in desk.act(Act.MARK, "damaged") if isinstance(one, Ask))
    assert ask.wish == ChangeItemStatus("TK.1", ItemStatus.DAMAGED)
    assert ask.by == ByStaff(STAFF)
    assert desk.page.rows[0].marked == "damaged"
    assert desk.act(Act.MARK, "damaged") == ()
    assert desk.act(Act.MARK, "burnt") == (), "no status of an item"


def test_a_lost_book_that_comes_back_is_told_and_can_be_lent_again() -> None:
    desk = Desk(TakingBack())
    ask = desk.one(item("TK.1", 1.0), CheckIn)
    assert isinstance(ask, CheckIn)
    answer = ReturnRecorded(
        ask.visit, ask.request, desk.operation(), book("TK.1"), in_catalogue=True, held_at=None, at=2.0, marked="lost"
    )
    assert Play(Sound.ATTENTION) in desk.feed(answer)
    desk.feed(LineTouched("TK.1", 3.0))
    found = next(one for one in desk.act(Act.MARK, "available") if isinstance(one, Ask))
    assert found.wish == ChangeItemStatus("TK.1", ItemStatus.AVAILABLE)
    assert desk.page.rows[0].marked == ""
    assert desk.act(Act.MARK, "available") == ()


def test_an_answer_of_an_earlier_visit_changes_nothing(lending: Desk) -> None:
    before = lending.state
    lending.feed(ReaderOpened(before.visit - 1, 1, BINH, 2.0))
    assert lending.state == before
