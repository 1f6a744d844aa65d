"""Workbooks for tests: as Excel saves them (by openpyxl), and as nobody should (part by part)."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

Rows = Sequence[Sequence[Any]]
PEOPLE = ("Số thẻ", "Họ và tên", "Lớp", "Loại bạn đọc", "Hạn thẻ")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def book(sheets: Mapping[str, Rows], change: Callable[[Workbook], None] = lambda book: None) -> bytes:
    """A workbook with these rows in each sheet; `change` may do more before it is saved."""
    made = Workbook()
    made.remove(made.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    change(made)
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


def one_sheet(rows: Rows, change: Callable[[Worksheet], None] = lambda sheet: None) -> bytes:
    """A workbook with one sheet, `6A1`."""
    return book({"6A1": rows}, lambda made: change(made["6A1"]))


def sheet_xml(rows: str, after: str = "", dimension: str = "") -> str:
    """The XML of a sheet around that of its rows."""
    said = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}">{said}<sheetData>{rows}</sheetData>{after}</worksheet>'


def row_xml(line: int, *cells: str) -> str:
    """A row of texts that stand in it, without saying where."""
    texts = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{line}">{texts}</row>'


GOOD_ROWS = row_xml(1, "card", "name", "category") + row_xml(2, "HS1", "An", "hs")


def package(sheet: str | bytes = sheet_xml(GOOD_ROWS), other: Mapping[str, str | bytes] | None = None) -> bytes:
    """The least that is a workbook, with `sheet` as the XML of its only sheet and `other` parts in place of its own."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="6A1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    saved = io.BytesIO()
    with ZipFile(saved, "w", ZIP_DEFLATED) as archive:
        for name, content in (parts | dict(other or {})).items():
            archive.writestr(name, content)
    return saved.getvalue()
