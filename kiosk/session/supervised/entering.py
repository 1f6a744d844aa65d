"""A card and a PIN open the desk."""

from __future__ import annotations

from kiosk.session.desk_states import Entering
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Entering, happened: object, rules: SessionRules) -> Step:
    return state, ()
