"""Sách của tôi, and renewing from it, on a real store."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from kiosk.domain import blocks as b
from kiosk.domain.model import Hold, Loan, Patron
from kiosk.ports.central import Gone, HoldRecord, LoanRecord, PatronRecord
from kiosk.session.books import HoldShown
from kiosk.session.effects import CheckOut, ListBooks, Renew
from kiosk.session.inputs import BooksListed, LoanRecorded, NotRenewed
from kiosk.session.notices import BookShown

if TYPE_CHECKING:
    from tests.desk.conftest import Library


def listed(library: "Library", patron: str = "p1") -> BooksListed:
    answer = library.ask(ListBooks(7, 9, patron))
    assert isinstance(answer, BooksListed)
    assert (answer.visit, answer.request) == (7, 9)
    return answer


def test_lists_loans_overdue_first_then_by_due_date_with_what_the_rule_says(library: "Library") -> None:
    library.lent_elsewhere("i1", "p1", due_in=9)
    library.lent_elsewhere("i2", "p1", due_in=2)
    library.lent_elsewhere("i3", "p1", days_ago=17, due_in=-3)
    loans = listed(library).loans
    assert [loan.book.barcode for loan in loans] == ["TK.00003", "TK.00002", "TK.00001"]
    assert [(loan.days_left, loan.overdue_days, loan.due_in_days) for loan in loans] == [
        (-3, 3, None),
        (2, 0, None),
        (9, 0, None),
    ]
    assert loans[0].blocks == (b.LoanOverdue(date(2026, 11, 20)),)
    assert loans[1].blocks == (b.OverdueLoans(1),), "while another is late nothing is renewed"
    assert [loan.renewals_left for loan in loans] == [1, 1, 1]
    assert loans[1].book == BookShown("TK.00002", "t2", "Nhan đề 2", "Tác giả")
    assert library.operations() == []


def test_lists_nothing_of_another_reader_and_nothing_of_one_who_was_removed(library: "Library") -> None:
    library.lent_elsewhere("i1", "p2")
    assert (listed(library).loans, listed(library, "nobody").loans) == ((), ())
    library.apply(Gone("patron", "p2"))
    assert listed(library, "p2") == BooksListed(7, 9, (), (), library.clock.monotonic())


def test_says_every_reason_why_a_loan_is_not_renewed(library: "Library") -> None:
    worn = Loan("l4", "i4", "p2", date(2026, 11, 1), date(2026, 11, 30), 1, "")
    library.apply(LoanRecord(worn, open=True))
    (loan,) = listed(library, "p2").loans
    assert loan.blocks == (b.HeldForAnother(), b.NoMoreRenewals(1))
    assert loan.renewals_left == 0


def test_says_days_and_that_nothing_is_late_when_nobody_vouches_for_the_date(library: "Library") -> None:
    library.keep_time()
    library.lent_elsewhere("i1", "p1", due_in=9)
    library.lent_elsewhere("i2", "p1", days_ago=17, due_in=-3)
    library.clock.lose_time()
    by_barcode = {loan.book.barcode: loan for loan in listed(library).loans}
    assert (by_barcode["TK.00001"].due_in_days, by_barcode["TK.00001"].days_left) == (9, None)
    assert (by_barcode["TK.00002"].due_in_days, by_barcode["TK.00002"].overdue_days) == (0, 0)


def test_never_calls_a_loan_overdue_whose_date_nobody_vouched_for(library: "Library") -> None:
    library.clock.lose_time()
    lent = library.ask(CheckOut(1, 1, "p1", "TK.00001"))
    assert isinstance(lent, LoanRecorded)
    library.clock.advance(60 * 86_400)
    library.clock.moment = replace(library.clock.moment, wall_ms=1_803_000_000_000, trusted=True)
    (loan,) = listed(library).loans
    assert (loan.days_left, loan.due_in_days, loan.due_on) == (None, None, lent.due_on)


def test_lists_a_loan_of_an_item_that_has_not_come_yet(library: "Library") -> None:
    library.lent_elsewhere("i-unknown", "p1")
    (loan,) = listed(library).loans
    assert loan.book.name == ""
    assert b.NoPolicy() in loan.blocks


def test_shows_holds_that_are_ready_first_and_where_they_wait(library: "Library") -> None:
    holds = [Hold("h2", "t1", "p2", "ngăn 5"), Hold("h3", "t1", "p1", "ngăn 5"), Hold("h4", "t-unknown", "p1", "")]
    library.apply(*(HoldRecord(hold, place) for place, hold in enumerate(holds, 1)))
    assert listed(library).holds == (
        HoldShown(BookShown("", "t4", "Nhan đề 4", "Tác giả"), 1, True, "ngăn 2", "h1"),
        HoldShown(BookShown("", "t1", "Nhan đề 1", "Tác giả"), 2, False, "ngăn 5", "h3"),
        HoldShown(BookShown("", "", "", ""), 1, False, "", "h4"),
    )


def test_a_hold_that_is_shown_as_ready_can_be_borrowed_and_another_cannot(library: "Library") -> None:
    library.apply(HoldRecord(Hold("h2", "t4", "p2", "ngăn 2"), 1))
    assert [hold.ready for hold in listed(library, "p2").holds] == [False]
    assert not isinstance(library.ask(CheckOut(1, 1, "p2", "TK.00004")), LoanRecorded)
    assert [hold.ready for hold in listed(library).holds] == [True]
    assert isinstance(library.ask(CheckOut(1, 1, "p1", "TK.00004")), LoanRecorded)


def test_renews_from_the_list_as_a_scan_does_and_each_in_its_own_operation(library: "Library") -> None:
    for item in ("i1", "i2"):
        library.lent_elsewhere(item, "p1")
    for request, barcode in enumerate(("TK.00001", "TK.00002"), 1):
        answer = library.ask(Renew(1, request, "p1", barcode))
        assert isinstance(answer, LoanRecorded)
        assert (answer.renewed, answer.due_on, answer.loans_now) == (True, date(2026, 12, 7), 2)
    written = [(row["kind"], row["barcode"], row["loans"]) for row in library.operations()]
    assert written == [
        ("renew", "TK.00001", ["elsewhere-i1-p1"]),
        ("renew", "TK.00002", ["elsewhere-i2-p1"]),
    ]
    loans = listed(library).loans
    assert all(loan.renewed for loan in loans)
    assert [(loan.due_on, loan.renewals_left) for loan in loans] == [(date(2026, 12, 7), 0)] * 2


def test_decides_anew_when_a_loan_is_renewed_that_was_shown_as_renewable(library: "Library") -> None:
    library.lent_elsewhere("i1", "p1")
    assert listed(library).loans[0].can_be_renewed
    library.apply(HoldRecord(Hold("h9", "t1", "p2", "ngăn 1"), 5))
    answer = library.ask(Renew(1, 1, "p1", "TK.00001"))
    assert isinstance(answer, NotRenewed)
    assert answer.blocks == (b.HeldForAnother(),)
    assert library.operations() == []


def test_renews_nothing_that_is_not_this_readers_any_more(library: "Library") -> None:
    library.lent_elsewhere("i1", "p2")
    for barcode in ("TK.00001", "TK.00002", "TK.99999"):
        answer = library.ask(Renew(1, 1, "p1", barcode))
        assert answer == NotRenewed(1, 1, barcode, (), library.clock.monotonic())
    library.apply(Gone("patron", "p2"))
    gone = library.ask(Renew(1, 1, "p2", "TK.00001"))
    assert gone == NotRenewed(1, 1, "TK.00001", (b.PatronBlocked(),), library.clock.monotonic())
    library.apply(PatronRecord(Patron("p2", "Gia Hân", "7A1", "hs", None, True), ("HS2",)))
    blocked = library.ask(Renew(1, 1, "p2", "TK.00001"))
    assert isinstance(blocked, NotRenewed)
    assert blocked.blocks == (b.PatronBlocked(),)
    assert library.operations() == []
