"""Out of service: said plainly, and it keeps trying by itself."""

from __future__ import annotations

from kivy.properties import NumericProperty, StringProperty

from screens.view_models.views import RestingView
from screens.widgets.page import Page


class RestingPage(Page):
    brand = StringProperty("")
    place_name = StringProperty("")
    title = StringProperty("")
    text = StringProperty("")
    trying = StringProperty("")
    staff_line = StringProperty("")
    ring_room = NumericProperty(9)
    _counts = False
    _on_screen = False

    def paint(self, view: RestingView) -> None:
        self.brand, self.place_name = view.brand, view.place
        self.title, self.text = view.title, view.text
        self.trying, self.staff_line = view.trying, view.staff_line
        self._counts = view.countdown is not None
        self.ring_room = 9 if view.countdown is not None else 0
        if view.countdown is not None:
            self.ids.ring.show(view.countdown, self.touches.monotonic)
        self.ids.ring.run(self._on_screen and self._counts)

    def run(self, on: bool) -> None:
        self._on_screen = on
        self.ids.ring.run(on and self._counts)
