import pytest

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.blocks import NotForLoan
from kiosk.ports.devices import Sound
from kiosk.session.effects import CheckIn, CheckOut, IdentifyPatron, Play, ResolveCode, TakeBack
from kiosk.session.inputs import (
    Button,
    CodeResolved,
    LoanRefused,
    NotTakenBack,
    PatronNotFound,
    Scanned,
    StoreFailed,
    Touched,
)
from kiosk.session.machine import wakes_at
from kiosk.session.notices import (
    CardOrBook,
)
from kiosk.session.states import Home, Resting
from tests.session.play import RULES, Play_, book, card, code, item


def either(text: str, at: float) -> Scanned:
    return Scanned(code(text, CodeKind.CARD, CodeKind.ITEM), at)


def test_lends_nothing_while_it_is_asked_whose_turn_it_is(play: Play_) -> None:
    play.begin(patron="p1")
    ask = play.one(either("00123", 1.0), ResolveCode)
    assert isinstance(ask, ResolveCode)
    play.feed(CodeResolved(ask.visit, ask.request, "00123", True, True, 1.1))
    for happened in (item("TK.2", 2.0), Scanned(code("x", CodeKind.UNKNOWN), 2.1), Touched(Button.HELP, 2.2)):
        assert all(isinstance(effect, Play) for effect in play.feed(happened))
        assert play.notice == CardOrBook("00123")


def test_keeps_the_question_whose_turn_it_is_when_an_earlier_book_is_refused(play: Play_) -> None:
    play.begin(patron="p1")
    lending = play.one(item("TK.1", 0.5), CheckOut)
    assert isinstance(lending, CheckOut)
    ask = play.one(either("00123", 1.0), ResolveCode)
    assert isinstance(ask, ResolveCode)
    play.feed(CodeResolved(ask.visit, ask.request, "00123", True, True, 1.1))
    play.feed(LoanRefused(lending.visit, lending.request, book("TK.1"), (NotForLoan(),), 1.2))
    assert play.notice == CardOrBook("00123")
    assert play.feed(item("TK.1", 2.0)) == (Play(Sound.ATTENTION),)


def test_ends_the_visit_when_a_code_that_may_be_a_card_is_known_as_nothing(play: Play_) -> None:
    play.begin(patron="p1")
    ask = play.one(either("00123", 1.0), ResolveCode)
    assert isinstance(ask, ResolveCode)
    play.feed(item("TK.2", 1.01))
    play.feed(CodeResolved(ask.visit, ask.request, "00123", False, False, 1.1))
    assert isinstance(play.state.doing, Home)
    assert not any(isinstance(effect, CheckOut) for effect in play.asked)


def test_looks_up_the_next_card_that_was_held_when_the_one_before_is_unknown(play: Play_) -> None:
    ask = play.one(card("HS9", 1.0), IdentifyPatron)
    assert isinstance(ask, IdentifyPatron)
    for scan in (item("TK.1", 1.01), card("HS1", 1.02), item("TK.2", 1.03)):
        play.feed(scan)
    identify = play.one(PatronNotFound(ask.visit, ask.request, 1.1), IdentifyPatron)
    play.identify(identify, 1.2)
    last = play.asked[-1]
    assert isinstance(last, CheckOut)
    assert last.barcode == "TK.2"


def test_keeps_held_scans_when_a_hand_rests_on_the_screen(play: Play_) -> None:
    ask = play.one(card("HS1", 1.0), IdentifyPatron)
    play.feed(item("TK.1", 1.01))
    for button in (Button.RETURN, Button.BORROW, Button.DISMISS):
        assert play.feed(Touched(button, 1.02)) == ()
    assert wakes_at(play.state, RULES) is None
    play.identify(ask, 1.1)
    assert isinstance(play.asked[-1], CheckOut)


def test_says_so_when_more_is_scanned_than_can_be_held(play: Play_) -> None:
    play.feed(card("HS1", 1.0))
    for n in range(40):
        assert play.feed(item(f"TK.{n}", 1.01)) == ()
    assert play.feed(item("TK.40", 1.02)) == (Play(Sound.ATTENTION),)


def test_undoes_one_return_when_the_key_is_tapped_twice(play: Play_) -> None:
    play.feed(Touched(Button.RETURN, 0.0))
    play.return_one(play.one(item("TK.1", 1.0), CheckIn), 1.1)
    second = play.return_one(play.one(item("TK.2", 2.0), CheckIn), 2.1)
    ask = play.one(Touched(Button.UNDO_RETURN, 3.0), TakeBack)
    assert isinstance(ask, TakeBack)
    assert play.feed(Touched(Button.UNDO_RETURN, 3.2)) == ()
    play.feed(NotTakenBack(ask.visit, ask.request, second, 3.3))
    again = play.one(Touched(Button.UNDO_RETURN, 9.0), TakeBack)
    assert isinstance(again, TakeBack)
    assert again.operation == second


def test_says_the_newest_reason_while_it_rests(play: Play_) -> None:
    play.feed(StoreFailed("K-03", 1.0))
    play.feed(StoreFailed("K-04", 2.0))
    assert play.state.doing == Resting("K-04", 1.0)


@pytest.mark.parametrize(("known_card", "known_item"), [(True, False), (False, True), (True, True)])
def test_takes_a_code_for_what_it_is_as_a_card_or_as_a_book(known_card: bool, known_item: bool) -> None:
    """As a book's it has a check digit, which is none of its barcode."""
    play = Play_()
    play.begin()
    both = Code("123455", frozenset({CodeKind.CARD, CodeKind.ITEM}), "12345")
    ask = play.one(Scanned(both, 1.0), ResolveCode)
    assert isinstance(ask, ResolveCode)
    assert (ask.text, ask.as_item) == ("123455", "12345")
    answer = CodeResolved(ask.visit, ask.request, ask.text, known_card, known_item, 1.1, ask.as_item)
    if known_card and known_item:
        play.feed(answer)
        assert play.notice == CardOrBook("123455", "12345")
        lent = play.one(Touched(Button.IT_IS_A_BOOK, 1.2), CheckOut)
        assert getattr(lent, "barcode", None) == "12345"
    elif known_card:
        assert getattr(play.one(answer, IdentifyPatron), "card", None) == "123455"
    else:
        assert getattr(play.one(answer, CheckOut), "barcode", None) == "12345"
