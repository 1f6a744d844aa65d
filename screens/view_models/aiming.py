"""What helps a camera to read: said where a page says what to do next, and gone with its cause."""

from __future__ import annotations

from typing import assert_never

from kiosk.i18n import Translator
from kiosk.session.states import Hint
from screens.view_models import icons


def hinted(usual: str, hint: Hint | None, words: Translator) -> str:
    """`usual`, or the hint in its place."""
    return hint_words(hint, words)[0] if hint else usual


def hint_words(hint: Hint, words: Translator) -> tuple[str, str]:
    """The sentence and its icon."""
    match hint:
        case Hint.TOO_DARK:
            return words.text("A bit dark: find some light"), icons.LIGHT
        case Hint.TOO_NEAR:
            return words.text("A bit close: move it back"), icons.FARTHER
        case Hint.BLURRED:
            return words.text("Nearly there: hold it still"), icons.NOT_YET
        case _:
            assert_never(hint)
