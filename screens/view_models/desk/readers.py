"""Tra bạn đọc."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.i18n import Translator
from kiosk.session.desk_states import AtReader, Finding
from screens.view_models.views import DeskBar, DeskListView, KeyboardView

Bar = Callable[[str], DeskBar]


def finding_view(page: Finding, bar: Bar, words: Translator) -> KeyboardView:
    raise NotImplementedError


def reader_view(page: AtReader, bar: Bar, words: Translator) -> DeskListView:
    raise NotImplementedError
