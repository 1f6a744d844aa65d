"""Bàn thủ thư: what can be done at the desk, and what waits there."""

from __future__ import annotations

from kivy.properties import ListProperty, StringProperty

from screens.view_models.views import ActKey, DeskMenuView
from screens.widgets import desk_bar, desk_tiles  # noqa: F401  (kv names them)
from screens.widgets.page import Page


class DeskMenuPage(Page):
    today_title = StringProperty("")
    today = ListProperty([])
    tiles = ListProperty([])

    def paint(self, view: DeskMenuView) -> None:
        self.ids.bar.show(view.bar, self.touches.monotonic)
        self.today_title, self.today = view.today_title, list(view.today)
        self.tiles = list(view.tiles)

    def act(self, key: ActKey) -> None:
        self.touches.act_touched(key.act, key.value)

    def run(self, on: bool) -> None:
        self.ids.bar.run(on)
