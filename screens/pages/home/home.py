"""The beginning: what to do first, as one sentence, and two large tiles."""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty

from kiosk.session.inputs import Button
from screens import theme
from screens.view_models.views import HomeView
from screens.widgets.key import Pressable
from screens.widgets.page import Page, keep
from screens.widgets.picture import Illustration
from screens.widgets.text import Text, width_of
from screens.widgets.typeset import without_orphan, wrap

ART_SHAPE = 206 / 300
"""Height by width of both drawings on the tiles."""
WORDS_BESIDE_ART = (0.58, 0.68, 0.78, 1.0)
"""Of the tile's width: the least that gives the hint two lines."""


class Tile(Pressable):
    """A large key with a drawing that stands on its lower edge, as on a shelf."""

    title = StringProperty("")
    hint = StringProperty("")
    art = StringProperty("")
    title_ink = StringProperty("white")
    hint_ink = StringProperty("on_teal")
    dress = StringProperty("teal")
    value = ObjectProperty(None, allownone=True)

    def __init__(self, **values: Any) -> None:
        self._built = False
        super().__init__(radius=4, edge_units=1.0, border="outline", **values)
        self._art = Illustration(up=0, along=1)
        self._title = Text(role="tile", bold=True, max_lines=2, one_line_first=True, valign="top")
        self._hint = Text(role="second", max_lines=4, valign="top")
        for part in (self._art, self._title, self._hint):
            self.add_widget(part)
        self._built = True
        for name in ("title", "hint", "art", "title_ink", "hint_ink", "dress", "pressed"):
            self.fbind(name, self.place)
        self.place()

    def place(self, *_: object) -> None:
        if not self._built or self.width < 4:
            return
        look = theme.now()
        self.fill = f"{self.dress}_pressed" if self.pressed else self.dress
        self.edge = "" if self.pressed else f"{self.dress}_edge"
        lift = look.px(self.edge_units)
        sink = lift if self.pressed else 0
        left, pad = self.x + self.width * 0.055, self.width * 0.055
        self._title.text, self._title.ink = self.title, self.title_ink
        self._hint.text, self._hint.ink = self.hint, self.hint_ink
        top = (self.y + self.height) - self.height * 0.085 - sink
        wide = self.width - 2 * pad
        high = look.text_px("tile") * 1.3
        self._title.size, self._title.pos = (wide, high), (left, top - high)
        # The drawing takes what its proportions allow, but leaves the words their room beside it.
        size = look.text_px("second")
        gap, measure = look.px(4.4), partial(width_of, bold=False)
        for part in WORDS_BESIDE_ART:
            lines = without_orphan(wrap(self.hint, size, wide * part, measure), size, wide * part, measure)
            if len(lines) <= 2:
                break
        words = max(measure(line, size) for line in lines) + 1
        largest = min(self.width * (0.36 if look.large else 0.5), max(1.0, self.width - pad - gap - words))
        art_high = min(self.height * 0.64, largest * ART_SHAPE)
        art_wide = art_high / ART_SHAPE
        self._art.art = self.art
        self._art.size = (art_wide, art_high)
        on_border = self.border_px + 1 if look.high_contrast else 0
        self._art.pos = (self.x + self.width - art_wide - look.px(3.4), self.y + lift - sink + on_border)
        hint_top = top - high - look.px(0.4)
        hint_high = max(1.0, hint_top - self.y - lift - look.px(2))
        self._hint.size, self._hint.pos = (words, hint_high), (left, hint_top - hint_high)


class HomePage(Page):
    brand = StringProperty("")
    place_name = StringProperty("")
    greeting = StringProperty("")
    title = StringProperty("")
    borrow_title = StringProperty("")
    borrow_hint = StringProperty("")
    return_title = StringProperty("")
    return_hint = StringProperty("")
    borrow_button = ObjectProperty(Button.BORROW)
    return_button = ObjectProperty(Button.RETURN)
    hero_air = NumericProperty(2.0)

    def paint(self, view: HomeView) -> None:
        self.brand, self.place_name = view.brand, view.place
        self.greeting, self.title = view.greeting, view.title
        self.borrow_title, self.borrow_hint = view.borrow_title, view.borrow_hint
        self.return_title, self.return_hint = view.return_title, view.return_hint
        self.ids.my_books.show(view.my_books)
        self.ids.help.show(view.help)
        self.ids.language.show(view.language)
        self.ids.look.show(view.look)
        self.ids.banner.news = view.banner
        self.hero_air = 0.0 if view.banner else 2.0
        keep(self.ids.hero, self.ids.drawing.__self__, not view.live)
        keep(self.ids.hero, self.ids.finder.__self__, view.live)
        self.live = self.ids.finder.showing(view.live)
        keep(self.ids.body, self.ids.banner.__self__, view.banner is not None, index=3)
