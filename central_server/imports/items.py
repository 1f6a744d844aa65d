"""Items (bản sách) from a table."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import changes
from central_server.imports import catalogue
from central_server.imports.header import Column, names_of
from central_server.imports.report import Line, Report
from central_server.imports.table import Row
from central_server.imports.words import fold, meant
from central_server.tables.library import item
from central_server.tables.library import title as title_table

COLUMNS = (
    Column("barcode", "Số ĐKCB", ("so dang ky ca biet", "dkcb", "ma vach", "accession number"), True, 64, "code"),
    Column("code", "Mã đầu sách", ("title code", "ma sach"), True, 64, "code"),
    Column("status", "Tình trạng", ("trang thai",)),
    Column("in_house_only", "Chỉ đọc tại chỗ", ("doc tai cho", "khong cho muon", "khong muon ve", "in house only")),
    Column("source", "Nguồn", ("nguon goc", "nguon nhap", "nguon bo sung")),
)

_STATUSES = {
    "tot": "available",
    "available": "available",
    "hong": "damaged",
    "hu hong": "damaged",
    "damaged": "damaged",
    "mat": "lost",
    "lost": "lost",
    "thanh ly": "withdrawn",
    "withdrawn": "withdrawn",
}
_IN_HOUSE_ONLY = {
    **dict.fromkeys(("co", "x", "1", "dung", "yes", "true", "doc tai cho", "chi doc tai cho"), True),
    **dict.fromkeys(("", "khong", "0", "sai", "no", "false", "muon ve", "cho muon", "duoc muon"), False),
}
SHOWN_STATUS = {"available": "tốt", "damaged": "hỏng", "lost": "mất", "withdrawn": "thanh lý"}
"""The word of the columns for each status; the sources below likewise."""
SHOWN_SOURCE = {
    "budget": "ngân sách",
    "donation": "biếu tặng",
    "project": "dự án",
    "exchange": "trao đổi",
    "other": "khác",
}
_SOURCES = {
    **{one: one for one in SHOWN_SOURCE},
    **{fold(shown): one for one, shown in SHOWN_SOURCE.items()},
    **dict.fromkeys(("mua", "mua sam", "kinh phi"), "budget"),
    **dict.fromkeys(("tang", "bieu", "quyen gop", "gift"), "donation"),
}
_CHUNK = 500


def import_items(connection: sa.Connection, library: str, rows: list[Row], report: Report) -> None:
    """Take in the items of a file, and tell the stations of those that are new or different."""
    rows = catalogue.without_lost_zeros(connection, item, COLUMNS[0], library, rows, report)
    codes = {row.values["code"] for row in rows}
    titles = catalogue.known_by(connection, title_table, "code", library, sorted(codes))
    all_codes: list[str] | None = None
    lines: dict[Line, catalogue.Values] = {}
    for row in rows:
        title = titles.get(row.values["code"])
        status = _STATUSES.get(fold(row.values["status"])) if row.values.get("status") else "available"
        in_house_only = _IN_HOUSE_ONLY.get(fold(row.values.get("in_house_only", "")))
        if title is None:
            if all_codes is None:
                mine = title_table.c.library_id == library
                all_codes = list(connection.scalars(sa.select(title_table.c.code).where(mine)))
            _skip_unknown_title(row, all_codes, report)
        elif status is None:
            report.skip(row.line, "unknown_status", row.cells.get("status"), value=row.values["status"])
        elif in_house_only is None:
            cell, value = row.cells.get("in_house_only"), row.values["in_house_only"]
            report.skip(row.line, "unknown_in_house", cell, value=value, column=COLUMNS[3].header)
        elif row.values.get("source") and fold(row.values["source"]) not in _SOURCES:
            report.skip(row.line, "unknown_source", row.cells.get("source"), value=row.values["source"])
        else:
            values: dict[str, object] = {"barcode": row.values["barcode"], "title_id": title["id"]}
            if "status" in row.values:
                values["status"] = status
            if "in_house_only" in row.values:
                values["in_house_only"] = in_house_only
            if "source" in row.values:
                values["source"] = _SOURCES.get(fold(row.values["source"]))
            lines[row.line] = values
    columns = names_of(COLUMNS) | {"title_id": COLUMNS[1].header}
    defaults = {"status": "available", "in_house_only": False, "source": None}
    different = catalogue.store(connection, item, "barcode", library, lines, defaults, columns, report)
    types = {title["id"]: title["item_type"] for title in titles.values()}
    changes.publish_if_different(connection, library, [_thing(row, types[row["title_id"]]) for row in different])


def publish_of_titles(connection: sa.Connection, library: str, titles: Sequence[dict[str, Any]]) -> None:
    """Tell the stations of the items of `titles` (rows) as far as those say something new for them: their type."""
    types = {title["id"]: title["item_type"] for title in titles}
    identities = list(types)
    things = []
    for start in range(0, len(identities), _CHUNK):
        of_titles = item.c.title_id.in_(identities[start : start + _CHUNK])
        found = connection.execute(sa.select(item).where(item.c.library_id == library, of_titles))
        things += [_thing(dict(row), types[row["title_id"]]) for row in found.mappings()]
    changes.publish_if_different(connection, library, things)


def publish(connection: sa.Connection, library: str, rows: Sequence[dict[str, Any]], item_type: str) -> None:
    """Tell the stations of those of `rows` (of the table `item`, of titles of that type) that say something new."""
    changes.publish_if_different(connection, library, [_thing(row, item_type) for row in rows])


def _skip_unknown_title(row: Row, known: Sequence[str], report: Report) -> None:
    code, cell = row.values["code"], row.cells.get("code")
    likely = meant(code, known)
    if likely:
        report.skip(row.line, "unknown_title_meant", cell, value=code, meant=likely)
    else:
        report.skip(row.line, "unknown_title", cell, value=code)


def _thing(row: dict[str, Any], item_type: str) -> changes.Thing:
    data = {
        "title": row["title_id"],
        "barcode": row["barcode"],
        "item_type": item_type,
        "status": row["status"],
        "in_house_only": row["in_house_only"],
    }
    return changes.Thing("item", row["id"], msgspec.json.encode(data).decode())
