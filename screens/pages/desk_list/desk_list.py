"""A list of the desk: its lines on the left, what was chosen on the right."""

from __future__ import annotations

from typing import Any

from kivy.properties import StringProperty

from screens.view_models.views import ActKey, DeskListView
from screens.widgets import desk_bar, desk_detail, desk_lines  # noqa: F401  (kv names them)
from screens.widgets.key import KeyButton
from screens.widgets.page import Page, keep


class DeskListPage(Page):
    heading = StringProperty("")
    empty = StringProperty("")
    empty_icon = StringProperty("barcode")

    def on_kv_post(self, *_: object) -> None:
        self._keys: list[Any] = []

    def paint(self, view: DeskListView) -> None:
        self.ids.bar.show(view.bar, self.touches.monotonic)
        self.heading, self.empty, self.empty_icon = view.heading, view.empty, view.empty_icon
        ids = self.ids
        nothing = not view.lines
        keep(ids.left, ids.heading.__self__, bool(view.heading), index=len(ids.left.children))
        ids.lines.paint(view.lines)
        keep(ids.middle, ids.nothing.__self__, nothing and view.detail is None)
        keep(ids.middle, ids.left.__self__, not nothing, index=len(ids.middle.children))
        keep(ids.middle, ids.detail.__self__, view.detail is not None)
        if view.detail is not None:
            ids.detail.show(view.detail)
        self._show_keys(view.keys)

    def _show_keys(self, keys: tuple[ActKey, ...]) -> None:
        foot = self.ids.foot
        while len(self._keys) < len(keys):
            key = KeyButton(kind="service", role="second")
            key.bind(on_tap=lambda tapped: self.act(tapped.value))
            self._keys.append(key)
        for place, key in enumerate(self._keys):
            keep(foot, key, place < len(keys))
            if place < len(keys):
                key.label, key.icon, key.value = keys[place].label, keys[place].icon, keys[place]
        keep(self.ids.whole, foot.__self__, bool(keys))

    def act(self, key: ActKey) -> None:
        self.touches.act_touched(key.act, key.value)

    def line(self, line: str) -> None:
        self.touches.line_touched(line)

    def run(self, on: bool) -> None:
        self.ids.bar.run(on)
        if not on:
            self.ids.lines.forget()
