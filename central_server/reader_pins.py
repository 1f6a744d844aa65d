"""What readers sign in with on their library's page: the number of a card, and a PIN of their own.

The librarian hands out a first one; it opens nothing but the choice of another. It is not the PIN of a station.
"""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from central_server import passwords
from central_server.cannot import CannotDo
from central_server.tables.library import patron, patron_card
from central_server.tables.organisations import reader_pin, visit
from central_server.upsert import put as put_rows

MOST_DIGITS = 12
_STEPS = ("0123456789012", "9876543210987")


@dataclass(frozen=True, slots=True)
class Signed:
    """Who has signed in. `must_change`: with the PIN that they were given."""

    patron: str
    must_change: bool


class First(NamedTuple):
    """A PIN to be handed to a reader, and what is kept of it."""

    pin: str
    kept: str


def first() -> First:
    """Another one. Takes some 30 ms of a processor, and needs no database."""
    pin = passwords.first_pin()
    return First(pin, passwords.kept(pin))


def give(connection: sa.Connection, library: str, patron_id: str, given: First | None = None) -> str:
    """A first PIN for a reader, to be handed to them; the one from before holds no more, and whoever is signed in with
    it is signed out. `given`: made before, with nothing locked. Raises `CannotDo`."""
    here = sa.select(patron.c.id).where(patron.c.library_id == library, patron.c.id == patron_id)
    if connection.scalar(here) is None:
        raise CannotDo("There is no such reader in this library.")
    pin, kept = given or first()
    _keep(connection, library, patron_id, kept, must_change=True)
    return pin


@dataclass(frozen=True, slots=True)
class Look:
    """A try that has been counted. `patron`: whose; `None` of a card that nobody has, of who is blocked, has no PIN or
    must wait: each is looked at as long."""

    patron: str | None
    pin: str = passwords.NOBODY
    must_change: bool = False


def look_at(connection: sa.Connection, library: str, card: str, pin: str, now_ms: int) -> Look:
    """Count a try with a card, before it is looked at: the transaction must be committed whatever comes of it."""
    return _look(connection, library, _of_card(connection, library, card), pin, now_ms)


def look_again(connection: sa.Connection, library: str, patron_id: str, pin: str, now_ms: int) -> Look:
    """The same, of a reader who has signed in."""
    return _look(connection, library, _of_patron(connection, library, patron_id), pin, now_ms)


def fits(look: Look, pin: str) -> bool:
    """Whether it is that reader's PIN. Takes some 30 ms of a processor, and needs no database."""
    is_right = passwords.fits(pin[: passwords.MOST], look.pin)
    return is_right and look.patron is not None and len(pin) <= MOST_DIGITS


def let_in(connection: sa.Connection, library: str, look: Look) -> Signed | None:
    """Who signed in, the PIN being right; `None`: it is another meanwhile, or the reader is blocked."""
    row = _of_patron(connection, library, look.patron or "")
    if row is None or row.blocked or row.pin != look.pin:
        return None
    _count(connection, library, row.id, 0, 0)
    return Signed(row.id, row.must_change)


def check(connection: sa.Connection, library: str, card: str, pin: str, now_ms: int) -> Signed | None:
    """The three in one; `None` when card or PIN is wrong, or a try must wait, and nobody hears which."""
    look = look_at(connection, library, card, pin, now_ms)
    return let_in(connection, library, look) if fits(look, pin) else None


def chosen(look: Look, pin: str, cards: Any) -> str:
    """What is kept of the PIN that a reader wants to have, for `choose`. Needs no database. Raises `CannotDo` for one
    that others guess, and for the one that they have."""
    if is_easy(pin, cards) or passwords.fits(pin, look.pin):
        raise CannotDo("That is no PIN that nobody guesses.")
    return passwords.kept(pin)


def own(connection: sa.Connection, library: str, patron_id: str) -> Look:
    """The reader's PIN from now, without a try: for who has just typed it."""
    row = _of_patron(connection, library, patron_id)
    return Look(None) if row is None or row.pin is None else Look(row.id, row.pin, row.must_change)


def cards_of(connection: sa.Connection, library: str, patron_id: str) -> list[str]:
    """The numbers of all their cards."""
    return list(connection.scalars(_cards(library, patron_id)))


def put(connection: sa.Connection, library: str, look: Look, kept: str) -> bool:
    """Let what `chosen` answered hold from now on. Whoever is signed in as them is signed out. False when their PIN is
    another one meanwhile, or they are blocked."""
    if let_in(connection, library, look) is None:
        return False
    _keep(connection, library, look.patron or "", kept, must_change=False)
    return True


def choose(connection: sa.Connection, library: str, patron_id: str, pin: str) -> None:
    """`chosen` and `put` in one. Raises `CannotDo`."""
    look = own(connection, library, patron_id)
    kept = chosen(look, pin, cards_of(connection, library, patron_id))
    _keep(connection, library, patron_id, kept, must_change=False)


def _look(connection: sa.Connection, library: str, row: Any, pin: str, now_ms: int) -> Look:
    if row is None or row.blocked or row.pin is None or row.wait_until_ms > now_ms or len(pin) > MOST_DIGITS:
        return Look(None)
    failed = row.failed + 1
    # Of several at the same moment one is looked at.
    mine = (reader_pin.c.library_id == library, reader_pin.c.patron_id == row.id, reader_pin.c.failed == row.failed)
    counted = sa.update(reader_pin).where(*mine)
    values = {"failed": failed, "wait_until_ms": now_ms + passwords.wait_ms(failed)}
    if not connection.execute(counted.values(**values)).rowcount:
        return Look(None)
    return Look(row.id, row.pin, row.must_change)


def standing(connection: sa.Connection, library: str, patron_id: str) -> Signed | None:
    """Whether a reader who has signed in may still look: not when they are blocked or erased, or their PIN is gone."""
    mine = (
        sa.select(reader_pin.c.must_change)
        .join(patron, _same())
        .where(reader_pin.c.library_id == library, reader_pin.c.patron_id == patron_id, ~patron.c.blocked)
    )
    must_change = connection.scalar(mine)
    return None if must_change is None else Signed(patron_id, must_change)


def is_easy(pin: str, cards: Any = ()) -> bool:
    """Whether others guess it: not 6 to 12 digits, less than three different ones, a row like 123456, or a piece of
    one of `cards`."""
    if not re.fullmatch(f"[0-9]{{{passwords.LEAST_PIN},{MOST_DIGITS}}}", pin):
        return True
    numbers = ["".join(re.findall("[0-9]", card)) for card in cards]
    return len(set(pin)) < 3 or any(pin in row for row in _STEPS) or any(pin in number for number in numbers)


def _keep(connection: sa.Connection, library: str, patron_id: str, kept: str, *, must_change: bool) -> None:
    row = {
        "library_id": library,
        "patron_id": patron_id,
        "pin": kept,
        "must_change": must_change,
        "failed": 0,
        "wait_until_ms": 0,
    }
    put_rows(connection, reader_pin, [row])
    connection.execute(sa.delete(visit).where(visit.c.library_id == library, visit.c.patron_id == patron_id))


def _of_card(connection: sa.Connection, library: str, card: str) -> Any:
    """The reader's row with that of their PIN; a card as it stands, or else in capitals."""
    for number in dict.fromkeys((card, card.upper())):
        linked = sa.select(patron_card.c.patron_id).where(
            patron_card.c.library_id == library, patron_card.c.number == number
        )
        theirs = sa.or_(sa.and_(patron.c.card == number, ~patron.c.card_lost), patron.c.id.in_(linked))
        row = connection.execute(_of_readers().where(patron.c.library_id == library, theirs)).first()
        if row is not None:
            return row
    return None


def _of_readers() -> sa.Select[Any]:
    columns = (patron.c.id, patron.c.blocked, reader_pin.c.pin, reader_pin.c.must_change)
    return sa.select(*columns, reader_pin.c.failed, reader_pin.c.wait_until_ms).outerjoin(reader_pin, _same())


def _cards(library: str, patron_id: str) -> sa.CompoundSelect[tuple[str]]:
    listed = sa.select(patron.c.card).where(patron.c.library_id == library, patron.c.id == patron_id)
    linked = sa.select(patron_card.c.number).where(
        patron_card.c.library_id == library, patron_card.c.patron_id == patron_id
    )
    return listed.union_all(linked)


def _same() -> sa.ColumnElement[bool]:
    return sa.and_(reader_pin.c.library_id == patron.c.library_id, reader_pin.c.patron_id == patron.c.id)


def _of_patron(connection: sa.Connection, library: str, patron_id: str) -> Any:
    return connection.execute(_of_readers().where(patron.c.library_id == library, patron.c.id == patron_id)).first()


def _count(connection: sa.Connection, library: str, patron_id: str, failed: int, wait_until_ms: int) -> None:
    mine = (reader_pin.c.library_id == library, reader_pin.c.patron_id == patron_id)
    connection.execute(sa.update(reader_pin).where(*mine).values(failed=failed, wait_until_ms=wait_until_ms))
