"""Patrons (bạn đọc) from a table. Their full names stay here; stations are told a shortened one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import changes, late_returns, staff
from central_server.among import among
from central_server.imports import catalogue, rules
from central_server.imports.dates import parse_date
from central_server.imports.header import Column, names_of
from central_server.imports.report import Line, Report
from central_server.imports.table import Row
from central_server.imports.words import fold, meant
from central_server.tables.library import patron, patron_card

_CARD_ALIASES = ("ma the", "so the thu vien", "ma hoc sinh", "ma hs", "ma ban doc", "card number")
COLUMNS = (
    Column("card", "Số thẻ", _CARD_ALIASES, True, 64, "card"),
    Column("name", "Họ và tên", ("ho ten", "ten ban doc", "full name"), required=True),
    Column("class_name", "Lớp", ("class", "class name"), most_letters=64),
    Column("category", "Loại bạn đọc", ("loai", "patron category"), required=True, most_letters=64),
    Column("valid_until", "Hạn thẻ", ("han su dung", "ngay het han", "valid until", "expires"), kind="date"),
)

_DEFAULTS = {
    "class_name": "",
    "valid_until": None,
    "blocked": False,
    "card_lost": False,
    "lifted_on": None,
    "note": None,
}
_CATEGORY_WORDS = {"hoc sinh": "hs", "pupil": "hs", "student": "hs", "giao vien": "gv", "teacher": "gv"}


def import_patrons(connection: sa.Connection, library: str, rows: list[Row], report: Report) -> None:
    """Take in the patrons of a file, and tell the stations of those that are new or different."""
    known = rules.patron_categories(connection, library)
    lines: dict[Line, catalogue.Values] = {}
    for row in catalogue.without_lost_zeros(connection, patron, COLUMNS[0], library, rows, report):
        values = _values(row, known, report)
        if values is not None:
            lines[row.line] = values
    if lines and not known:
        report.note("no_rules_yet")
    different = catalogue.store(connection, patron, "card", library, lines, _DEFAULTS, names_of(COLUMNS), report)
    publish(connection, library, different)


def publish(connection: sa.Connection, library: str, rows: Sequence[dict[str, Any]]) -> None:
    """Tell the stations of those of `rows` (of the table `patron`) that say something new."""
    if not rows:
        return
    theirs = {row["id"] for row in rows}
    linked: dict[str, list[str]] = {}
    listed = sa.exists().where(patron.c.library_id == library, patron.c.card == patron_card.c.number)
    mine = sa.select(patron_card).where(
        patron_card.c.library_id == library, among(patron_card.c.patron_id, theirs), ~listed
    )
    # Put in order here: a database might rather go through all cards in their order.
    for card in sorted(connection.execute(mine), key=lambda card: str(card.number)):
        linked.setdefault(card.patron_id, []).append(card.number)
    of_staff = staff.of_patrons(connection, library, theirs)
    until = suspended_until(connection, library, rows)
    things = [_thing(row, linked.get(row["id"], []), of_staff.get(row["id"]), until.get(row["id"])) for row in rows]
    changes.publish_if_different(connection, library, things)


def suspended_until(connection: sa.Connection, library: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date]:
    """The last day on which nothing is lent to them, also when it is past: those of `rows` (of the table `patron`) whom
    a late return suspended, by id."""
    late = late_returns.of_patrons(connection, library, {row["id"] for row in rows})
    limits = rules.limits_of(connection, library) if late else {}
    found = {}
    for row in rows:
        rule = limits.get(row["category"])
        if rule is not None and row["id"] in late:
            lifted_on = date.fromisoformat(row["lifted_on"]) if row["lifted_on"] else None
            days = (rule.suspend_after_days, rule.suspend_days)
            if until := late_returns.suspended_until(late[row["id"]], *days, lifted_on):
                found[row["id"]] = until
    return found


def publish_of(connection: sa.Connection, library: str, patrons: Collection[str]) -> None:
    """The same of those of `patrons` who are in the list."""
    mine = sa.select(patron).where(patron.c.library_id == library, among(patron.c.id, patrons)).order_by(patron.c.id)
    publish(connection, library, [dict(row) for row in connection.execute(mine).mappings()] if patrons else [])


def shown_name(name: str) -> str:
    """What a screen may show: the last two words, `Nguyễn Minh An` as `Minh An`."""
    return " ".join(name.split()[-2:])


def _values(row: Row, known: list[str], report: Report) -> dict[str, object] | None:
    values: dict[str, object] = dict(row.values)
    category = _category(row.values["category"], known)
    if category is None:
        _skip_unknown_category(row, known, report)
        return None
    values["category"] = category
    if "valid_until" in row.values:
        cell = row.values["valid_until"]
        valid_until = parse_date(cell)
        if cell and valid_until is None:
            report.skip(row.line, "bad_date", row.cells.get("valid_until"), column=COLUMNS[4].header)
            return None
        values["valid_until"] = valid_until.isoformat() if valid_until else None
    return values


def _category(cell: str, known: list[str]) -> str | None:
    """The category that `cell` names; `None` when the rules do not know it. Without rules every name is taken."""
    if cell in known:
        return cell
    spelled = next((one for one in known if fold(one) == fold(cell)), None)
    usual = _CATEGORY_WORDS.get(fold(cell))
    if not known:
        return usual or cell
    return spelled or (usual if usual in known else None)


def _skip_unknown_category(row: Row, known: list[str], report: Report) -> None:
    value, cell = row.values["category"], row.cells.get("category")
    likely = meant(value, known)
    if likely:
        report.skip(row.line, "unknown_category_meant", cell, value=value, meant=likely)
    else:
        report.skip(row.line, "unknown_category", cell, value=value, known=", ".join(known))


def _thing(
    row: dict[str, Any], linked: list[str], of_staff: dict[str, str] | None, suspended_until: date | None
) -> changes.Thing:
    data = {
        "shown_name": shown_name(row["name"]),
        "class_name": row["class_name"],
        "category": row["category"],
        "valid_until": row["valid_until"],
        "blocked": row["blocked"],
        "cards": [*([] if row["card_lost"] else [row["card"]]), *linked],
        "suspended_until": suspended_until.isoformat() if suspended_until else None,
        "lifted_on": row["lifted_on"],
        "note": row["note"],
        "staff": of_staff,
    }
    return changes.Thing("patron", row["id"], msgspec.json.encode(data).decode())
