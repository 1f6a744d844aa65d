"""Enrolling anew: from the maintainer's screen alone, beneath whatever else the station does, and never for a pupil."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.enrolment import ENROLMENT, FOUR_WORDS
from gallery.samples import RULES, borrowing, finished, returning, rows
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.enrolment_code import render
from kiosk.ports.devices import Sound
from kiosk.session.anew import Resumed, wants_code
from kiosk.session.effects import Play
from kiosk.session.enrolment import (
    FOR_GOOD,
    Begin,
    CodeSeen,
    Confirmed,
    Enrol,
    GiveUp,
    LookAtNetwork,
    Stuck,
    WordsKnown,
)
from kiosk.session.inputs import Button, PassShown, Scanned, Tick, Touched
from kiosk.session.machine import Effect, Input, step, wakes_at
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import EnrolmentCodeShown
from kiosk.session.states import Borrowing, Enrolling, EnrolProblem, EnrolStage, Home, Resting, State

PASS = PassShown("00ff" * 4, None, 200.0)
ASKED = Touched(Button.ENROL_ANEW, 201.0)
CODE = CodeSeen(render(ENROLMENT), 202.0)
BOOK = Scanned(Code("TK.00001", frozenset({CodeKind.ITEM})), 203.0)


def after(state: State, *inputs: Input) -> tuple[State, tuple[Effect, ...]]:
    effects: tuple[Effect, ...] = ()
    for happened in inputs:
        state, effects = step(state, happened, RULES)
    return state, effects


def anew(state: State) -> Enrolling:
    assert state.anew is not None
    return state.anew


WAITING, _ = after(State(), PASS, ASKED, CODE, WordsKnown(1, FOUR_WORDS))


@pytest.mark.parametrize(
    "state",
    [
        State(),
        State(borrowing(0)),
        State(borrowing(3)),
        State(returning(1)),
        State(awaiting=7, request=7),
        State(Resting("K-04", 1.0)),
        finished(*rows(2)),
        after(State(), PASS)[0],
        after(State(), PASS, Touched(Button.MORE, 201.0))[0],
        after(State(), PASS, Touched(Button.TRY_SCANNER, 201.0))[0],
        after(State(), PASS, ASKED, Touched(Button.DISMISS, 201.5))[0],
        after(State(), PASS, ASKED, Touched(Button.LOCK, 201.5))[0],
    ],
)
def test_no_code_counts_where_nobody_has_asked_for_it(state: State) -> None:
    """Also one that was read in the moment in which the screen was locked."""
    assert not wants_code(state)
    assert after(state, CODE) == (state, ())


def test_a_pupil_with_a_code_gets_a_sentence() -> None:
    shown = Scanned(Code("", frozenset({CodeKind.ENROLMENT})), 203.0)
    state, effects = after(State(), shown)
    assert state.doing == Home(EnrolmentCodeShown(), 203.0)
    assert state.anew is None
    assert effects == (Play(Sound.ATTENTION),)


def test_it_is_asked_for_and_waits_for_a_code() -> None:
    state, effects = after(State(), PASS, ASKED)
    assert effects == ()
    assert wants_code(state)
    assert anew(state) == Enrolling()
    assert step(after(State(), PASS)[0], ASKED, replace(RULES, may_enrol_anew=False))[0].anew is None
    state, effects = after(state, CODE)
    assert effects == (Play(Sound.OK), Enrol(1, ENROLMENT))
    assert anew(state).stage is EnrolStage.CONNECTING


def test_another_code_is_none_and_is_kept_nowhere() -> None:
    state, effects = after(State(), PASS, ASKED, BOOK)
    assert anew(state).problem is EnrolProblem.NOT_A_CODE
    assert effects == (Play(Sound.ATTENTION),)
    assert "TK.00001" not in repr(state)


def test_the_words_are_shown_and_wait_longer_than_the_tiles_do() -> None:
    assert anew(WAITING).words == FOUR_WORDS
    assert wakes_at(WAITING, RULES) == 201.0 + RULES.enrolling_s


def test_it_goes_on_behind_a_lock_and_beneath_a_visit_without_a_sound() -> None:
    home, _ = after(WAITING, Touched(Button.LOCK, 210.0))
    assert isinstance(home.doing, Home)
    by_itself, _ = after(WAITING, Tick(201.0 + RULES.enrolling_s))
    for state in (home, by_itself, replace(home, doing=borrowing(2)), replace(home, doing=Resting("K-03", 1.0))):
        assert anew(state) == anew(WAITING)
        then, effects = after(state, Confirmed(1))
        assert then.doing == state.doing
        assert effects == (Begin(),), "no sound for a reader"
        stuck, effects = after(state, Stuck(1, EnrolProblem.REVOKED))
        assert stuck.doing == state.doing
        assert anew(stuck).problem is EnrolProblem.REVOKED
        assert effects == (GiveUp(1),)
    again, _ = after(home, PASS, ASKED)
    assert anew(again).words == FOUR_WORDS, "whoever asks again sees how far it is"


def test_a_visit_goes_on_over_it() -> None:
    home, _ = after(WAITING, Touched(Button.LOCK, 210.0))
    visit = replace(home, doing=borrowing(1))
    done, _ = after(visit, Touched(Button.DONE, 211.0), Touched(Button.DONE, 212.0))
    assert isinstance(done.doing, Home)
    assert anew(done) == anew(WAITING)
    assert isinstance(visit.doing, Borrowing)


def test_stopping_it_gives_it_up_and_back_leads_to_the_tiles() -> None:
    state, effects = after(WAITING, Touched(Button.DISMISS, 210.0))
    assert effects == (GiveUp(1),)
    assert wants_code(state)
    state, effects = after(state, Touched(Button.DISMISS, 211.0))
    assert effects == ()
    assert isinstance(state.doing, Maintaining)
    assert not state.doing.enrolling
    for late in (WordsKnown(1, FOUR_WORDS), Confirmed(1), Stuck(1, EnrolProblem.UNREACHABLE)):
        assert after(state, late)[0] == state
    _, effects = after(state, ASKED, CODE)
    assert effects == (Play(Sound.OK), Enrol(2, ENROLMENT)), "an answer to the one before counts no more"


def test_nothing_takes_back_what_is_confirmed() -> None:
    confirmed, effects = after(WAITING, Confirmed(1))
    assert effects == (Play(Sound.DONE), Begin())
    for button in Button:
        assert anew(after(confirmed, Touched(button, 210.0))[0]) == anew(confirmed)


@pytest.mark.parametrize("button", [one for one in Button if one not in (Button.LANGUAGE, Button.LOOK)])
def test_no_other_key_does_anything_on_its_pages(button: Button) -> None:
    for state in (WAITING, after(State(), PASS, ASKED)[0]):
        then, effects = after(state, Touched(button, 210.0))
        asks = [effect for effect in effects if isinstance(effect, Enrol | Begin | LookAtNetwork | GiveUp)]
        assert not asks or button in (Button.NETWORK, Button.DISMISS)
        assert isinstance(then.doing, Maintaining | Home)
        assert isinstance(then.doing, Home) == (button is Button.LOCK)


def test_goes_on_after_a_start_with_what_was_not_over() -> None:
    state, effects = after(State(), Resumed(ENROLMENT))
    assert effects == (Enrol(1, ENROLMENT, alone=True),)
    assert anew(state).stage is EnrolStage.CONNECTING
    assert after(WAITING, Resumed(ENROLMENT)) == (WAITING, ()), "the newer one counts"


@pytest.mark.parametrize("problem", [one for one in EnrolProblem if one not in FOR_GOOD])
def test_behind_a_lock_it_is_tried_until_the_centre_has_answered(problem: EnrolProblem) -> None:
    """It may be confirmed by then, and its old key worth nothing."""
    home, _ = after(WAITING, Touched(Button.LOCK, 210.0))
    for state in (home, replace(home, doing=borrowing(2)), after(home, PASS)[0]):
        then, effects = after(state, Stuck(1, problem))
        assert effects == (Enrol(2, ENROLMENT, alone=True),)
        assert then.doing == state.doing
        assert anew(then) == Enrolling(EnrolStage.CONNECTING, attempt=2, code=ENROLMENT)
        assert after(then, Stuck(1, problem)) == (then, ()), "a late answer"


@pytest.mark.parametrize("leaves", [Touched(Button.LOCK, 210.0), Tick(210.0 + RULES.enrolling_s)])
def test_it_is_tried_on_once_nobody_stands_before_what_it_is_stuck_at(leaves: Input) -> None:
    stuck, _ = after(WAITING, Stuck(1, EnrolProblem.NOTHING_TOLD))
    assert anew(stuck).problem is EnrolProblem.NOTHING_TOLD
    home, effects = after(stuck, leaves)
    assert isinstance(home.doing, Home)
    assert effects[0] == Enrol(2, ENROLMENT, alone=True)
    for code_is_gone in (Stuck(1, EnrolProblem.REVOKED), Touched(Button.DISMISS, 205.0)):
        _, effects = after(WAITING, code_is_gone, leaves)
        assert not any(isinstance(effect, Enrol) for effect in effects)
