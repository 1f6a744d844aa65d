"""The tiles."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.desk_states import Supervising
from screens.view_models.views import DeskBar, DeskMenuView


def menu_view(doing: Supervising, bar: DeskBar, words: Translator) -> DeskMenuView:
    raise NotImplementedError
