"""Something needs the reader's attention: what happened, what to do now, what is kept. Amber; nobody is scolded."""

from __future__ import annotations

from kivy.properties import ListProperty, StringProperty

from screens.view_models.views import AttentionView
from screens.widgets.page import Page, keep


class AttentionPage(Page):
    art = StringProperty("")
    eyebrow = StringProperty("")
    eyebrow_icon = StringProperty("")
    title = StringProperty("")
    lines = ListProperty([])
    kept = StringProperty("")
    staff_line = StringProperty("")

    def paint(self, view: AttentionView) -> None:
        self.art, self.eyebrow, self.eyebrow_icon = view.art, view.eyebrow, view.eyebrow_icon
        self.title, self.lines = view.title, list(view.lines)
        self.kept, self.staff_line = view.kept, view.staff_line
        keep(self.ids.words, self.ids.kept.__self__, bool(view.kept), index=1)
        self.show_left(view.left)
        self.ids.main.show(view.main)
