"""What stations ask for: recorded like every operation, and decided here, by rule where the rule is clear.

A batch's requests are decided once its facts are written.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import desk, disputes, holds, settling
from central_server.among import among
from central_server.bodies import Body, CancelHold, PlaceHold, RequestBody, Settlement, kind_of
from central_server.chain import Fault
from central_server.decisions import BY_RULE, Decision, State, find, settle, tell
from central_server.tables.library import request
from central_server.wire import Reason


@dataclass(frozen=True, slots=True)
class _Asked:
    body: RequestBody
    position: int
    owner: str | None


class Requests:
    """The requests of one batch."""

    def __init__(self, connection: sa.Connection, library: str, bodies: Iterable[Body], now_ms: int) -> None:
        self._connection = connection
        self._library = library
        self._now_ms = now_ms
        self._asked: list[_Asked] = []
        identities = {body.data.request for body in bodies if isinstance(body, RequestBody)}
        known = sa.select(request.c.id).where(request.c.library_id == library, among(request.c.id, identities))
        self._known = set(connection.scalars(known)) if identities else set()

    def saw(self, body: Body, position: int, owner: str | None) -> list[Fault]:
        """Take notice of an operation that is recorded as `position`; `owner` is its reader. Answers its faults."""
        if isinstance(body, RequestBody):
            if body.data.request in self._known:
                return [Fault(Reason.IDENTITY_CONFLICT, {"request": body.data.request})]
            self._known.add(body.data.request)
            self._asked.append(_Asked(body, position, owner))
        return []

    def write(self, opened: Collection[str], touched: holds.Touched) -> None:
        """Record them, and decide those that a rule decides. The facts of the batch must be written, and the disputes,
        of which it `opened` these; `touched`: what its facts mean for holds."""
        connection, library = self._connection, self._library
        rows = [self._record(one) for one in self._asked]
        placed = [row for row in rows if row["kind"] == "place_hold"]
        self._decide_holds({(row["subject"], row["patron_id"]) for row in placed if row["patron_id"]})
        # What a request is about may come after it.
        early = _waiting_for(connection, library, "cancel_hold", [row["id"] for row in placed])
        early += _waiting_for(connection, library, "settlement", opened)
        cancelled = set()
        for row in {one["id"]: one for one in (*rows, *early)}.values():
            if decision := _by_rule(connection, row, self._now_ms):
                settle(connection, row, decision, BY_RULE, self._now_ms)
                if row["kind"] == "cancel_hold":
                    cancelled |= _wish_of(connection, row)
        self._decide_holds(cancelled | holds.who_asked(connection, library, touched))

    def _decide_holds(self, wishes: Collection[tuple[str, str]]) -> None:
        for title, patron in sorted(wishes):
            holds.decide(self._connection, self._library, title, patron, self._now_ms)

    def _record(self, asked: _Asked) -> dict[str, Any]:
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
            "boot": None if body.at.trusted else body.at.boot,
            "boottime_ms": None if body.at.trusted else body.at.boottime_ms,
            "staff": body.staff,
            "state": State.WAITING.value,
            "decided_by": None,
            "why": None,
            "decided_ms": None,
        }
        self._connection.execute(request.insert(), row)
        tell(self._connection, row)
        return row


def by_rule(connection: sa.Connection, row: dict[str, Any], now_ms: int) -> Decision | None:
    """What the rule says of the request `row`, and does: `None` when a person must decide."""
    decision = _by_rule(connection, row, now_ms)
    for title, patron in _wish_of(connection, row) if row["kind"] in ("place_hold", "cancel_hold") else ():
        holds.decide(connection, row["library_id"], title, patron, now_ms)
    if row["kind"] == "place_hold" and decision is None:
        now = find(connection, row["library_id"], row["id"])
        return Decision(State(now["state"]), now["why"]) if now and now["state"] != State.WAITING else None
    return decision


def _by_rule(connection: sa.Connection, row: dict[str, Any], now_ms: int) -> Decision | None:
    """The same of one request alone. A hold is decided together with all that its reader asked for of the title."""
    if row["kind"] in desk.KINDS | desk.ONLY_STAFF:
        if desk.is_of_the_staff(connection, row):
            return carry_out(connection, row, now_ms)
        is_no_librarian = row["role"] != "librarian" and row["kind"] in desk.ONLY_STAFF
        return Decision(State.DECLINED, "no_librarian") if is_no_librarian else None
    if row["kind"] not in ("place_hold", "cancel_hold"):
        return None
    if row["patron_id"] is None:
        return Decision(State.DECLINED, "no_reader")
    placed = find(connection, row["library_id"], row["subject"]) if row["kind"] == "cancel_hold" else None
    if placed is None:
        return None
    if placed["kind"] != "place_hold" or placed["patron_id"] != row["patron_id"]:
        return Decision(State.DECLINED, "not_yours")
    if placed["state"] == State.WAITING:
        settle(connection, placed, Decision(State.DECLINED, "cancelled"), BY_RULE, now_ms)
    return Decision(State.GRANTED)


def carry_out(connection: sa.Connection, row: dict[str, Any], now_ms: int) -> Decision | None:
    """Do what the staff ask for; `None`: what it is about is not known here, and may come yet."""
    settles = row["kind"] == "settlement"
    return _settle_dispute(connection, row, now_ms) if settles else desk.carry_out(connection, row, now_ms)


def _wish_of(connection: sa.Connection, row: dict[str, Any]) -> set[tuple[str, str]]:
    """The title and the reader that a `place_hold` or `cancel_hold` is about."""
    placed = row if row["kind"] == "place_hold" else find(connection, row["library_id"], row["subject"])
    is_of_a_reader = placed and placed["kind"] == "place_hold" and placed["patron_id"]
    return {(placed["subject"], placed["patron_id"])} if placed and is_of_a_reader else set()


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
    found = disputes.find(connection, row["library_id"], row["subject"])
    if found is None:
        return None
    way = msgspec.json.decode(row["data"])["way"]
    later = _who_settled_it_later(connection, row, found)
    refused = settling.settle(
        connection, found, way, by="librarian", request=row["id"], now_ms=now_ms, is_settled=later is not None
    )
    if refused:
        return Decision(State.DECLINED, refused)
    if later:
        settle(connection, later, Decision(State.DECLINED, "settled_already"), BY_RULE, now_ms)
    return Decision(State.GRANTED)


def _who_settled_it_later(
    connection: sa.Connection, row: dict[str, Any], dispute: dict[str, Any]
) -> dict[str, Any] | None:
    """Of two librarians who settled one dispute, the first has settled it, whoever is heard first."""
    request_id = settling.settled_by(connection, dispute)
    other = find(connection, row["library_id"], request_id) if request_id else None
    return other if other and desk.is_before(connection, row, other) else None


def _waiting_for(connection: sa.Connection, library: str, kind: str, subjects: Collection[str]) -> list[dict[str, Any]]:
    """The requests of a kind that came before what they are about."""
    if not subjects:
        return []
    early = sa.select(request).where(
        request.c.library_id == library,
        request.c.state == State.WAITING.value,
        request.c.kind == kind,
        among(request.c.subject, subjects),
    )
    return [dict(row) for row in connection.execute(early.order_by(request.c.position)).mappings()]
