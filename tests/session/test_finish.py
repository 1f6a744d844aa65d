from datetime import date

import pytest

from kiosk.domain.barcodes import CodeKind
from kiosk.ports.devices import Sound
from kiosk.session.effects import CheckIn, CheckOut, IdentifyPatron, Play, TakeBack
from kiosk.session.inputs import (
    AlreadyYours,
    Button,
    LoanRecorded,
    NobodyHasIt,
    Scanned,
    TakeOffTouched,
    Tick,
    Touched,
)
from kiosk.session.machine import wakes_at
from kiosk.session.notices import PublishersCode, ReturnOffered
from kiosk.session.states import Finished, Home, RowKind
from tests.session.play import DUE, RULES, Play_, book, card, code, item


def finished(play: Play_) -> Finished:
    assert isinstance(play.state.doing, Finished), play.state
    return play.state.doing


def finish(play: Play_) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    play.feed(Touched(Button.DONE, 5.0))


def test_shows_what_was_lent_and_renewed_and_nothing_else(play: Play_) -> None:
    play.begin()
    lent = play.lend("TK.1", 1.0)
    ask = play.one(item("TK.2", 2.0), CheckOut)
    assert isinstance(ask, CheckOut)
    longer = play.operation()
    play.feed(LoanRecorded(ask.visit, ask.request, longer, book("TK.2"), date(2026, 12, 21), None, 2, True, 2.1))
    had = play.one(item("TK.3", 3.0), CheckOut)
    assert isinstance(had, CheckOut)
    play.feed(AlreadyYours(had.visit, had.request, book("TK.3"), DUE, None, 3.1))
    assert play.feed(Touched(Button.DONE, 5.0)) == (Play(Sound.DONE),)
    assert [(row.kind, row.operation) for row in finished(play).rows] == [
        (RowKind.RENEWED, longer),
        (RowKind.LENT, lent),
    ]
    assert "Minh An" not in repr(play.state)
    assert "p1" not in repr(play.state)


@pytest.mark.parametrize("how", ["touch", "card"])
def test_finishes_by_touch_and_by_the_same_card(play: Play_, how: str) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    play.feed(Touched(Button.DONE, 5.0) if how == "touch" else card("HS1", 5.0))
    assert finished(play).since == 5.0


def test_goes_home_by_itself_and_by_touch(play: Play_) -> None:
    finish(play)
    assert wakes_at(play.state, RULES) == 5.0 + RULES.finished_s
    play.feed(Tick(14.9))
    assert finished(play)
    play.feed(Tick(15.0))
    assert play.state.doing == Home()
    play.begin(at=20.0)
    play.lend("TK.2", 21.0)
    play.feed(Touched(Button.DONE, 22.0))
    assert play.feed(Touched(Button.DONE, 23.0)) == ()
    assert play.state.doing == Home()


def test_has_nothing_to_show_after_a_visit_without_a_book(play: Play_) -> None:
    play.begin()
    assert play.feed(Touched(Button.DONE, 1.0)) == ()
    assert play.state.doing == Home()
    play.begin(at=2.0)
    had = play.one(item("TK.3", 3.0), CheckOut)
    assert isinstance(had, CheckOut)
    play.feed(AlreadyYours(had.visit, had.request, book("TK.3"), DUE, None, 3.1))
    play.feed(card("HS1", 9.0))
    assert play.state.doing == Home(), "it was theirs before"
    play.feed(Touched(Button.RETURN, 10.0))
    play.return_one(play.one(item("TK.1", 11.0), CheckIn), 11.1)
    play.feed(Touched(Button.DONE, 12.0))
    assert play.state.doing == Home(), "each returned book has said where it goes"


def test_leaves_out_a_book_that_is_being_taken_off(play: Play_) -> None:
    play.begin()
    kept = play.lend("TK.1", 1.0)
    off = play.lend("TK.2", 2.0)
    play.one(TakeOffTouched(off, 3.0), TakeBack)
    play.feed(Touched(Button.DONE, 3.05))
    assert [row.operation for row in finished(play).rows] == [kept]


def test_shows_nothing_to_whoever_comes_after_the_warning(play: Play_) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    play.feed(Tick(32.0))
    assert play.borrowing.warned
    play.feed(Touched(Button.DONE, 40.0))
    assert play.state.doing == Home()


def test_finishes_by_the_same_card_also_after_the_warning(play: Play_) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    play.feed(Tick(32.0))
    play.feed(card("HS1", 40.0))
    assert finished(play)


def test_shows_nothing_after_somebody_walked_away(play: Play_) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    play.feed(Tick(32.0))
    play.feed(Tick(50.0))
    assert play.state.doing == Home()


def test_begins_the_next_visit_at_once_with_a_card(play: Play_) -> None:
    finish(play)
    visit = play.state.visit
    play.begin(at=6.0, number="HS2", patron="p2")
    assert play.state.visit > visit
    assert play.borrowing.patron.id == "p2"
    assert play.borrowing.rows == ()


def test_begins_nothing_with_the_same_card_while_it_still_lies_there(play: Play_) -> None:
    finish(play)
    assert play.feed(card("HS1", 7.9)) == ()
    assert finished(play)
    play.one(card("HS1", 8.0), IdentifyPatron)


@pytest.mark.parametrize("at", [5.1, 9.0, 14.9])
def test_returns_no_book_that_was_just_lent_while_the_page_says_whose_day_it_is(play: Play_, at: float) -> None:
    """A camera sees it again as its reader picks it up and goes."""
    finish(play)
    assert play.feed(item("TK.1", at)) == ()
    assert finished(play)
    play.feed(Tick(15.0))
    play.one(item("TK.1", 16.0), CheckIn)


def test_begins_the_next_visit_at_once_with_a_book(play: Play_) -> None:
    finish(play)
    ask = play.one(item("TK.5", 6.0), CheckIn)
    assert isinstance(ask, CheckIn)
    assert ask.only_if_lent
    play.feed(NobodyHasIt(ask.visit, ask.request, "TK.5", book("TK.5"), 6.1))
    assert play.notice == ReturnOffered("TK.5", book("TK.5"))


def test_says_what_is_wrong_with_the_next_code_on_the_home_page(play: Play_) -> None:
    finish(play)
    play.feed(Scanned(code("9786042134620", CodeKind.ISBN), 6.0))
    assert isinstance(play.state.doing, Home)
    assert play.notice == PublishersCode("9786042134620")


def test_keeps_the_language_of_the_visit_until_it_is_over(play: Play_) -> None:
    play.feed(Touched(Button.LANGUAGE, 0.0))
    finish(play)
    assert play.state.language == "en"
    play.feed(Touched(Button.HELP, 6.0))
    assert finished(play)
    play.feed(Tick(15.0))
    assert play.state.language == "vi"


def test_shows_a_late_answer_to_nobody_after_the_end(play: Play_) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    ask = play.one(item("TK.2", 2.0), CheckOut)
    play.feed(Touched(Button.DONE, 2.05))
    before = play.state
    play.lent(ask, 2.1)
    assert play.state == before
