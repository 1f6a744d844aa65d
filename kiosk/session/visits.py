"""How visits begin, go on and end; and what a reader may choose or ask for in any of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from kiosk.ports.devices import Sound
from kiosk.session.desk_states import Entering, Supervising
from kiosk.session.effects import CallHelp, Play
from kiosk.session.inputs import Button
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import Notice
from kiosk.session.states import (
    Borrowing,
    Doing,
    Enrolling,
    Finished,
    Home,
    Look,
    Proving,
    Resting,
    Returning,
    RowKind,
    SessionRules,
    State,
)

T = TypeVar("T")

_THEIRS_NOW = (RowKind.LENT, RowKind.RENEWED)


def turn_to(state: State, doing: Doing, rules: SessionRules, *, same_reader: bool = False) -> State:
    """A new turn: whatever was asked in the one before is nobody's now, and nothing of it stays on the screen. The
    `same_reader` keeps the language and the look that were chosen."""
    return State(
        doing=doing,
        visit=state.visit + 1,
        request=state.request,
        language=state.language if same_reader else rules.language,
        look=state.look if same_reader else Look.USUAL,
        station=state.station,
        anew=state.anew,
    )


def go_home(state: State, rules: SessionRules, notice: Notice | None = None, at: float = 0.0) -> State:
    return turn_to(state, Home(notice, at), rules, same_reader=notice is not None)


def finish(state: State, rules: SessionRules, at: float) -> State:
    """The reader is done. What they now have is shown once more, if there is anything and if it is they who end the
    visit: behind a warning it may be the next one's hand."""
    match state.doing:
        case Borrowing(patron=patron, warned=False, rows=rows):
            theirs = tuple(row for row in rows if row.kind in _THEIRS_NOW and not row.leaving)
            if theirs:
                return turn_to(state, Finished(theirs, patron.card, at), rules, same_reader=True)
    return go_home(state, rules)


def ask(state: State) -> State:
    """With the number of the next question."""
    return replace(state, request=state.request + 1)


def with_notice(state: State, notice: Notice | None, at: float) -> State:
    """Shows `notice` in place of what goes on (None: closes it, and the camera's picture). A sign of life."""
    state = replace(state, aiming=False)
    match state.doing:
        case Home():
            return replace(state, doing=Home(notice, at))
        case Borrowing() | Returning() as doing:
            return replace(state, doing=replace(doing, notice=notice, active_at=at, warned=False))
        case Resting() as doing:
            return replace(state, doing=replace(doing, notice=notice, noticed_at=at if notice else 0.0))
        case Enrolling() | Finished() | Maintaining() | Entering() | Supervising() | Proving():
            return state


def active(state: State, at: float) -> State:
    """Somebody is here."""
    match state.doing:
        case Borrowing() | Returning() as doing:
            return replace(state, doing=replace(doing, active_at=at, warned=False))
        case Home(notice=notice):
            return replace(state, doing=Home(notice, at))
        case Entering() | Supervising() | Proving() as doing:
            return replace(state, doing=replace(doing, active_at=at))
        case Resting() | Enrolling() | Finished() | Maintaining():
            return state


def chosen(state: State, button: Button, at: float, rules: SessionRules) -> State | None:
    """Another language or look; None: the button is neither's."""
    match button:
        case Button.LANGUAGE:
            return active(replace(state, language=following(state.language, rules.languages)), at)
        case Button.LOOK:
            return active(replace(state, look=following(state.look, tuple(Look))), at)
    return None


def call_help(state: State) -> tuple[State, tuple[CallHelp | Play, ...]]:
    """Once in a visit."""
    if state.help_called:
        return state, (Play(Sound.ATTENTION),)
    asking = ask(replace(state, help_called=True))
    return asking, (CallHelp(asking.visit, asking.request), Play(Sound.ATTENTION))


def following(chosen: T, choices: tuple[T, ...]) -> T:
    """The choice that a key leads to, round and round."""
    place = choices.index(chosen) if chosen in choices else -1
    return choices[(place + 1) % len(choices)]
