"""Time left, redrawn once a second, and only while it is on the screen."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothLine
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models.views import Countdown
from screens.widgets.text import Text

NEARLY_OVER_S = 5
_LONG_S = 60.0
"""Beyond that, in minutes and seconds."""


def _clock(left: int, whole_s: float) -> str:
    return str(left) if whole_s <= _LONG_S else f"{left // 60}:{left % 60:02}"


class RingCountdown(Widget):
    ink = StringProperty("teal")
    track = StringProperty("track")
    words = StringProperty("teal")
    role = StringProperty("second")
    thick = NumericProperty(1.0)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._until: Countdown | None = None
        self._running = False
        self._monotonic: Callable[[], float] | None = None
        self._drawn: tuple[object, ...] = ()
        with self.canvas:
            self._track_colour = Color(0, 0, 0, 0)
            self._track = SmoothLine(width=1)
            self._left_colour = Color(0, 0, 0, 0)
            self._left = SmoothLine(width=1, cap="round")
        self._number = Text(role=self.role, bold=True, align="center", ink=self.words)
        self.add_widget(self._number)
        self._next: Any = None
        self.fbind("pos", self._draw)
        self.fbind("size", self._draw)
        for name in ("ink", "track", "words", "role", "thick"):
            self.fbind(name, self._draw)

    @property
    def seconds_shown(self) -> str:
        return str(self._number.text)

    def show(self, until: Countdown, monotonic: Callable[[], float]) -> None:
        self._until, self._monotonic = until, monotonic
        if self._running:
            self._tick()

    def run(self, on: bool) -> None:
        """Off: stands still and wakes nobody."""
        self._running = on
        if on:
            self._tick()
        elif self._next is not None:
            self._next.cancel()

    def _left_s(self) -> float:
        if self._until is None or self._monotonic is None:
            return 0.0
        left = self._until.ends_at - self._monotonic()
        return left % self._until.whole_s if self._until.repeats else max(0.0, left)

    def _tick(self, *_: object) -> None:
        if self._next is not None:
            self._next.cancel()
        if not self._running or self._until is None:
            return
        self._draw()
        left = self._left_s()
        if left > 0:
            # Just after the number changes, so that it never waits for a second tick.
            self._next = Clock.schedule_once(self._tick, (left - math.floor(left) or 1.0) + 0.01)

    def _draw(self, *_: object) -> None:
        left = math.ceil(self._left_s())
        whole = self._until.whole_s if self._until else 1.0
        hurry = left <= NEARLY_OVER_S and self.ink == "teal" and self._until is not None
        look_asked = (self.ink, self.track, self.words, self.role, self.thick)
        asked = (left, whole, hurry, *self.pos, *self.size, *look_asked)
        if asked == self._drawn:
            return
        self._drawn = asked
        look = theme.now()
        line = max(1.0, look.unit * self.thick / 2)
        reach = min(self.size) / 2 - line - 1
        if reach < 2:
            return
        part = min(1.0, left / whole) if whole > 0 else 0.0
        box = ((self.x + self.width / 2) - reach, (self.y + self.height / 2) - reach, 2 * reach, 2 * reach)
        self._track.width = self._left.width = line
        self._track.ellipse = (*box, 0, 360, 90)
        self._left.ellipse = (*box, 360 - 360 * part, 360, 90) if part > 0 else (*box, 359.9, 360, 4)
        self._track_colour.rgba = look.rgba("warn_track" if hurry else self.track)
        self._left_colour.rgba = look.rgba("warn" if hurry else self.ink) if part > 0 else (0, 0, 0, 0)
        self._number.ink = "warn" if hurry else self.words
        self._number.text = _clock(left, whole) if self._until else ""
        is_long = len(self._number.text) > 3  # it must not touch the ring
        inside = 2.4 * line if is_long else 0
        self._number.role = "staff" if is_long and look.large else self.role
        self._number.pos = (self.x + inside, self.y)
        self._number.size = (self.width - 2 * inside, self.height)
