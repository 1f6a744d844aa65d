"""Tra bạn đọc: a reader, looked up, and what may be done for them."""

from __future__ import annotations

from kiosk.session.desk_states import AtReader, Finding, Supervising
from kiosk.session.effects import Effect
from kiosk.session.inputs import Scanned
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Supervising, page: Finding | AtReader, happened: object, rules: SessionRules) -> Step:
    return state, ()


def scanned_at_menu(state: State, doing: Supervising, scan: Scanned, rules: SessionRules) -> Step:
    """A card opens its reader; a book is looked up."""
    return state, ()
