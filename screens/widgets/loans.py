"""The books that a reader has: each with its day, and a key to keep it longer or a word why not."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models.views import ChipView, Tone
from screens.view_models.views import LoanRow as LoanRowView
from screens.widgets.key import KeyButton
from screens.widgets.marks import Chip, Cover
from screens.widgets.pager import Pager
from screens.widgets.row_plan import PAGER
from screens.widgets.surface import Panel
from screens.widgets.text import Text, width_of

GAP = 1.2
ROW, ROW_IN_LARGE = 13.6, 18.6
"""With larger words the day stands below the title, where it takes the author's place."""
TALLEST = 1.12
"""Times its height, where the list has room."""
KEY, KEY_BESIDE_PAGER = 36.0, 31.0
_LOOKS = {  # fill, border
    Tone.NEW: ("ok_wash", "ok_line"),
    Tone.PLAIN: ("card", "hair"),
    Tone.ATTENTION: ("amber_wash", "amber_edge"),
}
_CHIPS = {  # fill, ink
    Tone.NEW: ("ok_tint", "ok"),
    Tone.PLAIN: ("teal_tint", "ink"),
    Tone.ATTENTION: ("amber_tint", "warn"),
}


class ToneChip(Chip):
    """A chip as its view says."""

    view = ObjectProperty(None, allownone=True)

    def on_view(self, _: object, view: ChipView | None) -> None:
        if view:
            self.fill, self.ink = _CHIPS[view.tone]
            self.icon = view.icon
        self.text = view.text if view else ""


class LoanRow(Panel):
    title_role = StringProperty("body")
    __events__ = ("on_renew",)

    def __init__(self, **values: Any) -> None:
        self._built = False
        self.row: LoanRowView | None = None
        self._right = KEY
        self._room = 0.0  # px that the title has
        super().__init__(size_hint=(None, None), **values)
        self._cover = Cover()
        self._title = Text(bold=True)
        self._under = Text(role="staff", ink="muted")
        self._chip = ToneChip(size_hint=(None, None))
        self._note = Text(align="center", max_lines=3)
        self.key = KeyButton(role="second", icon="calendar-plus", size_hint=(None, None))
        self.key.fbind("on_tap", self._tapped)
        for part in (self._cover, self._title, self._under, self._chip, self._note):
            self.add_widget(part)
        self._built = True
        self.fbind("title_role", self.place)

    def on_renew(self, barcode: str) -> None:
        pass

    def _tapped(self, *_: object) -> None:
        if self.row and self.row.renew:
            self.dispatch("on_renew", self.row.renew)

    def show(self, row: LoanRowView, right_units: float) -> None:
        if (row, right_units) == (self.row, self._right):
            return
        self.row, self._right = row, right_units
        self.fill, self.border = _LOOKS[row.tone]
        if row.renew and self.key.parent is None:
            self.add_widget(self.key)
        elif not row.renew and self.key.parent is not None:
            self.remove_widget(self.key)
        self.place()

    def is_narrow(self) -> bool:
        """Whether its title needs smaller words, or a second line."""
        return self.row is not None and width_of(self.row.name, theme.now().text_px("body"), True) > self._room

    def place(self, *_: object) -> None:
        row = self.row
        if not self._built or row is None or self.width < 4:
            return
        look = theme.now()
        gap, middle = look.px(2.4), self.y + self.height / 2
        self._cover.letter, self._cover.colour = row.cover_letter, row.cover_colour
        wide, high = look.px(6.6), look.px(9)
        self._cover.size, self._cover.pos = (wide, high), (round(self.x + gap), round(middle - high / 2))
        left, end = self.x + 2 * gap + wide, self.x + self.width - look.px(1.4)
        wide, high = look.px(self._right), look.px(12)
        self.key.label = row.renew_label
        self.key.size, self.key.pos = (wide, high), (end - wide, middle - high / 2)
        done = row.tone is Tone.NEW
        self._note.text, self._note.bold, self._note.ink = row.note, done, "ok" if done else "muted"
        self._note.role = "second" if done else "staff"
        words = look.px(KEY_BESIDE_PAGER)  # no wider, so that a note breaks where it would beside the keys
        self._note.size, self._note.pos = (words, self.height - 4), (end - (wide + words) / 2, self.y + 2)
        end -= wide + gap
        self._chip.most = (end - left) * (1 if look.large else 0.62)
        self._chip.height = look.px(7)
        self._chip.view = row.chip
        if look.large:
            self._place_in_two_lines(row, left, end)
            return
        self._chip.pos = (end - self._chip.width, middle - self._chip.height / 2)
        self._place_words(row, left, end - self._chip.width - gap, middle)

    def _place_in_two_lines(self, row: LoanRowView, left: float, right: float) -> None:
        look = theme.now()
        pad = look.px(1.8) + (self.height - look.px(ROW_IN_LARGE)) / 2
        self._chip.pos = (left, self.y + pad)
        low = self._chip.y + self._chip.height
        wide, high = max(1.0, right - left), self.y + self.height - low - pad / 2
        self._room = wide
        self._title.role, self._title.text = self.title_role, row.name
        self._title.max_lines, self._title.one_line_first = 2, True
        self._title.size, self._title.pos = (wide, high), (left, low)
        self._under.size = (0, 0)

    def _place_words(self, row: LoanRowView, left: float, right: float, middle: float) -> None:
        look = theme.now()
        wide = self._room = max(1.0, right - left)
        self._title.role, self._title.text = self.title_role, row.name
        self._under.text = " · ".join(filter(None, (row.author, row.times_left)))
        if self._under.natural_width() > wide:
            self._under.text = row.author
        if self._title.natural_width() * 0.85 > wide:  # a long title matters more than its author
            self._under.text = ""
        under = self._under.text
        self._title.max_lines = 1 if under else 2
        first, second = look.text_px(self._title.role) * 1.3, look.text_px("staff") * 1.3
        if not under:
            self._title.size, self._title.pos = (wide, self.height - 4), (left, self.y + 2)
            self._under.size = (0, 0)
            return
        top = middle + (first + second) / 2
        self._title.size, self._title.pos = (wide, first), (left, top - first)
        self._under.size, self._under.pos = (wide, second), (left, top - first - second)


class LoanList(Widget):
    """As many rows as fit, the others on further pages."""

    __events__ = ("on_renew",)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._rows: tuple[LoanRowView, ...] = ()
        self._built: list[LoanRow] = []
        self.pager = Pager(self, self.lay_out)
        self._later = Clock.create_trigger(self.lay_out, -1)
        self.fbind("pos", self._later)
        self.fbind("size", self._later)

    def on_renew(self, barcode: str) -> None:
        pass

    def prepare(self, count: int) -> None:
        """Builds row widgets before they are needed."""
        while len(self._built) < count:
            row = LoanRow()
            row.fbind("on_renew", lambda _row, barcode: self.dispatch("on_renew", barcode))
            self._built.append(row)

    def paint(self, rows: tuple[LoanRowView, ...]) -> None:
        """A renewed book stays on the page that is turned to; other books begin at the first."""
        if [row.name for row in rows] != [row.name for row in self._rows]:
            self.pager.page = 0
        self._rows = rows
        self.lay_out()

    def lay_out(self, *_: object) -> None:
        if self.width < 4 or self.height < 4:
            return
        look = theme.now()
        least, free = ROW_IN_LARGE if look.large else ROW, self.height / look.unit + GAP
        fit = max(1, int(free / (least + GAP) + 0.001))
        row = max(least, min(least * TALLEST, free / fit - GAP))
        pages = max(1, -(-len(self._rows) // fit))
        self.pager.lay(pages)
        here = self._rows[self.pager.page * fit : (self.pager.page + 1) * fit]
        self.prepare(len(here))
        wide = self.width - (look.px(PAGER + 1.6) if pages > 1 else 0)
        for place, widget in enumerate(self._built):
            if place >= len(here):
                self.remove_widget(widget)
                continue
            widget.size = (wide, look.px(row))
            widget.pos = (self.x, round(self.y + self.height - look.px(place * (row + GAP)) - look.px(row)))
            widget.show(here[place], KEY if pages == 1 else KEY_BESIDE_PAGER)
            if widget.parent is None:
                self.add_widget(widget)
        seen = self._built[: len(here)]
        role = "second" if any(widget.is_narrow() for widget in seen) else "body"  # side by side, titles are alike
        for widget in seen:
            widget.title_role = role
