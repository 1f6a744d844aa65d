"""Words and icons. A Text never draws outside its box; a Text that hugs takes the width of its words."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from kivy.clock import Clock
from kivy.core.text import Label as TextureMaker
from kivy.core.text import LabelBase
from kivy.graphics import Color, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.widgets.typeset import Setting, fit

WORDS, BOLD_ICONS, FILLED_ICONS = "Words", "BoldIcons", "FilledIcons"


def register_fonts() -> None:
    fonts = theme.ASSETS / "fonts"
    LabelBase.register(WORDS, str(fonts / "BeVietnamPro-Medium.ttf"), fn_bold=str(fonts / "BeVietnamPro-Bold.ttf"))
    LabelBase.register(BOLD_ICONS, str(fonts / "Phosphor-Bold.ttf"))
    LabelBase.register(FILLED_ICONS, str(fonts / "Phosphor-Fill.ttf"))


@cache
def _maker(size: int, bold: bool) -> Any:
    return TextureMaker(font_name=WORDS, font_size=size, bold=bold)


def width_of(text: str, size: int, bold: bool) -> int:
    return int(_maker(size, bold).get_extents(text)[0])


def warm_font(role: str) -> None:
    """Opens the role's fonts and draws every Vietnamese letter once, so that no reader waits for that."""
    size = theme.now().text_px(role)
    for bold in (False, True):
        texture_of(Setting(size, (_LETTERS, _LETTERS.upper())), bold, "left", 1.0)


_LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyfjwz0123456789.,:;/()-“”áàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
)


def height_of(setting: Setting, bold: bool, line_height: float) -> int:
    """Px that the lines take. One with stacked accents on capitals (Ỗ) is higher than the font says."""
    maker = _maker(setting.size, bold)
    lines = [maker.get_extents(line)[1] for line in setting.lines]
    return int(sum(lines[:-1]) * line_height + sum(lines[-1:]) + 1)


def texture_of(setting: Setting, bold: bool, align: str, line_height: float) -> Any:
    """White on nothing, to be tinted. None for no words."""
    if not any(setting.lines):
        return None
    maker = TextureMaker(
        text="\n".join(setting.lines),
        font_name=WORDS,
        font_size=setting.size,
        bold=bold,
        halign=align,
        line_height=line_height,
    )
    maker.refresh()
    return maker.texture


class Text(Widget):
    """`role` and `ink` are names in the theme. `hug`: as wide and high as its words, up to `hug_max` px when set."""

    text = StringProperty("")
    role = StringProperty("body")
    ink = StringProperty("ink")
    bold = BooleanProperty(False)
    align = OptionProperty("left", options=("left", "center", "right"))
    valign = OptionProperty("middle", options=("top", "middle", "bottom"))
    max_lines = NumericProperty(1)
    one_line_first = BooleanProperty(False)
    line_height = NumericProperty(0.95)
    hug = BooleanProperty(False)
    hug_max = NumericProperty(0)

    def __init__(self, **values: Any) -> None:
        self._set: tuple[object, ...] = ()
        self._setting = Setting(1, ())
        self._usual_height = 0
        self._ready = False
        super().__init__(**values)
        self._ready = True
        with self.canvas:
            self._tint = Color(*theme.now().rgba(self.ink))
            self._words = Rectangle(size=(0, 0))
        self._later = Clock.create_trigger(self.render, -1)
        for name in ("size", "role", "bold", "align", "max_lines", "one_line_first", "line_height"):
            self.fbind(name, self._later)
        self.fbind("pos", self._place)
        self.fbind("valign", self._place)
        self._hug()
        self.render()

    @property
    def texture_size(self) -> tuple[int, int]:
        """Px of what is drawn."""
        wide, high = self._words.size
        return int(wide), int(high)

    @property
    def overshoot(self) -> int:
        """Px by which accents stacked on capitals (Ỗ) rise above what the font says is its height."""
        return max(0, int(self._words.size[1]) - self._usual_height) if self._setting.lines else 0

    @property
    def lines(self) -> tuple[str, ...]:
        return self._setting.lines

    def on_ink(self, *_: object) -> None:
        if self._ready:
            self._tint.rgba = theme.now().rgba(self.ink)

    def on_text(self, *_: object) -> None:
        if self._ready:
            self._hug()
            self._later()

    def on_role(self, *_: object) -> None:
        if self._ready:
            self._hug()

    def on_hug_max(self, *_: object) -> None:
        if self._ready:
            self._hug()

    def natural_width(self) -> int:
        """Px of the words on one line in full size."""
        return width_of(self.text, theme.now().text_px(self.role), self.bold) if self.text else 0

    def _hug(self) -> None:
        if self.hug:
            wide = self.natural_width()
            self.size_hint_x = None
            self.width = min(wide, self.hug_max) if self.hug_max else wide

    def render(self, *_: object) -> None:
        """Draws at once what is asked for now; does nothing when that is drawn already."""
        asked = (self.text, self.width, self.height, self.role, self.bold, self.align, self.max_lines, self.line_height)
        if asked == self._set:
            return
        self._set = asked
        bold = self.bold
        self._setting = fit(
            self.text,
            theme.now().text_px(self.role),
            self.width,
            self.height,
            lambda words, size: width_of(words, size, bold),
            max_lines=int(self.max_lines),
            one_line_first=self.one_line_first,
            line_height=self.line_height,
        )
        texture = texture_of(self._setting, bold, self.align, self.line_height)
        self._usual_height = height_of(replace(self._setting, lines=("x",) * len(self.lines)), bold, self.line_height)
        self._words.texture = texture
        self._words.size = texture.size if texture else (0, 0)
        self._place()

    def _place(self, *_: object) -> None:
        if not self._ready:
            return
        wide, high = self._words.size
        # Accents on capitals rise above the line; the words stay where they would be without.
        high -= self.overshoot
        x = {"left": 0.0, "center": (self.width - wide) / 2, "right": self.width - wide}[self.align]
        y = {"bottom": 0.0, "middle": (self.height - high) / 2, "top": self.height - high}[self.valign]
        self._words.pos = (round(self.x + x), round(self.y + y))


@cache
def _icon_texture(name: str, filled: bool, size: int) -> Any:
    maker = TextureMaker(text=theme.icons()[name], font_name=FILLED_ICONS if filled else BOLD_ICONS, font_size=size)
    maker.refresh()
    return maker.texture


class Icon(Widget):
    """One glyph of `units` u in the middle of its box. No `name`: nothing."""

    name = StringProperty("")
    ink = StringProperty("ink")
    filled = BooleanProperty(False)
    units = NumericProperty(5)

    def __init__(self, **values: Any) -> None:
        self._ready = False
        super().__init__(**values)
        self._ready = True
        with self.canvas:
            self._tint = Color(*theme.now().rgba(self.ink))
            self._glyph = Rectangle(size=(0, 0))
        for name in ("name", "filled", "units"):
            self.fbind(name, self._draw)
        self.fbind("pos", self._place)
        self.fbind("size", self._place)
        self._draw()

    def on_ink(self, *_: object) -> None:
        if self._ready:
            self._tint.rgba = theme.now().rgba(self.ink)

    def _draw(self, *_: object) -> None:
        texture = _icon_texture(self.name, self.filled, theme.now().px(self.units)) if self.name else None
        self._glyph.texture = texture
        self._glyph.size = texture.size if texture else (0, 0)
        self._place()

    def _place(self, *_: object) -> None:
        if self._ready:
            wide, high = self._glyph.size
            self._glyph.pos = (round(self.x + (self.width - wide) / 2), round(self.y + (self.height - high) / 2))
