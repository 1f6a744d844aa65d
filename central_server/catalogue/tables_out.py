"""Titles and items as CSV and Excel files, which the import takes back without a change."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from central_server.imports import items, titles
from central_server.tables.library import item, title

KINDS = ("titles", "items")
Cells = Sequence[str]
# What a spreadsheet would take for a formula, also behind the marks that say that it is none.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def rows_of(connection: sa.Connection, library: str, kind: str) -> Iterator[Cells]:
    """The header, then a row of cells for each title or item, in the words of the import."""
    columns = titles.COLUMNS if kind == "titles" else items.COLUMNS
    yield [one.header for one in columns]
    if kind == "titles":
        mine = sa.select(title).where(title.c.library_id == library).order_by(title.c.code)
        for row in connection.execute(mine).mappings():
            yield ["" if row[one.field] is None else str(row[one.field]) for one in columns]
        return
    of = sa.and_(title.c.library_id == library, title.c.id == item.c.title_id)
    found = sa.select(item, title.c.code).join(title, of).where(item.c.library_id == library)
    for row in connection.execute(found.order_by(item.c.barcode)).mappings():
        yield [
            row["barcode"],
            row["code"],
            items.SHOWN_STATUS.get(row["status"], row["status"]),
            "có" if row["in_house_only"] else "",
            items.SHOWN_SOURCE.get(row["source"] or "", ""),
        ]


def as_csv(rows: Iterable[Cells]) -> bytes:
    """UTF-8 with the mark by which Excel knows it. No cell is a formula to a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()


def as_xlsx(rows: Iterable[Cells], name: str) -> bytes:
    """A workbook of one sheet in which every cell is text: no formula, and no zero lost."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for place, row in enumerate(rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, text)
            cell.data_type = "s"
            cell.number_format = "@"
            if place == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
