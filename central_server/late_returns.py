"""Who brought books back late (trả muộn), and until when nothing is lent to them for it.

A function of what is known and nothing else, as everything that follows from facts: a loan came back at the first
thing that happened to its copy after it, if that is a check-in, is known to be the first, and its time is known. Where
nobody vouches for a time or a due date, nobody was late.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from central_server.among import among
from central_server.clock import day_of
from central_server.item_history import History, ended_by, history_of, named_ends
from central_server.loans import Loan
from central_server.order import Moment, Order, Place
from central_server.tables.operations import check_in, late_return, loan, operation
from central_server.upsert import put

_CHUNK = 500
_MARGIN_MS = 86_400_000


def suspended_until(
    returns: Iterable[tuple[date, date]], after: int | None, days: int, lifted_on: date | None
) -> date | None:
    """The last day on which nothing is lent to who brought these back (each: when it was due, when it came), by the
    limits `suspend_after_days` and `suspend_days`. The day of the return is the first one; what came through
    `lifted_on` counts no more."""
    if after is None or days <= 0:
        return None
    late = (came for due, came in returns if (came - due).days >= max(after, 1))
    return max((came + timedelta(days - 1) for came in late if lifted_on is None or came > lifted_on), default=None)


def of_patrons(
    connection: sa.Connection, library: str, patrons: Collection[str]
) -> Mapping[str, list[tuple[date, date]]]:
    """What each of `patrons` brought back late: when it was due, and when it came."""
    mine = (late_return.c.library_id == library, among(late_return.c.patron_id, patrons))
    found: dict[str, list[tuple[date, date]]] = {}
    for row in connection.execute(sa.select(late_return).where(*mine)):
        found.setdefault(row.patron_id, []).append((date.fromisoformat(row.due_on), date.fromisoformat(row.came_on)))
    return found


def reckon(
    connection: sa.Connection,
    library: str,
    barcodes: Collection[str],
    loans: Collection[str] = (),
    *,
    anew: Collection[str] = (),
    since_ms: int | None = None,
) -> set[str]:
    """Consider which loans of these items, and which of `loans`, came back late; answers the readers of those of which
    it was not known, or is so no more. But for the items `anew`, what came back well before `since_ms` is as it was."""
    lately: sa.ColumnElement[bool] = sa.true()
    late: sa.ColumnElement[bool] = sa.true()
    if since_ms is not None:
        since_ms = max(since_ms - _MARGIN_MS, 0)
        unsure = check_in.c.latest_ms.is_(None)
        lately = sa.or_(unsure, check_in.c.latest_ms >= since_ms, among(check_in.c.barcode, anew))
        those = sa.or_(among(late_return.c.loan_id, loans), among(late_return.c.barcode, anew))
        late = sa.or_(late_return.c.came_on >= day_of(since_ms).isoformat(), those)
    mine = (late_return.c.library_id == library, among(late_return.c.barcode, {*barcodes, *anew}), late)
    known = {row["loan_id"]: dict(row) for row in connection.execute(sa.select(late_return).where(*mine)).mappings()}
    ended = ended_by(connection, library, {*barcodes, *anew}, lately)
    found = _late(connection, library, ended, {*loans, *known})
    new = [row for identity, row in found.items() if row != known.get(identity)]
    gone = known.keys() - found.keys()
    if gone:
        here = (late_return.c.library_id == library, among(late_return.c.loan_id, gone))
        connection.execute(sa.delete(late_return).where(*here))
    put(connection, late_return, new)
    before = [row for identity, row in known.items() if row != found.get(identity)]
    return {row["patron_id"] for row in (*new, *before)}


def reckon_all(connection: sa.Connection, library: str) -> None:
    """The same of all items that ever came back."""
    after: str | None = ""
    while after is not None:
        after, _ = reckon_some(connection, library, after)


def reckon_some(connection: sa.Connection, library: str, after: str) -> tuple[str | None, set[str]]:
    """The same of the next some items behind the barcode `after` that ever came back; answers the last one of them,
    `None` behind the last of all, and the readers as `reckon` does."""
    came_back = sa.select(check_in.c.barcode).where(check_in.c.library_id == library, check_in.c.barcode > after)
    barcodes = connection.scalars(came_back.distinct().order_by(check_in.c.barcode).limit(_CHUNK)).all()
    return (barcodes[-1], reckon(connection, library, barcodes)) if barcodes else (None, set())


def readers(connection: sa.Connection, library: str) -> set[str]:
    """Who ever brought something late, as far as the rules asked for it."""
    late = sa.select(late_return.c.patron_id).where(late_return.c.library_id == library)
    return set(connection.scalars(late))


def _late(
    connection: sa.Connection, library: str, ended: Mapping[str, Sequence[Moment]], loans: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Of the loans `ended` and `loans` those that were late, as rows."""
    # Most books come back in time, and need no second look.
    maybe = (loan.c.library_id == library, among(loan.c.id, {*loans, *ended}), loan.c.position.is_not(None))
    rows = connection.execute(sa.select(loan).where(*maybe, loan.c.patron_id.is_not(None)))
    wanted = [
        one
        for one in map(Loan.read, rows)
        if not (one.voided or one.standing or one.provisional)
        and not any(_day(moment) <= one.due_on for moment in ended.get(one.id, ()) if moment.exact is not None)
    ]
    if not wanted:
        return {}
    order, history = Order(connection, library), history_of(connection, library, {one.barcode for one in wanted})
    named = named_ends(connection, library, {one.id for one in wanted})
    came = {one.id: _came_back(one, history, named.get(one.id, []), order) for one in wanted}
    heard = _heard(connection, library, {moment.place for moment in came.values() if moment})
    found = {}
    for one in wanted:
        if moment := came[one.id]:
            # Whatever a clock said, nothing happened later than it was heard of.
            came_on = min(_day(moment), day_of(heard[moment.place]).isoformat())
            if came_on > one.due_on:
                found[one.id] = {
                    "library_id": library,
                    "loan_id": one.id,
                    "barcode": one.barcode,
                    "patron_id": one.patron,
                    "due_on": one.due_on,
                    "came_on": came_on,
                }
    return found


def _came_back(one: Loan, history: History, named: Collection[Moment], order: Order) -> Moment | None:
    """When it is known to have come back; `None`: that is not known well enough."""
    lent = one.moment
    if lent is None or one.id in history.said.not_made:
        return None
    after = {
        place: moment
        for place, moment in history.happened(one.barcode).items()
        if place != lent.place and (one.id, place) not in history.said.spared and not order.is_before(moment, lent)
    } | {moment.place: moment for moment in named}
    first: Moment | None = None
    for moment in after.values():
        if first is None or order.is_before(moment, first):
            first = moment
    if first is None or first.exact is None:
        return None
    is_named = any(moment.place == first.place for moment in named)
    is_check_in = is_named or first.place in history.check_ins.get(one.barcode, {})
    is_first = all(moment.place == first.place or order.is_before(first, moment) for moment in after.values())
    return first if is_check_in and is_first and (is_named or order.is_before(lent, first)) else None


def _heard(connection: sa.Connection, library: str, places: Collection[Place]) -> dict[Place, int]:
    """When the operations at `places` came."""
    rows = connection.execute(
        sa.select(operation.c.device, operation.c.epoch, operation.c.seq, operation.c.received_ms).where(
            operation.c.library_id == library,
            among(operation.c.device, {place.device for place in places}),
            among(operation.c.epoch, {place.epoch for place in places}),
            among(operation.c.seq, {place.seq for place in places}),
        )
    )
    return {Place(row.device, row.epoch, row.seq): row.received_ms for row in rows}


def _day(moment: Moment) -> str:
    assert moment.exact is not None, "only what is known has a day"
    return day_of(moment.exact).isoformat()
