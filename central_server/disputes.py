"""Disputes: what a person must look at. Kept with both versions, opened once, never deleted, told to the stations.

One that is open no longer has settled by itself (its `way` is null: what was in doubt is known now) or was settled by a
person. One that settled by itself may open again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa

from central_server import changes
from central_server.among import among
from central_server.order import LATEST_MS, Place
from central_server.tables.operations import dispute
from central_server.upsert import add_new
from central_server.wire import Operation, Reason, Way

OPEN = "open"
SETTLED = "settled"

# docs/protocol.md has the same table; all others are only to be seen.
WAYS = {
    Reason.ALREADY_ON_LOAN: (Way.FIRST_OVER, Way.FIRST_HAS_IT),
    Reason.UNCLEAR_ORDER: (Way.RETURNED, Way.ON_LOAN),
    Reason.SETTLED_OTHERWISE: (Way.AS_SETTLED, Way.AS_HAPPENED),
}
_IDS = UUID("2f0d0b86-4c0e-4a1e-9d57-6a3f8f6e1c90")


@dataclass(frozen=True, slots=True)
class Dispute:
    """About the operation `(epoch, seq)` of a device. `held`: what the centre had; `came`: what came. No readers."""

    epoch: str
    seq: int
    reason: Reason
    held: object
    came: object
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Docket:
    """What a batch of one device opens and settles, until it is written."""

    opened: list[Dispute] = field(default_factory=list)
    gaps_filled: list[tuple[str, int]] = field(default_factory=list)
    loans_found: list[str] = field(default_factory=list)


def id_of(library: str, place: Place, reason: Reason, subject: str) -> str:
    """The dispute's id: the UUID of version 5 of what it is about, the same on every centre."""
    return str(uuid5(_IDS, "\n".join((library, place.device, place.epoch, str(place.seq), reason.value, subject))))


def ways_of(reason: str) -> tuple[Way, ...]:
    """How a person may settle a dispute of this reason."""
    return WAYS.get(Reason(reason), (Way.SEEN,))


def version(operation: Operation) -> dict[str, object]:
    """An operation as a dispute shows it, without its reader."""
    return {"epoch": operation.epoch, "seq": operation.seq, "hash": operation.hash, "body": operation.body}


def new_row(
    library: str,
    place: Place,
    reason: Reason,
    subject: str,
    *,
    held: object,
    came: object,
    now_ms: int,
    barcode: str | None = None,
) -> dict[str, Any]:
    """An open dispute for the table."""
    return {
        "library_id": library,
        "id": id_of(library, place, reason, subject),
        **place._asdict(),
        "reason": reason.value,
        "subject": subject,
        "barcode": barcode,
        "held": _json(held),
        "came": _json(came),
        "state": OPEN,
        "way": None,
        "opened_ms": now_ms,
        "settled_ms": None,
    }


def write(connection: sa.Connection, library: str, device: str, docket: Docket, now_ms: int) -> list[str]:
    """Write `docket`, and tell the stations; answers the ids of what it opens.

    A dispute that is already there stays as it is.
    """
    rows = [
        new_row(
            library,
            Place(device, one.epoch, one.seq),
            one.reason,
            one.subject,
            held=one.held,
            came=one.came,
            now_ms=now_ms,
        )
        for one in docket.opened
    ]
    add_new(connection, dispute, rows)
    opened = [row["id"] for row in rows]
    gaps = (
        sa.and_(dispute.c.device == device, dispute.c.epoch == epoch, dispute.c.seq == seq)
        for epoch, seq in docket.gaps_filled
    )
    settled = _settle(connection, library, Reason.GAP, gaps, now_ms)
    found = (dispute.c.subject == loan for loan in docket.loans_found)
    settled += _settle(connection, library, Reason.UNKNOWN_LOAN, found, now_ms)
    tell(connection, library, opened + settled)
    return opened


def find(connection: sa.Connection, library: str, identity: str) -> dict[str, Any] | None:
    """The row of a dispute."""
    mine = sa.select(dispute).where(dispute.c.library_id == library, dispute.c.id == identity)
    row = connection.execute(mine).mappings().first()
    return dict(row) if row else None


def change(
    connection: sa.Connection, library: str, identities: Collection[str], state: str, way: Way | None, now_ms: int
) -> None:
    """Open or settle disputes that are there; `way` is the person's."""
    values = {"state": state, "way": way and way.value, "settled_ms": now_ms if state == SETTLED else None}
    mine = (dispute.c.library_id == library, among(dispute.c.id, identities))
    connection.execute(dispute.update().where(*mine).values(values))


def tell(connection: sa.Connection, library: str, identities: Collection[str]) -> None:
    """Publish those disputes as they are now."""
    if not identities:
        return
    mine = sa.select(dispute).where(dispute.c.library_id == library, among(dispute.c.id, identities))
    rows = connection.execute(mine.order_by(dispute.c.id)).mappings()
    things = [changes.Thing("dispute", row["id"], _json(_told(row))) for row in rows]
    changes.publish_if_different(connection, library, things)


def whole(row: Any) -> dict[str, Any]:
    """A dispute with both versions, as people at the centre see it."""
    versions = {"held": msgspec.json.decode(row["held"]), "came": msgspec.json.decode(row["came"])}
    about = ("id", "device", "epoch", "seq", "reason", "barcode", "state", "way", "opened_ms", "settled_ms")
    return {name: row[name] for name in about} | versions | {"ways": list(ways_of(row["reason"]))}


def count_open(connection: sa.Connection, library: str) -> int:
    """How many disputes of the library wait for a person."""
    statement = sa.select(sa.func.count()).where(dispute.c.library_id == library, dispute.c.state == OPEN)
    return connection.scalar(statement) or 0


def _settle(
    connection: sa.Connection, library: str, reason: Reason, which: Iterable[sa.ColumnElement[bool]], now_ms: int
) -> list[str]:
    """What was missing has come: nobody needs to look any more. Answers the ids."""
    settled: list[str] = []
    for one in which:
        waiting = (dispute.c.library_id == library, dispute.c.reason == reason.value, dispute.c.state == OPEN, one)
        found = connection.scalars(sa.select(dispute.c.id).where(*waiting)).all()
        if found:
            change(connection, library, found, SETTLED, None, now_ms)
            settled += found
    return settled


def _told(row: Any) -> dict[str, object]:
    return {
        "device": row["device"],
        "epoch": row["epoch"],
        "seq": row["seq"],
        "reason": row["reason"],
        "held": shown(msgspec.json.decode(row["held"]), row["device"]),
        "came": shown(msgspec.json.decode(row["came"]), row["device"]),
        "ways": ways_of(row["reason"]),
        "state": row["state"],
        "way": row["way"],
        "opened_ms": row["opened_ms"],
    }


def shown(one: object, device: str) -> dict[str, Any] | None:
    """What a station is told of a version: short, and without what somebody wrote."""
    if not isinstance(one, dict) or "epoch" not in one:
        return None
    body = _loosely(one.get("body", "null"))
    data, at = body.get("data"), body.get("at")
    data = data if isinstance(data, dict) else {}
    at = at if isinstance(at, dict) else {}
    loans = [data["loan"]] if "loan" in data else data.get("loans")
    named = loans[:_MOST_LOANS] if isinstance(loans, list) else []
    return {
        "device": one.get("device", device),
        "epoch": one["epoch"],
        "seq": one["seq"],
        "kind": _text(body.get("kind")),
        "barcode": _text(data.get("barcode")),
        "loans": [name for text in named if (name := _text(text, _ID))],
        "at_ms": _time(at.get("wall_ms")) if at.get("trusted") is True else None,
    }


def _loosely(body: str) -> dict[str, Any]:
    """The JSON of a body that may be anything."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(said: object, longest: int = 256) -> str | None:
    return said if isinstance(said, str) and len(said) <= longest else None


def _time(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= LATEST_MS else None


# As in a body that can be read. Of one that cannot, no more is told either: a station takes no endless answer.
_MOST_LOANS = 100
_ID = 36


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
