"""What things stand on: paper, cards, keys. A lower edge means that it can be pressed."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.properties import ListProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from screens import theme


class Surface:
    """Fill, border and lower edge behind a widget. Empty names draw nothing. Sizes in u, `border_px` in px."""

    fill = StringProperty("card")
    border = StringProperty("")
    edge = StringProperty("")
    radius = NumericProperty(2.4)
    border_px = NumericProperty(2)
    edge_units = NumericProperty(0.7)
    corners = ListProperty([])  # of the radius each: left top, right top, right bottom, left bottom

    def paint_surface(self: Any) -> None:
        """Once, at the end of __init__."""
        # Instructions are kept and only moved: a canvas that is built anew would be compiled anew.
        with self.canvas.before:
            self._edge_colour = Color(0, 0, 0, 0)
            self._edge_shape = SmoothRoundedRectangle()
            self._border_colour = Color(0, 0, 0, 0)
            self._border_shape = SmoothRoundedRectangle()
            self._fill_colour = Color(0, 0, 0, 0)
            self._fill_shape = SmoothRoundedRectangle()
        for name in ("pos", "size", "border", "edge", "border_px", "radius"):
            self.fbind(name, self._lay_surface)
        for name in ("fill", "border", "edge"):
            self.fbind(name, self._tint_surface)
        self._tint_surface()
        self._lay_surface()

    def _tint_surface(self: Any, *_: object) -> None:
        look = theme.now()
        for name, colour in (
            (self.edge, self._edge_colour),
            (self.border, self._border_colour),
            (self.fill, self._fill_colour),
        ):
            colour.rgba = look.rgba(name) if name else (0, 0, 0, 0)

    def _lay_surface(self: Any, *_: object) -> None:
        look = theme.now()
        x, y = round(self.x), round(self.y)
        wide, high = round((self.x + self.width)) - x, round((self.y + self.height)) - y
        lift = look.px(self.edge_units) if self.edge else 0
        line = self.border_px if self.border else 0
        round_by = look.px(self.radius)
        corners = [round_by * part for part in self.corners] or [round_by] * 4

        def lay(shape: Any, shown: bool, inset: float, up: float) -> None:
            shown = shown and wide > 2 * inset + 2 and high > up + 2 * inset + 2
            shape.pos = (x + inset, y + up + inset)
            shape.size = (wide - 2 * inset, high - up - 2 * inset) if shown else (0, 0)
            if shown:
                shape.radius = [max(0.1, part - inset) for part in corners]

        lay(self._edge_shape, bool(self.edge), 0, 0)
        lay(self._border_shape, bool(self.border), 0, lift)
        lay(self._fill_shape, bool(self.fill), line, lift)


class Box(Surface, BoxLayout):  # type: ignore[misc]
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.paint_surface()


class Float(Surface, FloatLayout):  # type: ignore[misc]
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.paint_surface()


class Panel(Surface, Widget):  # type: ignore[misc]
    """Places its own children in `place`."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.paint_surface()
        self.fbind("pos", self.place)
        self.fbind("size", self.place)

    def place(self, *_: object) -> None:
        pass
