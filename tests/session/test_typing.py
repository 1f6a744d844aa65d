"""A keyboard at the desk: what is written becomes what was asked for, a PIN is typed twice."""

from __future__ import annotations

import pytest

from gallery.desk import LAN, READER
from gallery.samples import RULES
from kiosk.domain.pins import PinFault
from kiosk.domain.requests import FaultAbout, ReportFault, Suggest, WriteNote
from kiosk.domain.staff import ByStaff
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import PIN_DIFFERS, Act, AtReader, Beneath, Reporting, Supervising, Writing
from kiosk.session.effects import Ask, Effect, Play, SetPin
from kiosk.session.inputs import Typed
from kiosk.session.machine import step
from kiosk.session.states import State
from kiosk.session.supervised.typing import CLEAR, DELETE, DONE, MOST_LETTERS, opened, press

BY = ByStaff(LAN.staff)
READER_PAGE = AtReader(READER)
REPORTING = Reporting(barcode="PM.002774")


def at(act: Act, beneath: Beneath = READER_PAGE, value: str = "", text: str = "") -> State:
    desk = Supervising(LAN, 100.0)
    return opened(State(desk, visit=3, request=5), desk, act, beneath, value=value, text=text)


def after(state: State, keys: str, *more: str) -> tuple[State, tuple[Effect, ...]]:
    effects: tuple[Effect, ...] = ()
    for key in (*keys, *more):
        state, effects = step(state, Typed(key, 101.0), RULES)
    return state, effects


def page(state: State) -> Writing:
    assert isinstance(state.doing, Supervising)
    assert isinstance(state.doing.page, Writing)
    return state.doing.page


def beneath(state: State) -> object:
    assert isinstance(state.doing, Supervising)
    return state.doing.page


KEYS = {
    "letters": (tuple("vieejt"), "việt"),
    "capitals": (tuple("Ddaf"), "Đà"),
    "taken away": (("a", "a", DELETE), ""),
    "cleared": ((*"sachs", CLEAR), ""),
    "one space": (tuple(" a  b"), "a b"),
    "signs": (tuple("6A2, 3 cuoons?"), "6A2, 3 cuốn?"),
    "no key": (("a", "", "ab", "\n", "\x00", DONE, "\u200b"), "a"),
}


@pytest.mark.parametrize("case", KEYS)
def test_what_each_key_makes(case: str) -> None:
    keys, text = KEYS[case]
    found = ""
    for key in keys:
        found = press(found, key)
    assert found == text


def test_nobody_writes_without_end() -> None:
    text = "x" * MOST_LETTERS
    assert press(text, "y") == text
    assert press(text, DELETE) == text[1:]


def test_a_note_is_asked_for_and_its_reader_is_shown_again() -> None:
    state, effects = after(at(Act.NOTE), "Hay queen ther ", DONE)
    assert effects == (Ask(3, 6, "p-1", WriteNote("Hay quên thẻ"), BY),)
    assert beneath(state) == READER_PAGE
    assert state.awaiting == 6


def test_an_empty_note_takes_it_away() -> None:
    _, effects = after(at(Act.NOTE, text="Hay"), "", DELETE, DELETE, DELETE, DONE)
    assert effects == (Ask(3, 6, "p-1", WriteNote(""), BY),)


def test_a_fault_says_what_it_is_about() -> None:
    state, effects = after(at(Act.FAULT, REPORTING, "premises"), "Ddefn hongr", DONE)
    assert effects == (Ask(3, 6, None, ReportFault(FaultAbout.PREMISES, "Đèn hỏng", "PM.002774"), BY),)
    assert beneath(state) == REPORTING


def test_a_wish_is_nobodys_in_particular() -> None:
    _, effects = after(at(Act.SUGGEST, REPORTING), "Dees Mefn", DONE)
    assert effects == (Ask(3, 6, None, Suggest("Dế Mèn"), BY),)


@pytest.mark.parametrize("act", [Act.FAULT, Act.SUGGEST])
def test_nothing_written_is_nothing_asked(act: Act) -> None:
    state, effects = after(at(act, REPORTING, "station"), " ", DONE)
    assert effects == ()
    assert page(state) == Writing(act, REPORTING, value="station")


def test_a_pin_is_typed_twice_and_only_then_set() -> None:
    once, effects = after(at(Act.SET_PIN), "4711", DONE)
    assert effects == ()
    assert (page(once).text, page(once).first) == ("", "4711")
    state, effects = after(once, "4711", DONE)
    assert effects == (SetPin(3, 6, "p-1", "4711", BY),)
    assert beneath(state) == READER_PAGE
    for shown in (repr(once), repr(state), repr(effects)):
        assert "4711" not in shown


def test_two_that_differ_begin_again() -> None:
    state, effects = after(at(Act.SET_PIN), "4711", DONE, *"4712", DONE)
    assert effects == (Play(Sound.ATTENTION),)
    assert (page(state).text, page(state).first, page(state).problem) == ("", None, PIN_DIFFERS)
    typed, _ = after(state, "9")
    assert page(typed).problem == ""


@pytest.mark.parametrize(
    ("pin", "fault"), [("", PinFault.TOO_SHORT), ("471", PinFault.TOO_SHORT), ("1234", PinFault.TRIVIAL)]
)
def test_one_that_is_not_good_enough_is_said_at_once(pin: str, fault: PinFault) -> None:
    state, effects = after(at(Act.SET_PIN), pin, DONE)
    assert effects == (Play(Sound.ATTENTION),)
    assert (page(state).text, page(state).first, page(state).problem) == ("", None, fault)


def test_a_pin_takes_digits_alone() -> None:
    state, _ = after(at(Act.SET_PIN), "4a7đ1 1")
    assert page(state).text == "4711"
