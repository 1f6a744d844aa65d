"""A fault, a wish, a source."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.i18n import Translator
from kiosk.session.desk_states import Reporting
from screens.view_models.views import DeskBar, DeskListView

Bar = Callable[[str], DeskBar]


def reporting_view(page: Reporting, bar: Bar, words: Translator) -> DeskListView:
    raise NotImplementedError
