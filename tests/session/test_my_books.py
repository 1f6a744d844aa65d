from datetime import date

import pytest

from kiosk.domain import blocks as b
from kiosk.ports.devices import Sound
from kiosk.session.books import Books, HoldShown, LoanShown
from kiosk.session.effects import CheckOut, Effect, IdentifyPatron, ListBooks, Play, Renew
from kiosk.session.inputs import (
    AlreadyYours,
    BooksListed,
    Button,
    LoanRecorded,
    LoanRefused,
    NotRenewed,
    PatronFound,
    PatronNotFound,
    RenewTouched,
    StoreFailed,
    TakenBack,
    TakeOffTouched,
    Tick,
    Touched,
)
from kiosk.session.machine import wakes_at
from kiosk.session.notices import CardFirst, CardHasBlocks, UnknownCard
from kiosk.session.states import Home, RowKind
from tests.session.play import DUE, RULES, Play_, book, card, item

LATER = date(2026, 12, 21)
HOLD = HoldShown(book(""), 1, True, "ngăn 2")


def loan(barcode: str, *blocks: b.Block) -> LoanShown:
    return LoanShown(book(barcode), DUE, None, 14, 1, blocks)


LOANS = (loan("TK.1", b.LoanOverdue(DUE)), loan("TK.2"), loan("TK.3"))


def list_(play: Play_, ask: Effect, at: float, loans: tuple[LoanShown, ...] = LOANS) -> None:
    assert isinstance(ask, ListBooks)
    play.feed(BooksListed(ask.visit, ask.request, loans, (HOLD,), at))


def open_list(play: Play_, at: float = 1.0, loans: tuple[LoanShown, ...] = LOANS) -> None:
    """From the borrow page."""
    if isinstance(play.state.doing, Home):
        play.begin()
    list_(play, play.one(Touched(Button.MY_BOOKS, at), ListBooks), at, loans)


def renewed(play: Play_, ask: Effect, at: float = 2.1) -> tuple[Effect, ...]:
    assert isinstance(ask, Renew)
    return play.feed(
        LoanRecorded(ask.visit, ask.request, play.operation(), book(ask.barcode), LATER, None, 3, True, at)
    )


def refused(play: Play_, ask: Effect, *blocks: b.Block) -> tuple[Effect, ...]:
    assert isinstance(ask, Renew)
    return play.feed(NotRenewed(ask.visit, ask.request, ask.barcode, blocks, 2.1))


def shown(play: Play_) -> Books:
    assert play.borrowing.books is not None
    return play.borrowing.books


def renewals(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.barcode for effect in effects if isinstance(effect, Renew)]


def test_asks_for_the_card_first_and_then_shows_its_books(play: Play_) -> None:
    play.feed(Touched(Button.MY_BOOKS, 0.0))
    assert play.notice == CardFirst(to_my_books=True)
    ask = play.one(card("HS1", 1.0), IdentifyPatron)
    assert isinstance(ask, IdentifyPatron)
    effects = play.feed(PatronFound(ask.visit, ask.request, "p1", "HS1", "Minh An", 3, 5, (b.OverdueLoans(1),), 1.1))
    assert effects == (Play(Sound.OK), ListBooks(play.state.visit, play.state.request, "p1"))
    list_(play, effects[1], 1.2)
    assert shown(play) == Books(LOANS, (HOLD,))
    assert play.notice is None, "what is late is seen in the list"
    assert play.borrowing.loans_now == 3


def test_borrows_with_a_card_that_comes_without_that_wish(play: Play_) -> None:
    play.feed(Touched(Button.MY_BOOKS, 0.0))
    play.feed(Touched(Button.DISMISS, 1.0))
    ask = play.one(card("HS1", 2.0), IdentifyPatron)
    assert isinstance(ask, IdentifyPatron)
    play.feed(PatronFound(ask.visit, ask.request, "p1", "HS1", "Minh An", 3, 5, (b.OverdueLoans(1),), 2.1))
    assert play.notice == CardHasBlocks((b.OverdueLoans(1),))
    assert play.borrowing.books is None


def test_forgets_the_wish_with_a_card_that_is_unknown(play: Play_) -> None:
    play.feed(Touched(Button.MY_BOOKS, 0.0))
    ask = play.one(card("HS9", 1.0), IdentifyPatron)
    assert isinstance(ask, IdentifyPatron)
    play.feed(PatronNotFound(ask.visit, ask.request, 1.1))
    assert play.notice == UnknownCard()
    play.begin(at=2.0)
    assert play.borrowing.books is None


def test_opens_the_list_from_the_borrow_page_and_closes_it_by_touch(play: Play_) -> None:
    play.begin()
    operation = play.lend("TK.9", 0.5)
    play.feed(Touched(Button.TAKE_OFF_MODE, 0.7))
    open_list(play)
    assert not play.borrowing.taking_off
    play.feed(Touched(Button.BORROW, 2.0))
    assert play.borrowing.books is None
    assert [row.operation for row in play.borrowing.rows] == [operation]


def test_opens_the_list_from_a_notice_about_the_card(play: Play_) -> None:
    ask = play.one(card("HS1", 0.0), IdentifyPatron)
    assert isinstance(ask, IdentifyPatron)
    play.feed(PatronFound(ask.visit, ask.request, "p1", "HS1", "Minh An", 3, 5, (b.OverdueLoans(1),), 0.1))
    open_list(play)
    assert play.notice is None


def test_holds_scans_until_the_list_is_there_and_then_goes_on_borrowing(play: Play_) -> None:
    play.begin()
    ask = play.one(Touched(Button.MY_BOOKS, 1.0), ListBooks)
    assert play.feed(item("TK.9", 1.01)) == ()
    list_(play, ask, 1.1)
    last = play.asked[-1]
    assert isinstance(last, CheckOut)
    assert (last.patron_id, last.barcode) == ("p1", "TK.9")
    assert play.borrowing.books is None


def test_asks_for_the_list_once_when_the_key_is_tapped_twice(play: Play_) -> None:
    play.begin()
    play.one(Touched(Button.MY_BOOKS, 1.0), ListBooks)
    assert play.feed(Touched(Button.MY_BOOKS, 1.05)) == ()


def test_lends_a_book_that_is_scanned_over_the_list(play: Play_) -> None:
    open_list(play)
    play.lend("TK.9", 2.0)
    assert play.borrowing.books is None
    assert play.borrowing.rows[0].kind is RowKind.LENT


def test_renews_one_loan_once_however_often_its_key_is_tapped(play: Play_) -> None:
    open_list(play)
    ask = play.one(RenewTouched("TK.2", 2.0), Renew)
    assert isinstance(ask, Renew)
    assert (ask.patron_id, ask.barcode) == ("p1", "TK.2")
    assert play.feed(RenewTouched("TK.2", 2.01)) == ()
    assert renewed(play, ask) == (Play(Sound.OK),)
    assert shown(play).loans[1] == LoanShown(book("TK.2"), LATER, None, None, 0, renewed=True)
    assert shown(play).loans[::2] == LOANS[::2], "the others are as they were"
    assert play.feed(RenewTouched("TK.2", 3.0)) == ()
    assert [(row.kind, row.due_on) for row in play.borrowing.rows] == [(RowKind.RENEWED, LATER)]
    assert play.feed(item("TK.2", 4.0)) == (), "nor by a scan"


def test_renews_all_that_may_be_each_by_a_question_of_its_own_and_ends_with_one_sound(play: Play_) -> None:
    open_list(play)
    effects = play.feed(Touched(Button.RENEW_ALL, 2.0))
    assert renewals(effects) == ["TK.2", "TK.3"], "not the one that is overdue"
    assert len({effect.request for effect in effects if isinstance(effect, Renew)}) == 2
    assert play.feed(Touched(Button.RENEW_ALL, 2.01)) == ()
    assert renewed(play, effects[0]) == ()
    assert refused(play, effects[1], b.HeldForAnother()) == (Play(Sound.ATTENTION),)
    assert [(loan.renewed, loan.blocks) for loan in shown(play).loans] == [
        (False, (b.LoanOverdue(DUE),)),
        (True, ()),
        (False, (b.HeldForAnother(),)),
    ]


def test_asks_for_the_rest_after_one_was_renewed_alone(play: Play_) -> None:
    open_list(play)
    renewed(play, play.one(RenewTouched("TK.3", 2.0), Renew))
    assert renewals(play.feed(Touched(Button.RENEW_ALL, 3.0))) == ["TK.2"]


def test_takes_a_loan_that_has_ended_meanwhile_from_the_list(play: Play_) -> None:
    open_list(play)
    refused(play, play.one(RenewTouched("TK.2", 2.0), Renew))
    assert [loan.book.barcode for loan in shown(play).loans] == ["TK.1", "TK.3"]
    play.one(item("TK.2", 3.0), CheckOut)


@pytest.mark.parametrize("barcode", ["TK.1", "TK.9", ""])
def test_renews_nothing_that_is_refused_or_not_in_the_list(play: Play_, barcode: str) -> None:
    open_list(play)
    assert play.feed(RenewTouched(barcode, 2.0)) == ()


def test_renews_nothing_while_the_next_card_is_looked_up(play: Play_) -> None:
    open_list(play)
    play.feed(card("HS2", 2.0))
    assert play.feed(RenewTouched("TK.2", 2.01)) == ()
    assert play.feed(Touched(Button.RENEW_ALL, 2.02)) == ()


def test_shows_the_next_reader_nothing_of_the_list_before(play: Play_) -> None:
    open_list(play)
    ask = play.one(RenewTouched("TK.2", 2.0), Renew)
    play.begin(at=3.0, number="HS2", patron="p2")
    assert play.borrowing.books is None
    before = play.state
    renewed(play, ask)
    refused(play, ask, b.HeldForAnother())
    assert play.state == before


def test_shows_a_late_list_to_nobody(play: Play_) -> None:
    play.begin()
    ask = play.one(Touched(Button.MY_BOOKS, 1.0), ListBooks)
    play.feed(StoreFailed("K-03", 1.1))
    before = play.state
    list_(play, ask, 1.2)
    assert play.state == before


def test_keeps_the_row_of_a_renewal_that_comes_when_the_list_is_shown_no_more(play: Play_) -> None:
    open_list(play)
    ask = play.one(RenewTouched("TK.2", 2.0), Renew)
    play.feed(Touched(Button.BORROW, 2.05))
    assert renewed(play, ask) == (Play(Sound.OK),)
    assert play.borrowing.rows[0].kind is RowKind.RENEWED
    assert play.borrowing.books is None


def test_closes_a_list_that_is_older_than_what_it_shows(play: Play_) -> None:
    play.begin()
    operation = play.lend("TK.9", 0.5)
    lending = play.one(item("TK.8", 0.6), CheckOut)
    taking = play.feed(TakeOffTouched(operation, 0.7))[0]
    open_list(play)
    play.lent(lending, 1.1)
    assert play.borrowing.books is None
    open_list(play, 2.0)
    play.feed(TakenBack(taking.visit, taking.request, operation, 1, 2.1))  # type: ignore[union-attr]
    assert play.borrowing.books is None


def test_shows_a_refusal_over_the_list_and_then_the_list_again(play: Play_) -> None:
    play.begin()
    lending = play.one(item("TK.8", 0.6), CheckOut)
    assert isinstance(lending, CheckOut)
    open_list(play)
    play.feed(LoanRefused(lending.visit, lending.request, book("TK.8"), (b.NotForLoan(),), 1.1))
    assert play.feed(RenewTouched("TK.2", 1.2)) == ()
    play.feed(Touched(Button.DISMISS, 2.0))
    assert shown(play).loans == LOANS
    play.one(RenewTouched("TK.2", 3.0), Renew)


def test_warns_and_ends_over_the_list_as_over_every_visit(play: Play_) -> None:
    open_list(play, at=1.0)
    assert wakes_at(play.state, RULES) == 31.0
    play.feed(Tick(31.0))
    assert play.borrowing.warned
    assert play.borrowing.books is not None
    play.feed(Touched(Button.STILL_HERE, 32.0))
    assert not play.borrowing.warned
    play.feed(Tick(62.0))
    play.feed(Tick(77.0))
    assert play.state.doing == Home()


def test_finishes_when_the_same_card_comes_over_the_list_though_nothing_was_done(play: Play_) -> None:
    open_list(play)
    play.feed(card("HS1", 2.0))
    assert play.borrowing.books is not None, "the card was seen less than three seconds ago"
    effects = play.feed(card("HS1", 6.0))
    assert play.state.doing == Home()
    assert effects == (Play(Sound.DONE),)


def test_asks_nothing_of_the_list_where_there_is_none(play: Play_) -> None:
    play.feed(Touched(Button.RETURN, 0.0))
    for happened in (Touched(Button.MY_BOOKS, 1.0), Touched(Button.RENEW_ALL, 1.0), RenewTouched("TK.2", 1.0)):
        assert play.feed(happened) == ()
    play.begin(at=2.0)
    assert play.feed(Touched(Button.RENEW_ALL, 3.0)) == ()
    late = AlreadyYours(play.state.visit, 1, book("TK.2"), DUE, None, 3.0)
    play.feed(late)
    assert play.borrowing.books is None
