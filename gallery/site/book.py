"""From many pictures of pages to few files: a sheet for each role and language, with each page in both sizes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from gallery.site.walk import kind_of

_COLOURS = 64
_HIGH = 520
"""Of both pictures of a page, at the most."""
_DESK_WIDE, _PHONE_WIDE = 640, 240
_GAP = 12
_ACROSS = 2
_BACKGROUND = "#8A9094"


@dataclass(frozen=True, slots=True)
class Pictured:
    """A page: PNGs of it in both sizes."""

    path: str
    desk: bytes
    phone: bytes


def write_sheet(pages: Sequence[Pictured], file: Path) -> None:
    """All of them, in the order in which they were found."""
    wide = _DESK_WIDE + _PHONE_WIDE + 2 * _GAP
    rows = -(-len(pages) // _ACROSS)
    sheet = Image.new("RGB", (_ACROSS * wide + _GAP, rows * (_HIGH + _GAP) + _GAP), _BACKGROUND)
    for place, page in enumerate(pages):
        left, top = _GAP + place % _ACROSS * wide, _GAP + place // _ACROSS * (_HIGH + _GAP)
        sheet.paste(_small(page.desk, _DESK_WIDE), (left, top))
        sheet.paste(_small(page.phone, _PHONE_WIDE), (left + _DESK_WIDE + _GAP, top))
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, optimize=True)


def write_index(of_role: Mapping[str, Sequence[Pictured]], languages: Sequence[str], folder: Path) -> None:
    """What is on which sheet, in words."""
    (folder / "README.md").write_text("\n".join(_index(of_role, languages)) + "\n", "utf-8")


def _small(png: bytes, wide: int) -> Image.Image:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    high = round(picture.height * wide / picture.width)
    return picture.resize((wide, high), Image.Resampling.LANCZOS).crop((0, 0, wide, min(high, _HIGH)))


def _index(of_role: Mapping[str, Sequence[Pictured]], languages: Sequence[str]) -> Iterator[str]:
    yield "# The centre's pages"
    yield ""
    yield "Every page that somebody can reach by links, on a desk and on a telephone, from the sample school."
    yield "`script/screens` makes these pictures anew with Debian's Chromium, and finds new pages. Long pages are cut."
    for role, pages in of_role.items():
        yield from ("", f"## {role.capitalize()}", "")
        yield " · ".join(f"[{language}]({role}-{language}.png)" for language in languages)
        yield ""
        yield "From left to right: " + ", ".join(f"`{kind_of(page.path)}`" for page in pages) + "."
