"""Xong rồi: what one takes home and until when, once more, with a code for a phone. No name."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models.views import FinishRow, FinishView
from screens.widgets import qr  # noqa: F401  (kv names it)
from screens.widgets.marks import Cover
from screens.widgets.page import TimedPage, keep
from screens.widgets.text import Text

GAP = 1.0
DEEP, ROW = 4, 8.0
DEEP_IN_LARGE, ROW_IN_LARGE = 3, 10.2
"""One column stands beside the drawing; more books, or books with days of their own, need its place as well."""


def column() -> tuple[int, float]:
    """How many rows it has, and the units of one."""
    return (DEEP_IN_LARGE, ROW_IN_LARGE) if theme.now().large else (DEEP, ROW)


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
        most, row = column()
        columns = 1 if places <= most else 2
        deep = most if columns == 1 else -(-places // 2)
        wide = (self.width - (columns - 1) * look.px(2)) / columns
        high = look.px(row)
        step = min(look.px(row + GAP), self.height / most)
        self.clear_widgets()
        for place in range(places):
            left = self.x + (place // deep) * (wide + look.px(2))
            low = self.y + self.height - (place % deep) * step - high
            if place < len(self.rows):
                self._place_row(place, self.rows[place], (left, low), (wide, high))
            else:
                self._more.text, self._more.pos, self._more.size = self.more, (left, low), (wide, high)
                self.add_widget(self._more)

    def _place_row(self, place: int, row: FinishRow, pos: tuple[float, float], size: tuple[float, float]) -> None:
        look, (left, low), (wide, high) = theme.now(), pos, size
        if place == len(self._built):
            title = Text(role="second", bold=True, max_lines=2, one_line_first=True)
            self._built.append((Cover(), title, Text(role="second", ink="muted", align="right")))
        cover, title, aside = self._built[place]
        cover.letter, cover.colour = row.cover_letter, row.cover_colour
        cover.size, cover.pos = (look.px(4.6), look.px(6.2)), (round(left), round(low + (high - look.px(6.2)) / 2))
        title.text, aside.text = row.name, row.aside
        own = aside.natural_width() + 1 if row.aside else 0
        begin = left + look.px(6.6)
        room = wide - look.px(6.6) - (own + look.px(2) if own else 0)
        title.pos, title.size = (begin, low), (max(1, room), high)
        aside.pos, aside.size = (left + wide - own, low), (own, high)
        for part in (cover, title, aside):
            self.add_widget(part)


class FinishPage(TimedPage):
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
        narrow = len(view.rows) <= column()[0] and not any(row.aside for row in view.rows)
        keep(self.ids.books, self.ids.tree.__self__, narrow)
        keep(self.ids.body, self.ids.card.__self__, bool(view.code))
        self.show_main(view.main, view.countdown)
