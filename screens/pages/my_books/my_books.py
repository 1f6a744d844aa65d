"""Sách của tôi: what one has, what is late first, and a key to keep it longer."""

from __future__ import annotations

from kivy.properties import ObjectProperty, StringProperty

from screens.view_models.views import MyBooksView
from screens.widgets.page import TimedPage, keep

ROWS_BUILT = 4


class MyBooksPage(TimedPage):
    title = StringProperty("")
    count = ObjectProperty(None, allownone=True)
    ready = ObjectProperty(None, allownone=True)
    empty_title = StringProperty("")
    empty_hint = StringProperty("")

    def on_kv_post(self, *_: object) -> None:
        self.ids.rows.prepare(ROWS_BUILT)

    def paint(self, view: MyBooksView) -> None:
        self.title, self.count, self.ready = view.title, view.count, view.ready
        self.empty_title, self.empty_hint = view.empty_title, view.empty_hint
        keep(self.ids.head, self.ids.ready.__self__, view.ready is not None)
        keep(self.ids.middle, self.ids.rows.__self__, bool(view.rows))
        keep(self.ids.middle, self.ids.side.__self__, not view.rows)
        self.ids.rows.paint(view.rows)
        self.ids.left.show(view.left)
        self.show_main(view.main, view.countdown)
