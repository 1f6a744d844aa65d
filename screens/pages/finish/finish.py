"""Xong rồi: what one takes home and until when, once more, with a code for a phone. No name."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models.views import FinishRow, FinishView
from screens.widgets import qr  # noqa: F401  (kv names it)
from screens.widgets.marks import Cover
from screens.widgets.page import Page, keep
from screens.widgets.text import Text

ROW, GAP = 8.0, 1.0
ROWS_IN_A_COLUMN = 4
"""One column stands beside the drawing; more books, or books with days of their own, need its place as well."""


class BookLines(Widget):
    """Covers and titles, in one column or two; `more` takes the last place."""

    rows = ListProperty([])
    more = StringProperty("")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._built: list[tuple[Cover, Text, Text]] = []
        self._more = Text(role="second", ink="muted", bold=True)
        for name in ("pos", "size", "rows", "more"):
            self.fbind(name, self.place)

    def place(self, *_: object) -> None:
        if self.width < 4 or self.height < 4:
            return
        look = theme.now()
        places = len(self.rows) + bool(self.more)
        columns = 1 if places <= ROWS_IN_A_COLUMN else 2
        deep = ROWS_IN_A_COLUMN if columns == 1 else -(-places // 2)
        wide = (self.width - (columns - 1) * look.px(2)) / columns
        step = min(look.px(ROW + GAP), self.height / ROWS_IN_A_COLUMN)
        self.clear_widgets()
        for place in range(places):
            left = self.x + (place // deep) * (wide + look.px(2))
            low = self.y + self.height - (place % deep) * step - look.px(ROW)
            if place < len(self.rows):
                self._place_row(place, self.rows[place], left, low, wide)
            else:
                self._more.text, self._more.pos, self._more.size = self.more, (left, low), (wide, look.px(ROW))
                self.add_widget(self._more)

    def _place_row(self, place: int, row: FinishRow, left: float, low: float, wide: float) -> None:
        look = theme.now()
        if place == len(self._built):
            title = Text(role="second", bold=True, max_lines=2, one_line_first=True)
            self._built.append((Cover(), title, Text(role="second", ink="muted", align="right")))
        cover, title, aside = self._built[place]
        cover.letter, cover.colour = row.cover_letter, row.cover_colour
        cover.size, cover.pos = (look.px(4.6), look.px(6.2)), (round(left), round(low + look.px(0.9)))
        title.text, aside.text = row.name, row.aside
        own = aside.natural_width() + 1 if row.aside else 0
        begin = left + look.px(6.6)
        room = wide - look.px(6.6) - (own + look.px(2) if own else 0)
        title.pos, title.size = (begin, low), (max(1, room), look.px(ROW))
        aside.pos, aside.size = (left + wide - own, low), (own, look.px(ROW))
        for part in (cover, title, aside):
            self.add_widget(part)


class FinishPage(Page):
    title = StringProperty("")
    label = StringProperty("")
    day = StringProperty("")
    rows = ListProperty([])
    more = StringProperty("")
    code = StringProperty("")
    code_title = StringProperty("")
    code_hint = StringProperty("")

    def paint(self, view: FinishView) -> None:
        self.title, self.label, self.day = view.title, view.label, view.day
        self.rows, self.more = list(view.rows), view.more
        self.code, self.code_title, self.code_hint = view.code, view.code_title, view.code_hint
        narrow = len(view.rows) <= ROWS_IN_A_COLUMN and not any(row.aside for row in view.rows)
        keep(self.ids.books, self.ids.tree.__self__, narrow)
        keep(self.ids.body, self.ids.card.__self__, bool(view.code))
        self.ids.main.show(view.main)
        self.ids.main.show_time(view.countdown, self.touches.monotonic)

    def run(self, on: bool) -> None:
        self.ids.main.run_ring(on)
