"""A keyboard on the screen, the line that it writes, the dots of a PIN, and what was found meanwhile."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle, SmoothEllipse, SmoothLine
from kivy.properties import ListProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models.views import FOUND_AT_ONCE, DeskLine, TypeKey
from screens.widgets.key import KeyButton, Pressable
from screens.widgets.surface import Panel, keep
from screens.widgets.text import Icon, Text, width_of

_ACROSS = 10
_GAP = 1.1


class TypingKeys(Widget):
    """`rows`: keys, at most `across` of the width of a letter side by side. Sends `on_key`."""

    rows = ListProperty([])
    across = NumericProperty(_ACROSS)
    role = StringProperty("head")
    words_role = StringProperty("second")
    __events__ = ("on_key",)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.keys: list[KeyButton] = []
        for name in ("pos", "size", "rows", "across", "role", "words_role"):
            self.fbind(name, self.place)

    def on_key(self, _key: object) -> None:
        pass

    def place(self, *_: object) -> None:
        if self.width < 4 or self.height < 4 or not self.rows:
            return
        look = theme.now()
        gap = look.px(_GAP)
        wide = (self.width - gap * (self.across - 1)) / self.across
        high = (self.height - gap * (len(self.rows) - 1)) / len(self.rows)
        number = 0
        for down, row in enumerate(self.rows):
            taken = sum(self._wide(key, wide, gap) for key in row) + gap * (len(row) - 1)
            left = self.x + (self.width - taken) / 2
            for key in row:
                button = self._button(number)
                button.size = (self._wide(key, wide, gap), high)
                button.pos = (left, self.y + self.height - (down + 1) * high - down * gap)
                self._dress(button, key)
                left += button.width + gap
                number += 1
        for button in self.keys[number:]:
            keep(self, button, False)

    def _wide(self, key: TypeKey, wide: float, gap: float) -> float:
        return key.width * wide + (key.width - 1) * gap

    def _button(self, number: int) -> KeyButton:
        if number == len(self.keys):
            made = KeyButton()
            made.bind(on_tap=lambda tapped: self.dispatch("on_key", tapped.value))
            self.keys.append(made)
        keep(self, self.keys[number], True)
        return self.keys[number]

    def _dress(self, button: KeyButton, key: TypeKey) -> None:
        alone = len(key.label) == 1
        button.value, button.label, button.icon = key, key.label, key.icon
        button.kind = "violet" if key.main else "service"
        button.role = self.role if alone or not key.label else self.words_role
        button.icon_units = 0 if key.label else 5.4


class WritingLine(Panel):
    """What is written, with a mark where it goes on; its last words when it is long. `hint`: while nothing is."""

    text = StringProperty("")
    label = StringProperty("")
    hint = StringProperty("")

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="card", border="violet", radius=2.2, **values)
        self._label = Text(role="staff", ink="violet", bold=True)
        self._words = Text(role="body", max_lines=2, one_line_first=True, line_height=0.95)
        self._hint = Text(role="second", ink="muted", max_lines=2, one_line_first=True)
        for part in (self._label, self._words, self._hint):
            self.add_widget(part)
        with self.canvas.after:
            self._caret_colour = Color(*theme.now().rgba("violet"))
            self._caret = Rectangle(size=(0, 0))
        self._built = True
        for name in ("text", "label", "hint"):
            self.fbind(name, self.place)

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        pad = look.px(2.4)
        room = self.width - 2 * pad
        label = look.text_px("staff") * 1.35 if self.label else 0
        air = look.px(0.9) if self.label else 0
        high = self.height - label - 2 * air
        self._label.text = self.label
        self._label.pos, self._label.size = (self.x + pad, self.y + self.height - label - air), (room, label)
        caret, tall = look.px(0.5), min(high - look.px(1.6), look.text_px("body") * 1.15)
        self._words.text = _end_of(self.text, room - 2 * caret, look.text_px("body"))
        self._words.pos, self._words.size = (self.x + pad, self.y + air), (room - 2 * caret, high)
        self._words.render()
        self._hint.text = "" if self.text else self.hint
        self._hint.pos = (self.x + pad + 3 * caret, self.y + air)
        self._hint.size = (room - 3 * caret, high)
        lines = self._words.lines
        size = self._words._setting.size
        after = width_of(lines[-1] if any(lines) else "", size, False) if self.text else 0
        if self.text.endswith(" "):
            after += width_of("x", size, False) // 2
        middle = self.y + air + high / 2
        if len(lines) > 1:
            middle -= self._words.texture_size[1] / 4
            tall = self._words.texture_size[1] / 2
        self._caret.size = (caret, tall)
        self._caret.pos = (round(self.x + pad + after + caret / 2), round(middle - tall / 2))


def _end_of(text: str, room: float, size: int) -> str:
    """So much of its end as two lines hold."""
    if width_of(text, size, False) <= 1.7 * room:
        return text
    words = text.split(" ")
    while len(words) > 1 and width_of("… " + " ".join(words), size, False) > 1.7 * room:
        words.pop(0)
    return "… " + " ".join(words)


class PinDots(Widget):
    """A full dot for each digit that was typed, and an empty one for each that is needed still."""

    count = NumericProperty(0)
    places = NumericProperty(6)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        for name in ("pos", "size", "count", "places"):
            self.fbind(name, self._draw)

    def _draw(self, *_: object) -> None:
        look = theme.now()
        self.canvas.clear()
        many = max(int(self.count), int(self.places))
        step = min(look.px(7.4), self.width / max(1, many))
        wide = min(look.px(4.4), step * 0.62)
        left = self.x + (self.width - step * many) / 2 + (step - wide) / 2
        low = self.y + (self.height - wide) / 2
        if wide < 3:
            return
        with self.canvas:
            for place in range(many):
                spot = (round(left + place * step), round(low), wide, wide)
                if place < self.count:
                    Color(*look.rgba("violet"))
                    SmoothEllipse(pos=spot[:2], size=spot[2:])
                else:
                    Color(*look.rgba("violet_line"))
                    line = max(1.0, look.px(0.22))
                    SmoothLine(ellipse=(spot[0] + line, spot[1] + line, wide - 2 * line, wide - 2 * line), width=line)


class FoundLine(Pressable):
    """`value`: the line's id."""

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(fill="card", border="violet_line", edge="violet_line", radius=2, **values)
        self.value = ""
        self._icon = Icon(ink="violet", filled=True, units=5)
        self._title = Text(role="second", bold=True, one_line_first=True)
        self._words = Text(role="staff", ink="muted")
        for part in (self._icon, self._title, self._words):
            self.add_widget(part)
        self._built = True
        self.fbind("pressed", self._dress)

    def show(self, view: DeskLine) -> None:
        self.value = view.id
        self._icon.name, self._title.text = view.icon, view.title
        self._words.text = " · ".join(filter(None, (view.text, view.aside)))
        self.place()

    def _dress(self, *_: object) -> None:
        self.fill, self.edge = ("violet_tint", "") if self.pressed else ("card", "violet_line")
        self.place()

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        lift = look.px(self.edge_units)
        low, high = self.y + (0 if self.pressed else lift), self.height - lift
        pad, icon = look.px(1.4), look.px(5)
        left = self.x + pad + icon + look.px(1)
        room = self.x + self.width - pad - left
        small = look.text_px("staff") * 1.3 if self._words.text else 0
        title = look.text_px("second") * 1.3 if small else high
        self._title.max_lines = 1 if small else 2
        top = low + (high + title + small) / 2
        self._icon.pos, self._icon.size = (self.x + pad, low + (high - icon) / 2), (icon, icon)
        self._title.pos, self._title.size = (left, top - title), (room, title)
        self._words.pos, self._words.size = (left, top - title - small), (room, max(1, small))


class Found(Widget):
    """The first of `lines`, side by side; `more` says that there are others, and `empty` that there is none. Sends
    `on_line`."""

    MOST = FOUND_AT_ONCE
    lines = ListProperty([])
    more = StringProperty("")
    empty = StringProperty("")
    __events__ = ("on_line",)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._tiles: list[FoundLine] = []
        self._words = Text(role="second", ink="muted", max_lines=2, one_line_first=True)
        self._more = Text(role="staff", ink="muted", max_lines=3, line_height=0.95)
        self.add_widget(self._words)
        self.add_widget(self._more)
        for name in ("pos", "size", "lines", "more", "empty"):
            self.fbind(name, self.place)

    def on_line(self, _line: object) -> None:
        pass

    def place(self, *_: object) -> None:
        if self.width < 4 or self.height < 4:
            return
        look = theme.now()
        shown = self.lines[: self.MOST]
        while len(self._tiles) < len(shown):
            tile = FoundLine()
            tile.bind(on_tap=lambda tapped: self.dispatch("on_line", tapped.value))
            self._tiles.append(tile)
        gap = look.px(1.4)
        self._more.text = self.more if shown else ""
        room = look.px(22 if look.large else 18) if self._more.text else 0
        wide = (self.width - (room + gap if room else 0) - gap * (self.MOST - 1)) / self.MOST
        for place, tile in enumerate(self._tiles):
            keep(self, tile, place < len(shown))
            if place < len(shown):
                tile.size, tile.pos = (wide, self.height), (self.x + place * (wide + gap), self.y)
                tile.show(shown[place])
        self._words.text = "" if shown else self.empty
        self._words.pos, self._words.size = self.pos, self.size
        self._more.pos = (self.x + len(shown) * (wide + gap), self.y)
        self._more.size = (max(1, self.x + self.width - self._more.x), self.height)
