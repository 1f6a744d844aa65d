"""A real window without a display: pages of any size in it, and every frame made by hand."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kiosk.domain.operations import OperationId
from kiosk.session.inputs import Button, Input, RenewTouched, TakeOffTouched, Touched
from kiosk.session.states import Look
from screens.app import ScreenConfig, prepare_kivy
from screens.bridge import UiBridge
from screens.navigator import PageName, page_class

os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
PATIENCE_S = 5.0
NOW = 982.4
SIZES = ((800, 480), (1024, 600), (1280, 720), (1280, 800))


@dataclass
class Rig:
    """`posted`: what pages sent so far."""

    posted: list[Input] = field(default_factory=list)

    def __post_init__(self) -> None:
        prepare_kivy(ScreenConfig())
        from kivy.base import EventLoop
        from kivy.clock import Clock
        from kivy.core.window import Window

        from screens.widgets.text import register_fonts

        register_fonts()
        self.window: Any = Window
        self.loop: Any = EventLoop
        Clock._max_fps = 0  # frames are made as fast as they are asked for
        EventLoop.start()
        self.bridge = UiBridge(self.posted.append, lambda: NOW)

    def page(self, name: PageName, size: tuple[int, int] = (1024, 600), look: Look = Look.USUAL) -> Any:
        """A new page of that size and look, on top of the window."""
        from screens import theme

        theme.use(theme.Theme.of(look, theme.unit_for(*size)))
        self.window.clearcolor = theme.now().rgba("paper")
        for child in list(self.window.children):
            self.window.remove_widget(child)
        page = page_class(name)(self.bridge, size=size)
        self.window.add_widget(page)
        page.size_hint = (None, None)
        page.size = size
        return page

    def paint(self, page: Any, view: Any) -> None:
        page.paint(view)
        self.frames(3)

    def lay_out(self, page: Any, view: Any) -> None:
        """Paints without drawing: enough to measure."""
        from kivy.clock import Clock

        page.paint(view)
        for _ in range(2):
            Clock.tick()
            Clock.tick_draw()

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.loop.idle()

    def picture(self) -> Any:
        """What the window shows with its next frame, as a Pillow image."""
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
        from PIL import Image

        taken: list[Any] = []

        def take(window: Any) -> None:
            size = (int(window.width), int(window.height))
            pixels = bytes(glReadPixels(0, 0, *size, GL_RGB, GL_UNSIGNED_BYTE))
            taken.append(Image.frombytes("RGB", size, pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM))

        self.window.bind(on_flip=take)
        self.window.canvas.ask_update()
        self.until(lambda: bool(taken))
        self.window.unbind(on_flip=take)
        return taken[0]

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, "waited in vain"
            self.loop.idle()

    def tap(self, x: float, y: float) -> None:
        from kivy.tests.common import UnitTestTouch

        touch = UnitTestTouch(x, y)
        touch.touch_down()
        self.frames(1)
        touch.touch_up()
        self.frames(1)

    def taps(self, widget: Any) -> Button | OperationId | str | None:
        """What the page posts when `widget` is tapped in its middle."""
        before = len(self.posted)
        self.tap(widget.x + widget.width / 2, widget.y + widget.height / 2)
        sent = self.posted[before:]
        assert len(sent) <= 1, sent
        match sent:
            case [Touched(button=button, at=at)]:
                assert at == NOW
                return button
            case [RenewTouched(barcode=barcode, at=at)]:
                assert at == NOW
                return barcode
            case [TakeOffTouched(operation=operation, at=at)]:
                assert at == NOW
                return operation
            case _:
                return None


def shown_widgets(widget: Any) -> Iterator[Any]:
    """Everything below `widget` that can be seen."""
    if widget.opacity == 0:
        return
    yield widget
    for child in widget.children:
        yield from shown_widgets(child)
