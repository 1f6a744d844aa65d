"""A book that is said to be lost, and found again, at the desk, on a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.domain import blocks as b
from kiosk.domain.model import ItemStatus
from kiosk.domain.requests import ChangeItemStatus
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.session.effects import Ask, CheckIn, CheckOut, OpenReader
from kiosk.session.inputs import Asked, LoanRecorded, LoanRefused, ReaderOpened, ReturnRecorded

if TYPE_CHECKING:
    from tests.desk.conftest import Library

LAN = ByStaff(Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN))
BOOK = "TK.00001"


def say(library: Library, status: ItemStatus) -> None:
    assert isinstance(library.ask(Ask(7, 9, None, ChangeItemStatus(BOOK, status), LAN)), Asked)


def returned(library: Library, by: ByStaff | None) -> ReturnRecorded:
    answer = library.ask(CheckIn(7, 9, BOOK, by=by))
    assert isinstance(answer, ReturnRecorded)
    return answer


def marked_of_loan(library: Library) -> str:
    answer = library.ask(OpenReader(7, 9, "p1"))
    assert isinstance(answer, ReaderOpened)
    assert answer.reader is not None
    (loan,) = answer.reader.loans
    return loan.marked


def test_a_lost_book_stays_on_its_loan_and_is_lent_again_once_it_is_found(library: Library) -> None:
    assert isinstance(library.ask(CheckOut(7, 9, "p1", BOOK, LAN)), LoanRecorded)
    assert marked_of_loan(library) == ""
    say(library, ItemStatus.LOST)
    assert marked_of_loan(library) == "lost"
    assert library.open_loans() == [BOOK]
    assert returned(library, LAN).marked == "lost"
    refused = library.ask(CheckOut(7, 9, "p2", BOOK, LAN))
    assert isinstance(refused, LoanRefused)
    assert b.NotForLoan() in refused.blocks
    say(library, ItemStatus.AVAILABLE)
    assert isinstance(library.ask(CheckOut(7, 9, "p2", BOOK, LAN)), LoanRecorded)


def test_what_is_said_of_a_book_is_told_to_the_desk_alone(library: Library) -> None:
    say(library, ItemStatus.DAMAGED)
    assert returned(library, None).marked == ""
    assert returned(library, LAN).marked == "damaged"
