"""Cards and labels of the sample school on paper, to try with a real scanner or camera: print at 100 %, cut, scan."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from demo.processes import ROOT
from demo.school import SAMPLES

_CARDS = ("HS250001", "HS250002", "HS240003", "HS260005", "HS260006", "HS260016", "GV020001", "HS250053")
_LABELS = 27
_INK, _TEAL, _MUTED, _LINE = (HexColor(colour) for colour in ("#14242B", "#0B5D66", "#4A5B63", "#B9C2C6"))
_SCHOOL = "Thư viện xanh · Trường THCS Hoa Sen"
_PLAIN, _STRONG = "BeVietnamPro-Medium", "BeVietnamPro-Bold"


def write_sheet(path: Path) -> None:
    """Two pages of A4: eight readers' cards (85.6 × 54 mm, as a bank card), then labels (60 × 27 mm) for books."""
    for font in (_PLAIN, _STRONG):
        pdfmetrics.registerFont(TTFont(font, str(ROOT / "screens" / "assets" / "fonts" / f"{font}.ttf")))
    page = Canvas(str(path), pagesize=A4, pageCompression=1)
    page.setTitle("Trạm Xanh: thẻ và nhãn để dùng thử")
    readers = {row["Số thẻ"]: row for row in _rows("patrons.csv")}
    _heading(
        page,
        "Thẻ bạn đọc để dùng thử",
        "In đúng cỡ 100 %, cắt theo đường kẻ. Người trong thẻ không có thật. Thẻ HS250053 đã hết hạn.",
        "Readers' cards: print at 100 %, cut along the lines. The people are invented. HS250053 has expired.",
    )
    for corner, number in zip(_grid(85.6, 54, 2, 4), _CARDS, strict=True):
        reader = readers[number]
        _card(page, corner, number, reader["Họ và tên"], reader["Lớp"])
    page.showPage()
    _heading(
        page,
        "Nhãn sách để dùng thử",
        "Dán mỗi cuốn một nhãn. TC: chỉ đọc tại chỗ; SGK: sách giáo khoa; TT: truyện tranh.",
        "Book labels, one on each book. TC: read here only; SGK: textbook; TT: comic.",
    )
    for corner, (number, name, place) in zip(_grid(60, 27, 3, 9), _some_items(), strict=True):
        _label(page, corner, number, name, place)
    page.save()


def _rows(file: str) -> Sequence[dict[str, str]]:
    with (SAMPLES / file).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _some_items() -> Iterator[tuple[str, str, str]]:
    """Barcode, title and call number: the first storybooks, then some of each other kind."""
    titles = {row["Mã đầu sách"]: row for row in _rows("titles.csv")}
    items = _rows("items.csv")
    chosen = [row for row in items if row["Số ĐKCB"].startswith("TK.")][: _LABELS - 8]
    for kind, count in (("SGK.", 4), ("TC.", 3), ("TT.", 1)):
        chosen += [row for row in items if row["Số ĐKCB"].startswith(kind)][:count]
    for row in chosen:
        title = titles[row["Mã đầu sách"]]
        yield row["Số ĐKCB"], title["Nhan đề"], title["Ký hiệu xếp giá"]


def _grid(width: float, height: float, columns: int, rows: int) -> Iterator[tuple[float, float, float, float]]:
    """Cells from the top left: x, y of the lower left corner, width, height, in points."""
    left = (A4[0] - columns * width * mm) / 2
    top = A4[1] - 34 * mm
    for row in range(rows):
        for column in range(columns):
            yield left + column * width * mm, top - (row + 1) * height * mm, width * mm, height * mm


def _heading(page: Canvas, title: str, *lines: str) -> None:
    page.setFillColor(_INK)
    page.setFont(_STRONG, 16)
    page.drawString(19 * mm, A4[1] - 18 * mm, title)
    page.setFillColor(_MUTED)
    page.setFont(_PLAIN, 9)
    for place, line in enumerate(lines):
        page.drawString(19 * mm, A4[1] - (24 + 4.5 * place) * mm, line)


def _card(page: Canvas, cell: tuple[float, float, float, float], number: str, name: str, class_name: str) -> None:
    x, y, width, height = cell
    _outline(page, cell)
    page.setFillColor(_TEAL)
    page.rect(x, y + height - 13 * mm, width, 13 * mm, stroke=0, fill=1)
    page.setFillColor(white)
    page.setFont(_STRONG, 11)
    page.drawString(x + 5 * mm, y + height - 6 * mm, "Thẻ bạn đọc")
    page.setFont(_PLAIN, 7.5)
    page.drawString(x + 5 * mm, y + height - 10.5 * mm, _SCHOOL)
    page.setFillColor(_INK)
    page.setFont(_STRONG, 12)
    page.drawString(x + 5 * mm, y + height - 20 * mm, name)
    page.setFillColor(_MUTED)
    page.setFont(_PLAIN, 9)
    page.drawString(x + 5 * mm, y + height - 25 * mm, f"Lớp {class_name}" if class_name else "Thầy cô")
    _barcode(page, number, x, y + 8 * mm, width, 17 * mm, 0.45)
    _below(page, number, x, y + 3 * mm, width)


def _label(page: Canvas, cell: tuple[float, float, float, float], number: str, name: str, place: str) -> None:
    x, y, width, height = cell
    _outline(page, cell)
    page.setFillColor(_MUTED)
    for line, text in enumerate((name, place)):
        size = 6.5
        page.setFont(_STRONG if line == 0 else _PLAIN, size)
        page.drawCentredString(x + width / 2, y + height - (3.4 + 2.9 * line) * mm, _cut(text, size, width - 6 * mm))
    _barcode(page, number, x, y + 6.5 * mm, width, 13 * mm, 0.33)
    _below(page, number, x, y + 2.2 * mm, width)


def _outline(page: Canvas, cell: tuple[float, float, float, float]) -> None:
    page.setStrokeColor(_LINE)
    page.setLineWidth(0.3)
    page.rect(*cell)


def _barcode(page: Canvas, text: str, x: float, y: float, width: float, height: float, module_mm: float) -> None:
    """Centred; the quiet zone of ten modules at either side is part of its width."""
    bars = Code128(text, barWidth=module_mm * mm, barHeight=height, quiet=1)
    page.setFillColor(_INK)
    bars.drawOn(page, x + (width - bars.width) / 2, y)


def _below(page: Canvas, number: str, x: float, y: float, width: float) -> None:
    page.setFillColor(_INK)
    page.setFont(_STRONG, 9)
    page.drawCentredString(x + width / 2, y, number)


def _cut(text: str, size: float, width: float) -> str:
    while pdfmetrics.stringWidth(text, _STRONG, size) > width:
        text = text[:-2].rstrip() + "…"
    return text
