"""Enrolling, step by step and in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.enrolment_code import EnrolmentCode, render
from kiosk.ports.devices import Hint, Sound
from kiosk.session.effects import Play
from kiosk.session.enrolment import (
    CAN_BE_TRIED_AGAIN,
    Begin,
    CodeSeen,
    Confirmed,
    Effect,
    Enrol,
    GiveUp,
    Input,
    LookAtNetwork,
    NetworkSeen,
    Stuck,
    WordsKnown,
    beginning,
    step,
)
from kiosk.session.inputs import Button, HintChanged, ScannerLost, Touched
from kiosk.session.states import Enrolling, EnrolProblem, EnrolStage, SessionRules, State

CODE = EnrolmentCode("https://thu-vien.example.vn", "hoa-sen", "tram-1", bytes(16))
OTHER = EnrolmentCode("https://thu-vien.example.vn", "hoa-sen", "tram-2", bytes(range(16)))
SEEN, SEEN_OTHER = CodeSeen(render(CODE), 1.0), CodeSeen(render(OTHER), 2.0)
WORDS = ("ấm trà", "lâu đài", "vàng anh", "lều trại")
RULES = SessionRules()


def played(*happened: Input) -> tuple[State, list[Effect]]:
    state, all_effects = beginning("vi"), []
    for one in happened:
        state, effects = step(state, one, RULES)
        all_effects += effects
    return state, all_effects


def doing(state: State) -> Enrolling:
    assert isinstance(state.doing, Enrolling)
    return state.doing


def touch(button: Button) -> Touched:
    return Touched(button, 1.0)


def test_goes_from_a_code_over_four_words_to_a_station() -> None:
    state, effects = played(SEEN, WordsKnown(1, WORDS), Confirmed(1))
    assert doing(state).stage is EnrolStage.STARTING
    assert effects == [Play(Sound.OK), Enrol(1, CODE), Play(Sound.OK), Play(Sound.DONE), Begin()]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("TK.00123", EnrolProblem.NOT_A_CODE),
        ("TXE2:AAAA", EnrolProblem.OTHER_VERSION),
        ("TXE1:AAAA", EnrolProblem.SPOILT_CODE),
    ],
)
def test_says_what_is_wrong_with_a_code_and_takes_the_next(text: str, problem: EnrolProblem) -> None:
    state, effects = played(CodeSeen(text, 1.0))
    assert doing(state) == Enrolling(problem=problem)
    assert effects == [Play(Sound.ATTENTION)]
    assert doing(step(state, SEEN, RULES)[0]).stage is EnrolStage.CONNECTING


def test_a_code_that_is_held_up_longer_begins_nothing_twice() -> None:
    for first in ((SEEN,), (SEEN, WordsKnown(1, WORDS)), (SEEN, WordsKnown(1, WORDS), Confirmed(1))):
        state, _ = played(*first)
        assert step(state, SEEN, RULES) == (state, ())
        assert step(state, SEEN_OTHER, RULES) == (state, ())


def test_a_late_answer_changes_nothing() -> None:
    state, _ = played(SEEN, touch(Button.DISMISS), SEEN_OTHER)
    assert doing(state).attempt == 2
    for late in (WordsKnown(1, WORDS), Confirmed(1), Stuck(1, EnrolProblem.REVOKED)):
        assert step(state, late, RULES) == (state, ())


def test_an_answer_after_it_was_given_up_begins_no_station() -> None:
    state, effects = played(SEEN, WordsKnown(1, WORDS), touch(Button.DISMISS), Confirmed(1))
    assert doing(state).stage is EnrolStage.SHOW_CODE
    assert GiveUp(1) in effects
    assert Begin() not in effects


@pytest.mark.parametrize("problem", EnrolProblem)
def test_tries_again_with_the_same_code_only_where_that_can_help(problem: EnrolProblem) -> None:
    state, _ = played(SEEN, Stuck(1, problem))
    assert doing(state).problem is problem
    again, effects = step(state, touch(Button.AGAIN), RULES)
    if problem in CAN_BE_TRIED_AGAIN:
        assert effects == (Enrol(2, CODE),)
    else:
        assert (again, effects) == (state, ())
        assert doing(state).code is None  # what cannot be used again is not kept


@pytest.mark.parametrize("problem", sorted(CAN_BE_TRIED_AGAIN, key=lambda problem: problem.value))
@pytest.mark.parametrize("then", [touch(Button.DISMISS), touch(Button.HELP), CodeSeen("TK.00123", 3.0)])
def test_a_code_that_is_let_go_is_given_up(problem: EnrolProblem, then: Input) -> None:
    """Else it would go on by itself at the next start."""
    state, _ = played(SEEN, Stuck(1, problem))
    assert GiveUp(1) in step(state, then, RULES)[1]


def test_language_help_and_the_camera_are_there_before_a_code() -> None:
    assert played(touch(Button.LANGUAGE))[0].language == "en"
    assert doing(played(touch(Button.HELP))[0]).wants_help
    assert doing(played(touch(Button.HELP), touch(Button.DISMISS))[0]) == Enrolling()
    assert played(touch(Button.AIM))[0].aiming
    assert not played(touch(Button.AIM), SEEN)[0].aiming
    assert not played(touch(Button.AIM), ScannerLost("camera", True))[0].aiming
    assert played(HintChanged(Hint.TOO_DARK))[0].station.hint is Hint.TOO_DARK


@pytest.mark.parametrize("connected", [True, False])
def test_looks_at_the_network_when_asked(connected: bool) -> None:
    state, effects = played(touch(Button.NETWORK))
    assert effects == [LookAtNetwork()]
    seen = step(state, NetworkSeen(connected), RULES)[0]
    assert doing(seen).is_connected is connected
    assert doing(step(seen, touch(Button.DISMISS), RULES)[0]) == Enrolling()
    assert doing(step(seen, SEEN, RULES)[0]).stage is EnrolStage.CONNECTING
    busy, _ = played(SEEN)
    assert step(busy, NetworkSeen(connected), RULES) == (busy, ())


def test_nobody_stops_a_station_that_is_confirmed() -> None:
    state, _ = played(SEEN, WordsKnown(1, WORDS), Confirmed(1))
    assert step(state, touch(Button.DISMISS), RULES) == (state, ())


_attempts = st.integers(0, 3)
inputs: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([SEEN, SEEN_OTHER, CodeSeen("TK.00123", 1.0)]),
    st.builds(Touched, st.sampled_from(Button), st.just(1.0)),
    st.builds(WordsKnown, _attempts, st.just(WORDS)),
    st.builds(Confirmed, _attempts),
    st.builds(NetworkSeen, st.booleans()),
    st.builds(Stuck, _attempts, st.sampled_from(EnrolProblem)),
)


@given(st.lists(inputs, max_size=20))
def test_in_any_order_a_station_begins_once_and_for_the_code_that_counts(happened: list[Any]) -> None:
    state = beginning("vi")
    wanted: Enrol | None = None
    began = 0
    for one in happened:
        state, effects = step(state, one, RULES)
        for effect in effects:
            match effect:
                case Enrol():
                    wanted = effect
                case GiveUp():
                    wanted = None
                case Begin():
                    began += 1
                    assert wanted is not None
                    assert one == Confirmed(wanted.attempt)
        now = doing(state)
        assert (now.stage is EnrolStage.SHOW_CODE) or now.code is not None
        assert now.words in ((), WORDS)
        assert not (now.stage is EnrolStage.SHOW_CODE and now.words)
    assert began <= 1
