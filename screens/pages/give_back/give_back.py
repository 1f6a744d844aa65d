"""Returning: no card, no names; each book says where it goes."""

from __future__ import annotations

from kivy.properties import StringProperty

from screens.view_models.views import ReturnView
from screens.widgets.page import Page, keep

ROWS_BUILT = 4
ROWS_BESIDE_HINT = 4
"""With more books the list needs the whole width, and by then the reader knows what the hint says."""


class GiveBackPage(Page):
    greeting = StringProperty("")
    title = StringProperty("")
    hint_title = StringProperty("")
    hint = StringProperty("")

    def on_kv_post(self, *_: object) -> None:
        self.ids.rows.prepare(ROWS_BUILT)

    def paint(self, view: ReturnView) -> None:
        self.greeting, self.title = view.greeting, view.title
        self.hint_title, self.hint = view.hint_title, view.hint
        keep(self.ids.middle, self.ids.rows.__self__, bool(view.rows), index=1)
        many = len(view.rows) > ROWS_BESIDE_HINT
        keep(self.ids.middle, self.ids.side.__self__, not many)
        self.live = self.ids.side.showing(view.live and not many)
        self.ids.side.alone = not view.rows
        self.ids.rows.paint(view.rows)
        keep(self.ids.foot, self.ids.left.__self__, view.left is not None, index=1)
        if view.left:
            self.ids.left.show(view.left)
        self.ids.main.show(view.main)
        self.ids.main.show_time(view.countdown, self.touches.monotonic)

    def run(self, on: bool) -> None:
        self.ids.main.run_ring(on)
