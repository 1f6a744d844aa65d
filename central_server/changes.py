"""The change feed: the newest state of each thing that a station should know, under a number that only grows.

A thing that changes again moves to the end, so that a full resync costs one row per thing. Numbers count 1, 2, 3 …
within a library: what one school does tells nothing to another.
"""

import base64
import binascii
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from central_server.among import among
from central_server.tables.library import change, generation
from central_server.tables.library import library as library_table
from central_server.upsert import put
from central_server.wire import Change, ChangesAnswer, Refused

NO_MORE = "null"
STATION = "station"
"""The kind of what a station is told once, at its enrolment (central_server.imports.station): never in a page."""
_CHUNK = 500


class Thing(NamedTuple):
    """The state of one thing: `data` is the JSON text of the protocol's table, `null` when it is no more."""

    kind: str
    id: str
    data: str


class _Cursor(NamedTuple):
    """How far a station has read (`seq`), when the newest change was `newest`, in which generation of the feed."""

    token: str
    seq: int
    newest: int


def newest_seq(connection: sa.Connection, library: str) -> int:
    """The number of the library's newest change; 0 without any."""
    return connection.scalar(sa.select(sa.func.max(change.c.seq)).where(change.c.library_id == library)) or 0


def newest_of(connection: sa.Connection, libraries: Collection[str]) -> dict[str, int]:
    """The number of the newest change of each of `libraries`, by one question; 0 without any."""
    known = library_table.c.library_id
    newest = sa.select(sa.func.max(change.c.seq)).where(change.c.library_id == known).scalar_subquery()
    rows = connection.execute(sa.select(known, newest).where(known.in_(libraries)))
    return {name: seq or 0 for name, seq in rows}


def publish(connection: sa.Connection, library: str, things: Sequence[Thing]) -> int:
    """Put `things` at the end of the feed, in their order; answers the number of the first. A thing may stand there
    only once."""
    first = newest_seq(connection, library) + 1
    rows = [
        {"library_id": library, "kind": thing.kind, "id": thing.id, "seq": seq, "data": thing.data}
        for seq, thing in enumerate(things, first)
    ]
    put(connection, change, rows)
    return first


def publish_if_different(connection: sa.Connection, library: str, things: Sequence[Thing]) -> list[bool]:
    """Publish those of `things` that say something new; answers for each whether it did."""
    known: dict[tuple[str, str], str] = {}
    for start in range(0, len(things), _CHUNK):
        part = things[start : start + _CHUNK]
        rows = connection.execute(
            sa.select(change.c.kind, change.c.id, change.c.data).where(
                change.c.library_id == library,
                change.c.kind.in_({thing.kind for thing in part}),
                change.c.id.in_([thing.id for thing in part]),
            )
        )
        known.update({(row.kind, row.id): row.data for row in rows})
    different = [known.get((thing.kind, thing.id)) != thing.data for thing in things]
    publish(connection, library, [thing for thing, new in zip(things, different, strict=True) if new])
    return different


def tell_again(
    connection: sa.Connection, library: str, things: Collection[tuple[str, str]], *, or_no_more: bool = False
) -> None:
    """Publish those things (kind and id) as they were told last, under new numbers: a station may think otherwise.
    `or_no_more`: what was never told is no more; else it is left alone."""
    known = {thing: current(connection, library, *thing) for thing in dict.fromkeys(things)}
    told = [Thing(*thing, data or NO_MORE) for thing, data in known.items() if data or or_no_more]
    publish(connection, library, told)


def numbers_of(connection: sa.Connection, library: str, kind: str, identities: Collection[str]) -> dict[str, int]:
    """The number of the newest change to each of those things that are in the feed, by id."""
    mine = (change.c.library_id == library, change.c.kind == kind, among(change.c.id, identities))
    return {row.id: row.seq for row in connection.execute(sa.select(change.c.id, change.c.seq).where(*mine))}


def current(connection: sa.Connection, library: str, kind: str, identity: str) -> str | None:
    """The JSON text of the newest state of a thing, or `None` when it was never published."""
    return connection.scalar(
        sa.select(change.c.data).where(change.c.library_id == library, change.c.kind == kind, change.c.id == identity)
    )


def read_page(connection: sa.Connection, library: str, cursor: str, limit: int) -> ChangesAnswer:
    """Up to `limit` changes after `cursor` (empty: from the beginning), oldest first. Raises `Refused` (410)."""
    newest = newest_seq(connection, library)
    after = _known(connection, library, _read_cursor(cursor), newest).seq if cursor else 0
    rows = connection.execute(
        sa.select(change.c.kind, change.c.id, change.c.data, change.c.seq)
        .where(change.c.library_id == library, change.c.seq > after, change.c.kind != STATION)
        .order_by(change.c.seq)
        .limit(limit + 1)
    ).all()
    page = rows[:limit]
    return ChangesAnswer(
        changes=[Change(row.seq, row.kind, row.id, msgspec.Raw(row.data.encode())) for row in page],
        cursor=_write_cursor(_Cursor(_token(connection, library), page[-1].seq if page else after, newest)),
        more=len(rows) > limit,
    )


def _token(connection: sa.Connection, library: str) -> str:
    statement = sa.select(generation.c.token).where(generation.c.library_id == library)
    return str(connection.scalar(statement.order_by(generation.c.number.desc()).limit(1)))


def _known(connection: sa.Connection, library: str, cursor: _Cursor, newest: int) -> _Cursor:
    """`cursor`, if this very database gave it out; raises `Refused` (410) otherwise.

    A backup ends inside a generation. After it was restored the next opening begins another one, so a cursor that had
    seen more of the old generation than the backup holds is found out, however many changes follow.
    """
    mine = generation.c.library_id == library
    number = connection.scalar(sa.select(generation.c.number).where(mine, generation.c.token == cursor.token))
    if number is not None:
        end = connection.scalar(
            sa.select(generation.c.began_after).where(mine, generation.c.number > number).order_by(generation.c.number)
        )
        if 0 <= cursor.seq <= cursor.newest <= (newest if end is None else end):
            return cursor
    raise Refused(410, "This cursor is not known here; begin again from the empty cursor.")


def _write_cursor(cursor: _Cursor) -> str:
    text = f"{cursor.token}.{cursor.seq}.{cursor.newest}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> _Cursor:
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        token, seq, newest = plain.split(".")
        bytes.fromhex(token)  # what is none may be no text of a database either
        return _Cursor(token, int(seq), int(newest))
    except (ValueError, binascii.Error) as error:
        raise Refused(410, "This is not a cursor of this server; begin again from the empty cursor.") from error
