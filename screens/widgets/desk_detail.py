"""What was chosen in a list of the desk, at length: two accounts of it where there are two, and what may be done."""

from __future__ import annotations

from typing import Any

from screens import theme
from screens.view_models.views import ActKey, DeskSide, Tone, Weight
from screens.view_models.views import DeskDetail as DeskDetailView
from screens.widgets.key import KeyButton
from screens.widgets.paragraphs import Paragraph, Paragraphs
from screens.widgets.surface import Panel, keep
from screens.widgets.text import Icon, Text

KEY = 12.0
"""u high."""
GAP = 1.6
_KINDS = {Weight.MAIN: "violet", Weight.PLAIN: "service", Weight.AGAINST: "amber"}
_SIDES = (("teal_tint", "teal"), ("sky_tint", "sky"))


class _Side(Panel):
    """One of the two accounts."""

    def __init__(self, fill: str, ink: str, **values: Any) -> None:
        self._built = False
        super().__init__(fill=fill, border="outline", radius=2.2, **values)
        self._icon = Icon(ink=ink, filled=True, units=4.8)
        self._who = Text(role="second", ink=ink, bold=True, one_line_first=True)
        self._words = Paragraphs(gap_units=0.8)
        for part in (self._icon, self._who, self._words):
            self.add_widget(part)
        self._built = True

    def show(self, side: DeskSide) -> None:
        self._icon.name, self._who.text = side.icon, side.who
        found = [Paragraph(side.head, "body", True), Paragraph(side.text, "second")]
        self._words.paragraphs = [one for one in found if one.text]
        self.place()

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        pad, icon, head = look.px(2), look.px(4.8), look.px(6)
        top = self.y + self.height - look.px(1)
        self._icon.pos, self._icon.size = (self.x + pad, top - head), (icon, head)
        left = self.x + pad + icon + look.px(1)
        self._who.pos, self._who.size = (left, top - head), (self.x + self.width - pad - left, head)
        low = self.y + look.px(1.2)
        self._words.pos, self._words.size = (self.x + pad, low), (self.width - 2 * pad, max(1, top - head - low))


class DeskDetail(Panel):
    """Sends `on_key` with what a key stands for."""

    __events__ = ("on_key",)

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="card", border="hair", radius=3, **values)
        self._view: DeskDetailView | None = None
        self._icon = Icon(ink="violet", filled=True, units=7)
        self._words = Paragraphs(gap_units=0.9)
        self._sides = tuple(_Side(fill, ink) for fill, ink in _SIDES)
        self._lines = Paragraphs(gap_units=1.1)
        self._asks = Text(role="second", bold=True, max_lines=2, one_line_first=True)
        self._keys: list[KeyButton] = []
        self.add_widget(self._words)
        self._built = True

    def on_key(self, _key: ActKey) -> None:
        pass

    def show(self, view: DeskDetailView) -> None:
        if view == self._view:
            return
        self._view = view
        attention = view.tone is Tone.ATTENTION
        self.border = "amber_edge" if attention else "hair"
        self._icon.name, self._icon.ink = view.icon, "warn" if attention else "violet"
        found = [Paragraph(view.title, "body", True), Paragraph(view.subtitle, "staff", ink="muted")]
        self._words.paragraphs = [one for one in found if one.text]
        self._lines.paragraphs = [_paragraph(line) for line in view.lines if line]
        self._asks.text = view.asks
        for side, shown in zip(self._sides, view.sides, strict=False):
            side.show(shown)
        while len(self._keys) < len(view.keys):
            key = KeyButton(role="second", size_hint=(None, None))
            key.bind(on_tap=lambda tapped: self.dispatch("on_key", tapped.value))
            self._keys.append(key)
        for key, one in zip(self._keys, view.keys, strict=False):
            key.kind, key.label, key.icon, key.value = _KINDS[one.weight], one.label, one.icon, one
        for place, key in enumerate(self._keys):
            keep(self, key, place < len(view.keys))
        keep(self, self._icon, bool(view.icon))
        keep(self, self._lines, bool(view.lines))
        keep(self, self._asks, bool(view.asks))
        for side in self._sides:
            keep(self, side, bool(view.sides))
        self.place()

    def place(self, *_: object) -> None:
        view = self._view
        if not self._built or view is None or self.width < 4:
            return
        look = theme.now()
        pad, gap = look.px(2.6), look.px(GAP)
        left, wide = self.x + pad, self.width - 2 * pad
        low = self._place_keys(view, left, self.y + pad, wide)
        if view.asks:
            high = look.text_px("second") * (2.5 if self._asks.natural_width() > wide else 1.35)
            self._asks.pos, self._asks.size = (left, low), (wide, high)
            low += high + gap * 0.6
        top = self.y + self.height - pad
        icon = look.px(7) + look.px(1.6) if view.icon else 0
        # The head takes what its words need, and leaves the lines their room.
        room = top - low
        head = min(look.px(13 if look.large else 11), room) if view.lines or view.sides else room
        self._icon.pos, self._icon.size = (left, top - min(head, look.px(9))), (look.px(7), min(head, look.px(9)))
        self._words.pos, self._words.size = (left + icon, top - head), (max(1, wide - icon), max(1, head))
        top -= head + gap * 0.6
        if view.sides:
            lines = look.text_px("second") * 1.5 * len(view.lines)
            high = max(1, top - low - (lines + gap if lines else 0))
            each = (wide - gap) / 2
            for place, side in enumerate(self._sides):
                side.pos, side.size = (left + place * (each + gap), top - high), (each, high)
            top -= high + gap
        self._lines.pos, self._lines.size = (left, low), (wide, max(1, top - low))

    def _place_keys(self, view: DeskDetailView, left: float, low: float, wide: float) -> float:
        """One in a row when it stands alone or its words need it, else two. Answers where they end."""
        look = theme.now()
        count = len(view.keys)
        if not count:
            return low
        gap, high = look.px(GAP), look.px(KEY)
        across = 1 if count == 1 else 2
        rows = -(-count // across)
        each = (wide - gap * (across - 1)) / across
        for place, key in enumerate(self._keys[:count]):
            row, column = divmod(place, across)
            alone = across == 2 and row == rows - 1 and count % 2 == 1
            key.size = (wide if alone else each, high)
            key.pos = (left + column * (each + gap), low + (rows - 1 - row) * (high + gap))
        return low + rows * (high + gap)


def _paragraph(line: str) -> Paragraph:
    strong = len(line) > 4 and line.startswith("**") and line.endswith("**")
    return Paragraph(line[2:-2] if strong else line, "second", strong)
