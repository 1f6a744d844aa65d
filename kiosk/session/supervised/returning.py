"""Trả giúp: a pile of books comes back."""

from __future__ import annotations

from kiosk.session.desk_states import Supervising, TakingBack
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Supervising, page: TakingBack, happened: object, rules: SessionRules) -> Step:
    return state, ()
