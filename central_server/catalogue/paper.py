"""Labels for books and cards for readers, as PDF for sheets of A4: printed at 100 %, read by any scanner.

Labels: 3 × 8 of 70 × 37 mm, the sheets that every stationer has. Cards: 2 × 5 of 85.6 × 54 mm, as bank cards are.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

T = TypeVar("T")

_FONTS = Path(__file__).parents[2] / "screens" / "assets" / "fonts"  # data beside us; no code of the station's
_PLAIN, _STRONG = "BeVietnamPro-Medium", "BeVietnamPro-Bold"
_INK, _TEAL, _MUTED, _LINE = (HexColor(colour) for colour in ("#14242B", "#0B5D66", "#4A5B63", "#B9C2C6"))
# The width of the thinnest bar: what every printer prints and every scanner reads, and what is read from near by.
_WIDE_MM, _NARROW_MM = 0.38, 0.19
# No printer prints to the very edge of the paper.
_EDGE_MM = 5.0


class Label(NamedTuple):
    barcode: str
    call_number: str
    title: str


class Card(NamedTuple):
    number: str
    name: str
    class_name: str


class Cell(NamedTuple):
    """Lower left corner, width and height, in points."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Grid:
    """How a sheet is divided; widths and heights in mm."""

    columns: int
    rows: int
    width: float
    height: float

    @property
    def places(self) -> int:
        return self.columns * self.rows

    def cell(self, place: int) -> Cell:
        """The cell at `place`, from 0 at the top left."""
        row, column = divmod(place, self.columns)
        left = (A4[0] - self.columns * self.width * mm) / 2
        top = (A4[1] + self.rows * self.height * mm) / 2
        return Cell(
            left + column * self.width * mm, top - (row + 1) * self.height * mm, self.width * mm, self.height * mm
        )


LABELS = Grid(3, 8, 70, 37)
CARDS = Grid(2, 5, 85.6, 54)


def labels(of: Sequence[Label], library: str, start: int = 1) -> bytes:
    """Sheets of labels; `start`: the first place of the first sheet that is still there, from 1. Each barcode must be
    printable."""

    def draw(page: Canvas, cell: Cell, one: Label) -> None:
        inner = cell.width - 2 * _EDGE_MM * mm
        middle, top = cell.x + cell.width / 2, cell.y + cell.height
        _text(page, middle, top - 7 * mm, one.title, _STRONG, 7.5, inner)
        _text(page, middle, top - 10.8 * mm, one.call_number, _PLAIN, 8, inner)
        _bars(page, one.barcode, cell, 9.5 * mm, 14 * mm, _EDGE_MM)
        _text(page, middle, cell.y + 5.2 * mm, one.barcode, _STRONG, 9.5, inner)

    return _sheets(LABELS, of, start, f"{library}: nhãn sách", draw)


def cards(of: Sequence[Card], library: str, start: int = 1) -> bytes:
    """Sheets of readers' cards, with the lines to cut along. Each number must be printable."""

    def draw(page: Canvas, cell: Cell, one: Card) -> None:
        x, top, inner = cell.x + 5 * mm, cell.y + cell.height, cell.width - 10 * mm
        page.setStrokeColor(_LINE)
        page.setLineWidth(0.3)
        page.rect(*cell)
        page.setFillColor(_TEAL)
        page.rect(cell.x, top - 13 * mm, cell.width, 13 * mm, stroke=0, fill=1)
        page.setFillColor(white)
        page.setFont(_STRONG, 11)
        page.drawString(x, top - 6 * mm, "Thẻ bạn đọc")
        page.setFont(_PLAIN, 7.5)
        page.drawString(x, top - 10.5 * mm, _cut(library, _PLAIN, 7.5, inner))
        page.setFillColor(_INK)
        page.setFont(_STRONG, 12)
        page.drawString(x, top - 20 * mm, _cut(one.name, _STRONG, 12, inner))
        page.setFillColor(_MUTED)
        page.setFont(_PLAIN, 9)
        page.drawString(x, top - 25 * mm, _cut(f"Lớp {one.class_name}" if one.class_name else "", _PLAIN, 9, inner))
        _bars(page, one.number, cell, 8.5 * mm, 16 * mm, 2)
        _text(page, cell.x + cell.width / 2, cell.y + 4 * mm, one.number, _STRONG, 9, inner)

    return _sheets(CARDS, of, start, f"{library}: thẻ bạn đọc", draw)


def is_printable(code: str, grid: Grid = LABELS) -> bool:
    """Whether bars for `code` fit on such a sheet, wide enough to be read."""
    if not code or not all(" " <= letter <= "~" for letter in code):
        return False
    return _module(code, grid.width - 2 * (_EDGE_MM if grid is LABELS else 2)) is not None


def _sheets(grid: Grid, of: Sequence[T], start: int, name: str, draw: Callable[[Canvas, Cell, T], None]) -> bytes:
    """A page for every full sheet. Raises `ValueError` for a place that a sheet does not have."""
    if not 1 <= start <= grid.places:
        raise ValueError(f"a sheet has {grid.places} places")
    _have_fonts()
    content = io.BytesIO()
    page = Canvas(content, pagesize=A4, pageCompression=1)
    page.setTitle(name)
    for place, one in enumerate(of, start - 1):
        if place and place % grid.places == 0:
            page.showPage()
        draw(page, grid.cell(place % grid.places), one)
    page.save()
    return content.getvalue()


@cache
def _have_fonts() -> None:
    for font in (_PLAIN, _STRONG):
        pdfmetrics.registerFont(TTFont(font, str(_FONTS / f"{font}.ttf")))


@cache
def _modules(code: str) -> int:
    """The width of bars for `code` in thinnest bars, with the ten of white at each side."""
    return int(Code128(code, barWidth=1, quiet=0).width) + 20


def _module(code: str, width_mm: float) -> float | None:
    """How wide the thinnest bar may be, in mm; `None`: too thin to be read."""
    fits = min(width_mm / _modules(code), _WIDE_MM)
    return fits if fits >= _NARROW_MM else None


def _bars(page: Canvas, code: str, cell: Cell, above: float, height: float, edge_mm: float) -> None:
    """Bars in the middle of `cell`, `above` its lower side."""
    module = _module(code, cell.width / mm - 2 * edge_mm)
    if module is None:
        raise ValueError("the code is too long for bars")
    bars = Code128(code, barWidth=module * mm, barHeight=height, quiet=0)
    page.setFillColor(_INK)
    bars.drawOn(page, cell.x + (cell.width - bars.width) / 2, cell.y + above)


def _text(page: Canvas, middle: float, y: float, text: str, font: str, size: float, width: float) -> None:
    page.setFillColor(_INK if font == _STRONG else _MUTED)
    page.setFont(font, size)
    page.drawCentredString(middle, y, _cut(text, font, size, width))


def _cut(text: str, font: str, size: float, width: float) -> str:
    """As much of `text` as fits. Nobody prints more letters than this on a label."""
    shown = text[:120]
    while shown and pdfmetrics.stringWidth(shown + ("" if shown == text else "…"), font, size) > width:
        shown = shown[:-1].rstrip()
    return shown if shown == text else shown + "…"
