"""The violet bar over every page of the desk: who is there, where, and when it locks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from screens import theme
from screens.view_models import views
from screens.widgets.key import KeyButton, width_with_air
from screens.widgets.ring import RingCountdown
from screens.widgets.surface import Panel, keep
from screens.widgets.text import Icon, Text

HIGH = 13.6
"""u."""


class DeskBar(Panel):
    """HIGH u high, as wide as its page. Sends `on_touch_key` with a button."""

    __events__ = ("on_touch_key",)

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="violet", radius=0, **values)
        self.back = KeyButton(kind="service", icon_units=5)
        self.lock = KeyButton(kind="service", role="second")
        for key in (self.back, self.lock):
            key.bind(on_tap=lambda tapped: self.dispatch("on_touch_key", tapped.value))
        self.ring = RingCountdown(ink="amber", track="violet_track", words="white", role="second")
        self._sign = Icon(name="shield-star", ink="white", filled=True, units=6.6)
        self._title = Text(role="head", ink="white", bold=True)
        self._subtitle = Text(role="staff", ink="violet_tint")
        self._locks_in = Text(role="staff", ink="violet_tint", align="right", max_lines=2)
        for part in (self.lock, self.ring, self._title, self._subtitle, self._locks_in):
            self.add_widget(part)
        self._built = True

    def on_touch_key(self, _button: object) -> None:
        pass

    def show(self, view: views.DeskBar, monotonic: Callable[[], float]) -> None:
        self._title.text, self._subtitle.text, self._locks_in.text = view.title, view.subtitle, view.locks_in
        self.lock.show(view.lock)
        self.ring.show(view.countdown, monotonic)
        keep(self, self.back, view.back is not None)
        keep(self, self._sign, view.back is None)
        if view.back is not None:
            self.back.value, self.back.icon, self.back.label = view.back.button, view.back.icon, ""
        self.place()

    def run(self, on: bool) -> None:
        self.ring.run(on)

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        pad, gap = look.px(4), look.px(2.2)
        key = self.height - look.px(1.8)
        low = self.y + (self.height - key) / 2
        left = self.x + pad
        if self.back.parent is not None:
            self.back.pos, self.back.size = (left, low), (look.px(13), key)
            left += look.px(13) + gap
        else:
            self._sign.pos, self._sign.size = (left, self.y), (look.px(6.6), self.height)
            left += look.px(6.6) + gap
        lock = look.px(31)
        right = self.x + self.width - pad - lock
        self.lock.pos, self.lock.size = (right, low), (lock, key)
        ring = look.px(10.4)
        right -= gap + ring
        self.ring.pos, self.ring.size = (right, self.y + (self.height - ring) / 2), (ring, ring)
        right -= look.px(1.6)
        # Who and where come first: what the ring says already may take two lines, or less than it would like.
        told = max(self._title.natural_width(), self._subtitle.natural_width())
        most = look.px(16 if look.large else 25)
        words = min(most, max(look.px(13), right - left - gap - told), width_with_air(self._locks_in.natural_width()))
        self._locks_in.pos, self._locks_in.size = (right - words, self.y), (words, self.height)
        room = right - words - gap - left
        title = look.text_px("head") * 1.3
        small = look.text_px("staff") * 1.35
        top = self.y + (self.height + title + small) / 2
        self._title.pos, self._title.size = (left, top - title), (room, title)
        self._subtitle.pos, self._subtitle.size = (left, top - title - small), (room, small)
