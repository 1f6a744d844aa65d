"""The work lists: what somebody should look at, and what is done about it."""

from __future__ import annotations

from kiosk.session.desk_states import AtWork, Supervising, Work
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def opened(state: State, doing: Supervising, work: Work) -> Step:
    return state, ()


def step(state: State, doing: Supervising, page: AtWork, happened: object, rules: SessionRules) -> Step:
    return state, ()
