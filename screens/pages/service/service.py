"""Thiết bị: twelve parts of the station and four things to do, for whoever looks after it."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, StringProperty

from kiosk.domain.findings import Part
from screens.view_models.views import ServiceView
from screens.widgets import tiles  # noqa: F401  (kv names it)
from screens.widgets.key import KeyButton
from screens.widgets.page import Page, keep
from screens.widgets.paragraphs import Paragraph


class ServicePage(Page):
    title = StringProperty("")
    subtitle = StringProperty("")
    locks_in = StringProperty("")
    tiles = ListProperty([])

    def on_kv_post(self, *_: object) -> None:
        self._keys: list[Any] = []

    def paint(self, view: ServiceView) -> None:
        self.title, self.subtitle, self.locks_in = view.title, view.subtitle, view.locks_in
        self.tiles = list(view.tiles)
        self.ids.lock.show(view.lock)
        self.ids.ring.show(view.countdown, self.touches.monotonic)
        foot = self.ids.foot
        while len(self._keys) < len(view.keys):
            key = KeyButton(kind="service", role="second")
            key.bind(on_tap=lambda tapped: self.touch(tapped.value))
            self._keys.append(key)
        for key, shown in zip(self._keys, view.keys, strict=False):
            key.show(shown)
            keep(foot, key, True)
        keep(self.ids.middle, self.ids.grid.__self__, view.panel is None)
        keep(self.ids.middle, self.ids.panel.__self__, view.panel is not None)
        if view.panel is not None:
            self.ids.sign.name = view.panel.icon
            self.ids.words.paragraphs = [
                Paragraph(view.panel.title, "head", True),
                *(Paragraph(line) for line in view.panel.lines),
            ]
            self.ids.back.show(view.panel.back)

    def part(self, part: Part) -> None:
        self.touches.part_touched(part)

    def run(self, on: bool) -> None:
        self.ids.ring.run(on)
