"""Colours, type sizes and the one scale factor. Data only; nothing here imports Kivy.

Sizes are in units: 1 u is 1 mm on a 7-inch 1024×600 screen, and every layout fits 153.6 × 90 u.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kiosk.session.states import Look

Rgba = tuple[float, float, float, float]

ASSETS = Path(__file__).parent / "assets"
SMALLEST = (153.6, 90.0)
"""Units, width and height: what every page fits into."""

PALETTE: Mapping[str, str] = {
    "ink": "#14242B",
    "paper": "#FBF8F1",
    "card": "#FFFFFF",
    "white": "#FFFFFF",
    "muted": "#4A5B63",
    "line": "#7B8A91",
    "hair": "#E3DCCB",
    "edge": "#A9B2AE",
    "teal": "#0B5D66",
    "teal_pressed": "#084850",
    "teal_edge": "#063B42",
    "teal_tint": "#E2EFEC",
    "teal_track": "#2F757C",
    "on_teal": "#DDEEEC",
    "amber": "#F5B83D",
    "amber_pressed": "#E3A526",
    "amber_edge": "#B97F12",
    "amber_tint": "#FFF1D1",
    "amber_wash": "#FFFDF7",
    "on_amber": "#3A2A05",
    "warn": "#7A4B00",
    "warn_track": "#EADFC4",
    "ok": "#1B6B3A",
    "ok_tint": "#E3F3E8",
    "ok_wash": "#F7FBF7",
    "ok_line": "#A9CDB5",
    "ok_edge": "#0F4726",
    "red": "#A32A1E",
    "violet": "#3B2A6E",
    "violet_edge": "#23174A",
    "violet_tint": "#ECE8F7",
    "violet_track": "#5B4A93",
    "violet_line": "#8A7DB8",
    "sky": "#1F4E6B",
    "sky_tint": "#E4EDF2",
    "sky_line": "#B9CFDA",
    "track": "#D9DFD8",
    "off": "#EFEBE0",
    "pressed": "#F0ECE1",
    "dark": "#22343B",
    "dark_pressed": "#16242A",
    "dark_edge": "#0A1317",
    "dim": "#14242BD9",
    "outline": "#00000000",
    "night": "#0F1A1F",
    "shade": "#0F1A1F8C",
    "beam": "#F5B83DCC",
    "pages": "#DCCFB2",
    "fold": "#00000040",
    "gloss": "#FFFFFF8C",
    "cover0": "#0B5D66",
    "cover1": "#A6452B",
    "cover2": "#2E7345",
    "cover3": "#6B3F73",
    "cover4": "#2B5C8A",
    "cover5": "#8A5A00",
}

HIGH_CONTRAST: Mapping[str, str] = {
    **PALETTE,
    "ink": "#000000",
    "paper": "#FFFFFF",
    "muted": "#1A1A1A",
    "line": "#000000",
    "hair": "#000000",
    "edge": "#000000",
    "teal": "#003A42",
    "teal_edge": "#000000",
    "teal_tint": "#FFFFFF",
    "on_teal": "#FFFFFF",
    "amber": "#FFC93C",
    "amber_edge": "#000000",
    "amber_tint": "#FFF6DC",
    "amber_wash": "#FFFFFF",
    "on_amber": "#000000",
    "warn": "#5A3600",
    "violet_tint": "#FFFFFF",
    "violet_line": "#000000",
    "ok": "#004D20",
    "ok_tint": "#FFFFFF",
    "ok_wash": "#FFFFFF",
    "ok_line": "#004D20",
    "sky": "#00304A",
    "sky_tint": "#FFFFFF",
    "sky_line": "#00304A",
    "outline": "#000000",
}

TYPE_SIZES: Mapping[str, float] = {
    "display": 7.2,
    "tile": 6.6,
    "title": 6.0,
    "head": 4.8,
    "primary": 4.5,
    "body": 3.9,
    "second": 3.3,
    "staff": 2.7,
}
"""Units. On a 7-inch 1024×600 screen one unit is 6.7 px, so body is 26 px."""

DECORATIONS = frozenset({"canopy", "hill", "sprig"})
"""Drawings that only adorn: not drawn in high contrast, where nothing may distract."""

COVERS = 6
"""Colours that a drawn book cover can have."""


@dataclass(frozen=True, slots=True)
class Theme:
    """`unit`: px per u. Chosen before any page is built."""

    unit: float
    palette: Mapping[str, str]
    large: bool = False

    @classmethod
    def of(cls, look: Look, unit: float) -> Theme:
        return cls(unit, HIGH_CONTRAST if look is Look.CONTRAST else PALETTE, large=look is not Look.USUAL)

    def px(self, units: float) -> int:
        return round(units * self.unit)

    def text_px(self, role: str) -> int:
        size = TYPE_SIZES[role]
        if self.large:
            size *= 1.28 if size < 4.6 else 1.1
        return round(size * self.unit)

    def rgba(self, name: str) -> Rgba:
        return _rgba(self.palette[name])

    @property
    def high_contrast(self) -> bool:
        return self.palette is HIGH_CONTRAST


def unit_for(width: float, height: float) -> float:
    """Px per unit on a window of that many px."""
    return min(width / SMALLEST[0], height / SMALLEST[1])


@cache
def _rgba(text: str) -> Rgba:
    red, green, blue, alpha = (int(text[i : i + 2] or "ff", 16) / 255 for i in (1, 3, 5, 7))
    return red, green, blue, alpha


@cache
def icons() -> Mapping[str, str]:
    """Name to character, the same in both icon fonts."""
    names: dict[str, str] = json.loads((ASSETS / "icons.json").read_text("utf-8"))
    return {name: chr(int(code, 16)) for name, code in names.items()}


@cache
def illustrations() -> frozenset[str]:
    """What a view may name as its art."""
    return frozenset(path.stem for path in (ASSETS / "art").glob("*.png"))


_now = Theme(unit_for(1024, 600), PALETTE)


def now() -> Theme:
    """What widgets are built with. Kivy has one window per process, so there is one theme at a time."""
    return _now


def use(theme: Theme) -> None:
    """Before building pages; those already built keep what they were built with and must be built again."""
    global _now
    _now = theme
