"""Trả giúp."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.i18n import Translator
from kiosk.session.desk_states import TakingBack
from screens.view_models.views import DeskBar, DeskListView

Bar = Callable[[str], DeskBar]


def returning_view(page: TakingBack, bar: Bar, words: Translator) -> DeskListView:
    raise NotImplementedError
