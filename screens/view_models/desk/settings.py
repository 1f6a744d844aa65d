"""What the library has chosen."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.i18n import Translator
from kiosk.session.desk_states import AtSettings
from screens.view_models.views import DeskBar, DeskListView

Bar = Callable[[str], DeskBar]


def settings_view(page: AtSettings, bar: Bar, words: Translator) -> DeskListView:
    raise NotImplementedError
