"""What the staff ask for at a desk: carried out as soon as the centre hears of it, whoever of them asks.

It holds at the station already, so it is refused only where it cannot be. Of what was asked of one thing the last word
holds: what is known to have been asked before it, and comes later, is declined as `overtaken`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import changes, holds, settings, staff, suspensions
from central_server.clock import day_of
from central_server.decisions import Decision, State
from central_server.imports import items, patrons
from central_server.order import Moment, Order, Place
from central_server.tables.library import item, patron, patron_card, request, title
from central_server.tables.operations import operation, operation_reader

Row = Mapping[Any, Any]
"""Of the table `request`."""
_OF_A_READER = ("card_link", "card_block", "patron_block", "patron_note")
KINDS = frozenset({*_OF_A_READER, "item_status", "item_source", "settings"})
ONLY_STAFF = KINDS - {"card_link"} | {"settlement"}
"""What nobody but somebody at a desk may ask for."""


def is_of_the_staff(connection: sa.Connection, row: Row) -> bool:
    """Whether somebody asks whom the library's list knows."""
    return row["role"] == "librarian" and staff.is_known(connection, row["library_id"], row["staff"])


def carry_out(connection: sa.Connection, row: Row, now_ms: int) -> Decision | None:
    """Do what the request `row` (one of `KINDS`) asks for, if nothing stands in its way; `None`: what it is about is
    not known here."""
    match row["kind"]:
        case "settings":
            return _set(connection, row, now_ms)
        case "item_status" | "item_source":
            return _change_item(connection, row)
    if row["patron_id"] is None:
        return Decision(State.DECLINED, "no_reader")
    whose = _patron(connection, row)
    if whose is None:
        return None
    match row["kind"]:
        case "card_link":
            return _link_card(connection, row, whose)
        case "card_block":
            return _block_cards(connection, row, whose)
        case "patron_block":
            return _block(connection, row, whose, blocked=_data(row)["blocked"])
    text = _private(connection, row)
    if text is None and _data(row)["private"] is not None:
        return None
    decision = _change_patron(connection, row, whose, "note", text)
    # What waits for a person may be the note yet.
    is_decided = sa.and_(request.c.state != State.WAITING.value, request.c.id != row["id"])
    _forget_notes(connection, row, request.c.id == row["id"] if decision is _OVERTAKEN else is_decided)
    return decision


# --- readers and their cards


def _change_patron(connection: sa.Connection, row: Row, whose: dict[str, Any], column: str, value: object) -> Decision:
    if _after(connection, row, row["kind"]):
        return _OVERTAKEN
    _write_patron(connection, whose, {column: value})
    return _DONE


def _block(connection: sa.Connection, row: Row, whose: dict[str, Any], *, blocked: bool) -> Decision:
    """To lend to somebody again sets aside what they brought back late before it; also where something else was said
    since, so that it makes no difference what is heard first. Not where a block is only taken back
    (central_server.said_here)."""
    if not blocked and _data(row).get("lifts", True):
        asked = _moment(connection, row).latest
        assert asked is not None, "no later than it was heard"
        suspensions.lift(connection, row["library_id"], whose["id"], day_of(asked))
        whose = _patron(connection, row) or whose
    return _change_patron(connection, row, whose, "blocked", blocked)


def _link_card(connection: sa.Connection, row: Row, whose: dict[str, Any]) -> Decision | None:
    library, owner = row["library_id"], whose["id"]
    number = _private(connection, row)
    if number is None:
        return None
    if _after(connection, row, "card_block"):
        return _OVERTAKEN
    holder = connection.scalar(
        sa.select(patron.c.id).where(patron.c.library_id == library, patron.c.card == number)
    ) or connection.scalar(
        sa.select(patron_card.c.patron_id).where(patron_card.c.library_id == library, patron_card.c.number == number)
    )
    if holder not in (None, owner):
        # A station may have taken it for nobody's.
        changes.tell_again(connection, library, [("patron", str(holder))])
        return Decision(State.DECLINED, "card_taken")
    if holder is None:
        connection.execute(patron_card.insert(), {"library_id": library, "number": number, "patron_id": owner})
    _write_patron(connection, whose, {"card_lost": whose["card_lost"] and whose["card"] != number})
    return _DONE


def _block_cards(connection: sa.Connection, row: Row, whose: dict[str, Any]) -> Decision:
    """All that the reader had then: what was linked since is not lost."""
    kept = {_private(connection, one) for one in _after(connection, row, "card_link")}
    theirs = (patron_card.c.library_id == row["library_id"], patron_card.c.patron_id == whose["id"])
    for number in connection.scalars(sa.select(patron_card.c.number).where(*theirs)).all():
        if number not in kept:
            connection.execute(sa.delete(patron_card).where(*theirs, patron_card.c.number == number))
    _write_patron(connection, whose, {"card_lost": whose["card_lost"] or whose["card"] not in kept})
    return _DONE


def _patron(connection: sa.Connection, row: Row) -> dict[str, Any] | None:
    mine = sa.select(patron).where(patron.c.library_id == row["library_id"], patron.c.id == row["patron_id"])
    found = connection.execute(mine).mappings().first()
    return dict(found) if found else None


def _write_patron(connection: sa.Connection, whose: dict[str, Any], values: dict[str, object]) -> None:
    library = whose["library_id"]
    here = (patron.c.library_id == library, patron.c.id == whose["id"])
    connection.execute(sa.update(patron).where(*here).values(values))
    patrons.publish(connection, library, [whose | values])


def _forget_notes(connection: sa.Connection, row: Row, gone: sa.ColumnElement[bool]) -> None:
    """Keep no text of those of the reader's notes that are `gone`."""
    theirs = (request.c.library_id == row["library_id"], request.c.patron_id == row["patron_id"])
    notes = sa.select(request.c.position).where(*theirs, request.c.kind == "patron_note", gone)
    here = (operation_reader.c.library_id == row["library_id"], operation_reader.c.position.in_(notes))
    connection.execute(sa.update(operation_reader).where(*here).values(private=None))


# --- items


def _change_item(connection: sa.Connection, row: Row) -> Decision | None:
    library, barcode = row["library_id"], row["subject"]
    here = (item.c.library_id == library, item.c.barcode == barcode)
    if connection.scalar(sa.select(item.c.id).where(*here)) is None:
        return None
    if _after(connection, row, row["kind"]):
        return _OVERTAKEN
    column = row["kind"].removeprefix("item_")
    connection.execute(sa.update(item).where(*here).values({column: _data(row)[column]}))
    mine = sa.select(item.c.title_id).where(*here)
    titles = sa.select(title).where(title.c.library_id == library, title.c.id.in_(mine))
    items.publish_of_titles(connection, library, [dict(one) for one in connection.execute(titles).mappings()])
    return _DONE


# --- settings


def _set(connection: sa.Connection, row: Row, now_ms: int) -> Decision:
    """All of it or nothing, but for names of which something later was said."""
    library, values = row["library_id"], _data(row)["values"]
    known = settings.read(connection, library)
    if any(known[name].fixed for name in values if name in known):
        return Decision(State.DECLINED, "fixed")
    for name, value in values.items():
        if why := settings.fault_of(connection, library, name, value):
            return Decision(State.DECLINED, why)
    asked, later = _moment(connection, row), _after(connection, row, "settings")
    said_later = {name for one in later for name in _data(one)["values"]}
    # Or at the centre.
    said_later |= {name for name in known if asked.latest is not None and asked.latest < known[name].set_ms}
    late = [name for name in values if name in said_later]
    new = {name: value for name, value in values.items() if name not in late}
    if not new:
        return _OVERTAKEN
    settings.put(connection, library, new, request=row["id"], now_ms=now_ms)
    changes.tell_again(connection, library, [(settings.KIND, name) for name in late])
    return _DONE


# --- what was asked before and after


def is_before(connection: sa.Connection, row: Row, other: Row) -> bool:
    """Whether `row` is known to have been asked before `other`."""
    order = Order(connection, row["library_id"])
    return order.is_before(_moment(connection, row), _moment(connection, other))


def _after(connection: sa.Connection, row: Row, kind: str) -> list[Row]:
    """The granted requests of `kind`, of the same item or reader, that are known to be after `row`."""
    same = request.c.patron_id == row["patron_id"] if row["patron_id"] else request.c.subject == row["subject"]
    granted = (request.c.state == State.GRANTED.value, request.c.kind == kind, request.c.id != row["id"])
    found = sa.select(request).where(request.c.library_id == row["library_id"], same, *granted)
    others = connection.execute(found).mappings().all()
    if not others:
        return []
    order, asked = Order(connection, row["library_id"]), _moment(connection, row)
    return [one for one in others if order.is_before(asked, _moment(connection, one))]


def _moment(connection: sa.Connection, row: Row) -> Moment:
    """When it was asked: never after it was heard, whatever a clock said."""
    if row["position"] < 0:  # at the centre itself (central_server.said_here)
        return Moment(Place(_HERE, "", -row["position"]), row["asked_ms"], row["asked_ms"])
    at = (operation.c.library_id == row["library_id"], operation.c.position == row["position"])
    columns = (operation.c[name] for name in ("device", "epoch", "seq", "received_ms"))
    told = connection.execute(sa.select(*columns).where(*at)).mappings().one()
    moment, heard = holds.asked_at(connection, row["library_id"], {**row, **told}), told["received_ms"]
    earliest = None if moment.earliest is None else min(moment.earliest, heard)
    return moment._replace(earliest=earliest, latest=min(heard if moment.latest is None else moment.latest, heard))


def _private(connection: sa.Connection, row: Row) -> str | None:
    mine = (
        operation_reader.c.library_id == row["library_id"],
        operation_reader.c.position == row["position"],
    )
    return connection.scalar(sa.select(operation_reader.c.private).where(*mine))


def _data(row: Row) -> dict[str, Any]:
    return dict(msgspec.json.decode(row["data"]))


# Behind every station's name: of one millisecond, what was said here is the later.
_HERE = "\uffff"
_DONE = Decision(State.GRANTED)
_OVERTAKEN = Decision(State.DECLINED, "overtaken")
