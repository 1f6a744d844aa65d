"""The books of a visit. Rows are reused: what has not changed is neither drawn nor laid out again."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.domain.operations import OperationId
from screens import theme
from screens.view_models.views import BookRow as BookRowView
from screens.view_models.views import Tone
from screens.widgets.key import KeyButton
from screens.widgets.marks import Chip, Cover
from screens.widgets.pager import Pager
from screens.widgets.row_plan import Form, Slot, plan
from screens.widgets.surface import Panel
from screens.widgets.text import Icon, Text

_COVERS = {
    Form.TALL: (7.2, 9.8),
    Form.LARGE: (7.2, 9.8),
    Form.NORMAL: (6.0, 8.2),
    Form.SLIM: (4.6, 6.2),
    Form.HALF: (5.0, 6.8),
}
_TITLES = {Form.TALL: "body", Form.LARGE: "body", Form.NORMAL: "second", Form.SLIM: "second", Form.HALF: "second"}
_ICONS = {Form.TALL: 7.0, Form.LARGE: 7.0, Form.NORMAL: 5.4, Form.SLIM: 4.8, Form.HALF: 4.8}
_LOOKS = {  # fill, border, icon and what stands on the right
    Tone.NEW: ("ok_tint", "ok", "ok"),
    Tone.PLAIN: ("card", "hair", "ok"),
    Tone.ATTENTION: ("amber_tint", "amber_edge", "warn"),
}
NEW_ROW_S = 0.15
NEW_ROW_UNITS = 3.0


class BookRow(Panel):
    """One book. What it shows depends on the form that its list gives it."""

    right_ink = StringProperty("ink")
    __events__ = ("on_take_off",)

    def __init__(self, **values: Any) -> None:
        self._built = False
        self._form = Form.NORMAL
        self.row: BookRowView | None = None
        super().__init__(size_hint=(None, None), **values)
        self._cover = Cover()
        self._title = Text(bold=True)
        self._under = Text(ink="muted")
        self._right = Text(bold=True, align="right")
        self._right_small = Text(role="staff", ink="muted", align="right")
        self._icon = Icon(filled=True)
        self._turn = Icon(name="arrow-bend-down-right", ink="warn", units=4.4)
        self._put_on = Text(role="second")
        self._shelf = Chip(fill="warn", ink="white", icon="bookmark-simple", size_hint=(None, None))
        self._key = KeyButton(role="second", icon="minus-circle")
        self._key.fbind("on_tap", self._tapped)
        for part in (self._cover, self._title, self._under, self._right, self._right_small, self._icon):
            self.add_widget(part)
        self._built = True

    def on_take_off(self, operation: OperationId) -> None:
        pass

    def _tapped(self, *_: object) -> None:
        if self.row and self.row.take_off:
            self.dispatch("on_take_off", self.row.take_off)

    def show(self, row: BookRowView, form: Form) -> None:
        if row == self.row and form is self._form:
            return
        self.row, self._form = row, form
        self.fill, self.border, _ = _LOOKS[row.tone]
        self.border_px = 3 if form in (Form.TALL, Form.LARGE) and row.tone is not Tone.PLAIN else 2
        for part, wanted in (
            (self._key, row.take_off is not None),
            (self._turn, form is Form.TALL),
            (self._put_on, form is Form.TALL),
            (self._shelf, form is Form.TALL),
        ):
            if wanted and part.parent is None:
                self.add_widget(part)
            elif not wanted and part.parent is not None:
                self.remove_widget(part)
        self.place()

    def place(self, *_: object) -> None:
        row = self.row
        if not self._built or row is None or self.width < 4:
            return
        look = theme.now()
        form = self._form
        tight = form in (Form.SLIM, Form.HALF)
        pad, gap = look.px(1.6 if tight else 2.4), look.px(1.6 if tight else 2.4)
        low, high = self.y, self.height
        if form is Form.TALL:
            low, high = self.y + look.px(8.4), self.height - look.px(9.4)
            self._place_shelf(row, pad)
        middle = low + high / 2
        left = self._place_cover(row, form, pad, gap, middle)
        right = self._place_right(row, form, pad, gap, middle, left)
        self._place_words(row, form, left, right, low, high)

    def _place_cover(self, row: BookRowView, form: Form, pad: int, gap: int, middle: float) -> float:
        look = theme.now()
        self._cover.letter, self._cover.colour = row.cover_letter, row.cover_colour
        wide, high = (look.px(units) for units in _COVERS[form])
        self._cover.size, self._cover.pos = (wide, high), (round(self.x + pad), round(middle - high / 2))
        return self.x + pad + wide + gap

    def _place_shelf(self, row: BookRowView, pad: int) -> None:
        look = theme.now()
        y, high, arrow = self.y + look.px(1.6), look.px(6.4), look.px(4.4)
        self._turn.size, self._turn.pos = (arrow, arrow), (self.x + pad, y + (high - arrow) / 2)
        left = self.x + pad + arrow + look.px(1.6)
        room = (self.x + self.width) - pad - left
        self._put_on.text = row.put_on
        wide = min(self._put_on.natural_width() + 1, room * 0.5)
        self._put_on.size, self._put_on.pos = (wide, high), (left, y)
        left += wide + look.px(1.6)
        self._shelf.most = (self.x + self.width) - pad - left
        self._shelf.height, self._shelf.pos = high, (left, y)
        self._shelf.text = row.shelf

    def _place_right(self, row: BookRowView, form: Form, pad: int, gap: int, middle: float, left: float) -> float:
        """Icon or key, and what became of the book. Answers where the title must end."""
        look = theme.now()
        end = (self.x + self.width) - pad
        ink = _LOOKS[row.tone][2]
        self._icon.opacity = 0 if row.take_off else 1
        if row.take_off:
            self._key.label = row.take_off_label
            room = end - left
            wide = min(look.px(34), room * 0.46)
            high = min(look.px(12), self.height - look.px(1.6))
            self._key.size, self._key.pos = (wide, high), (end - wide, (self.y + self.height / 2) - high / 2)
            end -= wide + gap
        else:
            units = _ICONS[form]
            side = look.px(units)
            self._icon.name, self._icon.units, self._icon.ink = row.icon, units, ink
            self._icon.size, self._icon.pos = (side, side), (end - side, middle - side / 2)
            end -= side + gap
        if row.take_off or form in (Form.TALL, Form.HALF):
            self._right.text = self._right_small.text = ""
            return end
        role = "body" if form is Form.LARGE else "second"
        words = row.right if not row.shelf else row.shelf
        self._right.role, self._right.text = role, words
        self._right.ink = "warn" if row.tone is Tone.ATTENTION else self.right_ink
        small = row.right_small if form is Form.LARGE else ""
        self._right_small.text = small
        most = (end - left) * 0.55
        wide = min(most, max(self._right.natural_width(), self._right_small.natural_width()) + 1)
        first, second = look.text_px(role) * 1.3, look.text_px("staff") * 1.3 if small else 0
        top = middle + (first + second) / 2
        self._right.size, self._right.pos = (wide, first), (end - wide, top - first)
        self._right_small.size, self._right_small.pos = (wide, second), (end - wide, top - first - second)
        return end - wide - gap if words or small else end

    def _place_words(self, row: BookRowView, form: Form, left: float, right: float, low: float, high: float) -> None:
        look = theme.now()
        wide = max(1.0, right - left)
        under, ink, bold = row.author, "muted", False
        if form is Form.TALL:
            under, ink, bold = row.hold_line, "warn", True
        elif form is Form.HALF:
            under, bold = "" if row.take_off else row.shelf or row.right, True
            ink = "warn" if row.tone is Tone.ATTENTION else self.right_ink
        elif form is Form.SLIM:
            under = ""
        role = _TITLES[form]
        self._title.role, self._title.text = role, row.name
        # A long title matters more than its author.
        if self._title.natural_width() * 0.85 > wide and form in (Form.LARGE, Form.NORMAL) and not bold:
            under = ""
        self._title.max_lines = 1 if under or form is Form.SLIM else 2
        under_role = "second" if form in (Form.LARGE, Form.TALL) else "staff"
        self._under.role, self._under.text, self._under.ink, self._under.bold = under_role, under, ink, bold
        first = look.text_px(role) * 1.3
        if not under:
            self._title.size, self._title.pos = (wide, high - 4), (left, low + 2)
            self._under.size = (0, 0)
            return
        second = look.text_px(under_role) * 1.3
        top = low + high / 2 + (first + second) / 2
        self._title.size, self._title.pos = (wide, first), (left, top - first)
        self._under.size, self._under.pos = (wide, second), (left, top - first - second)


def _same_book(one: BookRowView, other: BookRowView) -> bool:
    return (one.name, one.author, one.cover_letter) == (other.name, other.author, other.cover_letter)


class RowList(Widget):
    """Newest on top. What does not fit is on further pages, turned by two keys; a new book turns back to the first."""

    right_ink = StringProperty("ink")
    animated = BooleanProperty(False)
    __events__ = ("on_take_off",)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._rows: tuple[BookRowView, ...] = ()
        self._shown: list[BookRow] = []
        self._spare: list[BookRow] = []
        self.pager = Pager(self, self.lay_out)
        self._sliding: tuple[BookRow, float] | None = None
        self._later = Clock.create_trigger(self.lay_out, -1)
        self.fbind("pos", self._later)
        self.fbind("size", self._later)

    def on_take_off(self, operation: OperationId) -> None:
        pass

    def prepare(self, count: int) -> None:
        """Builds row widgets before they are needed."""
        while len(self._spare) + len(self._shown) < count:
            self._spare.append(self._new_row())

    def _new_row(self) -> BookRow:
        row = BookRow(right_ink=self.right_ink)
        row.fbind("on_take_off", lambda _row, operation: self.dispatch("on_take_off", operation))
        return row

    def paint(self, rows: tuple[BookRowView, ...]) -> None:
        if rows == self._rows:
            return
        grew = len(rows) > len(self._rows)
        if len(rows) != len(self._rows):
            self.pager.page = 0
        self._rows = rows
        self.lay_out()
        if grew and self.animated and self._shown and self.parent is not None:
            self._slide(self._shown[0])

    def lay_out(self, *_: object) -> None:
        if self.width < 4 or self.height < 4:
            return
        look = theme.now()
        self._sliding = None
        rows = self._rows
        newest = Form.NORMAL
        if rows:
            newest = Form.TALL if rows[0].shelf and rows[0].hold_line else Form.LARGE
        pages = plan(
            len(rows),
            newest=newest,
            width=self.width / look.unit,
            height=self.height / look.unit,
            with_keys=any(row.take_off for row in rows),
            large=look.large,
        ).pages
        self.pager.lay(len(pages))
        before = sum(len(page) for page in pages[: self.pager.page])
        slots = pages[self.pager.page]
        self._give_out(rows[before : before + len(slots)], slots)

    def _give_out(self, rows: tuple[BookRowView, ...], slots: tuple[Slot, ...]) -> None:
        look = theme.now()
        free = self._shown + self._spare
        chosen: list[BookRow | None] = [None] * len(rows)
        for place, row in enumerate(rows):  # a book keeps its widget, so that its words need not be drawn again
            for widget in free:
                if widget.row is not None and _same_book(widget.row, row):
                    chosen[place] = widget
                    free.remove(widget)
                    break
        placed: list[BookRow] = []
        for widget_or_none, row, slot in zip(chosen, rows, slots, strict=True):
            widget = widget_or_none or (free.pop() if free else self._new_row())
            wide, high = look.px(slot.width), look.px(slot.height)
            pos = (round(self.x + slot.x * look.unit), round((self.y + self.height) - slot.y * look.unit - high))
            widget.size, widget.pos = (wide, high), pos
            widget.show(row, slot.form)
            if widget.parent is None:
                self.add_widget(widget)
            placed.append(widget)
        for widget in free:
            if widget.parent is not None:
                self.remove_widget(widget)
        self._shown, self._spare = placed, free

    def _slide(self, row: BookRow) -> None:
        start = Clock.get_time()
        to = row.y
        self._sliding = (row, to)

        def step(_: float) -> bool:
            part = min(1.0, (Clock.get_time() - start) / NEW_ROW_S)
            if self._sliding != (row, to) or row.parent is None:
                return False
            row.y = round(to + theme.now().px(NEW_ROW_UNITS) * (1 - part) ** 2)
            return part < 1.0

        Clock.schedule_interval(step, 0)
