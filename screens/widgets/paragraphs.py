"""A title and some paragraphs set together in one box: all shrink alike, and only then is anything shortened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.properties import ListProperty, NumericProperty, OptionProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.widgets.text import height_of, texture_of, width_of
from screens.widgets.typeset import LINE, Setting, fit

_SHRINKS = (
    (1.0, 1.0),
    (0.85, 1.0),
    (0.85, 0.94),
    (0.8, 0.9),
    (0.8, 0.86),
    (0.74, 0.82),
    (0.7, 0.78),
    (0.68, 0.73),
    (0.66, 0.68),
    (0.6, 0.62),
    (0.55, 0.56),
)
"""Of the first paragraph, which is the title, and of the others."""
_LINE_HEIGHT = 0.96


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    role: str = "body"
    bold: bool = False
    ink: str = "ink"


class Paragraphs(Widget):
    paragraphs = ListProperty([])
    align = OptionProperty("left", options=("left", "center"))
    valign = OptionProperty("top", options=("top", "middle"))
    gap_units = NumericProperty(1.8)

    def __init__(self, **values: Any) -> None:
        self._drawn: tuple[object, ...] = ()
        self.shown: tuple[tuple[Paragraph, Setting], ...] = ()
        self.height_used = 0.0
        super().__init__(**values)
        self._later = Clock.create_trigger(self.render, -1)
        for name in ("pos", "size", "paragraphs", "align", "valign", "gap_units"):
            self.fbind(name, self._later)
        self.render()

    def _set(self, head: float, shrink: float, last: bool) -> tuple[list[tuple[Paragraph, Setting]], float]:
        look = theme.now()
        gap = look.px(self.gap_units * shrink)
        found: list[tuple[Paragraph, Setting]] = []
        used = 0.0
        for place, paragraph in enumerate(self.paragraphs):
            bold = paragraph.bold
            size = max(1, round(look.text_px(paragraph.role) * (head if place == 0 else shrink)))
            space = used + (gap if found else 0)
            room = self.height - space if last else 1e6
            if room < size * LINE:
                continue
            setting = fit(
                paragraph.text,
                size,
                self.width,
                room,
                partial(width_of, bold=bold),
                max_lines=20,
                line_height=_LINE_HEIGHT,
                smallest=1.0,
            )
            if setting.lines:
                found.append((paragraph, setting))
                used = space + height_of(setting, bold, _LINE_HEIGHT)
        return found, used

    def render(self, *_: object) -> None:
        asked = (*self.pos, *self.size, tuple(self.paragraphs), self.align, self.valign, self.gap_units)
        if asked == self._drawn or self.width < 2 or self.height < 2:
            return
        self._drawn = asked
        for head, shrink in _SHRINKS:
            found, used = self._set(head, shrink, last=False)
            if used <= self.height:
                break
        else:
            found, used = self._set(*_SHRINKS[-1], last=True)
        self.shown, self.height_used = tuple(found), used
        look = theme.now()
        gap = look.px(self.gap_units * shrink)
        top = (self.y + self.height) if self.valign == "top" else (self.y + self.height / 2) + used / 2
        self.canvas.clear()
        with self.canvas:
            for paragraph, setting in found:
                high = height_of(setting, paragraph.bold, _LINE_HEIGHT)
                texture = texture_of(setting, paragraph.bold, self.align, _LINE_HEIGHT)
                x = self.x if self.align == "left" else (self.x + self.width / 2) - texture.width / 2
                Color(*look.rgba(paragraph.ink))
                Rectangle(
                    texture=texture,
                    size=texture.size,
                    pos=(round(x), round(top - high / 2 - texture.height / 2)),
                )
                top -= high + gap
