"""A keyboard on the screen: what each key does to the text."""

from __future__ import annotations

from typing import Final

from kiosk.domain.telex import compose
from kiosk.session.desk_states import Supervising, Writing
from kiosk.session.effects import Effect
from kiosk.session.states import SessionRules, State

Step = tuple[State, tuple[Effect, ...]]

DELETE: Final = "delete"
CLEAR: Final = "clear"
SHIFT: Final = "shift"
DONE: Final = "done"
"""Keys by name; every other one is the character that it writes, a letter in capitals while SHIFT is on."""

MOST_LETTERS = 200


def press(text: str, key: str) -> str:
    """What a key makes of `text`: letters by Telex. SHIFT, DONE and what is no key here change nothing."""
    if key == DELETE:
        return text[:-1]
    if key == CLEAR:
        return ""
    if len(key) != 1 or len(text) >= MOST_LETTERS or (key == " " and (not text or text.endswith(" "))):
        return text
    return compose(text, key)


def step(state: State, doing: Supervising, page: Writing, happened: object, rules: SessionRules) -> Step:
    return state, ()
