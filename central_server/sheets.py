"""Tables for people's own programs: CSV and Excel, in which nothing is a formula, whatever somebody typed here."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

Cell = str | int | float | None

_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_MOST_LETTERS = 32_000
_SHEET_LETTERS = 31
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Table:
    """`name`: of the sheet; `columns`: their headers."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def as_csv(table: Table) -> bytes:
    """UTF-8 with a mark in front, without which Excel takes Vietnamese for something else."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([plain(one) for one in table.columns])
    writer.writerows([plain(one) for one in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table) -> bytes:
    """One sheet; texts are texts, so that numbers of cards and barcodes keep their zeros."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(one for one in table.name if one not in r"[]:*?/\'")[:_SHEET_LETTERS] or "1")
    sheet.freeze_panes = "A2"
    head = []
    for one in table.columns:
        cell = WriteOnlyCell(sheet, plain(one))
        cell.font = Font(bold=True)
        head.append(cell)
    sheet.append(head)
    for row in table.rows:
        sheet.append([_as_it_is(sheet, plain(one)) for one in row])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def plain(cell: Cell) -> Cell:
    """`cell` with a `'` in front of what a program would take for a formula. Numbers are left as they are."""
    if not isinstance(cell, str):
        return cell
    text = "".join(one for one in cell[:_MOST_LETTERS] if one in "\t\n\r" or one >= " ")
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_BEGIN_FORMULAS) or text.startswith("\n") else text


def _as_it_is(sheet: object, value: Cell) -> object:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value)  # type: ignore[arg-type]
    cell.data_type = "s"
    return cell
