"""What every page is: a widget as large as the window, built once and painted often."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty
from kivy.uix.floatlayout import FloatLayout

from kiosk.domain.findings import Part
from kiosk.domain.operations import OperationId
from kiosk.session.desk_states import Act
from kiosk.session.inputs import Button
from screens import theme
from screens.view_models.views import Countdown, Key
from screens.widgets import key, loans, marks, panels, picture, ring, rows, surface, text  # noqa: F401  (kv names them)
from screens.widgets.live import LivePicture
from screens.widgets.surface import keep as keep


class Touches(Protocol):
    """Where a page sends what was touched, and what time it is for rings."""

    def touched(self, button: Button) -> None: ...
    def take_off_touched(self, operation: OperationId) -> None: ...
    def renew_touched(self, barcode: str) -> None: ...
    def part_touched(self, part: Part) -> None: ...
    def act_touched(self, act: Act, value: str) -> None: ...
    def line_touched(self, line: str) -> None: ...
    def typed(self, name: str) -> None: ...
    @property
    def monotonic(self) -> Callable[[], float]: ...


class Page(FloatLayout):
    """Each page has its kv beside it, loaded once per process; `u` there is px per unit. `large` is 1
    when the reader chose larger words, else 0: what a height there needs more. The paper that a page lies on is the
    colour to which the window is cleared: painting it again would cost a quarter of a frame on a CPU."""

    u = NumericProperty(1.0)
    large = NumericProperty(0)
    animated = BooleanProperty(False)
    live: LivePicture | None = None  # the part that shows what the camera sees, while there is one

    def __init__(self, touches: Touches, *, animated: bool = False, **values: Any) -> None:
        kv = str(Path(inspect.getfile(type(self))).with_suffix(".kv"))
        if kv not in Builder.files:
            Builder.load_file(kv)
        self.touches = touches
        super().__init__(u=theme.now().unit, large=int(theme.now().large), animated=animated, **values)
        # ids are weak: a part that is taken out for a while must not vanish.
        self._parts = [part.__self__ for part in self.ids.values()]
        self.do_layout()  # its kv came before Kivy listened: with its size given at once, nothing else asks

    def paint(self, view: Any) -> None:
        """Shows `view`; cheap when little has changed."""
        raise NotImplementedError

    def run(self, on: bool) -> None:
        """Whether this page is on top: only then may it count down."""

    def show_left(self, shown: Key | None) -> None:
        """The left one of the two keys in the foot; the other one has its place when there is none."""
        keep(self.ids.foot, self.ids.left.__self__, shown is not None, index=1)
        if shown:
            self.ids.left.show(shown)

    def look_away(self) -> None:
        """This page leaves the screen: what the camera saw is not kept."""
        if self.live:
            self.live.forget()

    def aim(self) -> None:
        self.touches.touched(Button.AIM)

    def touch(self, button: Button) -> None:
        self.touches.touched(button)

    def take_off(self, operation: OperationId) -> None:
        self.touches.take_off_touched(operation)

    def renew(self, barcode: str) -> None:
        self.touches.renew_touched(barcode)


class TimedPage(Page):
    """A page that ends by itself: its main key says when."""

    def show_main(self, shown: Key, until: Countdown) -> None:
        self.ids.main.show(shown)
        self.ids.main.show_time(until, self.touches.monotonic)

    def run(self, on: bool) -> None:
        self.ids.main.run_ring(on)
