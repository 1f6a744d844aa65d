"""A blank station: show it its QR code."""

from __future__ import annotations

from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from screens.view_models.views import EnrolView
from screens.widgets.page import Page, keep


class Step(BoxLayout):
    """A number on a disc, what to do, and a line below it."""

    u = NumericProperty(1.0)
    number = StringProperty("")
    title = StringProperty("")
    hint = StringProperty("")


class EnrolPage(Page):
    brand = StringProperty("")
    place_name = StringProperty("")
    title = StringProperty("")

    def paint(self, view: EnrolView) -> None:
        self.brand, self.place_name, self.title = view.brand, view.place, view.title
        shown = (self.ids.first, self.ids.second, self.ids.third)
        for number, (step, (title, hint)) in enumerate(zip(shown, view.steps, strict=True), 1):
            step.number, step.title, step.hint = str(number), title, hint
        self.ids.language.show(view.language)
        self.ids.network.show(view.network)
        self.ids.help.show(view.help)
        keep(self.ids.body, self.ids.drawing.__self__, not view.live, index=1)
        keep(self.ids.body, self.ids.finder.__self__, view.live, index=1)
        self.live = self.ids.finder.showing(view.live)
