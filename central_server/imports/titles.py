"""Titles (đầu sách) from a table."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import changes
from central_server.imports import catalogue, items, rules
from central_server.imports.header import Column, names_of
from central_server.imports.report import Line, Report
from central_server.imports.table import Row
from central_server.imports.words import words_of_title
from central_server.tables.library import title as title_table
from central_server.upsert import put

COLUMNS = (
    Column("code", "Mã đầu sách", ("title code", "ma sach"), required=True, most_letters=64, kind="code"),
    Column("title", "Nhan đề", ("name", "ten sach", "ten dau sach", "tua sach"), required=True, most_letters=1000),
    Column("author", "Tác giả", (), most_letters=500),
    Column("publisher", "Nhà xuất bản", ("nxb",)),
    Column("year", "Năm xuất bản", ("nam xb", "nam")),
    Column("isbn", "ISBN", ("so isbn", "ma isbn")),
    Column("call_number", "Ký hiệu xếp giá", ("call number", "ky hieu phan loai", "ky hieu")),
    Column("shelf", "Kệ", ("gia", "vi tri", "gia sach")),
    Column("item_type", "Loại", ("item type", "type", "loai sach", "loai tai lieu"), most_letters=64),
)

_DEFAULTS = {
    "author": "",
    "publisher": "",
    "year": None,
    "isbn": None,
    "call_number": "",
    "shelf": "",
    "item_type": "",
    "search": "",
}
_NOT_OF_AN_ISBN = re.compile(r"[\s\-‐‑–]")


def import_titles(connection: sa.Connection, library: str, rows: list[Row], report: Report) -> None:
    """Take in the titles of a file, and tell the stations of those that are new or different."""
    known_types = rules.item_types(connection, library)
    lines: dict[Line, catalogue.Values] = {}
    for row in catalogue.without_lost_zeros(connection, title_table, COLUMNS[0], library, rows, report):
        values: dict[str, object] = dict(row.values)
        if "isbn" in values:
            values["isbn"] = _isbn(row, report)
        if "year" in values:
            values["year"] = _year(row, report)
        item_type = row.values.get("item_type", "")
        if "item_type" in values and not item_type:
            report.note("no_type", row.line)
        elif item_type and known_types and item_type not in known_types:
            report.note("type_without_rule", row.line, row.cells.get("item_type"), value=item_type)
        lines[row.line] = values
    if lines and not known_types:
        report.note("no_rules_yet")
    different = catalogue.store(connection, title_table, "code", library, lines, _DEFAULTS, names_of(COLUMNS), report)
    publish(connection, library, different)


def publish(connection: sa.Connection, library: str, rows: Sequence[dict[str, Any]]) -> None:
    """Tell the stations of those of `rows` (of the table `title`, whole) that say something new, and let them be
    looked up. Whatever writes titles calls it: also a page."""
    found = [row | {"search": words_of_title(row)} for row in rows]
    put(connection, title_table, [one for row, one in zip(rows, found, strict=True) if one != row])
    changes.publish_if_different(connection, library, [_thing(row) for row in rows])
    # The type of a title is told with its items.
    items.publish_of_titles(connection, library, rows)


def is_isbn(digits: str) -> bool:
    """Whether `digits` (10 or 13, without hyphens, the last may be X) has the right check digit."""
    if re.fullmatch(r"97[89][0-9]{10}", digits):
        return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0
    if re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        return sum((10 if digit == "X" else int(digit)) * (10 - place) for place, digit in enumerate(digits)) % 11 == 0
    return False


def is_year(text: str) -> bool:
    """Whether a book may have appeared in the year `text`."""
    return re.fullmatch(r"1[4-9][0-9]{2}|20[0-9]{2}", text) is not None


def plain_isbn(text: str) -> str:
    """`text` without hyphens and blanks, as ISBNs are kept."""
    return _NOT_OF_AN_ISBN.sub("", text).upper()


def _isbn(row: Row, report: Report) -> str | None:
    cell = row.values["isbn"]
    digits = plain_isbn(cell)
    if not digits:
        return None
    if is_isbn(digits):
        return digits
    report.note("bad_isbn", row.line, row.cells.get("isbn"), value=cell)
    return None


def _year(row: Row, report: Report) -> int | None:
    cell = row.values["year"]
    if not cell:
        return None
    if is_year(cell):
        return int(cell)
    report.note("bad_year", row.line, row.cells.get("year"), value=cell)
    return None


def _thing(row: dict[str, Any]) -> changes.Thing:
    data = {
        "name": row["title"],
        "author": row["author"],
        "isbn": row["isbn"],
        "call_number": row["call_number"],
        "shelf": row["shelf"],
    }
    return changes.Thing("title", row["id"], msgspec.json.encode(data).decode())
