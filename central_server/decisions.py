"""How a request was decided: kept in its row, and told to the stations."""

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from central_server import changes
from central_server.tables.library import item, request

BY_RULE = "rule"


class State(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    DECLINED = "declined"


class Decision(NamedTuple):
    """`why` is a word of the protocol's table, or `None`."""

    state: State
    why: str | None = None


def find(connection: sa.Connection, library: str, identity: str) -> dict[str, Any] | None:
    """The row of a request."""
    rows = connection.execute(sa.select(request).where(request.c.library_id == library, request.c.id == identity))
    row = rows.mappings().first()
    return dict(row) if row else None


def settle(connection: sa.Connection, row: Any, decision: Decision, by: str, now_ms: int) -> None:
    """Write down how the request `row` was decided, and tell the stations. What the staff asked for holds at their
    station already: declined, the thing itself is told anew, so that it comes right there."""
    decided = {"state": decision.state.value, "decided_by": by, "why": decision.why, "decided_ms": now_ms}
    here = (request.c.library_id == row["library_id"], request.c.id == row["id"])
    connection.execute(sa.update(request).where(*here).values(decided))
    tell(connection, {**row, **decided})  # before the thing: while a request waits, a station keeps its own word of it
    # And of a reader to whom it is lent again the centre may know a book that came back late since.
    if row["role"] == "librarian" and (decision.state is State.DECLINED or row["kind"] == "patron_block"):
        begun_there = row["kind"] in ("place_hold", "cancel_hold", "settings")
        changes.tell_again(connection, row["library_id"], _about(connection, row), or_no_more=begun_there)


def _about(connection: sa.Connection, row: Any) -> list[tuple[str, str]]:
    """The things that the request is about, as the feed names them."""
    match row["kind"]:
        case "place_hold":
            return [("hold", row["id"])]
        case "cancel_hold":
            return [("hold", row["subject"])]
        case "settlement":
            return [("dispute", row["subject"])]
        case "settings":
            return [("setting", name) for name in msgspec.json.decode(row["data"])["values"]]
        case "item_status" | "item_source":
            here = (item.c.library_id == row["library_id"], item.c.barcode == row["subject"])
            return [("item", identity) for identity in connection.scalars(sa.select(item.c.id).where(*here))]
        case "card_link" | "card_block" | "patron_block" | "patron_note" if row["patron_id"]:
            return [("patron", row["patron_id"])]
    return []


def tell(connection: sa.Connection, row: Any) -> None:
    """Publish the request `row` as it is now."""
    data = {
        "kind": row["kind"],
        "subject": row["subject"],
        "patron": row["patron_id"],
        "asked_ms": row["asked_ms"],
        "state": row["state"],
        "by": row["decided_by"] and (BY_RULE if row["decided_by"] == BY_RULE else "person"),
        "why": row["why"],
    }
    thing = changes.Thing("request", row["id"], msgspec.json.encode(data).decode())
    changes.publish(connection, row["library_id"], [thing])
