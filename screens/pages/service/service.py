"""Thiết bị: twelve parts of the station and what can be done with it, for whoever looks after it."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, StringProperty

from kiosk.domain.findings import Part
from screens.view_models.views import Key, ServiceView
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
        self._choices: list[Any] = []

    def paint(self, view: ServiceView) -> None:
        self.title, self.subtitle, self.locks_in = view.title, view.subtitle, view.locks_in
        self.tiles = list(view.tiles)
        self.ids.lock.show(view.lock)
        self.ids.ring.show(view.countdown, self.touches.monotonic)
        self._lay(self.ids.foot, self._keys, view.keys)
        keep(self.ids.middle, self.ids.grid.__self__, view.panel is None)
        keep(self.ids.middle, self.ids.panel.__self__, view.panel is not None)
        if view.panel is not None:
            self.ids.sign.name = view.panel.icon
            self.ids.words.paragraphs = [
                Paragraph(view.panel.title, "head", True),
                *(Paragraph(line) for line in view.panel.lines),
            ]
            self.ids.back.show(view.panel.back)
            chooses = bool(view.panel.choices)
            keep(self.ids.panel, self.ids.words.__self__, not chooses, index=1)
            keep(self.ids.panel, self.ids.choices.__self__, chooses, index=1)
            self._lay(self.ids.choices, self._choices, view.panel.choices)

    def _lay(self, into: Any, keys: list[Any], shown: tuple[Key, ...]) -> None:
        """As many keys as there are to show."""
        while len(keys) < len(shown):
            key = KeyButton(kind="service", role="second")
            key.bind(on_tap=lambda tapped: self.touch(tapped.value))
            keys.append(key)
        for number, key in enumerate(keys):
            keep(into, key, number < len(shown))
        for key, one in zip(keys, shown, strict=False):
            key.show(one)

    def part(self, part: Part) -> None:
        self.touches.part_touched(part)

    def run(self, on: bool) -> None:
        self.ids.ring.run(on)
