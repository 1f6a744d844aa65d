"""The maintainer's screen: a pass opens it, never over a visit; it locks itself; nothing of a reader is on it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from gallery.samples import RULES, borrowing, finished, returning, rows
from gallery.service import WELL
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.findings import Part
from kiosk.domain.service_pass import PassFault
from kiosk.ports.devices import Sound
from kiosk.session.effects import Effect, Play, Serve
from kiosk.session.inputs import (
    Button,
    FindingsTold,
    Input,
    LinkChanged,
    PartTouched,
    PassShown,
    Scanned,
    ScannerLost,
    ServiceDone,
    StoreFailed,
    StoreRecovered,
    Tick,
    Touched,
)
from kiosk.session.machine import step, wakes_at
from kiosk.session.maintenance import Maintaining, Outcome, ScanKind, Service, Tried
from kiosk.session.notices import PassRefused
from kiosk.session.states import Home, Resting, State

PASS = PassShown("00ff" * 4, None, 200.0)
CARD = Code("HS-000417", frozenset({CodeKind.CARD}))


def after(state: State, *inputs: Input) -> tuple[State, tuple[Effect, ...]]:
    effects: tuple[Effect, ...] = ()
    for happened in inputs:
        state, effects = step(state, happened, RULES)
    return state, effects


def opened(*inputs: Input) -> Maintaining:
    doing = after(State(), PASS, *inputs)[0].doing
    assert isinstance(doing, Maintaining)
    return doing


def test_a_pass_opens_it_from_home() -> None:
    state, effects = after(replace(State(), language="en"), PASS)
    assert state.doing == Maintaining(PASS.id, 200.0)
    assert effects == (Play(Sound.OK),)
    assert state.language == "en"


@pytest.mark.parametrize(
    "state",
    [
        State(borrowing(0)),
        State(borrowing(3)),
        State(borrowing(3, warned=True)),
        State(returning(1)),
        State(awaiting=7, request=7),
    ],
)
def test_nothing_opens_it_over_a_visit(state: State) -> None:
    for shown in (PASS, replace(PASS, fault=PassFault.EXPIRED)):
        assert after(state, shown) == (state, (Play(Sound.ATTENTION),))


def test_who_has_just_finished_is_gone_from_it() -> None:
    state, _ = after(finished(*rows(3)), PASS)
    assert state.doing == Maintaining(PASS.id, 200.0)


@pytest.mark.parametrize("fault", PassFault)
def test_a_refused_pass_says_why_and_opens_nothing(fault: PassFault) -> None:
    state, effects = after(State(), replace(PASS, fault=fault))
    assert state.doing == Home(PassRefused(fault), 200.0)
    assert effects == (Play(Sound.ATTENTION),)
    maintaining = after(State(), PASS)[0]
    assert after(maintaining, replace(PASS, fault=fault, at=300.0))[0] == maintaining


@pytest.mark.parametrize("fault", PassFault)
def test_a_resting_station_says_it_too_and_rests_on(fault: PassFault) -> None:
    at_rest = State(Resting("K-04", 1.0))
    state, effects = after(at_rest, replace(PASS, fault=fault))
    assert state.doing == Resting("K-04", 1.0, PassRefused(fault), 200.0)
    assert effects == (Play(Sound.ATTENTION),)
    assert after(state, Touched(Button.DISMISS, 203.0)) == (at_rest, ())
    assert wakes_at(state, RULES) == 200.0 + RULES.notice_on_home_s
    assert after(state, Tick(219.9), Scanned(CARD, 219.9), LinkChanged(True, 0))[0] == state
    assert after(state, Tick(220.0)) == (at_rest, ())
    assert wakes_at(at_rest, RULES) is None
    assert after(state, StoreFailed("K-05", 210.0))[0].doing == Resting("K-05", 1.0, PassRefused(fault), 200.0)
    assert after(state, StoreRecovered(210.0))[0].doing == Home()
    opened, _ = after(state, replace(PASS, at=210.0))
    assert opened.doing == Maintaining(PASS.id, 210.0, resting="K-04")


def test_it_locks_itself_and_says_when() -> None:
    state, _ = after(State(), PASS)
    assert wakes_at(state, RULES) == 320.0
    assert after(state, Tick(319.9))[0] == state
    locked, effects = after(state, Tick(320.0))
    assert isinstance(locked.doing, Home)
    assert effects == ()  # the pass lives on: it opens the screen again
    for alive in (
        Touched(Button.TRY_SCANNER, 310.0),
        PartTouched(Part.CLOCK, 310.0),
        Scanned(CARD, 310.0),
        replace(PASS, at=310.0),
        Touched(Button.LANGUAGE, 310.0),
    ):
        assert wakes_at(after(state, alive)[0], RULES) == 430.0
    for nobody in (FindingsTold(WELL), ServiceDone(Outcome(Service.SEND_NOW, True)), LinkChanged(False, 3)):
        assert wakes_at(after(state, nobody)[0], RULES) == 320.0


def test_locking_it_ends_the_pass() -> None:
    state, effects = after(State(), PASS, Touched(Button.LOCK, 210.0))
    assert isinstance(state.doing, Home)
    assert Serve(Service.END_PASS, PASS.id) in effects


def test_a_scan_there_is_tried_and_nothing_else() -> None:
    """No card is looked up, and what was scanned is not kept anywhere."""
    state, effects = after(State(), PASS, Scanned(CARD, 201.0, "Code128", 9))
    assert effects == (Play(Sound.OK),)
    assert isinstance(state.doing, Maintaining)
    assert state.doing.tried == Tried(ScanKind.CARD, "Code128", 9, 1)
    assert CARD.text not in repr(state)
    again = opened(Scanned(CARD, 201.0), Scanned(Code("", frozenset({CodeKind.CITIZEN_CARD})), 202.0))
    assert again.tried == Tried(ScanKind.CITIZEN, "", 0, 2)
    both = opened(Scanned(Code("1", frozenset({CodeKind.CARD, CodeKind.ITEM})), 201.0))
    assert both.tried is not None
    assert both.tried.kind is ScanKind.EITHER


def test_nothing_of_a_reader_has_a_place_on_it() -> None:
    kept = {field.name for field in fields(Maintaining)}
    over = {"part", "trying", "tried", "outcome", "more", "enrolling"}
    of_staff = {"pin", "desk"}  # who is of the staff, and beneath it no page of the desk but its tiles
    assert kept == {"pass_id", "active_at", "findings", "resting"} | over | of_staff
    assert {field.name for field in fields(Tried)} == {"kind", "symbology", "characters", "number"}


@pytest.mark.parametrize(
    ("button", "service"),
    [
        (Button.SEND_NOW, Service.SEND_NOW),
        (Button.SUPPORT_BUNDLE, Service.SUPPORT_BUNDLE),
        (Button.RESTART, Service.RESTART),
        (Button.UPDATE_FROM_STICK, Service.UPDATE_FROM_STICK),
        (Button.BUNDLE_ON_STICK, Service.BUNDLE_ON_STICK),
        (Button.BACKUP_ON_STICK, Service.BACKUP_ON_STICK),
    ],
)
def test_what_is_asked_for_is_done_once_and_answered(button: Button, service: Service) -> None:
    state, effects = after(State(), PASS, Touched(button, 201.0))
    assert effects == (Serve(service, PASS.id),)
    assert isinstance(state.doing, Maintaining)
    assert state.doing.outcome == Outcome(service, None)
    assert after(state, Touched(button, 202.0))[1] == ()  # a second tap while it goes on
    done, _ = after(state, ServiceDone(Outcome(service, False)))
    assert isinstance(done.doing, Maintaining)
    assert done.doing.outcome == Outcome(service, False)
    closed, _ = after(done, Touched(Button.DISMISS, 203.0))
    assert isinstance(closed.doing, Maintaining)
    assert closed.doing.outcome is None


def test_one_thing_lies_over_the_tiles() -> None:
    over = [
        PartTouched(Part.CLOCK, 201.0),
        Touched(Button.TRY_SCANNER, 201.0),
        Scanned(CARD, 201.0),
        Touched(Button.MORE, 201.0),
        ServiceDone(Outcome(Service.BACKUP_ON_STICK, True, said="x")),
    ]
    for first in over:
        for then in over:
            found = opened(first, then)
            lies = (found.part is not None, found.trying, found.outcome is not None, found.more)
            assert sum(lies) == 1, (first, then)
    assert opened(Touched(Button.MORE, 201.0), Touched(Button.DISMISS, 202.0)) == replace(opened(), active_at=202.0)


@pytest.mark.parametrize("button", [one for one in Button if one not in (Button.LANGUAGE, Button.LOOK)])
def test_no_other_key_does_anything_there(button: Button) -> None:
    state, effects = after(State(), PASS, Touched(button, 201.0))
    assert all(isinstance(effect, Play | Serve) for effect in effects)
    assert isinstance(state.doing, Maintaining | Home)
    assert isinstance(state.doing, Home) == (button is Button.LOCK)


@pytest.mark.parametrize("button", Button)
def test_its_keys_do_nothing_anywhere_else(button: Button) -> None:
    for state in (State(), State(borrowing(2)), State(Resting("K-03", 1.0)), finished(*rows(1))):
        _, effects = after(state, Touched(button, 200.0))
        assert not any(isinstance(effect, Serve) for effect in effects)
    for late in (FindingsTold(WELL), ServiceDone(Outcome(Service.SEND_NOW, True)), PartTouched(Part.CLOCK, 200.0)):
        assert after(State(borrowing(2)), late) == (State(borrowing(2)), ())


def test_it_opens_over_a_rest_and_goes_back_to_it() -> None:
    resting = State(Resting("K-04", 100.0))
    state, _ = after(resting, PASS)
    assert state.doing == Maintaining(PASS.id, 200.0, resting="K-04")
    assert after(state, Touched(Button.LOCK, 210.0))[0].doing == Resting("K-04", 210.0)
    assert after(state, Tick(400.0))[0].doing == Resting("K-04", 400.0)
    recovered, _ = after(state, StoreRecovered(205.0))
    assert isinstance(after(recovered, Touched(Button.LOCK, 210.0))[0].doing, Home)
    broken, _ = after(State(), PASS, StoreFailed("K-05", 205.0))
    assert isinstance(broken.doing, Maintaining), "whoever looks after the station goes on to see it"
    assert after(broken, Touched(Button.LOCK, 210.0))[0].doing == Resting("K-05", 210.0)


def test_the_station_itself_is_followed() -> None:
    state, _ = after(State(), PASS, ScannerLost("serial", True), LinkChanged(False, 3))
    assert state.station.scanners_lost == frozenset({"serial"})
    assert state.station.pending == 3
    assert isinstance(state.doing, Maintaining)


def test_a_late_answer_of_a_visit_finds_nobody() -> None:
    before = State(borrowing(1), visit=4)
    assert after(before, Tick(10_000.0))[0].visit != 4
    state, _ = after(State(visit=4), PASS)
    assert state.visit == 5
