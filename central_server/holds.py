"""Holds (đặt trước): who waits for which title. One that is served by a loan stays, and stands again without it.

Whatever happens to a reader's loans of a title or to their wishes for it, all of these are considered anew
(`central_server.one_hold`), so that what came first plays no part.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from central_server import changes
from central_server.among import among
from central_server.clock import day_of
from central_server.decisions import BY_RULE, Decision, State, settle
from central_server.item_history import history_of, named_ends
from central_server.one_hold import Lending, Outcome, Placing, consider
from central_server.order import Boot, Moment, Order, Place
from central_server.tables.library import hold, item, request, shelved
from central_server.tables.library import patron as patron_table
from central_server.tables.library import title as title_table
from central_server.tables.operations import dated_boot, operation
from central_server.upsert import put


@dataclass
class Touched:
    """What happened to items (by barcode), and to loans of them (`ids`) to readers. `titles`: those of the items, as
    far as they were looked up; `since`: when the first of it may have been, `None` where that is not known. What was
    known of when things were changed: of the items `anew`, of what was asked in `boots`, and of the operations at
    `positions`.
    """

    barcodes: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    loans: set[tuple[str, str]] = field(default_factory=set)
    anew: set[str] = field(default_factory=set)
    boots: set[str] = field(default_factory=set)
    positions: set[int] = field(default_factory=set)
    titles: dict[str, str] = field(default_factory=dict)
    since: int | None = None


def who_asked(connection: sa.Connection, library: str, touched: Touched) -> set[tuple[str, str]]:
    """Titles and readers whose wishes are to be considered anew, of those who ever asked for a hold."""
    wishes = _asked_then(connection, library, touched) if touched.boots or touched.positions else set()
    barcodes = touched.barcodes | touched.anew
    titles = touched.titles | _titles_of(connection, library, barcodes - touched.titles.keys())
    touched_titles = {titles[barcode] for barcode in barcodes if barcode in titles}
    if not touched_titles:
        return wishes
    lent = {(titles[barcode], patron) for barcode, patron in touched.loans if barcode in titles}
    anew = {titles[barcode] for barcode in touched.anew if barcode in titles}
    asked = sa.select(request.c.subject, request.c.patron_id, request.c.why).where(
        request.c.library_id == library,
        among(request.c.subject, touched_titles),
        request.c.kind == "place_hold",
        request.c.patron_id.is_not(None),
        sa.or_(
            among(request.c.patron_id, {patron for _, patron in lent}),
            among(request.c.subject, anew),
            request.c.why == "already_yours",
        ),
    )
    return wishes | {
        (row.subject, row.patron_id)
        for row in connection.execute(asked)
        # Who had the book may not have had it any more: somebody else's loan that comes late tells.
        if (row.subject, row.patron_id) in lent or row.subject in anew or row.why == "already_yours"
    }


def _titles_of(connection: sa.Connection, library: str, barcodes: Collection[str]) -> dict[str, str]:
    if not barcodes:
        return {}
    found = sa.select(item.c.barcode, item.c.title_id).where(item.c.library_id == library)
    return {row.barcode: row.title_id for row in connection.execute(found.where(among(item.c.barcode, barcodes)))}


def _asked_then(connection: sa.Connection, library: str, touched: Touched) -> set[tuple[str, str]]:
    then = sa.or_(
        sa.and_(among(request.c.boot, touched.boots), request.c.boot.is_not(None)),
        among(request.c.position, touched.positions),
    )
    mine = (request.c.library_id == library, request.c.patron_id.is_not(None))
    asked = sa.select(request.c.subject, request.c.patron_id)
    placed = asked.where(*mine, then, request.c.kind == "place_hold")
    cancels = sa.select(request.c.subject).where(*mine, then, request.c.kind == "cancel_hold")
    cancelled = asked.where(*mine, request.c.kind == "place_hold", request.c.id.in_(cancels))
    return {(row.subject, row.patron_id) for one in (placed, cancelled) for row in connection.execute(one)}


class Shelving(NamedTuple):
    """A book was put on the hold shelf on `day`, as a station says whose clock was right (`is_sure`) or not."""

    day: date
    is_sure: bool


def shelve(connection: sa.Connection, library: str, found: Mapping[str, Sequence[Shelving]], now_ms: int) -> None:
    """Books were put on the hold shelf for these holds; the last day counts. It is never after today, and today when
    nobody is sure of it: so nobody is passed over early, and nobody waits for a year."""
    if not found:
        return
    today, known = day_of(now_ms), _shelved(connection, library, found)
    heard = {hold: max(min(one.day, today) if one.is_sure else today for one in them) for hold, them in found.items()}
    now = {hold: max(day.isoformat(), known.get(hold, "")) for hold, day in heard.items()}
    rows = [{"library_id": library, "hold_id": one, "day": day} for one, day in now.items() if day != known.get(one)]
    put(connection, shelved, rows)
    here = (hold.c.library_id == library, among(hold.c.id, now), hold.c.loan_id.is_(None))
    waiting = connection.execute(sa.select(hold).where(*here)).mappings().all()
    things = [changes.Thing("hold", row["id"], _published(row, now[row["id"]])) for row in waiting]
    changes.publish_if_different(connection, library, things)
    # Its station has what it said.
    said_otherwise = {one for one, them in found.items() if any(day.isoformat() != now[one] for day, _ in them)}
    told = [("hold", row["id"]) for row in waiting if row["id"] in said_otherwise]
    changes.tell_again(connection, library, told)


def _shelved(connection: sa.Connection, library: str, holds: Collection[str]) -> dict[str, str]:
    if not holds:
        return {}
    mine = (shelved.c.library_id == library, among(shelved.c.hold_id, holds))
    return {row.hold_id: row.day for row in connection.execute(sa.select(shelved).where(*mine))}


def reconsider(connection: sa.Connection, library: str, touched: Touched, now_ms: int) -> None:
    """Consider anew every wish that it may concern."""
    for title, patron in sorted(who_asked(connection, library, touched)):
        decide(connection, library, title, patron, now_ms)


def decide(connection: sa.Connection, library: str, title: str, patron: str, now_ms: int) -> None:
    """Decide all that `patron` asked for of `title`, if both are known, and tell the stations what is different."""
    if not (
        _is_known(connection, patron_table, library, patron) and _is_known(connection, title_table, library, title)
    ):
        return
    rows = _placings(connection, library, title, patron)
    placings = [Placing(row["id"], row["moment"], [one["moment"] for one in row["cancels"]]) for row in rows.values()]
    order = Order(connection, library)
    outcomes = consider(placings, _lendings(connection, library, title, patron, order), order)
    for identity, outcome in outcomes.items():
        row, decision = rows[identity], Decision(State.DECLINED if outcome.why else State.GRANTED, outcome.why)
        # A person who granted it may have said something besides.
        if decision.state != row["state"] or (row["decided_by"] == BY_RULE and decision.why != row["why"]):
            settle(connection, row, decision, BY_RULE, now_ms)
    _write(connection, library, rows, outcomes)


def _placings(connection: sa.Connection, library: str, title: str, patron: str) -> dict[str, dict[str, Any]]:
    """The rows of `place_hold`, but for those that a person declined, each with those of its `cancels`."""
    theirs = (request.c.library_id == library, request.c.patron_id == patron)
    at = sa.and_(operation.c.library_id == request.c.library_id, operation.c.position == request.c.position)
    asked = sa.select(request, operation.c.device, operation.c.epoch, operation.c.seq).join(operation, at)
    declined = request.c.state == State.DECLINED.value
    by_person = sa.and_(declined, request.c.decided_by != BY_RULE)
    placed = asked.where(*theirs, request.c.kind == "place_hold", request.c.subject == title, sa.not_(by_person))

    def read(row: Any) -> dict[str, Any]:
        return {**row, "moment": asked_at(connection, library, row), "cancels": []}

    rows = {row["id"]: read(row) for row in connection.execute(placed).mappings()}
    cancels = asked.where(*theirs, request.c.kind == "cancel_hold", among(request.c.subject, rows), sa.not_(declined))
    for row in connection.execute(cancels).mappings():
        rows[row["subject"]]["cancels"].append(read(row))
    return rows


def asked_at(connection: sa.Connection, library: str, row: Any) -> Moment:
    """When it was asked: a request with the `device`, `epoch` and `seq` of its operation."""
    place = Place(row["device"], row["epoch"], row["seq"])
    if row["boot"] is None:
        return Moment(place, row["asked_ms"], row["asked_ms"])
    mine = (dated_boot.c.library_id == library, dated_boot.c.device == place.device, dated_boot.c.boot == row["boot"])
    known = connection.execute(sa.select(dated_boot).where(*mine)).first()
    boot = Boot(known.began_ms, known.after_ms, known.before_ms) if known else Boot()
    return Moment(place, None, None, row["boot"], row["boottime_ms"]).dated(boot)


def _lendings(connection: sa.Connection, library: str, title: str, patron: str, order: Order) -> list[Lending]:
    """The loans of `title` to `patron`. Over they are by a check-in that names them, or by what the item did next."""
    of_title = sa.select(item.c.id, item.c.barcode).where(item.c.library_id == library, item.c.title_id == title)
    items = {row.id: row.barcode for row in connection.execute(of_title)}
    copies = set(items.values())
    history = history_of(connection, library, copies)
    theirs = [one for one in history.made if one.patron == patron and (one.item in items or one.barcode in copies)]
    named = named_ends(connection, library, {one.id for one in theirs})
    found = []
    for one in theirs:
        if one.moment:
            later = [
                moment
                for place, moment in history.happened(one.barcode).items()
                if (one.id, place) not in history.said.spared and order.is_before(one.moment, moment)
            ]
            found.append(Lending(one.id, one.moment, named.get(one.id, []) + later, one.id in history.said.over))
    return found


def _write(
    connection: sa.Connection,
    library: str,
    asked: Mapping[str, dict[str, Any]],
    found: Mapping[str, Outcome],
) -> None:
    mine = (hold.c.library_id == library, among(hold.c.id, found))
    known = {row["id"]: row for row in connection.execute(sa.select(hold).where(*mine)).mappings()}
    days = _shelved(connection, library, found)
    things = []
    for identity, outcome in found.items():
        placed, here = asked[identity], (hold.c.library_id == library, hold.c.id == identity)
        exact = placed["moment"].exact
        row = {
            "library_id": library,
            "id": identity,
            "title_id": placed["subject"],
            "patron_id": placed["patron_id"],
            "shelf": known[identity]["shelf"] if identity in known else "",
            "placed_ms": placed["asked_ms"] if exact is None else exact,
            "loan_id": outcome.served_by,
        }
        is_kept = outcome.why is None and not outcome.is_cancelled
        if identity in known and not is_kept:
            connection.execute(sa.delete(hold).where(*here))
        elif is_kept and identity not in known:
            connection.execute(hold.insert(), row)
        elif is_kept and row != known[identity]:
            connection.execute(sa.update(hold).where(*here).values(row))
        waits = is_kept and outcome.served_by is None
        # Asked for at a desk, it waits there already: that it is served is told, though it was told to nobody before.
        if outcome.why is None or identity in known:
            told = _published(row, days.get(identity)) if waits else changes.NO_MORE
            things.append(changes.Thing("hold", identity, told))
    changes.publish_if_different(connection, library, things)


def _published(row: Mapping[Any, Any], shelved_on: str | None) -> str:
    data = {"title": row["title_id"], "patron": row["patron_id"], "shelf": row["shelf"], "placed_ms": row["placed_ms"]}
    data["shelved_on"] = shelved_on
    return msgspec.json.encode(data).decode()


def _is_known(connection: sa.Connection, table: sa.Table, library: str, identity: str) -> bool:
    found = sa.select(table.c.id).where(table.c.library_id == library, table.c.id == identity)
    return connection.scalar(found) is not None
