"""The list of a page of the desk: a line for each thing, to be chosen or only read."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models.views import DeskLine as DeskLineView
from screens.view_models.views import Tone
from screens.widgets.key import Pressable
from screens.widgets.pager import Pager
from screens.widgets.row_plan import PAGER
from screens.widgets.surface import keep
from screens.widgets.text import Icon, Text

GAP = 1.2
LINE, LINE_IN_LARGE = 12.4, 16.4
"""u; a target for a finger, also on the smallest screen."""
TALLEST = 1.16
_LOOKS = {  # fill, border, ink of the icon and of what is said
    Tone.NEW: ("ok_tint", "ok_line", "ok"),
    Tone.PLAIN: ("card", "hair", "muted"),
    Tone.ATTENTION: ("amber_tint", "amber_edge", "warn"),
}


class DeskLine(Pressable):
    """`value`: the line's id; "" is deaf, and has no lower edge."""

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(size_hint=(None, None), radius=2, **values)
        self.value = ""
        self._view: DeskLineView | None = None
        self._icon = Icon(filled=True, units=5.4)
        self._title = Text(role="second", bold=True)
        self._words = Text(role="staff")
        self._aside = Text(role="staff", ink="muted", align="right")
        for part in (self._icon, self._title, self._words, self._aside):
            self.add_widget(part)
        self._built = True
        self.fbind("pressed", self._dress)

    def show(self, view: DeskLineView) -> None:
        if view == self._view:
            return
        self._view, self.value, self.deaf = view, view.id, not view.id
        self._icon.name, self._title.text = view.icon, view.title
        self._words.text, self._aside.text = view.text, view.aside
        self._dress()

    def _dress(self, *_: object) -> None:
        view = self._view
        if view is None:
            return
        fill, border, ink = _LOOKS[view.tone]
        chosen = view.chosen or self.pressed
        self.fill = "violet_tint" if chosen else fill
        self.border = "violet" if view.chosen else border
        self.border_px = 3 if view.chosen else 2
        self.edge = "" if chosen or self.deaf else ("violet_line" if view.tone is Tone.PLAIN else border)
        self._icon.ink = "violet" if chosen or view.tone is Tone.PLAIN else ink
        self._words.ink = ink
        self.place()

    def place(self, *_: object) -> None:
        view = self._view
        if not self._built or view is None or self.width < 4:
            return
        look = theme.now()
        lift = look.px(self.edge_units) if self.edge or self.pressed else 0
        low, high = self.y + (0 if self.pressed else lift), self.height - lift
        pad, icon = look.px(1.6), look.px(5.4)
        left = self.x + pad + icon + look.px(1.4)
        room = max(1.0, self.x + self.width - pad - left)
        self._icon.pos, self._icon.size = (self.x + pad, low + (high - icon) / 2), (icon, icon)
        title = look.text_px("second") * 1.3
        small = look.text_px("staff") * 1.35 if view.text or view.aside else 0
        self._title.max_lines, self._title.one_line_first = (2, True) if look.large or not small else (1, False)
        if look.large or not small:
            title = max(title, high - small - look.px(1.2))
        top = low + (high + title + small) / 2
        self._title.pos, self._title.size = (left, top - title), (room, title)
        # What became of it matters more than its number.
        said = min(room, self._words.natural_width() + 1) if view.text else 0
        beside = room - said - look.px(1.2)
        fits = self._aside.natural_width() <= beside
        self._aside.opacity = 1 if fits else 0
        self._words.pos, self._words.size = (left, top - title - small), (max(1.0, room if not fits else said), small)
        self._aside.pos, self._aside.size = (
            (left + room - max(1.0, beside), top - title - small),
            (
                max(1.0, beside),
                small,
            ),
        )


class DeskLines(Widget):
    """As many lines as fit, the others on further pages. Sends `on_line` with an id."""

    __events__ = ("on_line",)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._lines: tuple[DeskLineView, ...] = ()
        self._built: list[DeskLine] = []
        self._chosen = ""
        self._turn_to: int | None = None  # the line whose page is shown, until somebody turns to another
        self.pager = Pager(self, self._turned)
        self._later = Clock.create_trigger(self.lay_out, -1)
        self.fbind("pos", self._later)
        self.fbind("size", self._later)

    def on_line(self, line: str) -> None:
        pass

    def paint(self, lines: tuple[DeskLineView, ...]) -> None:
        """The page that is turned to stays, as long as something is listed still. What is chosen newly is shown: under
        a finger it is on that page, but a scan may choose it, too."""
        place, chosen = next(((place, line.id) for place, line in enumerate(lines) if line.chosen), (0, ""))
        is_other = not {line.id for line in lines if line.id} & {line.id for line in self._lines}
        if is_other or chosen not in ("", self._chosen):
            self._turn_to = place
        self._lines, self._chosen = lines, chosen
        self.lay_out()

    def forget(self) -> None:
        """Whatever is listed next begins anew."""
        self._lines, self._chosen = (), ""

    def _turned(self) -> None:
        self._turn_to = None
        self.lay_out()

    def lay_out(self, *_: object) -> None:
        if self.width < 4 or self.height < 4:
            return
        look = theme.now()
        least, free = LINE_IN_LARGE if look.large else LINE, self.height / look.unit + GAP
        fit = max(1, int(free / (least + GAP) + 0.001))
        if self._turn_to is not None:
            self.pager.page = self._turn_to // fit
        high = max(least, min(least * TALLEST, free / fit - GAP))
        pages = max(1, -(-len(self._lines) // fit))
        self.pager.lay(pages)
        here = self._lines[self.pager.page * fit : (self.pager.page + 1) * fit]
        while len(self._built) < len(here):
            line = DeskLine()
            line.bind(on_tap=lambda tapped: self.dispatch("on_line", tapped.value))
            self._built.append(line)
        wide = self.width - (look.px(PAGER + 1.6) if pages > 1 else 0)
        for place, widget in enumerate(self._built):
            keep(self, widget, place < len(here))
            if place < len(here):
                widget.size = (wide, look.px(high))
                widget.pos = (self.x, round(self.y + self.height - look.px(place * (high + GAP)) - look.px(high)))
                widget.show(here[place])
