"""The project's own drawings. Each is decoded once per process and kept as a texture."""

from __future__ import annotations

from functools import cache
from typing import Any

from kivy.core.image import Image as Decoded
from kivy.graphics import Color, Rectangle
from kivy.properties import NumericProperty, OptionProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme


@cache
def art_texture(name: str) -> Any:
    """Raises OSError-like errors of Kivy when there is no such drawing."""
    return Decoded(str(theme.ASSETS / "art" / f"{name}.png"), mipmap=True).texture


class Illustration(Widget):
    """As large as its box allows; `mode` stretch fills it. `up`: 0 stands on the lower edge, 1 hangs from the upper."""

    art = StringProperty("")
    mode = OptionProperty("contain", options=("contain", "stretch"))
    along = NumericProperty(0.5)
    up = NumericProperty(0.5)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        with self.canvas:
            Color(1, 1, 1, 1)
            self._drawing = Rectangle(size=(0, 0))
        self.fbind("art", self._draw)
        self.fbind("pos", self._place)
        self.fbind("size", self._place)
        self._draw()

    def _draw(self, *_: object) -> None:
        hidden = self.art in theme.DECORATIONS and theme.now().high_contrast
        self._drawing.texture = art_texture(self.art) if self.art and not hidden else None
        self._place()

    def _place(self, *_: object) -> None:
        texture = self._drawing.texture
        if not self.art or not texture or self.width < 1 or self.height < 1:
            self._drawing.size = (0, 0)
            return
        wide, high = self.size
        if self.mode == "contain":
            scale = min(self.width / texture.width, self.height / texture.height)
            wide, high = texture.width * scale, texture.height * scale
        self._drawing.size = (round(wide), round(high))
        self._drawing.pos = (
            round(self.x + (self.width - wide) * self.along),
            round(self.y + (self.height - high) * self.up),
        )
