"""What stations ask for: recorded like every operation, and decided here, by rule where the rule is clear.

A batch's requests are decided once its facts are written, in the order in which they came.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from central_server import changes, disputes, holds, settling
from central_server.among import among
from central_server.bodies import Body, CancelHold, CheckOut, PlaceHold, RequestBody, Settlement, Void, kind_of
from central_server.chain import Fault
from central_server.tables.library import patron, request, title
from central_server.wire import Reason

BY_RULE = "rule"


class State(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    DECLINED = "declined"


class Decision(NamedTuple):
    """`why` is a word of the protocol's table, or `None`."""

    state: State
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    body: RequestBody
    position: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class _Lent:
    patron: str
    barcode: str
    loan: str


class Requests:
    """The requests of one batch, and what its facts mean for holds."""

    def __init__(self, connection: sa.Connection, library: str, bodies: Iterable[Body], now_ms: int) -> None:
        self._connection = connection
        self._library = library
        self._now_ms = now_ms
        self._happened: list[_Asked | _Lent | Void] = []
        identities = {body.data.request for body in bodies if isinstance(body, RequestBody)}
        known = sa.select(request.c.id).where(request.c.library_id == library, among(request.c.id, identities))
        self._known = set(connection.scalars(known)) if identities else set()

    def saw(self, body: Body, position: int, owner: str | None) -> list[Fault]:
        """Take notice of an operation that is recorded as `position`; `owner` is its reader. Answers its faults."""
        match body:
            case CheckOut() if owner:
                self._happened.append(_Lent(owner, body.data.barcode, body.data.loan))
            case Void() if body.data.kind == "check_out":
                self._happened.append(body)
            case RequestBody():
                if body.data.request in self._known:
                    return [Fault(Reason.IDENTITY_CONFLICT, {"request": body.data.request})]
                self._known.add(body.data.request)
                self._happened.append(_Asked(body, position, owner))
        return []

    def write(self, opened: Collection[str]) -> None:
        """Record them, and decide those that a rule decides. The facts of the batch must be written, and the disputes,
        of which it `opened` these."""
        askers = {one.owner for one in self._happened if isinstance(one, _Asked) and one.owner}
        waiting = askers | holds.who_wait(
            self._connection, self._library, {one.patron for one in self._happened if isinstance(one, _Lent)}
        )
        for one in self._happened:
            match one:
                case _Asked():
                    self._record(one)
                case _Lent() if one.patron in waiting:
                    holds.serve(self._connection, self._library, one.patron, one.barcode, one.loan)
                case Void():
                    holds.stand_again(self._connection, self._library, one.data.loans)
        for early in _waiting_for(self._connection, self._library, "settlement", opened):
            decide_by_rule(self._connection, early, self._now_ms)

    def _record(self, asked: _Asked) -> None:
        body = asked.body
        row = {
            "library_id": self._library,
            "id": body.data.request,
            "kind": kind_of(body),
            "position": asked.position,
            "role": body.actor,
            "patron_id": asked.owner,
            "subject": _subject(body),
            "data": msgspec.json.encode(body.data).decode(),
            "asked_ms": body.at.wall_ms if body.at.trusted else self._now_ms,
            "state": State.WAITING.value,
            "decided_by": None,
            "why": None,
            "decided_ms": None,
        }
        self._connection.execute(request.insert(), row)
        tell(self._connection, row)
        decide_by_rule(self._connection, row, self._now_ms)
        if isinstance(body, PlaceHold):
            # The wish to cancel a hold may come before the wish to have it.
            for early in _waiting_for(self._connection, self._library, "cancel_hold", [body.data.request]):
                decide_by_rule(self._connection, early, self._now_ms)


def by_rule(connection: sa.Connection, row: dict[str, Any], now_ms: int) -> Decision | None:
    """What the rule says of the request `row`, and does: `None` when a person must decide."""
    library, owner = row["library_id"], row["patron_id"]
    if row["kind"] == "settlement":
        return _settle_dispute(connection, row, now_ms)
    if row["kind"] not in ("place_hold", "cancel_hold"):
        return None
    if owner is None:
        return Decision(State.DECLINED, "no_reader")
    if row["kind"] == "place_hold":
        if not _is_known(connection, patron, library, owner) or not _is_known(
            connection, title, library, row["subject"]
        ):
            return None
        if holds.has_one(connection, library, row["subject"], owner):
            return Decision(State.DECLINED, "already_waiting")
        if holds.has_on_loan(connection, library, row["subject"], owner):
            return Decision(State.DECLINED, "already_yours")
        holds.add(connection, library, row["id"], row["subject"], owner, row["asked_ms"])
        return Decision(State.GRANTED)
    placed = find(connection, library, row["subject"])
    if placed is None:
        return None
    if placed["patron_id"] != owner:
        return Decision(State.DECLINED, "not_yours")
    if placed["state"] == State.WAITING:
        settle(connection, placed, Decision(State.DECLINED, "cancelled"), BY_RULE, now_ms)
    holds.remove(connection, library, row["subject"])
    return Decision(State.GRANTED)


def decide_by_rule(connection: sa.Connection, row: dict[str, Any], now_ms: int) -> None:
    """Decide the request `row` if a rule does, and tell the stations."""
    if decision := by_rule(connection, row, now_ms):
        settle(connection, row, decision, BY_RULE, now_ms)


def find(connection: sa.Connection, library: str, identity: str) -> dict[str, Any] | None:
    """The row of a request."""
    rows = connection.execute(sa.select(request).where(request.c.library_id == library, request.c.id == identity))
    row = rows.mappings().first()
    return dict(row) if row else None


def settle(connection: sa.Connection, row: dict[str, Any], decision: Decision, by: str, now_ms: int) -> None:
    """Write down how the request `row` was decided, and tell the stations."""
    decided = {"state": decision.state.value, "decided_by": by, "why": decision.why, "decided_ms": now_ms}
    here = (request.c.library_id == row["library_id"], request.c.id == row["id"])
    connection.execute(sa.update(request).where(*here).values(decided))
    tell(connection, {**row, **decided})


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


def _subject(body: RequestBody) -> str:
    """What it is about: a title, a hold, a dispute or a barcode; "" for all else."""
    match body:
        case PlaceHold():
            return body.data.title
        case CancelHold():
            return body.data.hold
        case Settlement():
            return body.data.dispute
        case _:
            return getattr(body.data, "barcode", None) or ""


def _settle_dispute(connection: sa.Connection, row: dict[str, Any], now_ms: int) -> Decision | None:
    """One that is not known here may come yet: the server was restored, and its stations tell it again."""
    if row["role"] != "librarian":
        return Decision(State.DECLINED, "no_librarian")
    found = disputes.find(connection, row["library_id"], row["subject"])
    if found is None:
        return None
    way = msgspec.json.decode(row["data"])["way"]
    refused = settling.settle(connection, found, way, by="librarian", request=row["id"], now_ms=now_ms)
    return Decision(State.DECLINED, refused) if refused else Decision(State.GRANTED)


def _waiting_for(connection: sa.Connection, library: str, kind: str, subjects: Collection[str]) -> list[dict[str, Any]]:
    """The requests of a kind that came before what they are about."""
    if not subjects:
        return []
    early = sa.select(request).where(
        request.c.library_id == library,
        request.c.state == State.WAITING.value,
        request.c.kind == kind,
        request.c.subject.in_(subjects),
    )
    return [dict(row) for row in connection.execute(early.order_by(request.c.position)).mappings()]


def _is_known(connection: sa.Connection, table: sa.Table, library: str, identity: str) -> bool:
    found = sa.select(table.c.id).where(table.c.library_id == library, table.c.id == identity)
    return connection.scalar(found) is not None
