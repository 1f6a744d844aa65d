"""Returning: no card, no names; each book says where it goes."""

from __future__ import annotations

from kivy.properties import StringProperty

from screens.view_models.views import ReturnView
from screens.widgets.page import Page, keep

ROWS_BUILT = 4
ROWS_WITH_HINT = 4
"""With more books the list needs the whole page, and by then the reader knows what the hint says."""


class GiveBackPage(Page):
    greeting = StringProperty("")
    title = StringProperty("")
    hint_title = StringProperty("")
    hint = StringProperty("")
    hint_line = StringProperty("")

    def on_kv_post(self, *_: object) -> None:
        self.ids.rows.prepare(ROWS_BUILT)

    def paint(self, view: ReturnView) -> None:
        self.greeting, self.title = view.greeting, view.title
        self.hint_title, self.hint = view.hint_title, view.hint
        self.hint_line = view.hint_line
        few = len(view.rows) <= ROWS_WITH_HINT
        beside = few and not (self.large and view.rows and not view.live)
        keep(self.ids.middle, self.ids.list.__self__, bool(view.rows), index=1)
        keep(self.ids.list, self.ids.line.__self__, few and not beside)
        keep(self.ids.middle, self.ids.side.__self__, beside)
        self.live = self.ids.side.showing(view.live and beside)
        self.ids.side.alone = not view.rows
        self.ids.rows.paint(view.rows)
        keep(self.ids.foot, self.ids.left.__self__, view.left is not None, index=1)
        if view.left:
            self.ids.left.show(view.left)
        self.ids.main.show(view.main)
        self.ids.main.show_time(view.countdown, self.touches.monotonic)

    def run(self, on: bool) -> None:
        self.ids.main.run_ring(on)
