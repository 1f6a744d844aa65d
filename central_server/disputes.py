"""Disputes: what a person must look at. Kept with both versions, opened once, never deleted."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from central_server.tables import dispute
from central_server.upsert import add_new
from central_server.wire import Operation, Reason

OPEN = "open"
SETTLED = "settled"


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


def version(operation: Operation) -> dict[str, object]:
    """An operation as a dispute shows it, without its reader."""
    return {"epoch": operation.epoch, "seq": operation.seq, "hash": operation.hash, "body": operation.body}


def write(connection: sa.Connection, library: str, device: str, docket: Docket, now_ms: int) -> None:
    """Write `docket`. A dispute that is already there stays as it is; settled ones keep their row."""
    rows = [
        {
            "library_id": library,
            "device": device,
            "epoch": one.epoch,
            "seq": one.seq,
            "reason": one.reason.value,
            "subject": one.subject,
            "held": _json(one.held),
            "came": _json(one.came),
            "state": OPEN,
            "opened_ms": now_ms,
            "settled_ms": None,
        }
        for one in docket.opened
    ]
    add_new(connection, dispute, rows)
    gaps = (
        sa.and_(dispute.c.device == device, dispute.c.epoch == epoch, dispute.c.seq == seq)
        for epoch, seq in docket.gaps_filled
    )
    _settle(connection, library, Reason.GAP, gaps, now_ms)
    found = (dispute.c.subject == loan for loan in docket.loans_found)
    _settle(connection, library, Reason.UNKNOWN_LOAN, found, now_ms)


def count_open(connection: sa.Connection, library: str) -> int:
    """How many disputes of the library wait for a person."""
    statement = sa.select(sa.func.count()).where(dispute.c.library_id == library, dispute.c.state == OPEN)
    return connection.scalar(statement) or 0


def _settle(
    connection: sa.Connection, library: str, reason: Reason, which: Iterable[sa.ColumnElement[bool]], now_ms: int
) -> None:
    """What was missing has come: nobody needs to look any more."""
    for one in which:
        connection.execute(
            dispute.update()
            .where(dispute.c.library_id == library, dispute.c.reason == reason.value, dispute.c.state == OPEN, one)
            .values(state=SETTLED, settled_ms=now_ms)
        )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
