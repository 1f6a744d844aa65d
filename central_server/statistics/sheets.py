"""A table as a file: for a spreadsheet, for programs, for paper."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from central_server.sheets import CSV, XLSX, Cell, plain

_FONTS = Path(__file__).parents[2] / "screens" / "assets" / "fonts"  # data beside us; no code of the station's
_PLAIN, _STRONG = "BeVietnamPro-Medium", "BeVietnamPro-Bold"


@dataclass(frozen=True, slots=True)
class Sheet:
    """`notes` stand below the table. The first column is the name; words in other columns are what is not shown."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


def to_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a mark in front, so that Excel reads Vietnamese letters; a name is never a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([plain(one) for one in sheet.headings])
    writer.writerows([plain(one) for one in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(sheet: Sheet) -> bytes:
    """One sheet; numbers are numbers, and words are never formulas."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "1"
    _write(page, 1, [sheet.title])
    page.cell(1, 1).font = Font(bold=True, size=14)
    _write(page, 3, sheet.headings)
    for column in range(1, len(sheet.headings) + 1):
        page.cell(3, column).font = Font(bold=True)
        page.cell(3, column).alignment = Alignment(wrap_text=True, vertical="top")
        page.column_dimensions[get_column_letter(column)].width = 40 if column == 1 else 14
    for number, row in enumerate(sheet.rows, 4):
        _write(page, number, row)
    for number, note in enumerate(sheet.notes, len(sheet.rows) + 5):
        _write(page, number, [note])
    page.freeze_panes = "B4"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def to_pdf(sheet: Sheet) -> bytes:
    """A4, lying; the letters are in the file."""
    for font in (_PLAIN, _STRONG):
        if font not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(font, str(_FONTS / f"{font}.ttf")))
    small = 7 if len(sheet.headings) > 9 else 9
    strong = ParagraphStyle("strong", fontName=_STRONG, fontSize=small, leading=small + 2)
    plain = ParagraphStyle("plain", fontName=_PLAIN, fontSize=small, leading=small + 2)
    right = ParagraphStyle("right", parent=plain, alignment=2)
    head = [Paragraph(escape(one), strong) for one in sheet.headings]
    body = [
        [Paragraph(escape(_shown(one)), plain if not column else right) for column, one in enumerate(row)]
        for row in sheet.rows
    ]
    width = landscape(A4)[0] - 24 * mm
    first = min(60 * mm, width / 3)
    others = [(width - first) / max(1, len(sheet.headings) - 1)] * (len(sheet.headings) - 1)
    table = LongTable([head, *body], colWidths=[first, *others], repeatRows=1)
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    title = ParagraphStyle("title", fontName=_STRONG, fontSize=14, leading=18)
    parts = [Paragraph(escape(sheet.title), title), Spacer(1, 4 * mm), table, Spacer(1, 3 * mm)]
    parts += [Paragraph(escape(note), plain) for note in sheet.notes]
    out = io.BytesIO()
    margin = 12 * mm
    SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        title=sheet.title,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
    ).build(parts)
    return out.getvalue()


WAYS = {
    "csv": (to_csv, CSV),
    "xlsx": (to_xlsx, XLSX),
    "pdf": (to_pdf, "application/pdf"),
}
"""By the ending of the file: how it is made, and what it is."""


def _shown(one: Cell) -> str:
    if isinstance(one, float):
        return f"{one:.1f}"
    return "" if one is None else str(one)


def _write(page: object, row: int, values: Sequence[Cell]) -> None:
    for column, value in enumerate(values, 1):
        cell = page.cell(row, column, value)  # type: ignore[attr-defined]
        if isinstance(value, str):
            cell.data_type = "s"
        elif isinstance(value, float):
            cell.number_format = "0.0"
