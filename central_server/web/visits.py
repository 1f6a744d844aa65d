"""Who looks at a page. One cookie names the visit: only its hash is kept, and forms carry what only it can make."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from central_server import people
from central_server.people import Person
from central_server.tables.library import patron
from central_server.tables.organisations import visit as visit_table
from central_server.web.words import Language

COOKIE = "visit"
LANGUAGE_COOKIE = "lang"
_DAY_MS = 24 * 3_600_000
# Without a click for so long, and at all: a person's and a reader's visit.
_IDLE_MS = {"person": 2 * 3_600_000, "reader": 1_800_000}
_LONGEST_MS = 12 * 3_600_000
_SEEN_EVERY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader who signed in on the page of their library."""

    library: str
    patron: str
    name: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks, in which language. `key` is the cookie's value; `is_new`: the answer must set it."""

    key: str
    is_new: bool
    language: Language
    person: Person | None = None
    reader: Reader | None = None

    @property
    def csrf(self) -> str:
        """What every form of this visit carries: nobody makes it who does not know the cookie."""
        return hmac.digest(self.key.encode(), b"form", sha256).hex()

    def is_own_form(self, token: str) -> bool:
        """Whether a form with that token is one of ours, given to this visit."""
        return not self.is_new and hmac.compare_digest(self.csrf.encode(), token.encode())


def new_key() -> str:
    """256 bits, which nobody guesses."""
    return secrets.token_urlsafe(32)


def recognise(connection: sa.Connection, key: str | None, language: Language, now_ms: int) -> tuple[Visit, bool]:
    """Whose visit it is, and whether that it was seen should be written down."""
    if key is None or not 20 <= len(key) <= 100:
        return Visit(new_key(), True, language), False
    row = connection.execute(sa.select(visit_table).where(visit_table.c.hash == _hash(key))).first()
    if row is None or _is_over(row, now_ms):
        return Visit(key, False, language), False
    is_due = now_ms - row.seen_ms > _SEEN_EVERY_MS
    if row.person_id is not None:
        return Visit(key, False, language, person=people.find(connection, row.person_id)), is_due
    return Visit(key, False, language, reader=_reader(connection, row)), is_due


def begin(
    connection: sa.Connection,
    now_ms: int,
    *,
    person: str | None = None,
    reader: tuple[str, str] | None = None,
    instead_of: str | None = None,
) -> str:
    """Sign in a person (id), or a reader (library and patron); answers the new cookie. The one from before is worth
    nothing any more, so nobody can have prepared it."""
    connection.execute(sa.delete(visit_table).where(visit_table.c.made_ms < now_ms - _DAY_MS))
    if instead_of is not None:
        end(connection, instead_of)
    key = new_key()
    library, patron_id = reader or (None, None)
    row = {
        "hash": _hash(key),
        "person_id": person,
        "library_id": library,
        "patron_id": patron_id,
        "made_ms": now_ms,
        "seen_ms": now_ms,
    }
    connection.execute(visit_table.insert(), row)
    return key


def saw(connection: sa.Connection, key: str, now_ms: int) -> None:
    """A page was asked for."""
    mine = sa.update(visit_table).where(visit_table.c.hash == _hash(key), visit_table.c.seen_ms < now_ms)
    connection.execute(mine.values(seen_ms=now_ms))


def end(connection: sa.Connection, key: str) -> None:
    """Sign out."""
    connection.execute(sa.delete(visit_table).where(visit_table.c.hash == _hash(key)))


def _is_over(row: Any, now_ms: int) -> bool:
    idle = _IDLE_MS["person" if row.person_id is not None else "reader"]
    return bool(now_ms - row.seen_ms > idle or now_ms - row.made_ms > _LONGEST_MS)


def _reader(connection: sa.Connection, row: Any) -> Reader | None:
    here = (patron.c.library_id == row.library_id, patron.c.id == row.patron_id)
    name = connection.scalar(sa.select(patron.c.name).where(*here))
    return None if name is None else Reader(row.library_id, row.patron_id, str(name))


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
