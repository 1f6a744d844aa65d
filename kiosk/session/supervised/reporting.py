"""A fault, a wish for a book, where a book comes from."""

from __future__ import annotations

from kiosk.session.desk_states import Reporting, Supervising
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Supervising, page: Reporting, happened: object, rules: SessionRules) -> Step:
    return state, ()
