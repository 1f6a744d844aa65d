"""What needs a person at a library today, as far as the centre knows it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import disputes, health, reports, titles_of
from central_server.clock import day_of
from central_server.decisions import State
from central_server.devices import State as DeviceState
from central_server.readers import open_loans
from central_server.reports import Month
from central_server.tables.library import hold, item, patron, request, shelved, title
from central_server.tables.operations import ITS_BODY, TO_CHECK, loan, operation, operation_body

SILENT_MS = 24 * 3_600_000
"""After which a station that said nothing is looked for."""
_LOOKED_BACK_DAYS = 14
_DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class ToShelve:
    """Of a title that `waiting` readers want, `free` copies could stand on the hold shelf."""

    title: str
    waiting: int
    free: int
    barcodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToCheck:
    """What a station wants somebody to look at. `why`: `voided` or `help`."""

    at_ms: int
    device: str
    why: str
    barcode: str
    title: str


@dataclass(frozen=True, slots=True)
class Today:
    """Counts of what waits, and the figures of the week."""

    disputes: int
    requests: int
    overdue: int
    to_shelve: tuple[ToShelve, ...]
    to_check: int
    silent: tuple[tuple[str, int | None], ...]
    week: Month
    since: date


def look(connection: sa.Connection, library: str, now_ms: int) -> Today:
    """All of it."""
    day = day_of(now_ms)
    monday = day - timedelta(days=day.weekday())
    waiting = sa.select(sa.func.count()).where(request.c.library_id == library, request.c.state == State.WAITING.value)
    late = open_loans(library).where(loan.c.due_on < day.isoformat()).order_by(None).subquery()
    return Today(
        disputes.count_open(connection, library),
        connection.scalar(waiting) or 0,
        connection.scalar(sa.select(sa.func.count()).select_from(late)) or 0,
        tuple(to_shelve(connection, library)),
        len(to_check(connection, library, now_ms)),
        tuple(silent(connection, library, now_ms)),
        reports.between(connection, library, monday, day),
        monday,
    )


def silent(connection: sa.Connection, library: str, now_ms: int) -> list[tuple[str, int | None]]:
    """Stations in use that asked for nothing for a day, and when they last did."""
    return [
        (one.device.name, one.device.seen_ms)
        for one in health.known(connection, library)
        if one.device.state is DeviceState.ACTIVE and now_ms - (one.device.seen_ms or 0) > SILENT_MS
    ]


def to_shelve(connection: sa.Connection, library: str) -> list[ToShelve]:
    """Titles that somebody waits for and that stand in the shelf: a copy belongs on the hold shelf."""
    ready = sa.and_(shelved.c.library_id == hold.c.library_id, shelved.c.hold_id == hold.c.id)
    mine = (hold.c.library_id == library, hold.c.loan_id.is_(None))
    holds = sa.select(hold.c.title_id, shelved.c.day).outerjoin(shelved, ready).where(*mine)
    waiting: dict[str, int] = {}
    kept: dict[str, int] = {}
    for row in connection.execute(holds):
        counted = waiting if row.day is None else kept
        counted[row.title_id] = counted.get(row.title_id, 0) + 1
    if not waiting:
        return []
    lent = sa.select(loan.c.barcode).where(loan.c.library_id == library, loan.c.standing, loan.c.open)
    free = sa.select(item.c.title_id, item.c.barcode, title.c.title).join(
        title, sa.and_(title.c.library_id == item.c.library_id, title.c.id == item.c.title_id)
    )
    here = (item.c.library_id == library, item.c.title_id.in_(list(waiting)), item.c.status == "available")
    copies: dict[str, list[Any]] = {}
    for copy in connection.execute(free.where(*here, item.c.barcode.not_in(lent)).order_by(item.c.barcode)):
        copies.setdefault(copy.title_id, []).append(copy)
    found = []
    for identity, rows in copies.items():
        # On the hold shelf already, though nobody here knows which of them.
        count = len(rows) - kept.get(identity, 0)
        if count > 0:
            barcodes = tuple(row.barcode for row in rows)
            found.append(ToShelve(rows[0].title, waiting[identity], min(count, waiting[identity]), barcodes))
    return sorted(found, key=lambda one: one.title)


def to_check(connection: sa.Connection, library: str, now_ms: int) -> list[ToCheck]:
    """What readers took back at a station and the calls for help, of the last two weeks, that nobody there has marked
    as seen; the newest first. The station's own list has more."""
    since = now_ms - _LOOKED_BACK_DAYS * _DAY_MS
    mine = (operation.c.library_id == library, operation.c.received_ms >= since)
    found = sa.select(operation, operation_body.c.body).join(operation_body, ITS_BODY).where(*mine, TO_CHECK)
    seen, open_ = set(), []
    for row in connection.execute(found):
        body = msgspec.json.decode(row.body)
        if row.kind == "checked":
            named = body["data"]["operation"]
            seen.add((row.device, named["epoch"], named["seq"]))
        elif body["actor"] != "librarian":
            open_.append((row, body))
    names = titles_of.barcodes(connection, library, {row.barcode for row, _ in open_ if row.barcode})
    lines = [
        ToCheck(
            row.received_ms if row.happened_ms is None else row.happened_ms,
            row.device,
            "help" if row.kind == "help_call" else "voided",
            row.barcode or "",
            names.get(row.barcode, ""),
        )
        for row, _ in open_
        if (row.device, row.epoch, row.seq) not in seen
    ]
    return sorted(lines, key=lambda one: (-one.at_ms, one.device))


def borrowers(connection: sa.Connection, library: str, loans: set[str]) -> dict[str, tuple[str, str, str]]:
    """Of those loans that have a reader still: their id, name and class."""
    owner = sa.and_(patron.c.library_id == loan.c.library_id, patron.c.id == loan.c.patron_id)
    found = sa.select(loan.c.id, patron.c.id.label("patron"), patron.c.name, patron.c.class_name).join(patron, owner)
    mine = found.where(loan.c.library_id == library, loan.c.id.in_(loans))
    return {row.id: (row.patron, row.name, row.class_name) for row in connection.execute(mine)}
