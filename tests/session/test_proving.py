"""A PIN beside the card: asked for once, before anything is borrowed; nothing is lent to whoever does not know it."""

from __future__ import annotations

import pytest

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.operations import OperationId
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import PinProblem
from kiosk.session.effects import CallHelp, CheckOut, IdentifyPatron, ListBooks, Play, ProveCard, ResolveCode
from kiosk.session.inputs import (
    Button,
    CardProved,
    CodeResolved,
    HelpCalled,
    PatronFound,
    PinRefused,
    Scanned,
    Tick,
    Touched,
    Typed,
)
from kiosk.session.machine import wakes_at
from kiosk.session.notices import NoPinYet
from kiosk.session.states import Borrowing, Home, Look, Proving
from kiosk.session.supervised.typing import CLEAR, DONE
from tests.session.play import RULES, Play_, card, item


def by_camera(text: str, at: float, *kinds: CodeKind) -> Scanned:
    return Scanned(Code(text, frozenset(kinds or (CodeKind.CARD,))), at, "qr")


def found(ask: object, at: float, *, asks_pin: bool = True, has_pin: bool = True) -> PatronFound:
    assert isinstance(ask, IdentifyPatron)
    name = "Minh An" if ask.card == "HS1" else "Gia Hân"
    return PatronFound(ask.visit, ask.request, f"p-{ask.card}", ask.card, name, 0, 5, (), at, None, asks_pin, has_pin)


@pytest.fixture
def play() -> Play_:
    """A card was scanned, and its PIN is asked for."""
    made = Play_()
    made.feed(found(made.one(card("HS1", 1), IdentifyPatron), 1))
    assert isinstance(made.state.doing, Proving)
    return made


def typed(play: Play_, keys: str, at: float = 2) -> ProveCard | None:
    for key in keys:
        play.feed(Typed(key, at))
    asks = [one for one in play.feed(Typed(DONE, at)) if isinstance(one, ProveCard)]
    return asks[0] if asks else None


def proved(play: Play_, at: float = 2) -> None:
    ask = typed(play, "4711", at)
    assert ask is not None
    assert (ask.patron_id, ask.pin) == ("p-HS1", "4711")
    play.feed(CardProved(ask.visit, ask.request, at))


def test_the_right_pin_begins_the_visit_and_is_asked_for_once(play: Play_) -> None:
    proved(play)
    assert play.borrowing.patron.name == "Minh An"
    play.lend("TK.00001", 3)
    play.lend("TK.00002", 4)
    assert len(play.borrowing.rows) == 2
    assert sum(isinstance(one, ProveCard) for one in play.asked) == 1


def test_how_the_card_was_read_is_told(play: Play_) -> None:
    assert play.one(card("HS2", 3), IdentifyPatron) == IdentifyPatron(2, 2, "HS2", by_camera=False)
    fresh = Play_()
    assert fresh.one(by_camera("HS1", 1), IdentifyPatron) == IdentifyPatron(0, 1, "HS1", by_camera=True)


def test_how_a_code_was_read_that_may_be_a_card_or_a_book_is_told_too() -> None:
    play = Play_()
    ask = play.one(by_camera("HS1", 1, CodeKind.CARD, CodeKind.ITEM), ResolveCode)
    assert isinstance(ask, ResolveCode)
    (asks,) = play.feed(CodeResolved(ask.visit, ask.request, "HS1", True, False, 1.1))
    assert isinstance(asks, IdentifyPatron)
    assert asks.by_camera
    assert not Play_().one(card("HS1", 1), IdentifyPatron).by_camera  # type: ignore[attr-defined]


def test_nothing_is_lent_before_the_pin(play: Play_) -> None:
    assert play.feed(item("TK.00001", 2)) == (Play(Sound.ATTENTION),)
    assert isinstance(play.state.doing, Proving)
    assert not any(isinstance(one, CheckOut) for one in play.asked)


def test_books_that_a_quick_hand_scanned_before_the_answer_are_not_lent() -> None:
    play = Play_()
    ask = play.one(card("HS1", 1), IdentifyPatron)
    play.feed(item("TK.00001", 1.1))
    play.feed(found(ask, 1.2))
    assert isinstance(play.state.doing, Proving)
    assert not any(isinstance(one, CheckOut) for one in play.asked)


def test_a_wrong_pin_says_so_and_a_wait_looks_at_none(play: Play_) -> None:
    ask = typed(play, "1234")
    assert ask is not None
    play.feed(PinRefused(ask.visit, ask.request, PinProblem.WRONG, 15.0, 3))
    doing = play.state.doing
    assert isinstance(doing, Proving)
    assert (doing.digits, doing.problem, doing.tries_at) == ("", PinProblem.WRONG, 18)
    assert typed(play, "4711", 17) is None, "no try is wasted on it"
    play.feed(Typed(CLEAR, 18))
    assert typed(play, "4711", 18) is not None


def test_too_few_digits_are_no_try(play: Play_) -> None:
    assert typed(play, "471") is None


def test_a_card_without_a_pin_is_sent_to_the_librarian() -> None:
    play = Play_()
    play.feed(found(play.one(card("HS1", 1), IdentifyPatron), 1, has_pin=False))
    assert isinstance(play.state.doing, Home)
    assert play.notice == NoPinYet()
    play.feed(item("TK.00001", 2))
    assert not any(isinstance(one, CheckOut) for one in play.asked)


def test_who_came_to_see_their_books_sees_them_after_the_pin() -> None:
    play = Play_()
    play.feed(Touched(Button.MY_BOOKS, 0))
    play.feed(found(play.one(card("HS1", 1), IdentifyPatron), 1))
    assert not any(isinstance(one, ListBooks) for one in play.asked), "nor are they shown before it"
    proved(play)
    assert sum(isinstance(one, ListBooks) for one in play.asked) == 1


def test_a_stranger_who_does_not_know_the_pin_ends_the_visit_before() -> None:
    play = Play_()
    play.feed(found(play.one(card("HS1", 1), IdentifyPatron), 1, asks_pin=False))
    play.lend("TK.00001", 2)
    play.feed(found(play.one(card("HS2", 3), IdentifyPatron), 3))
    doing = play.state.doing
    assert isinstance(doing, Proving)
    assert doing.found.name == "Gia Hân"
    assert "Dế Mèn" not in repr(play.state), "nothing of the reader before is left"


def test_another_card_takes_the_turn_and_a_late_answer_opens_nothing(play: Play_) -> None:
    ask = typed(play, "4711")
    assert ask is not None
    other = play.one(card("HS2", 3), IdentifyPatron)
    play.feed(CardProved(ask.visit, ask.request, 3.1))
    assert not isinstance(play.state.doing, Borrowing)
    play.feed(found(other, 3.2))
    doing = play.state.doing
    assert isinstance(doing, Proving)
    assert doing.found.card == "HS2"
    assert doing.digits == ""


def test_an_answer_to_another_question_opens_nothing(play: Play_) -> None:
    play.feed(CardProved(play.state.visit, 99, 2))
    assert isinstance(play.state.doing, Proving)
    play.feed(CardProved(play.state.visit, play.state.request, 2))
    assert isinstance(play.state.doing, Proving), "nothing was asked yet"


def test_the_same_card_lying_there_changes_nothing(play: Play_) -> None:
    play.feed(Typed("4", 2))
    play.feed(card("HS1", 3))
    doing = play.state.doing
    assert isinstance(doing, Proving)
    assert doing.digits == "4"


def test_back_and_time_go_home_and_leave_nothing(play: Play_) -> None:
    play.feed(Typed("4", 2))
    wakes = wakes_at(play.state, RULES)
    assert wakes == 2 + RULES.entering_s
    before = play.state
    play.feed(Tick(wakes))
    assert play.state.doing == Home(None, 0.0)
    play.state = before
    play.feed(Touched(Button.LOCK, 3))
    assert isinstance(play.state.doing, Home)
    assert "Minh An" not in repr(play.state)


def test_no_digit_is_in_what_may_be_logged(play: Play_) -> None:
    for key in "4711":
        play.feed(Typed(key, 2))
    (ask,) = play.feed(Typed(DONE, 2))
    assert "4711" not in repr(play.state) + repr(ask)


def test_a_reader_who_does_not_know_their_pin_calls_for_help_once(play: Play_) -> None:
    play.feed(Typed("4", 2))
    asked = play.feed(Touched(Button.HELP, 3))
    assert asked == (CallHelp(play.state.visit, play.state.request), Play(Sound.ATTENTION))
    assert play.feed(Touched(Button.HELP, 4)) == (Play(Sound.ATTENTION),)
    play.feed(HelpCalled(play.state.visit, play.state.request, OperationId("e", 1), 4.1))
    doing = play.state.doing
    assert isinstance(doing, Proving)
    assert (doing.digits, doing.active_at, play.state.help_called) == ("4", 4, True)
    assert typed(play, "711", 5) is not None, "and may find that they know it"


def test_help_is_called_while_a_pin_is_looked_at(play: Play_) -> None:
    ask = typed(play, "4711")
    assert ask is not None
    play.feed(Touched(Button.HELP, 3))
    play.feed(CardProved(ask.visit, ask.request, 3.1))
    assert play.borrowing.patron.name == "Minh An"


def test_the_language_is_chosen_before_the_pin_and_stays(play: Play_) -> None:
    for button in (Button.LANGUAGE, Button.LOOK):
        play.feed(Touched(button, 2))
    assert (play.state.language, play.state.look) == ("en", Look.LARGE)
    proved(play)
    assert (play.state.language, play.state.look) == ("en", Look.LARGE)
