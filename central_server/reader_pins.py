"""What readers sign in with on their library's page: the number of a card, and a PIN of their own.

The librarian hands out a first one; it opens nothing but the choice of another. It is not the PIN of a station.
"""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central_server import passwords
from central_server.cannot import CannotDo
from central_server.tables.library import patron, patron_card
from central_server.tables.organisations import reader_pin, visit
from central_server.upsert import put

MOST_DIGITS = 12
_STEPS = ("0123456789012", "9876543210987")


@dataclass(frozen=True, slots=True)
class Signed:
    """Who has signed in. `must_change`: with the PIN that they were given."""

    patron: str
    must_change: bool


def give(connection: sa.Connection, library: str, patron_id: str) -> str:
    """A first PIN for a reader, to be handed to them; the one from before holds no more, and whoever is signed in with
    it is signed out. Raises `CannotDo`."""
    here = sa.select(patron.c.id).where(patron.c.library_id == library, patron.c.id == patron_id)
    if connection.scalar(here) is None:
        raise CannotDo("There is no such reader in this library.")
    pin = passwords.first_pin()
    _keep(connection, library, patron_id, pin, must_change=True)
    return pin


def choose(connection: sa.Connection, library: str, patron_id: str, pin: str) -> None:
    """The PIN that a reader wants to have. Whoever is signed in as them is signed out. Raises `CannotDo` for one that
    others guess, and for the one that they have."""
    cards = connection.scalars(_cards(library, patron_id)).all()
    now = _row(connection, library, patron_id)
    if is_easy(pin, cards) or (now is not None and passwords.fits(pin, now.pin)):
        raise CannotDo("That is no PIN that nobody guesses.")
    _keep(connection, library, patron_id, pin, must_change=False)


def check(connection: sa.Connection, library: str, card: str, pin: str, now_ms: int) -> Signed | None:
    """Whose card and PIN these are. `None` in every other case, after as long: a wrong PIN, a card that nobody has or
    that is lost, a reader who is blocked or has no PIN, or too many wrong ones, after which nothing is looked at for a
    while. A try is counted before it is looked at, so the transaction must be committed whatever comes of it."""
    return _looked_at(connection, library, _of_card(connection, library, card), pin, now_ms)


def check_again(connection: sa.Connection, library: str, patron_id: str, pin: str, now_ms: int) -> bool:
    """Whether it is the PIN of a reader who has signed in; counted as in `check`."""
    row = connection.execute(_of_readers().where(patron.c.library_id == library, patron.c.id == patron_id)).first()
    return _looked_at(connection, library, row, pin, now_ms) is not None


def _looked_at(connection: sa.Connection, library: str, row: Any, pin: str, now_ms: int) -> Signed | None:
    if row is None or row.blocked or row.pin is None or row.wait_until_ms > now_ms or len(pin) > MOST_DIGITS:
        passwords.fits(pin[: passwords.MOST], passwords.NOBODY)
        return None
    failed = row.failed + 1
    _count(connection, library, row.id, failed, now_ms + passwords.wait_ms(failed))
    if not passwords.fits(pin, row.pin):
        return None
    _count(connection, library, row.id, 0, 0)
    return Signed(row.id, row.must_change)


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


def _keep(connection: sa.Connection, library: str, patron_id: str, pin: str, *, must_change: bool) -> None:
    row = {
        "library_id": library,
        "patron_id": patron_id,
        "pin": passwords.kept(pin),
        "must_change": must_change,
        "failed": 0,
        "wait_until_ms": 0,
    }
    put(connection, reader_pin, [row])
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


def _row(connection: sa.Connection, library: str, patron_id: str) -> Any:
    mine = (reader_pin.c.library_id == library, reader_pin.c.patron_id == patron_id)
    return connection.execute(sa.select(reader_pin).where(*mine)).first()


def _count(connection: sa.Connection, library: str, patron_id: str, failed: int, wait_until_ms: int) -> None:
    mine = (reader_pin.c.library_id == library, reader_pin.c.patron_id == patron_id)
    connection.execute(sa.update(reader_pin).where(*mine).values(failed=failed, wait_until_ms=wait_until_ms))
