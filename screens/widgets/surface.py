"""What things stand on: paper, cards, keys. A lower edge means that it can be pressed."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, InstructionGroup, SmoothLine, SmoothRoundedRectangle
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
        self._layers: dict[str, tuple[Any, Any]] = {}
        self._layers_group = InstructionGroup()
        self.canvas.before.add(self._layers_group)
        for name in ("pos", "size", "border_px", "radius"):
            self.fbind(name, self._lay_surface)
        for name in ("fill", "border", "edge"):
            self.fbind(name, self._tint_surface)
        self._tint_surface()

    def _tint_surface(self: Any, *_: object) -> None:
        look = theme.now()
        colours = {name: getattr(self, name) for name in ("edge", "fill", "border")}
        wanted = [name for name, colour in colours.items() if colour and look.rgba(colour)[3]]
        if wanted != list(self._layers):
            # Only what is seen is in the canvas, and a border is a line, not a second sheet below the first: drawing
            # on a CPU costs by the px.
            self._layers_group.clear()
            self._layers = {
                name: (Color(), SmoothLine(width=1) if name == "border" else SmoothRoundedRectangle())
                for name in wanted
            }
            for colour, shape in self._layers.values():
                self._layers_group.add(colour)
                self._layers_group.add(shape)
        for name, (colour, _shape) in self._layers.items():
            colour.rgba = look.rgba(getattr(self, name))
        self._lay_surface()

    def _lay_surface(self: Any, *_: object) -> None:
        look = theme.now()
        x, y = round(self.x), round(self.y)
        wide, high = round(self.x + self.width) - x, round(self.y + self.height) - y
        lift = look.px(self.edge_units) if self.edge else 0
        round_by = min(look.px(self.radius), wide / 2, (high - lift) / 2)
        if round_by < 0:
            round_by = 0
        corners = [max(0.1, round_by * part) for part in self.corners] or [max(0.1, round_by)] * 4
        for name, (_colour, shape) in self._layers.items():
            if name == "border":
                half = (self.border_px + look.high_contrast) / 2
                shape.width = half + 0.35  # its soft rim looks that much thinner
                inner = (max(1, wide - 2 * half), max(1, high - lift - 2 * half))
                shape.rounded_rectangle = (x + half, y + lift + half, *inner, max(0.1, round_by - half), 24)
                continue
            up = lift if name == "fill" else 0
            tall = high if name == "fill" else min(high, 2 * round_by + lift)  # the rest of an edge is hidden
            seen = wide > 2 and tall > up + 2
            shape.pos, shape.size = (x, y + up), (wide, tall - up) if seen else (0, 0)
            if seen:
                shape.radius = corners


class Box(Surface, BoxLayout):
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.paint_surface()


class Float(Surface, FloatLayout):
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.paint_surface()


class Panel(Surface, Widget):
    """Places its own children in `place`."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.paint_surface()
        self.fbind("pos", self.place)
        self.fbind("size", self.place)

    def place(self, *_: object) -> None:
        pass


def keep(parent: Widget, child: Widget, wanted: bool, index: int = 0) -> None:
    """Puts `child` in or takes it out, and nothing when it is so already. `index` counts from the last child."""
    if wanted and child.parent is None:
        parent.add_widget(child, index=min(index, len(parent.children)))
    elif not wanted and child.parent is not None:
        parent.remove_widget(child)
