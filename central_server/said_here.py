"""What people say of readers, items and disputes on the centre's pages: words among those of the stations' desks, of
which the last one holds (decision 38).

Each is kept as a request that was carried out when it was asked. It has no operation, so its position is below zero and
counts down: that is the order of what was said here. Stations are told what came of it, not that it was asked.
"""

from typing import Any
from uuid import uuid4

import msgspec
import sqlalchemy as sa

from central_server import requests
from central_server.cannot import CannotDo
from central_server.decisions import State
from central_server.tables.library import request
from central_server.tables.operations import operation_reader


class CannotSay(CannotDo):
    """It cannot be so; `why` is a word of the protocol's table (docs/protocol.md), or `unknown`."""

    def __init__(self, why: str) -> None:
        super().__init__(f"That cannot be so: {why}.")
        self.why = why


def link_card(connection: sa.Connection, library: str, patron: str, number: str, by: str, now_ms: int) -> None:
    """The reader has this card, too. Raises `CannotSay`."""
    _say(connection, library, "card_link", by, now_ms, patron=patron, private=number)


def block_cards(connection: sa.Connection, library: str, patron: str, by: str, now_ms: int) -> None:
    """Every card that the reader has is lost. Raises `CannotSay`."""
    _say(connection, library, "card_block", by, now_ms, patron=patron)


def block(
    connection: sa.Connection, library: str, patron: str, blocked: bool, by: str, now_ms: int, *, lifts: bool = True
) -> None:
    """Nothing is lent to the reader any more, or again. `lifts`: what came back late before is set aside when something
    is lent again. Raises `CannotSay`."""
    data = {"blocked": blocked} | ({} if lifts else {"lifts": False})
    _say(connection, library, "patron_block", by, now_ms, patron=patron, data=data)


def note(connection: sa.Connection, library: str, patron: str, text: str, by: str, now_ms: int) -> None:
    """The note of the reader; "": none. Raises `CannotSay`."""
    # As in a station's request: whether there is a text, which stands beside.
    has = {"private": "here" if text else None}
    _say(connection, library, "patron_note", by, now_ms, patron=patron, data=has, private=text or None)


def settle(connection: sa.Connection, library: str, dispute: str, way: str, by: str, now_ms: int) -> None:
    """How it was. Raises `CannotSay`: somebody else may have said so before."""
    _say(connection, library, "settlement", by, now_ms, subject=dispute, data={"dispute": dispute, "way": way})


def item(
    connection: sa.Connection, library: str, barcode: str, column: str, value: str | None, by: str, now_ms: int
) -> None:
    """What became of an item. `column`: `status`, or `source` (`None`: nobody says). Raises `CannotSay`."""
    _say(connection, library, f"item_{column}", by, now_ms, subject=barcode, data={"barcode": barcode, column: value})


def _say(
    connection: sa.Connection,
    library: str,
    kind: str,
    by: str,
    now_ms: int,
    *,
    patron: str | None = None,
    subject: str = "",
    data: dict[str, Any] | None = None,
    private: str | None = None,
) -> None:
    """`by`: the id of the person."""
    position = _last(connection, library) - 1
    identity = str(uuid4())
    row = {
        "library_id": library,
        "id": identity,
        "kind": kind,
        "position": position,
        "role": "librarian",
        "patron_id": patron,
        "subject": subject,
        "data": msgspec.json.encode({"request": identity, **(data or {})}).decode(),
        "asked_ms": now_ms,
        "state": State.GRANTED.value,
        "decided_by": by,
        "decided_ms": now_ms,
        "why": None,
        "boot": None,
        "boottime_ms": None,
        "staff": None,
    }
    if private is not None and patron is not None:
        beside = {"library_id": library, "position": position, "patron_id": patron, "salt": "", "private": private}
        connection.execute(operation_reader.insert(), beside)
    decision = requests.carry_out(connection, row, now_ms)
    if decision is None or decision.state is not State.GRANTED:
        raise CannotSay((decision.why if decision else None) or "unknown")
    connection.execute(request.insert(), row)


def _last(connection: sa.Connection, library: str) -> int:
    """The position of what was said here last; 0: nothing."""
    here = sa.select(sa.func.min(request.c.position)).where(request.c.library_id == library, request.c.position < 0)
    return connection.scalar(here) or 0
