"""Out of service: said plainly, and it keeps trying by itself."""

from __future__ import annotations

from kivy.properties import StringProperty

from screens.view_models.views import RestingView
from screens.widgets.page import Page


class RestingPage(Page):
    brand = StringProperty("")
    place_name = StringProperty("")
    title = StringProperty("")
    text = StringProperty("")
    trying = StringProperty("")
    staff_line = StringProperty("")

    def paint(self, view: RestingView) -> None:
        self.brand, self.place_name = view.brand, view.place
        self.title, self.text = view.title, view.text
        self.trying, self.staff_line = view.trying, view.staff_line
        self.ids.ring.show(view.countdown, self.touches.monotonic)

    def run(self, on: bool) -> None:
        self.ids.ring.run(on)
