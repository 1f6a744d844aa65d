"""What the camera sees, and the frame to aim by."""

from __future__ import annotations

import math
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle, SmoothEllipse, SmoothLine
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.bridge import Seen
from screens.view_models import icons
from screens.widgets.key import Pressable
from screens.widgets.text import Icon

TICK_S = 0.8
"""How long a tick says that a code was read."""

_QUARTER = [math.pi / 2 * step / 6 for step in range(7)]


class LivePicture(Widget):
    """Fills its box and cuts off what does not fit; mirrored, so that a hand moves the way it is seen to move. A tick
    stands for a moment in the middle of `frame` (None: of the box) when a code was read."""

    frame = ObjectProperty(None, allownone=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._texture: Any = None
        with self.canvas:
            self._light = Color(1, 1, 1, 0)
            self._picture = Rectangle()
        self._tick = Tick(opacity=0)
        self.add_widget(self._tick)
        self._tick_off = Clock.create_trigger(self._hide_tick, TICK_S)
        self.fbind("pos", self._place)
        self.fbind("size", self._place)

    @property
    def shows(self) -> bool:
        return self._texture is not None

    @property
    def ticked(self) -> bool:
        return bool(self._tick.opacity)

    def show(self, seen: Seen | None, now: float = 0.0) -> None:
        """`now`: monotonic seconds, as in `seen`."""
        if seen is None:
            self.forget()
            return
        if self._texture is None or self._texture.size != (seen.width, seen.height):
            self._texture = Texture.create(size=(seen.width, seen.height), colorfmt="luminance")
            self._picture.texture = self._texture
            self._light.a = 1
            self._place()
        self._texture.blit_buffer(seen.luminance, colorfmt="luminance", bufferfmt="ubyte")
        self.canvas.ask_update()
        left = seen.read_at + TICK_S - now
        if left > 0:
            self._tick.opacity = 1
            self._tick_off.cancel()
            self._tick_off.timeout = left
            self._tick_off()

    def forget(self) -> None:
        self._texture = self._picture.texture = None
        self._light.a = 0
        self._tick_off.cancel()
        self._hide_tick()

    def _hide_tick(self, *_: object) -> None:
        self._tick.opacity = 0

    def _place(self, *_: object) -> None:
        self._picture.pos, self._picture.size = self.pos, self.size
        box = self.frame or self
        self._tick.size = [min(box.width, box.height) * 0.62] * 2
        self._tick.center = box.center
        if self._texture is None or self.width < 1 or self.height < 1:
            return
        wide, high = self._texture.size
        scale = max(self.width / wide, self.height / high)
        across, down = self.width / wide / scale / 2, self.height / high / scale / 2
        # Its first row is the uppermost, and a mirror's left is the right.
        left, right, low, top = 0.5 + across, 0.5 - across, 0.5 + down, 0.5 - down
        (u, v), (u_size, v_size) = self._texture.uvpos, self._texture.uvsize
        corners = ((left, low), (right, low), (right, top), (left, top))
        self._picture.tex_coords = [part for x, y in corners for part in (u + x * u_size, v + y * v_size)]


class Tick(Widget):
    """White on green, with a rim that parts it from any picture."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        look = theme.now()
        with self.canvas:
            Color(*look.rgba("white"))
            self._rim = SmoothEllipse()
            Color(*look.rgba("ok"))
            self._disc = SmoothEllipse()
        self._sign = Icon(name=icons.READ, ink="white")
        self.add_widget(self._sign)
        self.fbind("pos", self._draw)
        self.fbind("size", self._draw)

    def _draw(self, *_: object) -> None:
        rim = max(2.0, self.width * 0.06)
        self._rim.pos, self._rim.size = self.pos, self.size
        self._disc.pos = (self.x + rim, self.y + rim)
        self._disc.size = (max(0.0, self.width - 2 * rim), max(0.0, self.height - 2 * rim))
        self._sign.units = self.width * 0.6 / theme.now().unit
        self._sign.pos, self._sign.size = self.pos, self.size


class Guide(Widget):
    """Four amber corners and a line: here the code belongs."""

    thick = NumericProperty(0.7)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        look = theme.now()
        with self.canvas:
            Color(*look.rgba("amber"))
            self._corners = [SmoothLine(joint="round", cap="round") for _ in range(4)]
            Color(*look.rgba("beam"))
            self._beam = SmoothLine(width=max(1.0, look.unit * 0.15))
        self.fbind("pos", self._draw)
        self.fbind("size", self._draw)
        self._draw()

    def _draw(self, *_: object) -> None:
        look = theme.now()
        arm, bend = min(self.width, self.height) * 0.22, min(self.width, self.height) * 0.06
        for corner, (right, up) in zip(self._corners, ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True):
            x, y = self.x + right * self.width, self.y + up * self.height
            dx, dy = 1 - 2 * right, 1 - 2 * up
            corner.width = max(1.0, look.unit * self.thick)
            round_the_corner = [
                (x + dx * bend * (1 - math.cos(turn)), y + dy * bend * (1 - math.sin(turn))) for turn in _QUARTER
            ]
            points = [(x, y + dy * arm), *round_the_corner, (x + dx * arm, y)]
            corner.points = [part for point in points for part in point]
        middle, inset = self.y + self.height / 2, self.width * 0.06
        self._beam.points = (self.x + inset, middle, self.x + self.width - inset, middle)


class Viewfinder(Pressable):
    """The small picture, which can be pressed: it is to be had large."""

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="dark", edge="dark_edge", radius=1.8, **values)
        self._live = LivePicture()
        self._guide = Guide(thick=0.35)
        self._icon = Icon(name="magnifying-glass", ink="white", units=4.2)
        for part in (self._live, self._guide, self._icon):
            self.add_widget(part)
        self._built = True
        self.fbind("pressed", self.place)
        self.place()

    def showing(self, on: bool) -> LivePicture | None:
        """Its picture while it is on the page; off it keeps none."""
        if not on:
            self._live.forget()
        return self._live if on else None

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        lift, rim = look.px(self.edge_units), look.px(0.9)
        self.edge = "" if self.pressed else "dark_edge"
        low = self.y + (0 if self.pressed else lift)
        wide, high = self.width - 2 * rim, self.height - lift - 2 * rim
        self._live.pos, self._live.size = (self.x + rim, low + rim), (wide, high)
        # Beside its corner is room for the icon.
        across, down = look.px(5.4), high * 0.14
        self._guide.pos = (self.x + rim + across, low + rim + down)
        self._guide.size = (wide - 2 * across, high - 2 * down)
        side = look.px(5)
        self._icon.size = (side, side)
        self._icon.pos = (self.x + self.width - rim - side, low + rim)
