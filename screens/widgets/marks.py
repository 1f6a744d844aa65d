"""Small drawn things: chips, covers, the shelf, a line of news."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle, SmoothRoundedRectangle
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.view_models import views
from screens.widgets.surface import Panel
from screens.widgets.text import Icon, Text


class Chip(Panel):
    """An icon and a word in a pill, as wide as they need, up to `most` px when set; nothing without a word."""

    text = StringProperty("")
    icon = StringProperty("")
    ink = StringProperty("warn")
    role = StringProperty("second")
    filled = BooleanProperty(True)
    most = NumericProperty(0)

    def __init__(self, **values: Any) -> None:
        self._built = False
        self._icon = Icon(filled=True)
        self._words = Text(bold=True)
        super().__init__(**({"border": "outline"} | values))
        self.add_widget(self._icon)
        self.add_widget(self._words)
        self._built = True
        for name in ("text", "icon", "ink", "role", "most"):
            self.fbind(name, self.place)
        self.place()

    def place(self, *_: object) -> None:
        if not self._built:
            return
        look = theme.now()
        self.radius = self.height / look.unit / 2
        units = theme.TYPE_SIZES[self.role] * 1.25
        icon = look.px(units) if self.icon else 0
        gap, pad = (look.px(1.0) if icon else 0), look.px(1.8)
        self._icon.name, self._icon.ink, self._icon.units = self.icon, self.ink, units
        self._icon.filled = self.filled
        self._words.text, self._words.ink, self._words.role = self.text, self.ink, self.role
        around = 2 * pad + icon + gap
        wide = self._words.natural_width() + 1
        if self.most:
            wide = max(1, min(wide, self.most - around))
        self.opacity = 1 if self.text else 0
        self.width = wide + around if self.text else 0
        self._icon.size = (icon, icon)
        self._icon.pos = (self.x + pad, (self.y + self.height / 2) - icon / 2)
        self._words.size = (wide, self.height)
        self._words.pos = (self.x + pad + icon + gap, self.y)


class Cover(Widget):
    """A little book: a colour and a letter, always the same for the same title."""

    letter = StringProperty("")
    colour = NumericProperty(0)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        look = theme.now()
        round_by = [look.px(0.7)]
        with self.canvas:
            Color(*look.rgba("pages"))
            self._pages = SmoothRoundedRectangle(radius=round_by)
            self._cloth = Color(*look.rgba("cover0"))
            self._front = SmoothRoundedRectangle(radius=round_by)
            Color(*look.rgba("fold"))
            self._fold = Rectangle()
        self._letter = Text(bold=True, ink="white", align="center", role="second")
        self.add_widget(self._letter)
        for name in ("pos", "size", "letter", "colour"):
            self.fbind(name, self._draw)
        self._draw()

    def _draw(self, *_: object) -> None:
        look = theme.now()
        x, y, wide, high = round(self.x), round(self.y), round(self.width), round(self.height)
        deep = max(2, look.px(0.5))
        if wide < 3 * deep or high < 3 * deep:
            return
        self._cloth.rgba = look.rgba(f"cover{int(self.colour) % theme.COVERS}")
        self._pages.pos, self._pages.size = (x + deep, y), (wide - deep, high - deep)
        self._front.pos, self._front.size = (x, y + deep), (wide - deep, high - deep)
        self._fold.pos, self._fold.size = (x + look.px(0.8), y + deep), (max(1, look.px(0.35)), high - deep)
        spine = look.px(1.2)
        self._letter.role = "body" if wide >= look.px(7) else "second" if wide >= look.px(5.4) else "staff"
        self._letter.pos, self._letter.size = (x + spine, y + deep), (wide - deep - spine, high - deep)
        self._letter.text = self.letter


class ShelfPips(Widget):
    """The shelf: a spine for each book on loan, an empty place for each that may still come."""

    colours = ListProperty([])
    total = NumericProperty(0)
    most_units = NumericProperty(44)  # wide at most; many places stand closer

    _HEIGHTS = (0.92, 0.78, 1.0, 0.84, 0.9, 0.76, 1.0)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._drawn: tuple[object, ...] = ()
        for name in ("pos", "size", "colours", "total", "most_units"):
            self.fbind(name, self._draw)
        self._draw()

    def _draw(self, *_: object) -> None:
        places = max(int(self.total), len(self.colours))
        asked = (self.x, self.y, self.height, tuple(self.colours), places, self.most_units)
        if asked == self._drawn:
            return
        self._drawn = asked
        look = theme.now()
        step = min(3.4, (self.most_units - 1.6) / max(1, places))
        self.width = look.px(places * step + 1.6)
        board = max(2, look.px(0.6))
        tall = self.height - board
        self.canvas.clear()
        if tall < 4 or places == 0:
            return
        x, y = round(self.x), round(self.y)
        thick = max(3, look.px(step * 0.86))
        with self.canvas:
            for place in range(places):
                left = x + look.px(0.9 + place * step)
                high = round(tall * self._HEIGHTS[place % len(self._HEIGHTS)])
                if place < len(self.colours):
                    Color(*look.rgba(f"cover{int(self.colours[place]) % theme.COVERS}"))
                    SmoothRoundedRectangle(pos=(left, y + board), size=(thick, high), radius=[look.px(0.5)])
                    Color(*look.rgba("gloss"))
                    Rectangle(pos=(left, y + board + high * 0.68), size=(thick, max(2, look.px(0.45))))
                else:
                    rim = 2 if thick > 8 else 1
                    Color(*look.rgba("line"))
                    SmoothRoundedRectangle(pos=(left, y + board), size=(thick, high), radius=[look.px(0.5)])
                    Color(*look.rgba("paper"))
                    SmoothRoundedRectangle(
                        pos=(left + rim, y + board + rim), size=(thick - 2 * rim, high - 2 * rim), radius=[look.px(0.4)]
                    )
            Color(*look.rgba("ink"))
            SmoothRoundedRectangle(pos=(x, y), size=(round(self.width), board), radius=[look.px(0.4)])


_NEWS = {  # fill, border, words
    views.Tone.PLAIN: ("sky_tint", "sky_line", "sky"),
    views.Tone.ATTENTION: ("amber_tint", "amber_edge", "warn"),
}


class Banner(Panel):
    """A line about the station itself: what is so, and what that means for the reader."""

    news = ObjectProperty(None, allownone=True)

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(**({"radius": 2.0} | values))
        self._icon = Icon(filled=True, units=5.4)
        self._strong = Text(role="second", bold=True)
        self._words = Text(role="second")
        self._aside = Text(role="staff", align="right")
        for part in (self._icon, self._strong, self._words, self._aside):
            self.add_widget(part)
        self._built = True
        self.fbind("news", self.place)
        self.place()

    def place(self, *_: object) -> None:
        news: views.Banner | None = self.news
        if not self._built or news is None or self.width < 2:
            return
        look = theme.now()
        self.fill, self.border, ink = _NEWS[news.tone]
        for part in (self._icon, self._strong, self._words, self._aside):
            part.ink = ink
        pad, gap = look.px(2.6), look.px(2.0)
        left, right = self.x + pad, (self.x + self.width) - pad
        icon = look.px(5.4)
        self._icon.name, self._icon.size = news.icon, (icon, icon)
        self._icon.pos = (left, self.y + (self.height - icon) / 2)
        left += icon + gap
        self._strong.text, self._words.text, self._aside.text = news.strong, news.text, news.aside
        aside = min(self._aside.natural_width() + 1 if news.aside else 0, (right - left) * 0.3)
        needed = self._strong.natural_width() + self._words.natural_width() + gap
        if needed > right - left - aside - gap:
            aside = 0  # what it means for the reader comes first
            self._aside.text = ""
        self._aside.size, self._aside.pos = (aside, self.height), (right - aside, self.y)
        room = right - left - (aside + gap if aside else 0)
        strong = min(self._strong.natural_width() + 1 if news.strong else 0, room)
        self._strong.size, self._strong.pos = (strong, self.height), (left, self.y)
        space = look.px(0.9) if news.strong else 0
        self._words.pos = (left + strong + space, self.y)
        self._words.size = (max(0, room - strong - space), self.height)
