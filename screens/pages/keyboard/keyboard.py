"""A keyboard on the screen: digits beside the dots of a PIN, or letters below the line that they write."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty

from screens.view_models.views import Key, KeyboardView, Layer, TypeKey
from screens.widgets import desk_bar, typing_keys  # noqa: F401  (kv names them)
from screens.widgets.key import KeyButton
from screens.widgets.page import Page, keep


class KeyboardPage(Page):
    finds = BooleanProperty(False)

    def on_kv_post(self, *_: object) -> None:
        self._layer = Layer.LETTERS
        self._layers: dict[Layer, list[object]] = {}
        self._text: str | None = None
        self._runs = False
        self._waits = False
        self._keys: list[Any] = []

    def paint(self, view: KeyboardView) -> None:
        self.ids.bar.show(view.bar, self.touches.monotonic)
        is_pin = view.places > 0
        body = self.ids.body
        # From the left to the right: each is put in behind the one before it.
        keep(body, self.ids.pin.__self__, is_pin)
        keep(body, self.ids.pad.__self__, is_pin)
        keep(body, self.ids.writing.__self__, not is_pin)
        self._paint_pin(view) if is_pin else self._paint_line(view)

    def _paint_pin(self, view: KeyboardView) -> None:
        self.ids.words.text = view.title
        self.ids.dots.count, self.ids.dots.places = len(view.text), view.places
        said = self.ids.said
        said.text, said.ink, said.bold = (view.problem, "warn", True) if view.problem else (view.hint, "muted", False)
        self._waits = view.wait is not None and bool(view.problem)
        keep(self.ids.below, self.ids.wait.__self__, self._waits, index=1)
        if view.wait is not None:
            self.ids.wait.show(view.wait, self.touches.monotonic)
        self.ids.wait.run(self._runs and self._waits)
        keep(self.ids.pin, self.ids.aside.__self__, view.aside is not None)
        if view.aside is not None:
            aside = self.ids.aside
            aside.label, aside.icon, aside.value = view.aside.label, view.aside.icon, view.aside
        self._show_keys(view.keys)
        self.ids.pad.rows = [list(row) for row in view.rows]

    def _show_keys(self, keys: tuple[Key, ...]) -> None:
        row = self.ids.beside
        while len(self._keys) < len(keys):
            key = KeyButton(kind="service", role="second")
            key.bind(on_tap=lambda tapped: self.touch(tapped.value))
            self._keys.append(key)
        for place, key in enumerate(self._keys):
            keep(row, key, place < len(keys))
            if place < len(keys):
                key.show(keys[place])
        keep(self.ids.pin, row.__self__, bool(keys))

    def _paint_line(self, view: KeyboardView) -> None:
        self.finds = view.finds
        line, found = self.ids.line, self.ids.found
        line.label = "" if view.finds else view.title
        # Where something is found, the line asks, and below it stands what there is, or that there is nothing.
        line.text, line.hint = view.text, view.title if view.finds else view.problem or view.hint
        keep(self.ids.writing, found.__self__, view.finds, index=1)
        found.lines, found.more = list(view.lines), view.more
        found.empty = view.problem or view.hint
        self._layers = {
            Layer.LETTERS: [list(row) for row in view.rows],
            Layer.CAPITALS: [list(row) for row in view.capitals],
            Layer.SIGNS: [list(row) for row in view.signs],
        }
        if view.text != self._text and (self._layer is not Layer.SIGNS or self._text is None):
            self._layer = view.layer  # signs stay, like on a phone: a class is written with several
        self._text = view.text
        self._turn(self._layer)

    def _turn(self, layer: Layer) -> None:
        self._layer = layer if self._layers.get(layer) else Layer.LETTERS
        self.ids.letters.rows = self._layers[self._layer]

    def press(self, key: TypeKey) -> None:
        if key.to is not None:
            self._turn(key.to)
        else:
            self.touches.typed(key.key)

    def line(self, line: str) -> None:
        self.touches.line_touched(line)

    def run(self, on: bool) -> None:
        self._runs = on
        self.ids.bar.run(on)
        self.ids.wait.run(on and self._waits)
        if not on:
            self._text, self._layer = None, Layer.LETTERS  # whoever types next begins anew
