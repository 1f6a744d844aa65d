"""What can be pressed: a raised lower edge, an icon, a word, and room for a ring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, OptionProperty, StringProperty

from screens import theme
from screens.view_models.views import Countdown, Key
from screens.widgets.ring import RingCountdown
from screens.widgets.surface import Panel
from screens.widgets.text import Icon, Text

PRESSED_S = 0.08
"""Long enough to be seen, however short the touch was."""


@dataclass(frozen=True, slots=True)
class _Look:
    fill: str
    pressed: str
    words: str
    border: str
    edge: str


_LOOKS = {
    "primary": _Look("teal", "teal_pressed", "white", "outline", "teal_edge"),
    "plain": _Look("card", "pressed", "teal", "line", "edge"),
    "amber": _Look("amber", "amber_pressed", "ink", "amber_edge", "amber_edge"),
    "dark": _Look("dark", "dark_pressed", "white", "line", "dark_edge"),
    "violet": _Look("violet", "violet_edge", "white", "outline", "violet_edge"),
    "service": _Look("card", "violet_tint", "violet", "line", "edge"),
    "off": _Look("off", "off", "muted", "hair", ""),
}


class Pressable(Panel):
    """Sends `on_tap` when a touch ends where it began. `off`: deaf."""

    pressed = BooleanProperty(False)
    deaf = BooleanProperty(False)
    __events__ = ("on_tap",)

    def on_tap(self) -> None:
        pass

    def on_touch_down(self, touch: Any) -> bool:
        if self.deaf or not self.collide_point(*touch.pos) or getattr(touch, "is_mouse_scrolling", False):
            return False
        if self.pressed and touch.grab_list:
            return True
        touch.grab(self)
        self.pressed = True
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        Clock.schedule_once(self._release, PRESSED_S)
        if self.collide_point(*touch.pos) and not self.deaf:
            self.dispatch("on_tap")
        return True

    def _release(self, *_: object) -> None:
        self.pressed = False


class KeyButton(Pressable):
    """`show` gives it its words. `value` is what its page sends when it is tapped."""

    kind = OptionProperty("plain", options=tuple(_LOOKS))
    role = StringProperty("body")
    label = StringProperty("")
    icon = StringProperty("")
    icon_units = NumericProperty(0)  # 0: as the words
    with_ring = BooleanProperty(False)
    value = ObjectProperty(None, allownone=True)

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(**values)
        self._icon = Icon(size=(0, 0))
        self._words = Text(align="center", bold=True, max_lines=2, one_line_first=True, line_height=0.9)
        self.add_widget(self._icon)
        self.add_widget(self._words)
        self.ring: RingCountdown | None = None
        self._built = True
        self._put_ring()
        for name in ("kind", "pressed", "deaf"):
            self.fbind(name, self._dress)
        for name in ("label", "icon", "role", "icon_units"):
            self.fbind(name, self.place)
        self.fbind("with_ring", self._put_ring)
        self._dress()

    def _put_ring(self, *_: object) -> None:
        if self.with_ring and self.ring is None:
            self.ring = RingCountdown(ink="amber", track="teal_track", words="white", thick=1.1)
            self.add_widget(self.ring)
            self.place()

    def run_ring(self, on: bool) -> None:
        if self.ring:
            self.ring.run(on)

    def show(self, key: Key) -> None:
        self.label, self.icon, self.value = key.label, key.icon, key.button

    def show_time(self, until: Countdown, monotonic: Callable[[], float]) -> None:
        if self.ring:
            self.ring.show(until, monotonic)

    def _dress(self, *_: object) -> None:
        look = _LOOKS["off" if self.deaf else self.kind]
        self.fill = look.pressed if self.pressed else look.fill
        self.border, self.edge = look.border, "" if self.pressed else look.edge
        self._icon.ink = self._words.ink = look.words
        self.place()

    def place(self, *_: object) -> None:
        if not self._built or self.width < 2 or self.height < 2:
            return
        look = theme.now()
        lift = look.px(self.edge_units)
        # A pressed key goes down by its edge: its words go with it.
        low = self.y + (0 if self.pressed else lift)
        high = self.height - lift
        middle = low + high / 2
        pad, gap = look.px(2.0), look.px(1.4)
        size = theme.TYPE_SIZES[self.role] * 1.35
        icon = look.px(self.icon_units or size) if self.icon else 0
        ring = look.px(10.4) if self.ring else 0
        around = (icon + gap if icon and self.label else icon) + (ring + gap + look.px(1.6) if ring else 0)
        self._words.role = self.role
        self._words.text = self.label
        room = max(1.0, self.width - 2 * pad - around)
        natural = width_with_air(self._words.natural_width())
        wide = min(room, natural)
        if natural > room:
            self._words.width = room
            self._words.height = high - look.px(0.6)
            self._words.render()
            wide = min(room, width_with_air(self._words.texture_size[0]))
        self._words.width, self._words.height = wide, high - look.px(0.6)
        left = self.x + (self.width - around - wide) / 2
        self._icon.name, self._icon.units = self.icon, self.icon_units or size
        self._icon.size = (icon, icon)
        self._icon.pos = (left, middle - icon / 2)
        words_at = left + (icon + gap if icon and self.label else icon)
        self._words.pos = (words_at, middle - self._words.height / 2)
        if self.ring:
            self.ring.size = (ring, ring)
            self.ring.pos = (words_at + wide + gap + look.px(1.6), middle - ring / 2)


def width_with_air(wide: float) -> float:
    """A px of air, so that rounding never makes a label shrink."""
    return wide + 1
