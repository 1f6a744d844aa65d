"""Borrowing: every book that beeps is lent; the newest is on top."""

from __future__ import annotations

from kivy.properties import ListProperty, NumericProperty, StringProperty

from screens.view_models.views import BorrowView
from screens.widgets.page import Page, keep

ROWS_BUILT = 5
ROWS_WITH_HINT = 4
TAKEN_OFF_WITH_HINT = 2
"""With more books the list needs the whole page, and by then the reader knows what the hint says."""


class BorrowPage(Page):
    greeting = StringProperty("")
    title = StringProperty("")
    shelf_line = StringProperty("")
    shelf_total = NumericProperty(0)
    shelf_colours = ListProperty([])
    hint_title = StringProperty("")
    hint = StringProperty("")
    hint_line = StringProperty("")

    def on_kv_post(self, *_: object) -> None:
        self.ids.rows.prepare(ROWS_BUILT)

    def paint(self, view: BorrowView) -> None:
        self.greeting, self.title = view.greeting, view.title
        self.shelf_line, self.shelf_total = view.shelf_line, view.shelf_total
        self.shelf_colours = list(view.shelf_colours)
        self.hint_title, self.hint = view.hint_title, view.hint
        self.hint_line = view.hint_line
        taking_off = any(row.take_off for row in view.rows)
        few = len(view.rows) <= (TAKEN_OFF_WITH_HINT if taking_off else ROWS_WITH_HINT)
        beside = few and not taking_off and not (self.large and view.rows and not view.live)
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
