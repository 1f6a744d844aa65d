"""Taking readers out of the store, a few rows at a time: whoever is named by a mark only is found by looking."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Executable, Integer, bindparam, delete, select, text
from sqlalchemy.dialects import sqlite

from kiosk.domain.ids import erased_mark
from kiosk.ports.store import WalkedTo
from local_store.prepared import Database, Prepared
from local_store.shapes import dropped, some, without
from local_store.tables import card_tag, held_back, hold, loan, mentioned, outbox, patron, pin, request, to_erase, visit

# Rows that move when a page is split may leave a copy behind that deleting does not overwrite. So the small tables, in
# which names, PINs and card numbers stand, are written anew; in the large ones only an id can remain, which leads to
# nobody.
_WRITTEN_ANEW = ("patron", "pin", "card_tag", "visit", "hold", "request")


TO_ERASE = Prepared(select(to_erase.c.mark).order_by(to_erase.c.mark))
PUT_TO_ERASE = Prepared(sqlite.insert(to_erase).on_conflict_do_nothing())
ERASED = Prepared(delete(to_erase).where(to_erase.c.mark == bindparam("gone")))


class _Walk(NamedTuple):
    """`look`: rows after a key (at first `start`) with their readers; `forget`: what is done to one of them."""

    look: Prepared
    forget: Prepared
    start: str | int


def _walk(key: Column[Any], reader: ColumnElement[Any], change: Executable, only: str = "1") -> _Walk:
    look = some(select(key, reader).where(text(only)), key)
    return _Walk(look, Prepared(change), 0 if isinstance(key.type, Integer) else "")


_PATRONS = "mentioned.kind = 'patron'"
_FORGET_NAMED = delete(mentioned).where(text(_PATRONS), mentioned.c.id == bindparam("gone"))

# Everything that may name a reader, in the order in which it is walked through.
_NAMING = (
    _walk(patron.c.id, patron.c.id, dropped(patron, patron.c.id)),
    _walk(pin.c.patron_id, pin.c.patron_id, dropped(pin, pin.c.patron_id)),
    _walk(card_tag.c.tag, card_tag.c.patron_id, dropped(card_tag, card_tag.c.tag)),
    _walk(visit.c.patron_id, visit.c.patron_id, dropped(visit, visit.c.patron_id)),
    _walk(hold.c.id, hold.c.patron_id, dropped(hold, hold.c.id)),
    _walk(request.c.id, request.c.patron_id, without(request, request.c.id, "patron_id", "why")),
    _walk(loan.c.id, loan.c.patron_id, without(loan, loan.c.id, "patron_id")),
    _walk(held_back.c.loan_id, held_back.c.patron_id, without(held_back, held_back.c.loan_id, "patron_id")),
    _walk(mentioned.c.id, mentioned.c.id, _FORGET_NAMED, only=_PATRONS),
    _walk(outbox.c.place, outbox.c.reader, without(outbox, outbox.c.place, "reader", "salt", "private")),
)


def erase(database: Database, marks: Set[str], after: WalkedTo, limit: int) -> WalkedTo | None:
    """One step of kiosk.ports.store.UnitOfWork.erase."""
    table = after.table
    if table >= len(_NAMING):
        return _write_anew(database, table - len(_NAMING))
    walk = _NAMING[table]
    rows = database.rows(walk.look, after=walk.start if after.key is None else after.key, limit=limit)
    gone = [{"gone": key} for key, reader in rows if reader is not None and erased_mark(reader) in marks]
    if gone:
        database.run_each(walk.forget, gone)
    return WalkedTo(table, rows[-1][0]) if len(rows) == limit else WalkedTo(table + 1, None)


def _write_anew(database: Database, number: int) -> WalkedTo | None:
    if number >= len(_WRITTEN_ANEW):
        return None
    name = _WRITTEN_ANEW[number]
    database.tell(f"CREATE TEMP TABLE kept AS SELECT * FROM {name}")
    database.tell(f"DELETE FROM {name}")
    database.tell(f"INSERT INTO {name} SELECT * FROM kept")
    database.tell("DROP TABLE kept")
    return WalkedTo(len(_NAMING) + number + 1, None)
