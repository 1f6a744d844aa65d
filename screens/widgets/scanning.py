"""What borrowing and returning share: the books that were scanned, the newest on top, and what to do beside them."""

from __future__ import annotations

from kivy.properties import StringProperty

from screens.view_models.views import BorrowView, ReturnView
from screens.widgets.page import TimedPage, keep

ROWS_WITH_HINT = 4
TAKEN_OFF_WITH_HINT = 2
"""With more books the list needs the whole page, and by then the reader knows what the hint says."""


class ScanningPage(TimedPage):
    ROWS_BUILT = ROWS_WITH_HINT
    greeting = StringProperty("")
    title = StringProperty("")
    hint_title = StringProperty("")
    hint = StringProperty("")
    hint_line = StringProperty("")

    def on_kv_post(self, *_: object) -> None:
        self.ids.rows.prepare(self.ROWS_BUILT)

    def paint_books(self, view: BorrowView | ReturnView) -> None:
        self.greeting, self.title = view.greeting, view.title
        self.hint_title, self.hint, self.hint_line = view.hint_title, view.hint, view.hint_line
        taking_off = any(row.take_off for row in view.rows)
        few = len(view.rows) <= (TAKEN_OFF_WITH_HINT if taking_off else ROWS_WITH_HINT)
        beside = few and not taking_off and not (self.large and view.rows and not view.live)
        keep(self.ids.middle, self.ids.list.__self__, bool(view.rows), index=1)
        keep(self.ids.list, self.ids.line.__self__, few and not beside)
        keep(self.ids.middle, self.ids.side.__self__, beside)
        self.live = self.ids.side.showing(view.live and beside)
        self.ids.side.alone = not view.rows
        self.ids.rows.paint(view.rows)
        self.show_left(view.left)
        self.show_main(view.main, view.countdown)
