"""A PIN for somebody of the staff, from the maintainer's screen: their card, twice the PIN, and nothing of a reader."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.desk import BUSY, LAN, LAN_MAINTAINS, READER
from gallery.samples import RULES
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.pins import PinFault
from kiosk.domain.staff import ByStaff
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import PIN_DIFFERS, Act, AtReader, CardProblem, Menu, StaffPin, Supervising
from kiosk.session.effects import CountWork, Effect, IdentifyPatron, Play, Serve, SetPin
from kiosk.session.inputs import (
    ActTouched,
    Button,
    DeskActDone,
    Input,
    PassShown,
    PatronFound,
    PatronNotFound,
    Scanned,
    StoreFailed,
    Tick,
    Touched,
    Typed,
)
from kiosk.session.machine import step, wakes_at
from kiosk.session.maintenance import Maintaining, Service
from kiosk.session.states import Home, Resting, State
from kiosk.session.supervised.typing import DONE, UNLOCK

PASS = PassShown("00ff" * 4, None, 200.0)
CARD = Scanned(Code("GV-000009", frozenset({CodeKind.CARD})), 202.0)
PIN = "471193"


def after(state: State, *inputs: Input) -> tuple[State, tuple[Effect, ...]]:
    effects: tuple[Effect, ...] = ()
    for happened in inputs:
        state, effects = step(state, happened, RULES)
    return state, effects


def doing(state: State) -> Maintaining:
    assert isinstance(state.doing, Maintaining), state
    return state.doing


def pin(state: State) -> StaffPin:
    found = doing(state).pin
    assert found is not None
    return found


def keys(text: str) -> tuple[Typed, ...]:
    return (*(Typed(key, 203.0) for key in text), Typed(DONE, 204.0))


def asked_for(opened: State | None = None) -> State:
    state = opened or after(State(), PASS)[0]
    return after(state, Touched(Button.STAFF_PIN, 201.0))[0]


def found(state: State, **more: object) -> State:
    state, effects = after(state, CARD)
    (ask,) = effects
    assert isinstance(ask, IdentifyPatron)
    fields = {"staff": LAN.staff} | more
    return after(state, PatronFound(ask.visit, ask.request, "p-9", ask.card, "cô Lan", 0, 5, (), 202.1, **fields))[0]  # type: ignore[arg-type]


def test_their_card_then_twice_the_pin() -> None:
    state = found(asked_for())
    assert pin(state).who == LAN
    once, effects = after(state, *keys(PIN))
    assert effects == ()
    twice, effects = after(once, *keys(PIN))
    assert effects == (SetPin(twice.visit, twice.request, "p-9", PIN, None),)
    done, effects = after(twice, DeskActDone(twice.visit, twice.request, Act.SET_PIN, True, 205.0))
    assert effects == (Play(Sound.DONE),)
    assert pin(done) == StaffPin(LAN, done=Act.SET_PIN)
    for shown in (repr(once), repr(twice), repr(done)):
        assert PIN not in shown
        assert "GV-000009" not in shown
    closed, _ = after(done, Touched(Button.DISMISS, 206.0))
    assert doing(closed).pin is None


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [("47119", "", PinFault.TOO_SHORT), ("123456", "", PinFault.TRIVIAL), (PIN, "471194", PIN_DIFFERS)],
)
def test_what_is_not_good_enough_begins_again(first: str, second: str, problem: str) -> None:
    state, effects = after(found(asked_for()), *keys(first), *(keys(second) if second else ()))
    assert effects == (Play(Sound.ATTENTION),)
    assert (pin(state).text, pin(state).first, pin(state).problem) == ("", None, problem)


def test_only_the_wait_can_be_ended() -> None:
    state, effects = after(found(asked_for()), Typed(UNLOCK, 203.0))
    assert effects == (SetPin(state.visit, state.request, "p-9", None, None),)
    done, _ = after(state, DeskActDone(state.visit, state.request, Act.UNLOCK_PIN, True, 205.0))
    assert pin(done).done is Act.UNLOCK_PIN
    none, _ = after(state, DeskActDone(state.visit, state.request, Act.UNLOCK_PIN, False, 205.0))
    assert (pin(none).who, pin(none).problem) == (LAN, CardProblem.NONE_SET)


def test_a_readers_card_sets_nothing() -> None:
    state = found(asked_for(), staff=None)
    assert pin(state) == StaffPin(problem=CardProblem.NOT_STAFF)
    assert "cô Lan" not in repr(state), "nothing of a reader is kept"
    assert pin(found(state)).who == LAN, "and the next card counts"


def test_a_card_that_nobody_knows_and_a_book() -> None:
    state, effects = after(asked_for(), CARD)
    (ask,) = effects
    assert isinstance(ask, IdentifyPatron)
    state, _ = after(state, PatronNotFound(ask.visit, ask.request, 202.1))
    assert pin(state).problem == CardProblem.UNKNOWN
    state, effects = after(asked_for(), Scanned(Code("PM.1", frozenset({CodeKind.ITEM})), 202.0))
    assert pin(state).problem == CardProblem.UNKNOWN
    assert effects == (Play(Sound.ATTENTION),)


def test_of_the_staff_no_longer_when_it_is_set() -> None:
    state, _ = after(found(asked_for()), *keys(PIN), *keys(PIN))
    state, _ = after(state, DeskActDone(state.visit, state.request, Act.SET_PIN, False, 205.0))
    assert pin(state) == StaffPin(problem=CardProblem.NOT_STAFF)


def test_an_answer_to_another_question_changes_nothing() -> None:
    state, effects = after(asked_for(), CARD)
    (ask,) = effects
    assert isinstance(ask, IdentifyPatron)
    closed = after(state, Touched(Button.DISMISS, 203.0), Touched(Button.STAFF_PIN, 204.0))[0]
    late = PatronFound(ask.visit, ask.request, "p-9", "GV-000009", "cô Lan", 0, 5, (), 205.0, LAN.staff)
    assert pin(after(closed, late)[0]) == StaffPin()


def test_a_store_that_fails_meanwhile_leaves_no_question_open() -> None:
    state, _ = after(asked_for(), CARD, StoreFailed("K-05", 203.0))
    assert doing(state).pin is None
    assert wakes_at(state, RULES) is not None, "it still locks by itself"
    assert doing(after(state, Touched(Button.STAFF_PIN, 204.0))[0]).pin is None, "nothing can be written down"


def test_it_locks_by_itself_and_by_its_key() -> None:
    state = found(asked_for())
    due = wakes_at(state, RULES)
    assert due == CARD.at + RULES.maintenance_s
    assert isinstance(after(state, Tick(due))[0].doing, Home)
    home, effects = after(state, Touched(Button.LOCK, 203.0))
    assert isinstance(home.doing, Home)
    assert effects == (Serve(Service.END_PASS, PASS.id), Play(Sound.DONE))


# ---- from the desk


def from_desk(who: object = LAN_MAINTAINS) -> State:
    desk = Supervising(who, 190.0, AtReader(READER), BUSY, "GV-000009", 180.0)  # type: ignore[arg-type]
    return after(State(desk, visit=3, language="en"), ActTouched(Act.DEVICE, 200.0))[0]


def test_the_desk_opens_the_screen_without_a_pass() -> None:
    state = from_desk()
    assert (doing(state).pass_id, doing(state).active_at, state.language) == ("", 200.0, "en")
    assert doing(state).desk is not None
    assert doing(state).desk.page == Menu()  # type: ignore[union-attr]


@pytest.mark.parametrize("key", [Button.TRY_SCANNER, Button.MORE, Button.ENROL_ANEW])
def test_their_card_locks_it_as_it_locks_the_desk(key: Button) -> None:
    state, effects = after(from_desk(), Touched(key, 201.0), CARD)
    assert (state.doing, effects) == (Home(), (Play(Sound.DONE),))


def test_it_locks_also_under_a_pin_of_somebody_but_not_where_a_card_is_awaited() -> None:
    waiting = after(from_desk(), Touched(Button.STAFF_PIN, 201.0))[0]
    asked, (ask,) = after(waiting, CARD)
    assert isinstance(ask, IdentifyPatron), "a PIN of their own"
    assert isinstance(asked.doing, Maintaining)
    assert after(found(waiting), CARD)[0].doing == Home()


def test_another_card_and_one_that_lies_there_still_lock_nothing() -> None:
    other = replace(CARD, code=Code("HS-1", frozenset({CodeKind.CARD})))
    assert isinstance(after(from_desk(), other)[0].doing, Maintaining)
    at_once = after(from_desk(), replace(CARD, at=182.0))[0]
    assert isinstance(at_once.doing, Maintaining)


def test_with_a_pass_no_card_locks_it() -> None:
    assert isinstance(after(State(), PASS, CARD)[0].doing, Maintaining)
    assert isinstance(
        after(State(), PASS, replace(CARD, code=Code("", frozenset({CodeKind.CARD}))))[0].doing, Maintaining
    )


def test_back_leads_to_the_desk_and_lock_home() -> None:
    back, effects = after(from_desk(), Touched(Button.DISMISS, 210.0))
    assert back.doing == Supervising(LAN_MAINTAINS, 210.0, Menu(), BUSY, "GV-000009", 180.0)
    assert effects == (CountWork(back.visit, back.request),)
    over, _ = after(from_desk(), Touched(Button.TRY_SCANNER, 209.0), Touched(Button.DISMISS, 210.0))
    assert doing(over).trying is False
    locked, effects = after(from_desk(), Touched(Button.LOCK, 210.0))
    assert isinstance(locked.doing, Home)
    assert effects == (Play(Sound.DONE),), "there is no pass to end"
    assert isinstance(after(from_desk(), Tick(200.0 + RULES.maintenance_s))[0].doing, Home)


def test_no_way_leads_back_to_the_desk_while_the_station_rests() -> None:
    state, _ = after(from_desk(), StoreFailed("K-05", 205.0), Touched(Button.DISMISS, 210.0))
    assert state.doing == Resting("K-05", 210.0)


def test_a_librarian_sets_no_pin_of_the_staff_there() -> None:
    assert doing(asked_for(from_desk(LAN))).pin is None
    state = found(asked_for(from_desk(LAN_MAINTAINS)))
    _, effects = after(state, *keys(PIN), *keys(PIN))
    assert [effect.by for effect in effects if isinstance(effect, SetPin)] == [ByStaff(LAN_MAINTAINS.staff)]


def test_a_touch_of_another_key_leaves_the_pin() -> None:
    state, _ = after(found(asked_for()), Typed("4", 203.0), Touched(Button.TRY_SCANNER, 204.0))
    assert (doing(state).pin, doing(state).trying) == (None, True)
    assert replace(doing(state), pin=None) == doing(state)
