"""What a person at the centre does with requests: sees them, and grants or declines those that wait."""

from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import clock, decisions, requests
from central_server.cannot import CannotDo
from central_server.decisions import Decision, State
from central_server.tables.library import patron, request
from central_server.tables.operations import operation_reader


def listed(connection: sa.Connection, library: str, *, everything: bool = False) -> list[dict[str, Any]]:
    """The requests that wait, oldest first; or all. Names and cards are in it: for people at the centre only."""
    private = sa.and_(
        operation_reader.c.library_id == request.c.library_id, operation_reader.c.position == request.c.position
    )
    owner = sa.and_(patron.c.library_id == request.c.library_id, patron.c.id == request.c.patron_id)
    found = (
        sa.select(request, operation_reader.c.private, patron.c.name, patron.c.card)
        .outerjoin(operation_reader, private)
        .outerjoin(patron, owner)
        .where(request.c.library_id == library)
        .order_by(request.c.asked_ms, request.c.position)
    )
    if not everything:
        found = found.where(request.c.state == State.WAITING.value)
    return [_line(row) for row in connection.execute(found).mappings()]


def is_there(connection: sa.Connection, library: str, identity: str) -> bool:
    """Whether there is such a request, decided or not."""
    return decisions.find(connection, library, identity) is not None


def as_text(lines: list[dict[str, Any]]) -> str:
    """The list as lines for people."""
    return "\n".join([*(_as_text(one) for one in lines), f"{len(lines)} requests"])


def decide(
    connection: sa.Connection, library: str, identity: str, *, grant: bool, by: str, why: str | None, now_ms: int
) -> None:
    """Grant or decline a request that waits, with all that follows from it. Raises `CannotDo`."""
    row = decisions.find(connection, library, identity)
    if row is None:
        raise CannotDo(f"There is no request {identity} in this library.")
    if row["state"] != State.WAITING:
        raise CannotDo(f"That request was {row['state']} already.")
    if grant:
        _carry_out(connection, row, now_ms)
    decisions.settle(connection, row, Decision(State.GRANTED if grant else State.DECLINED, why), by, now_ms)


def _carry_out(connection: sa.Connection, row: dict[str, Any], now_ms: int) -> None:
    match row["kind"]:
        case "place_hold" | "cancel_hold":
            decision = requests.by_rule(connection, row, now_ms)
            if decision is None:
                raise CannotDo("The reader, the title or the hold is not known here yet; it can only be declined.")
            if decision.state is not State.GRANTED:
                raise CannotDo(f"The rule declines it ({decision.why}); it can only be declined.")
        case "suggestion" | "fault_report":
            pass  # somebody has read it
        case _:
            decided = requests.carry_out(connection, row, now_ms)
            if decided is None or decided.state is not State.GRANTED:
                why = decided.why if decided else None
                raise CannotDo(f"{_WHY_NOT.get(why or '', f'It cannot be so ({why})')}; it can only be declined.")


_WHY_NOT = {
    "": "What it is about is not known here, or what is private to it did not come along",
    "no_reader": "The reader is not known here",
    "card_taken": "The card belongs to another reader",
    "overtaken": "Something later was said of the same thing",
    "fixed": "The centre has fixed that setting",
}


def _line(row: Any) -> dict[str, Any]:
    data = msgspec.json.decode(row["data"])
    return {
        "id": row["id"],
        "kind": row["kind"],
        "role": row["role"],
        "staff": row["staff"],
        "patron": row["patron_id"],
        "name": row["name"],
        "card": row["card"],
        "subject": row["subject"],
        "text": row["private"] or data.get("text"),
        "data": data,
        "asked_ms": row["asked_ms"],
        "state": row["state"],
        "by": row["decided_by"],
        "why": row["why"],
        "decided_ms": row["decided_ms"],
    }


def _as_text(one: dict[str, Any]) -> str:
    who = f"{one['name']} ({one['card']})" if one["name"] else one["role"]
    said = " ".join(part for part in (one["subject"], one["text"], one["data"].get("status"), one["why"]) if part)
    return f"{one['id']} {clock.shown_time(one['asked_ms'])} {one['kind']:<12} {one['state']:<8} {who}: {said}"
