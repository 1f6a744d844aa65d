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
_ON_ONE = 16
_BACKGROUND = "#8A9094"


@dataclass(frozen=True, slots=True)
class Pictured:
    """A page: PNGs of it in both sizes; `path`: or what it is, where no link leads to it."""

    path: str
    desk: bytes
    phone: bytes


def write_sheets(pages: Sequence[Pictured], folder: Path, name: str) -> None:
    """All of them, in the order in which they were found; `name` of the files, which are numbered from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}*.png"):
        old.unlink()
    for number, some in enumerate(_batched(pages, _ON_ONE), 1):
        _write_sheet(some, folder / f"{name}-{number}.png")


def _write_sheet(pages: Sequence[Pictured], file: Path) -> None:
    wide = _DESK_WIDE + _PHONE_WIDE + 2 * _GAP
    rows = -(-len(pages) // _ACROSS)
    sheet = Image.new("RGB", (_ACROSS * wide + _GAP, rows * (_HIGH + _GAP) + _GAP), _BACKGROUND)
    for place, page in enumerate(pages):
        left, top = _GAP + place % _ACROSS * wide, _GAP + place // _ACROSS * (_HIGH + _GAP)
        sheet.paste(_small(page.desk, _DESK_WIDE), (left, top))
        sheet.paste(_small(page.phone, _PHONE_WIDE), (left + _DESK_WIDE + _GAP, top))
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
    yield "Every page that somebody can reach by links, and some that come of what they type, on a desk and on a"
    yield "telephone, from the sample school. `script/screens` makes these pictures anew with Debian's Chromium, and"
    yield "finds new pages. Long pages are cut; what is on the sheet of somebody before is not shown once more."
    for role, pages in of_role.items():
        yield from ("", f"## {role.capitalize()}", "")
        for number, some in enumerate(_batched(pages, _ON_ONE), 1):
            links = " · ".join(f"[{language}]({role}-{language}-{number}.png)" for language in languages)
            yield f"{number}. {links}: " + ", ".join(map(_named, some)) + "."


def _named(page: Pictured) -> str:
    return f"`{kind_of(page.path)}`" if page.path.startswith("/") else page.path


def _batched(pages: Sequence[Pictured], most: int) -> Iterator[Sequence[Pictured]]:
    """Python 3.11 has none of its own."""
    return (pages[begin : begin + most] for begin in range(0, len(pages), most))
