"""Stocktakes (kiểm kê): the barcodes that were scanned at the shelves, held against what should stand there."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from central_server import said_here
from central_server.among import among
from central_server.catalogue import items
from central_server.imports.words import tidy
from central_server.tables.library import item, title
from central_server.tables.operations import check_in, loan
from central_server.tables.organisations import person
from central_server.tables.stocktake import stocktake, stocktake_line
from central_server.upsert import add as add_rows

Row = dict[str, Any]
MOST_SCANS = 50_000
_LONGEST = 64
_MOST_LISTED = 200
# In a file of a scanner: the code, then when it was scanned and the like.
_AFTER_THE_CODE = re.compile(r"[,;\t]")


class Finding(StrEnum):
    """What a barcode was found to be, in the order in which people should look. The first that holds counts."""

    MISSING = "missing"
    """It should stand there, and was not scanned."""
    UNKNOWN = "unknown"
    """No item has this number."""
    LOST = "found_lost"
    WITHDRAWN = "found_withdrawn"
    LENT = "found_lent"
    """Somebody has it, as far as the library knows."""
    OTHER_SHELF = "other_shelf"
    HERE = "here"


class TooMany(Exception):
    """More barcodes than a stocktake takes."""


def scans_of(text: str) -> list[str]:
    """The barcodes in what a scanner or a person wrote, one a line, each once. Raises `TooMany`."""
    found: dict[str, None] = {}
    for line in re.split(r"[\r\n]+", text.removeprefix("\ufeff")):
        code = tidy(_AFTER_THE_CODE.split(line, maxsplit=1)[0].strip().strip('"'))
        if code and code.isprintable():
            found[code[:_LONGEST]] = None
        if len(found) > MOST_SCANS:
            raise TooMany
    return list(found)


def begin(connection: sa.Connection, library: str, shelf: str, person_id: str, now_ms: int) -> str:
    """A new stocktake of a shelf, or ("") of all; answers its id. Nothing is compared yet."""
    row = {
        "library_id": library,
        "id": str(uuid4()),
        "shelf": shelf,
        "person_id": person_id,
        "begun_ms": now_ms,
        "compared_ms": now_ms,
        "lost_ms": None,
    }
    connection.execute(stocktake.insert(), row)
    return str(row["id"])


def scan(connection: sa.Connection, library: str, identity: str, scans: Collection[str], now_ms: int) -> None:
    """Add what was scanned, and compare all of it with what should be there now.
    Raises `TooMany`, and `KeyError` when the stocktake is not there or ended."""
    one = find(connection, library, identity)
    if one is None or one["lost_ms"] is not None:
        raise KeyError(identity)
    lines = (stocktake_line.c.library_id == library, stocktake_line.c.stocktake_id == identity)
    was = sa.select(stocktake_line.c.barcode).where(*lines, stocktake_line.c.finding != Finding.MISSING.value)
    scanned = {*connection.scalars(was), *scans}
    if len(scanned) > MOST_SCANS:
        raise TooMany
    found = _compared(connection, library, one["shelf"], scanned)
    connection.execute(sa.delete(stocktake_line).where(*lines))
    key = {"library_id": library, "stocktake_id": identity}
    add_rows(connection, stocktake_line, [key | {"barcode": code, "finding": what} for code, what in found.items()])
    here = (stocktake.c.library_id == library, stocktake.c.id == identity)
    connection.execute(sa.update(stocktake).where(*here).values(compared_ms=now_ms))


def find(connection: sa.Connection, library: str, identity: str) -> Row | None:
    """A stocktake, with the name of who began it and `counts` by finding."""
    mine = sa.select(stocktake, person.c.name).outerjoin(person, person.c.id == stocktake.c.person_id)
    row = connection.execute(mine.where(stocktake.c.library_id == library, stocktake.c.id == identity)).mappings()
    found = row.first()
    return None if found is None else dict(found) | {"counts": _counts(connection, library, [identity])[identity]}


def listed(connection: sa.Connection, library: str, limit: int = 100) -> list[Row]:
    """The library's stocktakes, the newest first, as `find` has them."""
    mine = sa.select(stocktake, person.c.name).outerjoin(person, person.c.id == stocktake.c.person_id)
    newest = mine.where(stocktake.c.library_id == library).order_by(stocktake.c.begun_ms.desc(), stocktake.c.id)
    rows = [dict(row) for row in connection.execute(newest.limit(limit)).mappings()]
    counts = _counts(connection, library, [row["id"] for row in rows])
    return [row | {"counts": counts[row["id"]]} for row in rows]


def lines_of(
    connection: sa.Connection, library: str, identity: str, finding: Finding, limit: int = _MOST_LISTED
) -> list[Row]:
    """The first barcodes of that finding, with title, shelf and the item's status as they are now."""
    here = (
        stocktake_line.c.library_id == library,
        stocktake_line.c.stocktake_id == identity,
        stocktake_line.c.finding == finding.value,
    )
    same = sa.and_(item.c.library_id == library, item.c.barcode == stocktake_line.c.barcode)
    of = sa.and_(title.c.library_id == library, title.c.id == item.c.title_id)
    columns = (title.c.title, title.c.shelf, title.c.id.label("title_id"), item.c.status, item.c.id.label("item_id"))
    found = sa.select(stocktake_line.c.barcode, *columns).where(*here).order_by(stocktake_line.c.barcode)
    rows = connection.execute(found.outerjoin(item, same).outerjoin(title, of).limit(limit))
    return [dict(row) for row in rows.mappings()]


def to_be_lost(connection: sa.Connection, library: str, identity: str) -> list[Row]:
    """The items that were missing and are neither marked, lent nor brought back since: those that `mark_lost` marks."""
    missing = sa.select(stocktake_line.c.barcode).where(
        stocktake_line.c.library_id == library,
        stocktake_line.c.stocktake_id == identity,
        stocktake_line.c.finding == Finding.MISSING.value,
    )
    mine = sa.select(item).where(item.c.library_id == library, item.c.barcode.in_(missing))
    there = mine.where(item.c.status.in_(("available", "damaged"))).order_by(item.c.barcode)
    rows = [dict(row) for row in connection.execute(there).mappings()]
    lent = items.lent(connection, library, [row["barcode"] for row in rows])
    seen = lent.keys() | _back_since(connection, library, identity)
    return [row for row in rows if row["barcode"] not in seen]


def _back_since(connection: sa.Connection, library: str, identity: str) -> set[str]:
    """What was brought back after the findings were worked out: somebody had it in their hands."""
    mine = (stocktake.c.library_id == library, stocktake.c.id == identity)
    compared_ms = connection.scalar(sa.select(stocktake.c.compared_ms).where(*mine))
    back = sa.select(check_in.c.barcode).where(check_in.c.library_id == library, check_in.c.latest_ms >= compared_ms)
    return set(connection.scalars(back))


def mark_lost(connection: sa.Connection, library: str, identity: str, by: str, now_ms: int) -> int:
    """Mark what is missing as lost, and tell the stations; the stocktake is over then. Answers how many. Raises
    `KeyError` when it is not there or over."""
    here = (stocktake.c.library_id == library, stocktake.c.id == identity, stocktake.c.lost_ms.is_(None))
    if connection.execute(sa.update(stocktake).where(*here).values(lost_ms=now_ms)).rowcount != 1:
        raise KeyError(identity)
    rows = to_be_lost(connection, library, identity)
    for row in rows:
        said_here.item(connection, library, row["barcode"], "status", "lost", by, now_ms)
    return len(rows)


def _compared(connection: sa.Connection, library: str, shelf: str, scanned: Collection[str]) -> dict[str, str]:
    """Barcode → finding, of all that was scanned or is missing."""
    of = sa.and_(title.c.library_id == library, title.c.id == item.c.title_id)
    mine = sa.select(item.c.barcode, item.c.status, title.c.shelf).where(item.c.library_id == library)
    known: Mapping[str, Any] = {row.barcode: row for row in connection.execute(mine.join(title, of))}
    out = sa.select(loan.c.barcode).where(loan.c.library_id == library, loan.c.standing, loan.c.open)
    lent = set(connection.scalars(out))
    # Who types numbers does not always type capitals.
    spelled = {code.casefold(): code for code in known}
    found: dict[str, str] = {}
    for code in scanned:
        meant = code if code in known else spelled.get(code.casefold(), code)
        row = known.get(meant)
        if row is None:
            what = Finding.UNKNOWN
        elif row.status in ("lost", "withdrawn"):
            what = Finding.LOST if row.status == "lost" else Finding.WITHDRAWN
        elif meant in lent:
            what = Finding.LENT
        elif shelf and row.shelf != shelf:
            what = Finding.OTHER_SHELF
        else:
            what = Finding.HERE
        found[meant] = what.value
    for code, row in known.items():
        should = row.status in ("available", "damaged") and code not in lent and (not shelf or row.shelf == shelf)
        if should and code not in found:
            found[code] = Finding.MISSING.value
    return found


def _counts(connection: sa.Connection, library: str, identities: Collection[str]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {one: Counter() for one in identities}
    lines = sa.select(stocktake_line.c.stocktake_id, stocktake_line.c.finding, sa.func.count())
    here = (stocktake_line.c.library_id == library, among(stocktake_line.c.stocktake_id, identities))
    grouped = lines.where(*here).group_by(stocktake_line.c.stocktake_id, stocktake_line.c.finding)
    for identity, finding, count in connection.execute(grouped):
        counts[identity][finding] = count
    return counts
