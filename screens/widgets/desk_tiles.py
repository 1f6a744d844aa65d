"""The tiles of the desk, four in a row, and what today has brought."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, StringProperty

from screens import theme
from screens.view_models.views import DeskTile, Tone
from screens.widgets.key import Pressable, width_with_air
from screens.widgets.marks import Chip
from screens.widgets.surface import Panel
from screens.widgets.text import Icon, Text
from screens.widgets.tiles import TileGrid

_BADGES = {  # fill, ink
    Tone.ATTENTION: ("amber_tint", "warn"),
    Tone.PLAIN: ("violet_tint", "violet"),
    Tone.NEW: ("ok_tint", "ok"),
}


class _Sign(Panel):
    """An icon on a tinted square."""

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="violet_tint", border="outline", radius=1.6, **values)
        self.icon = Icon(ink="violet", filled=True)
        self.add_widget(self.icon)
        self._built = True

    def place(self, *_: object) -> None:
        if self._built:
            self.icon.units = self.height / theme.now().unit * 0.72
            self.icon.pos, self.icon.size = self.pos, self.size


class WorkTile(Pressable):
    """`value`: the key of its view."""

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="card", border="violet_line", edge="violet_line", radius=2.2, **values)
        self.value: Any = None
        self._sign = _Sign()
        self._badge = Chip(role="second", size_hint=(None, None))
        self._title = Text(role="second", bold=True, max_lines=2, one_line_first=True, line_height=0.9)
        self._words = Text(role="staff", ink="muted")
        for part in (self._sign, self._badge, self._title, self._words):
            self.add_widget(part)
        self._built = True
        self.fbind("pressed", self._dress)

    def show(self, view: DeskTile) -> None:
        self.value = view.key
        self._sign.icon.name = view.key.icon
        self._title.text, self._words.text = view.key.label, view.text
        self._badge.fill, self._badge.ink = _BADGES[view.tone]
        self._badge.border = "amber_edge" if view.tone is Tone.ATTENTION else "outline"
        self._badge.text = view.badge
        self.place()

    def _dress(self, *_: object) -> None:
        self.fill, self.edge = ("violet_tint", "") if self.pressed else ("card", "violet_line")
        self.place()

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        lift = look.px(self.edge_units)
        low, high = self.y + (0 if self.pressed else lift), self.height - lift
        pad = look.px(1.5)
        left, room = self.x + look.px(1.8), self.width - look.px(3.6)
        title, small = look.text_px("second") * 1.3, look.text_px("staff") * 1.3
        below = (
            look.text_px("second") * 2.1 if look.large else title + small
        )  # large words need the room of what is a touch away
        sign = min(look.px(7.6), high - 2 * pad - below - look.px(0.4))
        top = low + high - pad
        self._sign.pos, self._sign.size = (left, top - sign), (sign, sign)
        self._badge.height = min(sign, look.px(6.2))
        self._badge.place()
        self._badge.pos = (left + room - self._badge.width, top - sign + (sign - self._badge.height) / 2)
        free = top - sign - low - look.px(0.8)
        self._words.opacity = 0 if look.large else 1
        self._words.pos, self._words.size = (left, low + look.px(1.1)), (room, small)
        if look.large:
            self._title.pos, self._title.size = (left, low + look.px(0.8)), (room, free)
        else:
            self._title.max_lines = 1
            self._title.pos, self._title.size = (left, low + look.px(1.1) + small), (room, title)


class WorkTiles(TileGrid):
    ACROSS, GAP, BELOW = 4, 2.0, 1.7

    def new_tile(self) -> WorkTile:
        return WorkTile()


class TodayStrip(Panel):
    """`parts`: icon, number and word, each."""

    title = StringProperty("")
    parts = ListProperty([])

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="violet_tint", border="outline", radius=2, **values)
        self._title = Text(role="second", ink="violet", bold=True)
        self.add_widget(self._title)
        self._shown: list[tuple[Icon, Text, Text]] = []
        self._built = True
        for name in ("title", "parts"):
            self.fbind(name, self.place)

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        while len(self._shown) < len(self.parts):
            part = (
                Icon(ink="violet", filled=True, units=5),
                Text(role="head", bold=True),
                Text(role="second", ink="muted"),
            )
            self._shown.append(part)
            for widget in part:
                self.add_widget(widget)
        pad, gap = look.px(2.6), look.px(1.4)
        self._title.text = self.title
        wide = width_with_air(self._title.natural_width())
        self._title.pos, self._title.size = (self.x + pad, self.y), (wide, self.height)
        begins = self.x + pad + wide + look.px(5)
        each = (self.x + self.width - pad - begins) / max(1, len(self.parts))
        for place, ((icon, number, word), (name, many, said)) in enumerate(zip(self._shown, self.parts, strict=False)):
            left = begins + place * each
            icon.name, number.text, word.text = name, many, said
            icon.pos, icon.size = (left, self.y), (look.px(5), self.height)
            left += look.px(5) + gap
            figures = width_with_air(number.natural_width())
            number.pos, number.size = (left, self.y), (figures, self.height)
            left += figures + gap
            room = begins + (place + 1) * each - look.px(1) - left
            word.pos, word.size = (left, self.y), (max(1, room), self.height)
