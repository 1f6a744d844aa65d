"""Larger parts that several pages share."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.widgets.live import LivePicture, Viewfinder
from screens.widgets.marks import ShelfPips
from screens.widgets.paragraphs import Paragraph, Paragraphs
from screens.widgets.picture import Illustration
from screens.widgets.surface import Panel, keep
from screens.widgets.text import Icon, Text


class SideHint(Panel):
    """What to do, as a picture and two sentences. `alone`: nothing is beside it, so it may be large. `live`: the
    picture is what the camera sees, and a tap on it sends `on_aim`."""

    art = StringProperty("")
    title = StringProperty("")
    hint = StringProperty("")
    title_ink = StringProperty("teal")
    hint_ink = StringProperty("ink")
    hint_role = StringProperty("second")
    units = NumericProperty(42)
    alone = BooleanProperty(False)
    live = BooleanProperty(False)
    __events__ = ("on_aim",)

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(radius=3, border="hair", **values)
        self._art = Illustration()
        self._finder = Viewfinder()
        self._finder.fbind("on_tap", lambda *_: self.dispatch("on_aim"))
        self._words = Paragraphs(align="center", gap_units=1.0)
        self.add_widget(self._words)
        self._built = True
        for name in ("art", "title", "hint", "alone", "live", "title_ink", "hint_ink", "hint_role"):
            self.fbind(name, self.place)
        self.place()

    def on_aim(self) -> None:
        pass

    def showing(self, live: bool) -> LivePicture | None:
        self.live = live
        return self._finder.showing(live)

    def place(self, *_: object) -> None:
        if not self._built:
            return
        look = theme.now()
        keep(self, self._art, not self.live)
        keep(self, self._finder, self.live)
        self.size_hint_x = 1 if self.alone else None
        if not self.alone:
            self.width = look.px(self.units)
        self._art.art = self.art
        title, hint = ("head", "body") if self.alone else ("second", self.hint_role)
        self._words.paragraphs = [
            Paragraph(self.title, title, True, self.title_ink),
            Paragraph(self.hint, hint, False, self.hint_ink),
        ]
        pad_x, pad_y, gap = look.px(1.6), look.px(2.4), look.px(1.2)
        inner = self.height - 2 * pad_y
        art = min(look.px(27 if self.alone else 24.5), inner * 0.52)
        self._art.size = (self.width - 2 * pad_x, art)
        self._art.pos = (self.x + pad_x, self.y + self.height - pad_y - art)
        wide = min(self.width - 2 * pad_x, art * 1.6)
        self._finder.size, self._finder.pos = (wide, art), (self.x + (self.width - wide) / 2, self._art.y)
        self._words.pos = (self.x + pad_x, self.y + pad_y)
        self._words.size = (self.width - 2 * pad_x, max(1, inner - art - gap))
        self._words.valign = "top"


class Shelf(Widget):
    """The shelf with its line of words, as wide as the wider of both."""

    colours = ListProperty([])
    total = NumericProperty(0)
    line = StringProperty("")

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(size_hint_x=None, **values)
        self._pips = ShelfPips()
        self._words = Text(role="second", bold=True, align="center")
        self.add_widget(self._pips)
        self.add_widget(self._words)
        self._built = True
        for name in ("pos", "size", "colours", "total", "line"):
            self.fbind(name, self.place)

    def place(self, *_: object) -> None:
        if not self._built:
            return
        look = theme.now()
        self._pips.colours, self._pips.total = self.colours, self.total
        self._pips.height = look.px(8.4)
        self._words.text = self.line
        self._words.size = (self._words.natural_width() + 1, look.px(4.8))
        self.width = max(look.px(30), self._pips.width, self._words.width)
        low = (self.y + self.height / 2) - look.px(13.6) / 2
        self._words.pos = ((self.x + self.width / 2) - self._words.width / 2, low)
        self._pips.pos = ((self.x + self.width / 2) - self._pips.width / 2, low + look.px(5.2))


class KeptLine(Panel):
    """The green line: what stays recorded, whatever else happened."""

    text = StringProperty("")

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="ok_tint", border="outline", radius=2, **values)
        self._icon = Icon(name="check-circle", ink="ok", filled=True, units=5.4)
        self._words = Text(role="second", bold=True, ink="ok", max_lines=2, one_line_first=True)
        self.add_widget(self._icon)
        self.add_widget(self._words)
        self._built = True
        self.fbind("text", self.place)
        self.place()

    def place(self, *_: object) -> None:
        if not self._built:
            return
        look = theme.now()
        icon, pad, gap = look.px(5.4), look.px(2.2), look.px(1.6)
        self._icon.size, self._icon.pos = (icon, icon), (self.x + pad, (self.y + self.height / 2) - icon / 2)
        self._words.text = self.text
        self.opacity = 1 if self.text else 0
        self._words.pos = (self.x + pad + icon + gap, self.y)
        self._words.size = (max(1, self.width - 2 * pad - icon - gap), self.height)


class Advice(Widget):
    """Title and paragraphs; a line that begins and ends with ** is strong."""

    title = StringProperty("")
    lines = ListProperty([])

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(**values)
        self._words = Paragraphs(gap_units=1.6)
        self.add_widget(self._words)
        self._built = True
        for name in ("pos", "size", "title", "lines"):
            self.fbind(name, self.place)

    def place(self, *_: object) -> None:
        if not self._built:
            return
        found = [Paragraph(self.title, "title", True)]
        for line in self.lines:
            strong = len(line) > 4 and line.startswith("**") and line.endswith("**")
            found.append(Paragraph(line[2:-2] if strong else line, "body", strong))
        self._words.paragraphs = found
        self._words.pos, self._words.size = self.pos, self.size
