"""What the camera sees, as large as the window: for aiming. All but the frame is in the shade."""

from __future__ import annotations

from kivy.graphics import Color, Rectangle
from kivy.properties import StringProperty

from screens import theme
from screens.view_models.views import CameraView
from screens.widgets.page import Page

FRAME = (84.0, 42.0)
FRAME_FROM_TOP = 17.6
"""Units."""


class CameraPage(Page):
    title = StringProperty("")
    tip = StringProperty("")
    tip_icon = StringProperty("")

    def on_kv_post(self, *_: object) -> None:
        self.live = self.ids.picture
        shades = self.ids.shades.canvas
        with shades:
            Color(*theme.now().rgba("shade"))
            self._shades = [Rectangle() for _ in range(4)]
        self.fbind("size", self._frame)
        self._frame()

    def _frame(self, *_: object) -> None:
        u, guide = self.u, self.ids.guide
        wide, high = (side * u for side in FRAME)
        left, low = (self.width - wide) / 2, self.height - FRAME_FROM_TOP * u - high
        guide.pos, guide.size = (left, low), (wide, high)
        self.ids.picture.frame = guide
        right, top = left + wide, low + high
        boxes = (
            (0, 0, self.width, low),
            (0, top, self.width, self.height - top),
            (0, low, left, high),
            (right, low, self.width - right, high),
        )
        for shade, (x, y, w, h) in zip(self._shades, boxes, strict=True):
            shade.pos, shade.size = (x, y), (w, h)
        self.ids.tip.y = low - self.ids.tip.height - 2.8 * u

    def paint(self, view: CameraView) -> None:
        self.title, self.tip, self.tip_icon = view.title, view.tip, view.tip_icon
        self.ids.back.show(view.back)
