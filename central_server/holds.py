"""Holds (đặt trước): who waits for which title. One that is served by a loan stays, and stands again without it."""

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import changes
from central_server.among import among
from central_server.tables.library import hold, item
from central_server.tables.operations import loan


def add(connection: sa.Connection, library: str, identity: str, title: str, patron: str, placed_ms: int) -> None:
    """Let `patron` wait for `title`, and tell the stations."""
    row = {
        "library_id": library,
        "id": identity,
        "title_id": title,
        "patron_id": patron,
        "shelf": "",
        "placed_ms": placed_ms,
        "loan_id": None,
    }
    connection.execute(hold.insert(), row)
    _tell(connection, library, [row])


def remove(connection: sa.Connection, library: str, identity: str) -> None:
    """Nobody waits any more, if anybody did."""
    if connection.execute(sa.delete(hold).where(hold.c.library_id == library, hold.c.id == identity)).rowcount:
        changes.publish(connection, library, [changes.Thing("hold", identity, changes.NO_MORE)])


def has_one(connection: sa.Connection, library: str, title: str, patron: str) -> bool:
    """Whether `patron` waits for `title` already."""
    mine = (hold.c.library_id == library, hold.c.patron_id == patron, hold.c.title_id == title)
    return connection.scalar(sa.select(hold.c.id).where(*mine, hold.c.loan_id.is_(None)).limit(1)) is not None


def has_on_loan(connection: sa.Connection, library: str, title: str, patron: str) -> bool:
    """Whether `patron` has a copy of `title`."""
    copies = sa.select(item.c.barcode).where(item.c.library_id == library, item.c.title_id == title)
    mine = (loan.c.library_id == library, loan.c.barcode.in_(copies), loan.c.standing, loan.c.open)
    return connection.scalar(sa.select(loan.c.id).where(*mine, loan.c.patron_id == patron).limit(1)) is not None


def who_wait(connection: sa.Connection, library: str, patrons: Collection[str]) -> set[str]:
    """Those of `patrons` who wait for anything."""
    if not patrons:
        return set()
    mine = (hold.c.library_id == library, among(hold.c.patron_id, patrons), hold.c.loan_id.is_(None))
    return set(connection.scalars(sa.select(hold.c.patron_id).where(*mine)))


def serve(connection: sa.Connection, library: str, patron: str, barcode: str, by_loan: str) -> None:
    """`patron` was lent the item `barcode`: whatever they waited for of that title is served."""
    titles = sa.select(item.c.title_id).where(item.c.library_id == library, item.c.barcode == barcode)
    mine = (hold.c.library_id == library, hold.c.patron_id == patron, hold.c.title_id.in_(titles))
    served = connection.scalars(sa.select(hold.c.id).where(*mine, hold.c.loan_id.is_(None))).all()
    for identity in served:
        here = (hold.c.library_id == library, hold.c.id == identity)
        connection.execute(sa.update(hold).where(*here).values(loan_id=by_loan))
        changes.publish(connection, library, [changes.Thing("hold", identity, changes.NO_MORE)])


def stand_again(connection: sa.Connection, library: str, loans: Collection[str]) -> None:
    """`loans` never were: who was served by them waits as before."""
    if not loans:
        return
    mine = (hold.c.library_id == library, hold.c.loan_id.in_(loans))
    rows = connection.execute(sa.select(hold).where(*mine)).mappings().all()
    connection.execute(sa.update(hold).where(*mine).values(loan_id=None))
    _tell(connection, library, [dict(row) for row in rows])


def _tell(connection: sa.Connection, library: str, rows: list[dict[str, Any]]) -> None:
    things = [changes.Thing("hold", row["id"], _published(row)) for row in rows]
    changes.publish(connection, library, things)


def _published(row: dict[str, Any]) -> str:
    data = {"title": row["title_id"], "patron": row["patron_id"], "shelf": row["shelf"], "placed_ms": row["placed_ms"]}
    return msgspec.json.encode(data).decode()
