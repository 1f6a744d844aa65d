"""Taking readers out of the store, a few rows at a time: whoever is named by a mark only is found by looking."""

from __future__ import annotations

from collections.abc import Set

from kiosk.domain.ids import erased_mark
from kiosk.ports.store import WalkedTo
from local_store import statements as sql
from local_store.prepared import Database

# Rows that move when a page is split may leave a copy behind that deleting does not overwrite. So the small tables, in
# which names and card numbers stand, are written anew; in the large ones only an id can remain, which leads to nobody.
_WRITTEN_ANEW = ("patron", "patron_card", "visit", "hold", "request")


def erase(database: Database, marks: Set[str], after: WalkedTo, limit: int) -> WalkedTo | None:
    """One step of kiosk.ports.store.UnitOfWork.erase."""
    table = after.table
    if table >= len(sql.NAMING):
        return _write_anew(database, table - len(sql.NAMING))
    walk = sql.NAMING[table]
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
    return WalkedTo(len(sql.NAMING) + number + 1, None)
