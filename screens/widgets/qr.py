"""A QR code, drawn sharp: one texel for each of its squares, and whole px for each texel."""

from __future__ import annotations

from typing import Any

import segno
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import StringProperty
from kivy.uix.widget import Widget

QUIET = 2
"""Squares of white around it that are its own; the card that it stands on gives the other two that are asked for."""
MASK = 0
"""Any is as good to a phone; trying all eight for the best one would hold up the window several times as long."""


class QrCode(Widget):
    """In the middle of its box, as large as whole px allow. No `text`: nothing."""

    text = StringProperty("")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._side = 0  # squares
        with self.canvas:
            Color(1, 1, 1, 1)
            self._drawn = Rectangle(size=(0, 0))
        self.fbind("text", self._draw)
        self.fbind("pos", self._place)
        self.fbind("size", self._place)
        self._draw()

    def _draw(self, *_: object) -> None:
        self._side, self._drawn.texture = 0, None
        if self.text:
            rows = list(segno.make_qr(self.text, error="l", mask=MASK).matrix_iter(border=QUIET))
            self._side = len(rows)
            texture = Texture.create(size=(self._side, self._side), colorfmt="luminance")
            texture.mag_filter = texture.min_filter = "nearest"
            white = bytes(0 if dark else 255 for row in reversed(rows) for dark in row)
            texture.blit_buffer(white, colorfmt="luminance", bufferfmt="ubyte")
            self._drawn.texture = texture
        self._place()

    def _place(self, *_: object) -> None:
        side = self._side * (int(min(self.size)) // self._side) if self._side else 0
        self._drawn.size = (side, side)
        self._drawn.pos = (round(self.x + (self.width - side) / 2), round(self.y + (self.height - side) / 2))
