"""Mượn giúp: lending for a reader who stands here."""

from __future__ import annotations

from kiosk.session.desk_states import Lending, Supervising
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Supervising, page: Lending, happened: object, rules: SessionRules) -> Step:
    return state, ()
