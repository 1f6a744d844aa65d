from datetime import date
from typing import TYPE_CHECKING

import pytest

from kiosk.domain import blocks as b
from kiosk.ports.store import ToCheck
from kiosk.session.effects import CheckIn, CheckOut, IdentifyPatron, ResolveCode, TakeBack
from kiosk.session.inputs import (
    AlreadyYours,
    CodeResolved,
    ItemNotFound,
    LoanRecorded,
    LoanRefused,
    NobodyHasIt,
    NotTakenBack,
    PatronFound,
    PatronNotFound,
    ReturnRecorded,
    TakenBack,
)

if TYPE_CHECKING:
    from tests.desk.conftest import Library

DUE = date(2026, 12, 7)


def lend(library: "Library", barcode: str, patron: str = "p1") -> LoanRecorded:
    answer = library.ask(CheckOut(7, 9, patron, barcode))
    assert isinstance(answer, LoanRecorded), answer
    return answer


def kinds(library: "Library") -> list[object]:
    return [row["kind"] for row in library.operations()]


def test_lends_a_book_and_writes_it_down_once(library: "Library") -> None:
    answer = lend(library, "TK.00001")
    assert (answer.visit, answer.request) == (7, 9)
    assert (answer.due_on, answer.due_in_days, answer.loans_now, answer.renewed) == (DUE, None, 1, False)
    assert library.open_loans() == ["TK.00001"]
    assert [(row["seq"], row["kind"], row["barcode"], row["state"]) for row in library.operations()] == [
        (1, "check_out", "TK.00001", "pending")
    ]


def test_refuses_a_fourth_book_when_the_limit_is_three_and_writes_nothing(library: "Library") -> None:
    for n in (1, 2, 3):
        lend(library, f"TK.0000{n}")
    answer = library.ask(CheckOut(1, 1, "p1", "TK.00005"))
    assert isinstance(answer, LoanRefused)
    assert answer.blocks == (b.TooManyLoans(3),)
    assert len(library.operations()) == 3


def test_refuses_a_book_on_loan_to_another_and_a_held_one(library: "Library") -> None:
    lend(library, "TK.00001")
    refused = library.ask(CheckOut(1, 1, "p2", "TK.00001"))
    assert isinstance(refused, LoanRefused)
    assert refused.blocks == (b.OnLoanToAnother(),)
    held = library.ask(CheckOut(1, 1, "p2", "TK.00004"))
    assert isinstance(held, LoanRefused)
    assert held.blocks == (b.HeldForAnother(),)
    lend(library, "TK.00004", "p1")


def test_says_so_when_the_item_is_unknown_or_the_reader_was_removed_meanwhile(library: "Library") -> None:
    assert isinstance(library.ask(CheckOut(1, 1, "p1", "TK.99999")), ItemNotFound)
    refused = library.ask(CheckOut(1, 1, "nobody", "TK.00001"))
    assert isinstance(refused, LoanRefused)
    assert refused.blocks == (b.PatronBlocked(),)
    assert library.operations() == []


def test_renews_a_book_that_this_reader_has_since_an_earlier_day(library: "Library") -> None:
    library.lent_elsewhere("i2", "p1")
    answer = library.ask(CheckOut(1, 1, "p1", "TK.00002"))
    assert isinstance(answer, LoanRecorded)
    assert (answer.renewed, answer.due_on, answer.loans_now) == (True, DUE, 1)
    assert kinds(library) == ["renew"]
    again = library.ask(CheckOut(1, 2, "p1", "TK.00002"))
    assert isinstance(again, AlreadyYours)
    assert kinds(library) == ["renew"]


def test_only_shows_a_book_that_was_lent_today(library: "Library") -> None:
    lend(library, "TK.00001")
    answer = library.ask(CheckOut(2, 1, "p1", "TK.00001"))
    assert isinstance(answer, AlreadyYours)
    assert answer.due_on == DUE
    assert kinds(library) == ["check_out"]


def test_does_not_renew_an_overdue_book(library: "Library") -> None:
    library.lent_elsewhere("i2", "p1", days_ago=20, due_in=-6)
    answer = library.ask(CheckOut(1, 1, "p1", "TK.00002"))
    assert isinstance(answer, LoanRefused)
    assert b.LoanOverdue(date(2026, 11, 17)) in answer.blocks


def test_takes_a_book_back_without_a_card_and_says_where_a_held_one_waits(library: "Library") -> None:
    library.lent_elsewhere("i4", "p2")
    answer = library.ask(CheckIn(1, 1, "TK.00004", only_if_lent=True))
    assert isinstance(answer, ReturnRecorded)
    assert (answer.in_catalogue, answer.held_at) == (True, "ngăn 2")
    assert library.open_loans() == []
    assert kinds(library) == ["check_in"]


def test_only_looks_at_a_book_that_nobody_has(library: "Library") -> None:
    answer = library.ask(CheckIn(1, 1, "TK.00001", only_if_lent=True))
    assert isinstance(answer, NobodyHasIt)
    assert answer.book is not None
    unknown = library.ask(CheckIn(1, 1, "TK.99999", only_if_lent=True))
    assert isinstance(unknown, NobodyHasIt)
    assert unknown.book is None
    assert library.operations() == []


def test_accepts_an_unknown_book_and_puts_it_on_a_persons_list(library: "Library") -> None:
    answer = library.ask(CheckIn(1, 1, "TK.99999"))
    assert isinstance(answer, ReturnRecorded)
    assert not answer.in_catalogue
    assert [(row["why"], row["barcode"]) for row in library.store.to_check()] == [(ToCheck.UNKNOWN_ITEM, "TK.99999")]


def test_ends_every_loan_of_a_book_that_two_stations_had_lent(library: "Library") -> None:
    library.lent_elsewhere("i1", "p1")
    library.lent_elsewhere("i1", "p2")
    library.ask(CheckIn(1, 1, "TK.00001"))
    assert library.open_loans() == []
    assert len(library.operations()[0]["loans"]) == 2  # type: ignore[arg-type]
    assert [row["why"] for row in library.store.to_check()] == [ToCheck.SEVERAL_LOANS]


def test_takes_a_book_off_within_a_minute(library: "Library") -> None:
    loan = lend(library, "TK.00001")
    library.clock.advance(59)
    answer = library.ask(TakeBack(1, 1, loan.operation, "p1"))
    assert isinstance(answer, TakenBack)
    assert answer.loans_now == 0
    assert library.open_loans() == []
    assert kinds(library) == ["check_out", "void"]
    assert [row["why"] for row in library.store.to_check()] == [ToCheck.VOIDED]
    lend(library, "TK.00001")


@pytest.mark.parametrize("why", ["late", "rebooted", "not theirs", "already", "unknown"])
def test_takes_nothing_off_when_it_should_not(library: "Library", why: str) -> None:
    loan = lend(library, "TK.00001")
    patron = "p1"
    operation = loan.operation
    if why == "late":
        library.clock.advance(61)
    if why == "rebooted":
        library.clock.moment = type(library.clock.moment)(library.clock.moment.wall_ms, "boot-2", 1_000_001, True)
    if why == "not theirs":
        patron = "p2"
    if why == "already":
        assert isinstance(library.ask(TakeBack(1, 1, operation, patron)), TakenBack)
    if why == "unknown":
        operation = type(operation)(operation.epoch, 99)
    before = library.operations()
    assert isinstance(library.ask(TakeBack(1, 2, operation, patron)), NotTakenBack)
    assert library.operations() == before


def test_opens_a_loan_again_when_its_return_was_a_slip(library: "Library") -> None:
    lend(library, "TK.00001")
    returned = library.ask(CheckIn(1, 1, "TK.00001"))
    assert isinstance(returned, ReturnRecorded)
    assert isinstance(library.ask(TakeBack(1, 2, returned.operation, None)), TakenBack)
    assert library.open_loans() == ["TK.00001"]
    assert isinstance(library.ask(TakeBack(1, 3, returned.operation, None)), NotTakenBack)


def test_leaves_a_return_alone_once_the_book_was_lent_again(library: "Library") -> None:
    lend(library, "TK.00001", "p1")
    returned = library.ask(CheckIn(1, 1, "TK.00001"))
    assert isinstance(returned, ReturnRecorded)
    lend(library, "TK.00001", "p2")
    assert isinstance(library.ask(TakeBack(1, 2, returned.operation, None)), NotTakenBack)


def test_knows_a_card_and_tells_what_stands_against_it(library: "Library") -> None:
    lend(library, "TK.00001")
    answer = library.ask(IdentifyPatron(1, 1, "HS1-cũ"))
    assert isinstance(answer, PatronFound)
    assert (answer.patron_id, answer.name, answer.loans_now, answer.limit, answer.blocks) == ("p1", "Minh An", 1, 3, ())
    blocked = library.ask(IdentifyPatron(1, 1, "HS3"))
    assert isinstance(blocked, PatronFound)
    assert blocked.blocks == (b.PatronBlocked(), b.CardExpired(date(2026, 5, 31)))
    assert isinstance(library.ask(IdentifyPatron(1, 1, "HS9")), PatronNotFound)


def test_finds_both_meanings_of_a_code(library: "Library") -> None:
    both = library.ask(ResolveCode(1, 1, "TK.00005"))
    assert isinstance(both, CodeResolved)
    assert (both.known_card, both.known_item) == (True, True)
    card = library.ask(ResolveCode(1, 1, "HS1"))
    assert isinstance(card, CodeResolved)
    assert (card.known_card, card.known_item) == (True, False)
    differs = library.ask(ResolveCode(1, 1, "HS1", "TK.00001"))
    assert isinstance(differs, CodeResolved)
    assert (differs.text, differs.as_item, differs.known_card, differs.known_item) == ("HS1", "TK.00001", True, True)


def test_says_days_and_makes_nobody_late_when_the_clock_says_1970(library: "Library") -> None:
    library.keep_time()
    library.lent_elsewhere("i2", "p1", days_ago=30, due_in=-10)
    library.clock.lose_time()
    answer = lend(library, "TK.00001")
    assert (answer.due_on, answer.due_in_days) == (DUE, 14)
    identified = library.ask(IdentifyPatron(1, 1, "HS3"))
    assert isinstance(identified, PatronFound)
    assert identified.blocks == (b.PatronBlocked(),), "no card ends on a day that nobody vouches for"


def test_counts_from_the_last_trusted_time_when_nobody_vouches_for_a_later_one(library: "Library") -> None:
    library.keep_time(library.clock.moment.wall_ms + 90 * 86_400_000)
    library.clock.lose_time()
    answer = lend(library, "TK.00001")
    assert answer.due_in_days is not None
    again = library.ask(CheckOut(1, 1, "p1", "TK.00001"))
    assert isinstance(again, AlreadyYours)
    assert again.due_in_days == answer.due_in_days
