"""What readers may ask about their own data: all that is held of them, and the register of what they asked.

The law gives two working days. Those are Monday to Friday here: a library's own closed days lengthen nothing.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import clock
from central_server.cannot import CannotDo
from central_server.changes import current
from central_server.tables.library import hold, item, patron, patron_card, request, staff, title
from central_server.tables.library import library as library_table
from central_server.tables.operations import (
    ITS_BODY,
    conflict,
    late_return,
    loan,
    operation,
    operation_body,
    operation_reader,
)
from central_server.tables.organisations import deed, reader_pin, visit
from central_server.tables.subjects import subject_request
from central_server.tables.year import rolled_reader

WORKING_DAYS = 2


class Kind(StrEnum):
    """What somebody may ask."""

    EXPORT = "export"
    ERASURE = "erasure"
    CORRECTION = "correction"


def due_on(asked_on: date) -> date:
    """The last day of two working days after the one on which they asked."""
    day, left = asked_on, WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


# --- the register


def note(connection: sa.Connection, library: str, patron_id: str, kind: Kind, asked_on: date, now_ms: int) -> int:
    """Write down that a reader asked; answers the request's number. Raises `CannotDo`."""
    today = clock.day_of(now_ms)
    if not today - timedelta(days=366) <= asked_on <= today:
        raise CannotDo("The day on which they asked is today or before, within a year.")
    _must_be_here(connection, library, patron_id)
    mine = subject_request.c.library_id == library
    newest = connection.scalar(sa.select(sa.func.max(subject_request.c.number)).where(mine))
    row = {
        "library_id": library,
        "number": (newest or 0) + 1,
        "patron_id": patron_id,
        "kind": kind.value,
        "asked_on": asked_on.isoformat(),
        "due_on": due_on(asked_on).isoformat(),
        "done_on": None,
    }
    connection.execute(subject_request.insert(), row)
    return int(row["number"] or 0)


def done(connection: sa.Connection, library: str, number: int, now_ms: int) -> None:
    """It is done, today. Raises `CannotDo`."""
    mine = (subject_request.c.library_id == library, subject_request.c.number == number)
    today = clock.day_of(now_ms).isoformat()
    changed = sa.update(subject_request).where(*mine, subject_request.c.done_on.is_(None)).values(done_on=today)
    if not connection.execute(changed).rowcount:
        raise CannotDo("There is no such request that is still open.")


def done_of(connection: sa.Connection, library: str, patron_id: str, kind: Kind, now_ms: int) -> None:
    """Every open request of that kind and reader is done, today."""
    mine = (subject_request.c.library_id == library, subject_request.c.patron_id == patron_id)
    these = (*mine, subject_request.c.kind == kind.value, subject_request.c.done_on.is_(None))
    today = clock.day_of(now_ms).isoformat()
    connection.execute(sa.update(subject_request).where(*these).values(done_on=today))


def listed(
    connection: sa.Connection, library: str, now_ms: int, patron_id: str | None = None, limit: int = 300
) -> list[dict[str, Any]]:
    """Requests, open ones first, then the newest; `overdue` says whether one should be done already. Of all readers,
    or of one."""
    whose = sa.and_(patron.c.library_id == subject_request.c.library_id, patron.c.id == subject_request.c.patron_id)
    found = sa.select(subject_request, patron.c.name, patron.c.card).outerjoin(patron, whose)
    found = found.where(subject_request.c.library_id == library)
    if patron_id is not None:
        found = found.where(subject_request.c.patron_id == patron_id)
    is_open = subject_request.c.done_on.is_(None)
    in_order = (is_open.desc(), sa.case((is_open, subject_request.c.due_on)), subject_request.c.number.desc())
    today = clock.day_of(now_ms).isoformat()
    rows = connection.execute(found.order_by(*in_order).limit(limit)).mappings()
    return [{**row, "overdue": row["done_on"] is None and row["due_on"] < today} for row in rows]


def overdue(connection: sa.Connection, library: str, now_ms: int) -> int:
    """How many requests should be done already."""
    today = clock.day_of(now_ms).isoformat()
    these = (subject_request.c.library_id == library, subject_request.c.done_on.is_(None))
    late = sa.select(sa.func.count()).select_from(subject_request).where(*these, subject_request.c.due_on < today)
    return connection.scalar(late) or 0


# --- all that is held of a reader


def export(connection: sa.Connection, library: str, patron_id: str, now_ms: int) -> dict[str, Any]:
    """Everything here that leads to the reader, by table, as JSON may hold it. Secrets are not given out, only that
    they are there: a PIN, a visit's cookie, the salt of a commitment. Raises `CannotDo`."""
    _must_be_here(connection, library, patron_id)

    def rows(table: sa.Table, *without: str) -> list[dict[str, Any]]:
        columns = [one for one in table.c if one.name not in ("library_id", "patron_id", *without)]
        mine = (table.c.library_id == library, table.c.patron_id == patron_id)
        order = list(table.primary_key.columns)
        return [dict(row) for row in connection.execute(sa.select(*columns).where(*mine).order_by(*order)).mappings()]

    me = sa.select(patron).where(patron.c.library_id == library, patron.c.id == patron_id)
    row = connection.execute(me).mappings().first()
    told = current(connection, library, "patron", patron_id)
    loans = rows(loan)
    titles = _titles(connection, library, [one["barcode"] for one in loans])
    about = sa.select(deed.c.at_ms, deed.c.act).where(deed.c.library_id == library, deed.c.subject == patron_id)
    return {
        "library": library,
        "library_name": connection.scalar(sa.select(library_table.c.name).where(library_table.c.library_id == library)),
        "made": clock.shown_time(now_ms),
        "patron": None if row is None else {name: value for name, value in row.items() if name != "library_id"},
        "told_to_stations": None if told is None else msgspec.json.decode(told),
        "patron_card": rows(patron_card),
        "staff": rows(staff),
        "loan": [{**one, "title": titles.get(one["barcode"])} for one in loans],
        "hold": rows(hold),
        "request": rows(request),
        "operation_reader": _operations(connection, library, patron_id),
        "conflict": [{**one, "body": one["body"].decode(errors="replace")} for one in rows(conflict, "salt")],
        "reader_pin": rows(reader_pin, "pin"),
        "visit": rows(visit, "hash"),
        "late_return": rows(late_return),
        "rolled_reader": rows(rolled_reader),
        "subject_request": rows(subject_request),
        "deed": [dict(one) for one in connection.execute(about.order_by(deed.c.number)).mappings()],
    }


def _operations(connection: sa.Connection, library: str, patron_id: str) -> list[dict[str, Any]]:
    """What stations told about them; the texts of the operations themselves name no reader. What was said of them at
    the centre itself has no operation (central_server.said_here)."""
    at = sa.and_(
        operation.c.library_id == operation_reader.c.library_id, operation.c.position == operation_reader.c.position
    )
    mine = (operation_reader.c.library_id == library, operation_reader.c.patron_id == patron_id)
    columns = ("device", "kind", "barcode", "happened_ms", "received_ms", "verdict", "reason")
    told = (operation.c[one] for one in columns)
    found = sa.select(operation_reader.c.position, *told, operation_reader.c.private, operation_body.c.body)
    found = found.outerjoin_from(operation_reader, operation, at).outerjoin(operation_body, ITS_BODY)
    rows = connection.execute(found.where(*mine).order_by(operation_reader.c.position)).mappings()
    return [{**row, "body": (row["body"] or b"").decode(errors="replace")} for row in rows]


def _titles(connection: sa.Connection, library: str, barcodes: list[str]) -> dict[str, str]:
    at = sa.and_(title.c.library_id == item.c.library_id, title.c.id == item.c.title_id)
    found: dict[str, str] = {}
    for start in range(0, len(barcodes), 500):
        these = item.c.barcode.in_(barcodes[start : start + 500])
        named = sa.select(item.c.barcode, title.c.title).join(title, at).where(item.c.library_id == library, these)
        found.update({row.barcode: row.title for row in connection.execute(named)})
    return found


def _must_be_here(connection: sa.Connection, library: str, patron_id: str) -> None:
    here = (patron.c.library_id == library, patron.c.id == patron_id)
    if connection.scalar(sa.select(patron.c.id).where(*here)) is not None:
        return
    # Of one who is on no list any more something may be left.
    for table in (loan, request, operation_reader, hold, patron_card, staff, conflict, reader_pin):
        theirs = sa.select(table.c.patron_id).where(table.c.library_id == library, table.c.patron_id == patron_id)
        if connection.scalar(theirs.limit(1)) is not None:
            return
    raise CannotDo("There is no such reader in this library.")
