"""The work lists."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.i18n import Translator
from kiosk.session.desk_states import AtWork
from screens.view_models.views import DeskBar, DeskListView

Bar = Callable[[str], DeskBar]


def work_view(page: AtWork, bar: Bar, words: Translator) -> DeskListView:
    raise NotImplementedError
