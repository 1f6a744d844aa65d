"""A keyboard on the screen: what each key does to the text."""

from __future__ import annotations

from kiosk.session.desk_states import Supervising, Writing
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Supervising, page: Writing, happened: object, rules: SessionRules) -> Step:
    return state, ()
