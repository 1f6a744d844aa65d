"""Enrolling a blank station: step(state, input) -> (state, effects), as kiosk.session.machine. Pure.

It begins with a code that somebody holds before the scanner, and ends with a station that is its library's. Whatever
happens on the way has a sentence and a next step; nothing is taken before two people have compared four words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.domain import enrolment_code
from kiosk.domain.enrolment_code import EnrolmentCode, Fault
from kiosk.ports.devices import Sound
from kiosk.session.effects import Play
from kiosk.session.inputs import Button, HintChanged, ScannerLost, Touched
from kiosk.session.states import Enrolling, EnrolProblem, EnrolStage, Look, SessionRules, State
from kiosk.session.visits import following


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """By a scanner, or in a file."""

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class WordsKnown:
    """The centre knows the station's key; `words` are for two people to compare."""

    attempt: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody at the centre has compared the words, and station.toml is written: the station can begin."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Stuck:
    attempt: int
    problem: EnrolProblem


@dataclass(frozen=True, slots=True)
class NetworkSeen:
    is_connected: bool


@dataclass(frozen=True, slots=True)
class LookAtNetwork:
    """Answered by NetworkSeen."""


@dataclass(frozen=True, slots=True)
class Enrol:
    """Go on with `code`; answered by WordsKnown, Confirmed and Stuck of this attempt. `alone`: nobody stands there who
    could try again, so it is tried until the centre has said yes or no."""

    attempt: int
    code: EnrolmentCode
    alone: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Nobody waits for `attempt` any more, and its code is forgotten."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Become the station."""


Input = CodeSeen | WordsKnown | Confirmed | Stuck | NetworkSeen | Touched | ScannerLost | HintChanged
Asks = Enrol | GiveUp | Begin | LookAtNetwork
Effect = Play | Asks
Step = tuple[State, tuple[Effect, ...]]

_PROBLEMS = {
    Fault.OTHER: EnrolProblem.NOT_A_CODE,
    Fault.VERSION: EnrolProblem.OTHER_VERSION,
    Fault.SPOILT: EnrolProblem.SPOILT_CODE,
    Fault.FORBIDDEN: EnrolProblem.FORBIDDEN_CODE,
}
CAN_BE_TRIED_AGAIN = frozenset(
    {
        EnrolProblem.NO_WIFI,
        EnrolProblem.NO_NETWORK,
        EnrolProblem.UNREACHABLE,
        EnrolProblem.NOTHING_TOLD,
        EnrolProblem.NOT_KEPT,
        EnrolProblem.CLOCK_UNSURE,
    }
)
"""With the code that was shown."""
FOR_GOOD = frozenset({EnrolProblem.TOKEN_REFUSED, EnrolProblem.REVOKED, EnrolProblem.OTHER_STATION})
"""Nothing comes of the code any more, however often it is tried."""


def beginning(language: str) -> State:
    return State(Enrolling(), language=language)


def step(state: State, happened: Input, rules: SessionRules) -> Step:
    """`state.doing` is an Enrolling, and stays one."""
    doing = state.doing
    assert isinstance(doing, Enrolling)
    then, effects = _step(state, doing, happened, rules)
    assert isinstance(then.doing, Enrolling)
    if doing.code is not None and then.doing.code is None:  # however it was let go, it must not come back by itself
        effects += (GiveUp(doing.attempt),)
    return then, effects


def _step(state: State, doing: Enrolling, happened: Input, rules: SessionRules) -> Step:
    match happened:
        case ScannerLost(name, lost):
            names = state.station.scanners_lost
            names = names | {name} if lost else names - {name}
            return replace(
                state, station=replace(state.station, scanners_lost=names), aiming=state.aiming and not lost
            ), ()
        case HintChanged(hint):
            return replace(state, station=replace(state.station, hint=hint)), ()
        case CodeSeen(text):
            return _seen(replace(state, aiming=False), doing, text)
        case Touched(button):
            return _touched(state, doing, button, rules)
        case NetworkSeen(is_connected) if doing.stage is EnrolStage.SHOW_CODE and doing.problem is None:
            seen = Enrolling(attempt=doing.attempt, is_connected=is_connected)
            return replace(state, doing=seen, aiming=False), ()
        case WordsKnown(attempt, words) if _is_of(doing, attempt):
            return replace(state, doing=replace(doing, stage=EnrolStage.COMPARE, words=words)), (Play(Sound.OK),)
        case Confirmed(attempt) if _is_of(doing, attempt):
            return replace(state, doing=replace(doing, stage=EnrolStage.STARTING)), (Play(Sound.DONE), Begin())
        case Stuck(attempt, problem) if _is_of(doing, attempt):
            code = doing.code if problem in CAN_BE_TRIED_AGAIN else None
            stuck = Enrolling(problem=problem, attempt=attempt, code=code)
            return replace(state, doing=stuck), (Play(Sound.ATTENTION),)
    return state, ()  # a late answer


def _is_of(doing: Enrolling, attempt: int) -> bool:
    return doing.attempt == attempt and doing.stage in (EnrolStage.CONNECTING, EnrolStage.COMPARE)


def _seen(state: State, doing: Enrolling, text: str) -> Step:
    if doing.stage is not EnrolStage.SHOW_CODE:
        return state, ()  # the one that was shown before counts, until somebody gives it up
    code = enrolment_code.read(text)
    if isinstance(code, Fault):
        wrong = Enrolling(problem=_PROBLEMS[code], attempt=doing.attempt)
        return replace(state, doing=wrong), (Play(Sound.ATTENTION),)
    begun, effects = _enrol(state, doing, code)
    return begun, (Play(Sound.OK), *effects)


def _enrol(state: State, doing: Enrolling, code: EnrolmentCode) -> Step:
    attempt = doing.attempt + 1
    return replace(state, doing=Enrolling(EnrolStage.CONNECTING, None, attempt, code)), (Enrol(attempt, code),)


def _touched(state: State, doing: Enrolling, button: Button, rules: SessionRules) -> Step:
    shows_code = doing.stage is EnrolStage.SHOW_CODE
    match button:
        case Button.LANGUAGE:
            return replace(state, language=following(state.language, rules.languages)), ()
        case Button.LOOK:
            return replace(state, look=following(state.look, tuple(Look))), ()
        case Button.HELP if shows_code:
            return replace(state, doing=Enrolling(attempt=doing.attempt, wants_help=True), aiming=False), ()
        case Button.NETWORK if shows_code:
            return state, (LookAtNetwork(),)
        case Button.AIM if shows_code and doing.problem is None:
            return replace(state, aiming=True), ()
        case Button.AGAIN if shows_code and doing.code is not None:
            return _enrol(state, doing, doing.code)
        case Button.DISMISS if doing.stage is not EnrolStage.STARTING:
            return replace(state, doing=Enrolling(attempt=doing.attempt), aiming=False), ()
    return state, ()
