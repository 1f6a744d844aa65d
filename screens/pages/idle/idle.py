"""Is anybody still there? Laid over the page that it interrupts, which is dimmed and stands still."""

from __future__ import annotations

from typing import Any

from kivy.properties import StringProperty

from screens.view_models.views import IdleView
from screens.widgets.page import Page


class IdlePage(Page):
    title = StringProperty("")
    text = StringProperty("")
    kept = StringProperty("")

    def paint(self, view: IdleView) -> None:
        self.title, self.text, self.kept = view.title, view.text, view.kept
        self.ids.left.show(view.left)
        self.ids.main.show(view.main)
        self.ids.ring.show(view.countdown, self.touches.monotonic)

    def run(self, on: bool) -> None:
        self.ids.ring.run(on)

    def on_touch_down(self, touch: Any) -> bool:
        super().on_touch_down(touch)
        return True  # what is below is out of reach
