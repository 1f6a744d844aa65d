"""What the library has chosen, and may change here."""

from __future__ import annotations

from kiosk.session.desk_states import AtSettings, Supervising
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def opened(state: State, doing: Supervising) -> Step:
    return state, ()


def step(state: State, doing: Supervising, page: AtSettings, happened: object, rules: SessionRules) -> Step:
    return state, ()
