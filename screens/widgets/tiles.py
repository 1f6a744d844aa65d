"""The parts of the station, three in a row; each can be touched to be read at length."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models.views import PartTile, Tone
from screens.widgets.key import Pressable
from screens.widgets.text import Icon, Text

_LOOKS = {  # fill, border, icon, ink of the state
    Tone.NEW: ("card", "hair", "violet", "ok"),
    Tone.PLAIN: ("card", "hair", "muted", "muted"),
    Tone.ATTENTION: ("amber_tint", "amber_edge", "warn", "warn"),
}


class DeviceTile(Pressable):
    """`value`: the part that it is about."""

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(radius=2, edge="", border_px=2, **values)
        self.value: Any = None
        self._icon = Icon(units=6.2)
        self._title = Text(role="staff", ink="muted")
        self._sign = Icon(filled=True, units=3.4)
        self._state = Text(role="staff", bold=True, align="right")
        self._head = Text(role="second", bold=True, one_line_first=True)
        self._detail = Text(role="staff", ink="muted")
        for part in (self._icon, self._title, self._sign, self._state, self._head, self._detail):
            self.add_widget(part)
        self._built = True
        self.fbind("pressed", self.place)

    def show(self, view: PartTile) -> None:
        self.value = view.part
        self.fill, self.border, self._icon.ink, ink = _LOOKS[view.tone]
        self._icon.name, self._title.text, self._head.text = view.icon, view.title, view.head
        self._sign.name, self._sign.ink = view.state_icon, ink
        self._state.text, self._state.ink = view.state, ink
        self._detail.text = view.detail
        self.place()

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        pad, gap, icon, sign = look.px(1.6), look.px(1.4), look.px(6.2), look.px(3.4)
        left = self.x + pad + icon + gap
        right = self.x + self.width - pad
        room = right - left
        small, large = look.text_px("staff") * 1.3, look.text_px("second") * 1.3
        # With larger words there is no room for the detail: it is a touch away. A long head takes its place.
        below = self.height - small - look.px(1.6) if look.large else large
        self._head.role = "second"
        if look.large and self._head.natural_width() > room:
            self._head.role = "staff"
        self._head.max_lines = 2 if look.large else 1
        free = self.height - small - below - (0 if look.large else small)
        top = self.y + self.height - free / 2
        self._icon.pos, self._icon.size = (self.x + pad, self.y + (self.height - icon) / 2), (icon, icon)
        state = 0.0 if look.large else min(self._state.natural_width() + 1, room * 0.6)
        self._state.opacity = 0 if look.large else 1
        self._state.pos, self._state.size = (right - state, top - small), (max(1, state), small)
        sign_at = right - state - (look.px(0.8) if state else 0) - sign
        self._sign.pos, self._sign.size = (sign_at, top - small + (small - sign) / 2), (sign, sign)
        self._title.pos, self._title.size = (left, top - small), (max(1, sign_at - left - look.px(0.6)), small)
        self._head.pos, self._head.size = (left, top - small - below), (room, below)
        self._detail.opacity = 0 if look.large else 1
        self._detail.pos, self._detail.size = (left, top - small - large - small), (room, small)


class TileGrid(Widget):
    """`rows`: views, the first left above, `ACROSS` side by side with `GAP` u between them and `BELOW` u below. Sends
    `on_tile` with what the touched one stands for."""

    ACROSS, GAP, BELOW = 3, 1.6, 1.6
    rows = ListProperty([])
    __events__ = ("on_tile",)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._tiles: list[Any] = []
        for name in ("pos", "size", "rows"):
            self.fbind(name, self.place)

    def new_tile(self) -> Any:
        raise NotImplementedError

    def on_tile(self, _value: object) -> None:
        pass

    def place(self, *_: object) -> None:
        if self.width < 4 or self.height < 4 or not self.rows:
            return
        look = theme.now()
        while len(self._tiles) < len(self.rows):
            tile = self.new_tile()
            tile.bind(on_tap=lambda tapped: self.dispatch("on_tile", tapped.value))
            self._tiles.append(tile)
            self.add_widget(tile)
        deep = -(-len(self.rows) // self.ACROSS)
        gap, below = look.px(self.GAP), look.px(self.BELOW)
        wide, high = (self.width - gap * (self.ACROSS - 1)) / self.ACROSS, (self.height - below * (deep - 1)) / deep
        for place, (tile, view) in enumerate(zip(self._tiles, self.rows, strict=False)):
            row, column = divmod(place, self.ACROSS)
            tile.size = (wide, high)
            tile.pos = (self.x + column * (wide + gap), self.y + self.height - (row + 1) * high - row * below)
            tile.show(view)


class Tiles(TileGrid):
    def new_tile(self) -> DeviceTile:
        return DeviceTile()
