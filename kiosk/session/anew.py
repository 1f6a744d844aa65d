"""Enrolling anew: a station that is enrolled already takes another code, from its maintainer's screen alone. Pure.

The steps are those of a blank station (kiosk.session.enrolment). They go on beneath whatever else the station does: it
lends as before, also while its screen is locked, and is who it was until somebody at the centre has confirmed it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.session import enrolment
from kiosk.session.effects import Play
from kiosk.session.enrolment import FOR_GOOD, CodeSeen, Confirmed, Effect, Enrol, NetworkSeen, Stuck, WordsKnown
from kiosk.session.inputs import Button, Touched
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Enrolling, EnrolStage, SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


@dataclass(frozen=True, slots=True)
class Resumed:
    """An enrolment anew was not over when this machine was switched off."""

    code: EnrolmentCode


Told = CodeSeen | WordsKnown | Confirmed | Stuck | NetworkSeen | Resumed


def opened(state: State) -> State:
    """Somebody has asked for it, or looks how far it is."""
    return replace(state, anew=state.anew or Enrolling())


def wants_code(state: State) -> bool:
    """Whether a code before the scanner is read at all."""
    anew = state.anew
    return _is_in_front(state) and anew is not None and anew.stage is EnrolStage.SHOW_CODE


def left_alone(state: State) -> Step:
    """Nobody stands before it any more who could try again."""
    anew = state.anew
    if anew is None or anew.code is None or anew.stage is not EnrolStage.SHOW_CODE:
        return state, ()
    return _alone(state, anew.attempt + 1, anew.code)


def told(state: State, happened: Told, rules: SessionRules) -> Step:
    """Whoever stands in front: it makes no sound for a reader."""
    match happened:
        case Resumed(code):
            return _alone(state, 1, code) if state.anew is None else (state, ())
        case Stuck(attempt, problem) if problem not in FOR_GOOD and not _is_in_front(state):
            anew = state.anew
            if anew is not None and anew.code is not None and anew.attempt == attempt:
                return _alone(state, attempt + 1, anew.code)
    if state.anew is None or (isinstance(happened, CodeSeen) and not wants_code(state)):
        return state, ()
    then, effects = _through(state, happened, rules)
    if not _is_in_front(state):
        effects = tuple(effect for effect in effects if not isinstance(effect, Play))
    return then, effects


def scanned(state: State, at: float, rules: SessionRules) -> Step:
    """Some other code, which is kept nowhere."""
    return _through(state, CodeSeen("", at), rules)


def touched(state: State, happened: Touched, rules: SessionRules) -> Step:
    """On its pages. Back from the first of them leads to the tiles."""
    doing, anew = state.doing, state.anew
    assert isinstance(doing, Maintaining)
    assert anew is not None
    is_first = anew == Enrolling(attempt=anew.attempt)
    if happened.button is Button.DISMISS and is_first and not state.aiming:
        return replace(state, doing=replace(doing, enrolling=False)), ()
    return _through(state, happened, rules)


def _is_in_front(state: State) -> bool:
    return isinstance(state.doing, Maintaining) and state.doing.enrolling


def _alone(state: State, attempt: int, code: EnrolmentCode) -> Step:
    """The centre may have confirmed it, and then the key before is worth nothing: no bad answer ends it."""
    begun = Enrolling(EnrolStage.CONNECTING, attempt=attempt, code=code)
    return replace(state, anew=begun), (Enrol(attempt, code, alone=True),)


def _through(state: State, happened: enrolment.Input, rules: SessionRules) -> Step:
    then, effects = enrolment.step(replace(state, doing=state.anew or Enrolling()), happened, rules)
    assert isinstance(then.doing, Enrolling)
    return replace(then, doing=state.doing, anew=then.doing), effects
