"""Items (bản sách) one by one: adding several at once, what became of each. What is done is told to the stations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from central_server import changes, said_here
from central_server.among import among
from central_server.catalogue import numbers
from central_server.catalogue.titles import ChangedSince, Row, version_of
from central_server.catalogue.typed import Wrong, one_line
from central_server.imports import items as published
from central_server.tables.library import daily_use, item, title
from central_server.tables.operations import WITHOUT_ROW, check_in, loan, operation

STATUSES = ("available", "damaged", "lost", "withdrawn")
SOURCES = ("", "budget", "donation", "project", "exchange", "other")
MOST_AT_ONCE = 500


def of_title(connection: sa.Connection, library: str, title_id: str) -> list[Row]:
    """The items of a title, by their numbers, each with `due_on`: until when it is lent, if it is."""
    mine = sa.select(item).where(item.c.library_id == library, item.c.title_id == title_id).order_by(item.c.barcode)
    rows = [dict(row) for row in connection.execute(mine).mappings()]
    due = lent(connection, library, [row["barcode"] for row in rows])
    return [row | {"due_on": due.get(row["barcode"])} for row in rows]


def lent(connection: sa.Connection, library: str, barcodes: Sequence[str]) -> dict[str, str]:
    """Those of `barcodes` that somebody has, with the day until which they may."""
    out = sa.select(loan.c.barcode, loan.c.due_on).where(loan.c.library_id == library, loan.c.standing, loan.c.open)
    return {row.barcode: row.due_on for row in connection.execute(out.where(among(loan.c.barcode, barcodes)))}


def find(connection: sa.Connection, library: str, identity: str) -> Row | None:
    """The item of that id."""
    mine = sa.select(item).where(item.c.library_id == library, item.c.id == identity)
    row = connection.execute(mine).mappings().first()
    return dict(row) if row else None


def proposed(connection: sa.Connection, library: str, title_row: Mapping[str, Any]) -> str:
    """The next number for an item of the title: of the series that its items have, or those of its type."""
    mine = sa.select(item.c.barcode).where(item.c.library_id == library)
    known = numbers.series(connection.scalars(mine))
    own = connection.scalars(mine.where(item.c.title_id == title_row["id"])).all()
    alike = sa.and_(title.c.library_id == library, title.c.id == item.c.title_id)
    like = own or connection.scalars(mine.join(title, alike).where(title.c.item_type == title_row["item_type"])).all()
    return numbers.next_of(known, like) or "TK.00001"


def add(
    connection: sa.Connection, library: str, title_row: Mapping[str, Any], first: str, count: int, typed: Row
) -> list[str]:
    """`count` new items of a title, numbered from `first` on; answers their numbers. `typed`: status, source,
    in_house_only. Raises `Wrong`, of `first` with the word `taken` and the numbers that are."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise Wrong({"count": "count"})
    plain = one_line(first)
    if not plain:
        raise Wrong({"first": "missing" if plain == "" else "control"})
    barcodes = numbers.following(plain, count)
    if barcodes is None:
        raise Wrong({"first": "no_number"})
    if len(barcodes[-1]) > numbers.MOST_LETTERS:
        raise Wrong({"first": "too_long"})
    here = sa.select(item.c.barcode).where(item.c.library_id == library, among(item.c.barcode, barcodes))
    if taken := sorted(connection.scalars(here)):
        raise Wrong({"first": "taken", "numbers": ", ".join(taken[:10])})
    own = {"library_id": library, "title_id": title_row["id"]} | _checked(typed)
    rows = [own | {"id": str(uuid4()), "barcode": barcode} for barcode in barcodes]
    connection.execute(item.insert(), rows)
    published.publish(connection, library, rows, title_row["item_type"])
    return barcodes


def change(
    connection: sa.Connection, library: str, identity: str, version: str, typed: Row, by: str, now_ms: int
) -> Row:
    """Give an item, which was of that version when it was shown, another status, source or rule; answers it.
    Raises `Wrong`, `ChangedSince`, and `KeyError` when it is no more."""
    before = find(connection, library, identity)
    if before is None:
        raise KeyError(identity)
    if version_of(before) != version:
        raise ChangedSince(before)
    after = before | _checked(typed)
    for column in ("status", "source"):
        if after[column] != before[column]:
            said_here.item(connection, library, before["barcode"], column, after[column], by, now_ms)
    if after["in_house_only"] != before["in_house_only"]:
        here = (item.c.library_id == library, item.c.id == identity)
        connection.execute(sa.update(item).where(*here).values(in_house_only=after["in_house_only"]))
        titles = sa.select(title).where(title.c.library_id == library, title.c.id == before["title_id"])
        published.publish_of_titles(connection, library, [dict(one) for one in connection.execute(titles).mappings()])
    return after


def is_removable(connection: sa.Connection, library: str, barcode: str) -> bool:
    """Whether an item was only ever in the catalogue: nothing was done with it."""
    # Each as an index has it.
    parts = ((loan, loan.c.standing), (loan, ~loan.c.standing), (check_in, sa.true()), (daily_use, sa.true()))
    used = [
        sa.select(one.c.library_id).where(one.c.library_id == library, one.c.barcode == barcode, part)
        for one, part in (*parts, (operation, WITHOUT_ROW))
    ]
    return not any(connection.execute(one.limit(1)).first() for one in used)


def remove(connection: sa.Connection, library: str, identity: str) -> bool:
    """Take an item out of the catalogue; false: it has a history, so it can only be withdrawn."""
    row = find(connection, library, identity)
    if row is None or not is_removable(connection, library, row["barcode"]):
        return False
    connection.execute(sa.delete(item).where(item.c.library_id == library, item.c.id == identity))
    changes.publish(connection, library, [changes.Thing("item", identity, changes.NO_MORE)])
    return True


def _checked(typed: Row) -> Row:
    status, source = typed.get("status", "available"), typed.get("source") or ""
    wrong = {}
    if status not in STATUSES:
        wrong["status"] = "choice"
    if source not in SOURCES:
        wrong["source"] = "choice"
    if wrong:
        raise Wrong(wrong)
    return {"status": status, "source": source or None, "in_house_only": bool(typed.get("in_house_only"))}
