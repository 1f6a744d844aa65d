"""A keyboard on the screen: digits for a PIN, letters with Telex for everything else."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.i18n import Translator
from kiosk.session.desk_states import Entering, Writing
from kiosk.session.states import SessionRules
from screens.view_models.place import Place
from screens.view_models.views import DeskBar, KeyboardView

Bar = Callable[[str], DeskBar]


def entering(doing: Entering, rules: SessionRules, place: Place, words: Translator) -> KeyboardView:
    raise NotImplementedError


def writing_view(page: Writing, bar: Bar, words: Translator) -> KeyboardView:
    raise NotImplementedError
