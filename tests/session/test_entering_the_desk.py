"""The desk: who gets in, what waits, what closes it, and that nothing of it stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.desk import BUSY, LAN, READER
from gallery.samples import MINH_AN, RULES, borrowing
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.operations import OperationId
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import (
    Act,
    AtReader,
    Entering,
    Lending,
    Menu,
    PinProblem,
    Reporting,
    Supervising,
    Writing,
)
from kiosk.session.effects import CountWork, Effect, EnterDesk, IdentifyPatron, Play
from kiosk.session.inputs import (
    ActTouched,
    Asked,
    Button,
    DeskEntered,
    Input,
    LineTouched,
    PinRefused,
    Scanned,
    StoreFailed,
    Tick,
    Touched,
    Typed,
    WorkCounted,
)
from kiosk.session.machine import step, wakes_at
from kiosk.session.states import Borrowing, Home, Look, Resting, State
from kiosk.session.supervised.typing import CLEAR, DELETE, DONE

CARD = "GV-000009"
STAFF = replace(MINH_AN, id=LAN.patron_id, card=CARD, name=LAN.name, staff=LAN.staff)
VISIT = State(borrowing(1, patron=STAFF), visit=4, language="en", look=Look.LARGE)
PIN = "471193"


def card(text: str, at: float) -> Scanned:
    return Scanned(Code(text, frozenset({CodeKind.CARD})), at)


def after(state: State, *inputs: Input) -> tuple[State, tuple[Effect, ...]]:
    effects: tuple[Effect, ...] = ()
    for happened in inputs:
        state, effects = step(state, happened, RULES)
    return state, effects


def typed(keys: str, at: float = 111.0) -> tuple[Typed, ...]:
    return tuple(Typed(key, at) for key in keys)


def entering(*inputs: Input) -> State:
    return after(VISIT, Touched(Button.ENTER_DESK, 110.0), *inputs)[0]


def asked(state: State) -> tuple[State, EnterDesk]:
    state, effects = after(state, *typed(PIN), Typed(DONE, 112.0))
    (ask,) = effects
    assert isinstance(ask, EnterDesk)
    return state, ask


def open_desk(at: float = 113.0) -> State:
    state, ask = asked(entering())
    return after(state, DeskEntered(ask.visit, ask.request, LAN, at))[0]


def doing(state: State) -> Entering:
    assert isinstance(state.doing, Entering)
    return state.doing


def at_desk(state: State) -> Supervising:
    assert isinstance(state.doing, Supervising)
    return state.doing


def test_the_key_opens_it_for_the_staff_alone() -> None:
    assert doing(entering()).who == LAN
    for other in (State(borrowing(1)), State(), State(Home(), visit=3)):
        assert after(other, Touched(Button.ENTER_DESK, 110.0))[0].doing == other.doing


def test_their_visit_is_over_and_what_they_chose_stays() -> None:
    state = entering()
    assert state.visit == VISIT.visit + 1
    assert (state.language, state.look) == ("en", Look.LARGE)
    assert VISIT.doing.rows[0].book.name not in repr(state)  # type: ignore[union-attr]


def test_digits_are_typed_and_taken_away_and_nothing_else_is() -> None:
    assert doing(entering(*typed("47x"), Typed("đ", 1), Typed("", 1), *typed("1 ²"))).digits == "471"
    assert doing(entering(*typed("471"), Typed(DELETE, 1), Typed("9", 1))).digits == "479"
    assert doing(entering(*typed("471"), Typed(CLEAR, 1))).digits == ""
    assert doing(entering(*typed("1" * 40))).digits == "1" * 12


def test_no_digit_is_in_what_is_shown_of_it() -> None:
    state, ask = asked(entering())
    assert PIN not in repr(state)
    assert PIN not in repr(ask)
    assert CARD not in repr(state)


def test_a_pin_that_is_too_short_is_no_try() -> None:
    state, effects = after(entering(), *typed("47119"), Typed(DONE, 112.0))
    assert effects == ()
    assert doing(state).digits == "47119"


def test_the_right_one_opens_the_desk_and_the_work_is_counted() -> None:
    state, ask = asked(entering())
    assert (ask.patron_id, ask.pin) == (LAN.patron_id, PIN)
    state, effects = after(state, DeskEntered(ask.visit, ask.request, LAN, 113.0))
    assert at_desk(state).page == Menu()
    assert effects == (Play(Sound.OK), CountWork(state.visit, state.request))
    state, _ = after(state, WorkCounted(state.visit, state.request, BUSY, 113.1))
    assert at_desk(state).counts == BUSY
    assert PIN not in repr(state)


def test_nothing_is_asked_twice_while_one_is_looked_at() -> None:
    state, _ = asked(entering())
    again, effects = after(state, *typed("99"), Typed(DONE, 112.1), Typed(DONE, 112.2))
    assert effects == ()
    assert doing(again).digits == PIN


def test_a_wrong_one_says_so_and_how_long_it_waits() -> None:
    state, ask = asked(entering())
    state, effects = after(state, PinRefused(ask.visit, ask.request, PinProblem.WRONG, 15.0, 113.0))
    assert effects == (Play(Sound.ATTENTION),)
    assert (doing(state).problem, doing(state).digits, doing(state).tries_at) == (PinProblem.WRONG, "", 128.0)
    early, effects = after(state, *typed(PIN, 114.0), Typed(DONE, 127.9))
    assert effects == ()
    _, effects = after(early, Typed(DONE, 128.0))
    assert [type(effect) for effect in effects] == [EnterDesk]


def test_a_late_answer_opens_nothing() -> None:
    state, ask = asked(entering())
    home, _ = after(state, Touched(Button.LOCK, 112.5))
    assert isinstance(home.doing, Home)
    late, _ = after(home, DeskEntered(ask.visit, ask.request, LAN, 113.0))
    assert isinstance(late.doing, Home)


def test_half_a_minute_without_a_touch_leads_home() -> None:
    state = entering(Typed("4", 120.0))
    due = wakes_at(state, RULES)
    assert due == 120.0 + RULES.entering_s == 150.0
    home, _ = after(state, Tick(due))
    assert home.doing == Home()
    assert (home.language, home.look) == (RULES.language, Look.USUAL)


def test_another_card_is_the_next_readers_turn_and_their_own_lies_there_still() -> None:
    state = entering(*typed("47"))
    same, effects = after(state, card(CARD, 112.0))
    assert doing(same).digits == "47"
    assert effects == ()
    other, effects = after(state, card("HS-000417", 112.0))
    assert isinstance(other.doing, Home)
    assert [type(effect) for effect in effects] == [IdentifyPatron]
    book, effects = after(state, Scanned(Code("PM.1", frozenset({CodeKind.ITEM})), 112.0))
    assert doing(book).digits == "47"
    assert effects == (Play(Sound.ATTENTION),)


# ---- closing it


PAGES = {
    "the tiles": Menu(),
    "lending": Lending(),
    "a reader": AtReader(READER),
    "a PIN that is typed": Writing(Act.SET_PIN, AtReader(READER), "4711", first="4711"),
    "a note that is typed": Writing(Act.NOTE, AtReader(READER), "Em hay quên thẻ"),
}


def on_page(name: str, **more: object) -> State:
    state = open_desk()
    return replace(state, doing=replace(at_desk(state), page=PAGES[name], counts=BUSY), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("awaiting", [False, True], ids=["", "in the middle of an act"])
@pytest.mark.parametrize("how", ["button", "card", "store"])
def test_it_closes_at_once_and_nothing_of_it_stays(page: str, awaiting: bool, how: str) -> None:
    state = on_page(page)
    if awaiting:
        state = replace(state, request=state.request + 1, awaiting=state.request + 1)
    happened = {"button": Touched(Button.LOCK, 140.0), "card": card(CARD, 140.0), "store": StoreFailed("K-05", 140.0)}
    closed, effects = after(state, happened[how])
    expected = Resting("K-05", 140.0) if how == "store" else Home()
    assert closed.doing == expected
    assert closed == replace(State(expected), visit=state.visit + 1, request=state.request)
    assert effects == (Play(Sound.ATTENTION if how == "store" else Sound.DONE),)


@pytest.mark.parametrize("page", PAGES)
def test_it_locks_by_itself_two_minutes_after_the_last_touch(page: str) -> None:
    state = on_page(page)
    state, _ = after(state, ActTouched(Act.VOID, 200.0))  # any sign of life
    assert wakes_at(state, RULES) == 200.0 + RULES.supervised_s == 320.0
    assert isinstance(after(state, Tick(319.9))[0].doing, Supervising)
    locked, _ = after(state, Tick(320.0))
    assert locked == replace(State(Home()), visit=state.visit + 1, request=state.request)


@pytest.mark.parametrize("touch", [ActTouched(Act.LEND, 210.0), LineTouched("x", 210.0), Typed("a", 210.0),
                                   Touched(Button.DISMISS, 210.0), card("HS-000417", 210.0)])  # fmt: skip
def test_every_touch_and_scan_is_a_sign_of_life(touch: Input) -> None:
    state, _ = after(open_desk(), touch)
    assert at_desk(state).active_at == 210.0


def test_a_card_that_lies_there_still_does_not_lock_it() -> None:
    state = open_desk(113.0)
    assert isinstance(after(state, card(CARD, 115.0))[0].doing, Supervising)
    assert isinstance(after(state, card(CARD, 116.0))[0].doing, Home)


def test_what_is_answered_after_it_was_locked_changes_nothing() -> None:
    """The act itself is whole: it was one unit of work, and it is in the store."""
    state = replace(open_desk(), awaiting=9)
    locked, _ = after(state, Touched(Button.LOCK, 140.0))
    for late in (
        Asked(state.visit, 9, OperationId("e", 1), "r1", 141.0),
        WorkCounted(state.visit, 9, BUSY, 141.0),
    ):
        assert after(locked, late)[0] == locked


def test_a_locked_desk_takes_no_key_of_it() -> None:
    locked, _ = after(open_desk(), Touched(Button.LOCK, 140.0))
    for key in (ActTouched(Act.SETTINGS, 141.0), LineTouched("p-1", 141.0), Typed("1", 141.0)):
        assert after(locked, key) == (locked, ())


def test_back_from_the_keyboard_leads_to_what_was_beneath() -> None:
    state, _ = after(on_page("a note that is typed"), Touched(Button.DISMISS, 140.0))
    assert at_desk(state).page == AtReader(READER)
    reporting = replace(at_desk(open_desk()), page=Writing(Act.FAULT, Reporting(barcode="PM.1"), "x"))
    state, _ = after(State(reporting), Touched(Button.DISMISS, 140.0))
    assert at_desk(state).page == Reporting(barcode="PM.1")


def test_nobody_else_gets_a_visit_out_of_it() -> None:
    state = entering()
    assert not isinstance(after(state, Touched(Button.DONE, 111.0))[0].doing, Borrowing)
