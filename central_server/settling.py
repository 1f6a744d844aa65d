"""Settling a dispute: a person says how it was, and that is carried out. Written down for good, once."""

from typing import Any

import sqlalchemy as sa

from central_server import disputes, holds, suspensions
from central_server.books import Books, Need
from central_server.tables.operations import dispute, settlement
from central_server.wire import Reason, Way


def settle(
    connection: sa.Connection,
    found: dict[str, Any],
    way: str,
    *,
    by: str,
    request: str | None,
    now_ms: int,
    is_settled: bool = False,
) -> str | None:
    """Settle the dispute `found` (its row) by `way`; answers why not, in a word of the protocol's table.

    `by`: who decided; `request`: the id of the station's request, if it came so. `is_settled`: somebody had said so
    after this, and their word counts no more.
    """
    if found["state"] != disputes.OPEN and not is_settled:
        return "settled_already"
    if way not in disputes.ways_of(found["reason"]):
        return "not_a_way"
    library, identity = found["library_id"], found["id"]
    mine = (settlement.c.library_id == library, settlement.c.dispute_id == identity)
    before = connection.scalar(sa.select(sa.func.count()).select_from(settlement).where(*mine)) or 0
    row = {
        "library_id": library,
        "dispute_id": identity,
        "number": before + 1,
        "way": way,
        "decided_by": by,
        "request_id": request,
        "decided_ms": now_ms,
    }
    connection.execute(settlement.insert(), row)
    disputes.change(connection, library, [identity], disputes.SETTLED, Way(way), now_ms)
    if found["reason"] == Reason.SETTLED_OTHERWISE and way == Way.AS_HAPPENED:
        # What a person said before counts no more.
        disputes.change(connection, library, [found["subject"]], disputes.SETTLED, None, now_ms)
    elif found["reason"] == Reason.SETTLED_OTHERWISE and is_settled:
        # Whose word counts no more may have taken that one away.
        said = _newest(connection, library, found["subject"], settlement.c.way)
        disputes.change(connection, library, [found["subject"]], disputes.SETTLED, Way(said) if said else None, now_ms)
    if found["barcode"] is not None:
        _consider(connection, library, found["barcode"], now_ms)
    disputes.tell(connection, library, [identity, found["subject"]])
    return None


def settled_by(connection: sa.Connection, found: dict[str, Any]) -> str | None:
    """The station's request by which the dispute `found` was settled; `None`: by itself, or at the centre."""
    if found["way"] is None:
        return None
    return _newest(connection, found["library_id"], found["id"], settlement.c.request_id)


def _newest(connection: sa.Connection, library: str, identity: str, column: sa.Column[Any]) -> str | None:
    """What a column says of the last settlement of the dispute `identity`."""
    mine = (settlement.c.library_id == library, settlement.c.dispute_id == identity)
    return connection.scalar(sa.select(column).where(*mine).order_by(settlement.c.number.desc()).limit(1))


def history(connection: sa.Connection, library: str) -> dict[str, list[dict[str, Any]]]:
    """What people decided, by the dispute's id, in the order of deciding."""
    rows = connection.execute(
        sa.select(settlement).where(settlement.c.library_id == library).order_by(settlement.c.number)
    ).mappings()
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        one = {"way": row["way"], "by": row["decided_by"], "request": row["request_id"], "at_ms": row["decided_ms"]}
        found.setdefault(row["dispute_id"], []).append(one)
    return found


def listed(connection: sa.Connection, library: str, *, everything: bool = False) -> list[dict[str, Any]]:
    """The open disputes, oldest first, with both versions as they came; or all. For people at the centre only."""
    found = sa.select(dispute).where(dispute.c.library_id == library).order_by(dispute.c.opened_ms, dispute.c.id)
    if not everything:
        found = found.where(dispute.c.state == disputes.OPEN)
    decided = history(connection, library)
    return [
        disputes.whole(row) | {"settled": decided.get(row["id"], [])} for row in connection.execute(found).mappings()
    ]


def _consider(connection: sa.Connection, library: str, barcode: str, now_ms: int) -> None:
    books = Books(connection, library)
    books.load(Need(whole={barcode}))
    books.consider(barcode)
    books.write(now_ms)
    holds.reconsider(connection, library, holds.Touched(anew={barcode}), now_ms)
    suspensions.reconsider(connection, library, books.touched)
