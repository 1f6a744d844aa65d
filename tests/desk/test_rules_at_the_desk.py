"""What the rules in full need to know reaches them: on a real store, through the acts of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from kiosk.desk.asked import ended_late
from kiosk.desk.recording import Today
from kiosk.domain import blocks as b
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold, ItemStatus, Loan, Patron
from kiosk.domain.requests import BlockPatron, RequestRecord, RequestState
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import HoldRecord, ItemRecord, PatronRecord
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import Ask, CheckIn, CheckOut, IdentifyPatron, ListBooks, Renew, TakeBack
from kiosk.session.inputs import Asked, BooksListed, LoanRecorded, LoanRefused, NotRenewed, PatronFound, ReturnRecorded
from tests.desk.conftest import RULES, TODAY

if TYPE_CHECKING:
    from tests.desk.conftest import Library

LAST_WEEK = TODAY - timedelta(days=7)


def limited(**changes: Any) -> CirculationRules:
    return replace(RULES, version="2", limits={"hs": replace(RULES.limits["hs"], **changes)})


def policed(**changes: Any) -> CirculationRules:
    policies = {**RULES.policies, ("hs", "STK"): replace(RULES.policies["hs", "STK"], **changes)}
    return replace(RULES, version="2", policies=policies)


SUSPENDING = limited(suspend_after_days=5, suspend_days=7, overdue_blocks_after_days=30)


def refused(library: Library, barcode: str = "TK.00001", patron: str = "p1") -> tuple[b.Block, ...]:
    """Why it is not lent; nothing: it is."""
    answer = library.ask(CheckOut(1, 1, patron, barcode))
    return answer.blocks if isinstance(answer, LoanRefused) else ()


def brings_late(library: Library, days: int) -> None:
    library.lent_elsewhere("i2", "p1", days_ago=20, due_in=-days)
    assert isinstance(library.ask(CheckIn(1, 1, "TK.00002")), ReturnRecorded)


def test_who_brings_a_book_late_borrows_and_renews_nothing_for_a_while(library: Library) -> None:
    library.apply(SUSPENDING)
    library.lent_elsewhere("i3", "p1")
    brings_late(library, 5)
    suspended = b.Suspended(TODAY + timedelta(days=6))
    assert refused(library) == (suspended,)
    card = library.ask(IdentifyPatron(1, 1, "HS1"))
    assert isinstance(card, PatronFound)
    assert card.blocks == (suspended,)
    books = library.ask(ListBooks(1, 1, "p1"))
    assert isinstance(books, BooksListed)
    assert books.loans[0].blocks == (suspended,)
    renewal = library.ask(Renew(1, 1, "p1", "TK.00003"))
    assert isinstance(renewal, NotRenewed)
    assert renewal.blocks == (suspended,)
    assert refused(library, patron="p2") == ()
    library.clock.advance(7 * 86_400)
    assert refused(library, "TK.00005") == ()


def test_who_is_a_little_late_is_not_suspended(library: Library) -> None:
    library.apply(SUSPENDING)
    brings_late(library, 4)
    assert refused(library) == ()


def test_nobody_is_suspended_on_an_unsure_day(library: Library) -> None:
    library.apply(SUSPENDING)
    brings_late(library, 5)
    library.keep_time()
    library.clock.lose_time()
    assert refused(library) == ()


LAN = ByStaff(Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN))


def lends_again(library: Library) -> bool:
    return isinstance(library.ask(Ask(1, 1, "p1", BlockPatron(False), LAN)), Asked)


def test_a_desk_that_lends_again_lifts_what_this_station_knows_and_what_it_was_told(library: Library) -> None:
    told = Patron("p1", "Minh An", "7A1", "hs", None, False, suspended_until=TODAY + timedelta(days=3))
    library.apply(SUSPENDING, PatronRecord(told, ("HS1",)))
    brings_late(library, 5)
    assert refused(library) == (b.Suspended(TODAY + timedelta(days=6)),)
    assert lends_again(library)
    assert refused(library) == ()
    assert not lends_again(library), "nothing is left to lift"


def test_what_comes_late_on_a_later_day_suspends_again(library: Library) -> None:
    library.apply(SUSPENDING)
    brings_late(library, 5)
    assert lends_again(library)
    library.clock.advance(86_400)
    library.lent_elsewhere("i5", "p1", days_ago=20, due_in=-8)
    library.ask(CheckIn(1, 1, "TK.00005"))
    assert refused(library) == (b.Suspended(TODAY + timedelta(days=7)),)


def test_what_the_centre_lifted_suspends_nobody_here(library: Library) -> None:
    library.apply(SUSPENDING)
    brings_late(library, 5)
    lifted = Patron("p1", "Minh An", "7A1", "hs", None, False, lifted_on=TODAY)
    library.apply(PatronRecord(lifted, ("HS1",)))
    assert refused(library) == ()
    library.apply(PatronRecord(replace(lifted, lifted_on=TODAY - timedelta(days=1)), ("HS1",)))
    assert refused(library, "TK.00003") == (b.Suspended(TODAY + timedelta(days=6)),)


def test_what_was_lifted_here_stays_so_until_the_centre_has_answered(library: Library) -> None:
    """What it tells of the reader meanwhile may be from before it heard; what it tells behind its answer is not."""
    library.apply(SUSPENDING)
    brings_late(library, 5)
    answer = library.ask(Ask(1, 1, "p1", BlockPatron(False), LAN))
    assert isinstance(answer, Asked)
    an = Patron("p1", "Minh An", "7A1", "hs", None, False, suspended_until=TODAY + timedelta(days=6))
    library.apply(PatronRecord(an, ("HS1",)))
    assert refused(library) == ()
    asked = RequestRecord(answer.id, "patron_block", "", "p1", 5, RequestState.DECLINED)
    library.apply(asked, PatronRecord(an, ("HS1",)))
    assert refused(library, "TK.00003") == (b.Suspended(TODAY + timedelta(days=6)),)


class Counting:
    """Notes down for whom late returns are looked for."""

    def __init__(self, work: UnitOfWork, asked: list[str]) -> None:
        self._work, self._asked = work, asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def ended_late(self, patron_id: str, since: date) -> Sequence[tuple[Loan, date]]:
        self._asked.append(patron_id)
        return self._work.ended_late(patron_id, since)


def test_late_returns_are_looked_for_only_where_a_rule_asks(library: Library) -> None:
    """A check-out reads no more than before."""
    patron, asked = Patron("p1", "Minh An", "7A1", "hs", None, False), []
    for rules, sure, times in (
        (RULES, True, 0),
        (limited(suspend_days=7), True, 0),
        (limited(suspend_after_days=7), True, 0),
        (SUSPENDING, False, 0),
        (SUSPENDING, True, 1),
    ):
        library.apply(rules)
        with library.store.unit_of_work() as work:
            looked_at = Today(TODAY, sure, library.clock.now())
            ended_late(cast(UnitOfWork, Counting(work, asked)), patron, looked_at)
        assert len(asked) == times


def test_the_centre_suspends_a_reader(library: Library) -> None:
    patron = Patron("p1", "Minh An", "7A1", "hs", None, False, suspended_until=TODAY)
    library.apply(PatronRecord(patron, ("HS1",)))
    assert refused(library) == (b.Suspended(TODAY),)
    library.clock.advance(86_400)
    assert refused(library) == ()


def test_a_days_limit_counts_what_is_still_out(library: Library) -> None:
    library.apply(limited(per_day=1))
    library.lent_elsewhere("i5", "p1")
    first = library.ask(CheckOut(1, 1, "p1", "TK.00001"))
    assert isinstance(first, LoanRecorded)
    assert refused(library, "TK.00003") == (b.TooManyToday(1),)
    library.ask(TakeBack(1, 1, first.operation, "p1"))
    assert refused(library, "TK.00003") == ()
    library.ask(CheckIn(1, 1, "TK.00005"))
    library.clock.advance(86_400)
    assert refused(library, "TK.00001") == ()


def test_a_type_is_kept_for_some_classes(library: Library) -> None:
    library.apply(policed(classes=("8", "9")))
    assert refused(library) == (b.OtherClasses(("8", "9")),)
    library.apply(policed(classes=("7A",)))
    assert refused(library) == ()


def test_a_copy_that_stays_is_neither_lent_nor_renewed(library: Library) -> None:
    library.lent_elsewhere("i2", "p1", due_in=0)
    for number in (1, 2):
        item = ItemRecord(f"i{number}", f"t{number}", f"TK.0000{number}", "STK", ItemStatus.AVAILABLE, True)
        library.apply(item)
    assert refused(library) == (b.InHouseOnly(),)
    renewal = library.ask(Renew(1, 1, "p1", "TK.00002"))
    assert isinstance(renewal, NotRenewed)
    assert renewal.blocks == (b.InHouseOnly(),)


def test_a_hold_that_stood_too_long_on_its_shelf_keeps_no_book_from_others(library: Library) -> None:
    library.apply(HoldRecord(Hold("h1", "t4", "p1", "ngăn 2", LAST_WEEK), 0))
    assert refused(library, "TK.00004", "p2") == (b.HeldForAnother(),), "until they come"
    library.apply(replace(RULES, version="2", hold_shelf_days=6))  # 17 to 23 November, without a Sunday
    assert refused(library, "TK.00004", "p2") == (b.HeldForAnother(),)
    library.apply(replace(RULES, version="3", hold_shelf_days=5))
    books = library.ask(ListBooks(1, 1, "p1"))
    assert isinstance(books, BooksListed)
    assert (books.holds[0].place, books.holds[0].ready) == (1, True), "it still stands there for who comes late"
    library.keep_time()
    library.clock.lose_time()
    assert refused(library, "TK.00004", "p2") == (b.HeldForAnother(),)


def test_a_return_is_kept_for_the_next_one_when_the_first_is_passed_over(library: Library) -> None:
    library.apply(replace(RULES, version="2", hold_shelf_days=3))
    library.apply(HoldRecord(Hold("h1", "t4", "p1", "ngăn 1", TODAY - timedelta(days=20)), 0))
    library.apply(HoldRecord(Hold("h2", "t4", "p2", "ngăn 2"), 1))
    library.lent_elsewhere("i4", "p3")
    answer = library.ask(CheckIn(1, 1, "TK.00004"))
    assert isinstance(answer, ReturnRecorded)
    assert answer.held_at == "ngăn 2"
    places = [library.ask(ListBooks(1, 1, patron)) for patron in ("p1", "p2")]
    assert [(books.holds[0].place, books.holds[0].ready) for books in places] == [(2, False), (1, True)]
    assert refused(library, "TK.00004", "p1") == (b.HeldForAnother(),)
    assert refused(library, "TK.00004", "p2") == ()
