"""The readers of a library, for who works there: finding them, what they have, and what is changed by hand."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from central_server import suspensions
from central_server.among import among
from central_server.clock import day_of
from central_server.imports import national_numbers, patrons, rules
from central_server.imports.words import fold, tidy
from central_server.tables.library import hold, item, patron, patron_card, shelved, title
from central_server.tables.operations import loan

MOST_NAME = 200
MOST_CLASS = 64
MOST_CARD = 64
MOST_NOTE = 1_000


class Unfit(Exception):
    """Values of a form that cannot be taken; `faults`: by field, a word of this module."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(", ".join(faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Line:
    """A reader in a list."""

    id: str
    card: str
    name: str
    class_name: str
    category: str
    valid_until: str | None
    blocked: bool
    card_lost: bool
    suspended_until: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A book that a reader has. `title`: "" when the centre does not know it."""

    barcode: str
    title: str
    lent_on: str | None
    due_on: str
    renewals: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """A title that a reader waits for; `shelved_on`: the day since which it stands ready."""

    title: str
    placed_on: date
    shelved_on: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader with all that their page shows."""

    line: Line
    note: str | None
    cards: tuple[str, ...]
    loans: tuple[Held, ...]
    holds: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What a form says of a reader."""

    card: str
    name: str
    class_name: str
    category: str
    valid_until: str | None = None

    def tidied(self) -> "Values":
        """As it is kept."""
        return replace(
            self,
            card=tidy(self.card),
            name=tidy(self.name),
            class_name=tidy(self.class_name),
            category=tidy(self.category),
        )


def line_of(row: Mapping[Any, Any]) -> Line:
    """A row of the table `patron` as a line of a list, without whether it is suspended."""
    return Line(*(row[field.name] for field in fields(Line) if field.name != "suspended_until"))


def lines_of(connection: sa.Connection, library: str, rows: Iterable[Mapping[Any, Any]], today: date) -> list[Line]:
    """The same, with it."""
    whole = list(rows)
    until = patrons.suspended_until(connection, library, whole)
    suspended = {identity: day.isoformat() for identity, day in until.items() if day >= today}
    return [replace(line_of(row), suspended_until=suspended.get(row["id"])) for row in whole]


# --- finding


def classes(connection: sa.Connection, library: str) -> list[tuple[str, int]]:
    """The names of the classes and how many are in each, as people count: 2A before 10A."""
    found = sa.select(patron.c.class_name, sa.func.count()).where(patron.c.library_id == library)
    rows = connection.execute(found.group_by(patron.c.class_name)).all()
    return sorted(((row[0], row[1]) for row in rows if row[0]), key=lambda one: natural(one[0]))


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts the numbers in a text as numbers, before letters."""
    parts = [part for part in re.split(r"([0-9]+)", fold(text)) if part]
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def of_class(connection: sa.Connection, library: str, class_name: str, today: date) -> list[Line]:
    """The readers of a class by name, as it is said: first by the last word."""
    found = sa.select(patron).where(patron.c.library_id == library, patron.c.class_name == class_name)
    return sorted(lines_of(connection, library, connection.execute(found).mappings(), today), key=by_name)


def find(
    connection: sa.Connection, library: str, words: str, today: date, most: int, offset: int = 0
) -> tuple[list[Line], bool]:
    """Who has a name or a class with these words, without marks and in any order, or a card that begins so; by name.
    Also whether there are more."""
    wanted = fold(words).split()
    if not wanted:
        return [], False
    number = tidy(words).casefold()
    mine = patron_card.c.library_id == library
    linked = {
        row.patron_id
        for row in connection.execute(sa.select(patron_card).where(mine))
        if row.number.casefold().startswith(number)
    }
    found = [
        row._mapping
        for row in connection.execute(sa.select(patron).where(patron.c.library_id == library))
        if row.id in linked or row.card.casefold().startswith(number) or _fits(wanted, row.name, row.class_name)
    ]
    found.sort(key=lambda row: by_name(line_of(row)))
    shown = lines_of(connection, library, found[offset : offset + most], today)
    return shown, len(found) > offset + most


def by_name(one: Line) -> tuple[str, str, str]:
    """A key as class lists have it: An, then Bình, whatever the family's name."""
    words = fold(one.name).split()
    return (words[-1] if words else "", " ".join(words), one.id)


def _fits(wanted: Sequence[str], name: str, class_name: str) -> bool:
    words = [*fold(name).split(), *fold(class_name).split(), fold(class_name).replace(" ", "")]
    return all(any(word.startswith(one) for word in words) for one in wanted)


# --- one reader


def reader(connection: sa.Connection, library: str, identity: str, today: date) -> Reader | None:
    """All that their page shows; `None`: there is no such reader, or not any more."""
    row = _row(connection, library, identity)
    if row is None:
        return None
    mine = (patron_card.c.library_id == library, patron_card.c.patron_id == identity)
    linked = connection.scalars(sa.select(patron_card.c.number).where(*mine).order_by(patron_card.c.number)).all()
    cards = [*([] if row.card_lost else [row.card]), *(one for one in linked if one != row.card)]
    loans = tuple(loans_of(connection, library, [identity], today).get(identity, ()))
    (line,) = lines_of(connection, library, [row._mapping], today)
    return Reader(line, row.note, tuple(cards), loans, tuple(_holds(connection, library, identity)))


def loans_of(connection: sa.Connection, library: str, identities: Sequence[str], today: date) -> dict[str, list[Held]]:
    """The books that these readers have, by reader, the longest due first."""
    found: dict[str, list[Held]] = {}
    for row in connection.execute(open_loans(library).where(among(loan.c.patron_id, identities))):
        late = row.due_on < today.isoformat()
        held = Held(row.barcode, row.title or "", row.lent_on, row.due_on, max(row.renewals, 0), late)
        found.setdefault(row.patron_id, []).append(held)
    return found


def open_loans(library: str) -> sa.Select[Any]:
    """Every loan of the library that is open, with its title; the longest due first."""
    book = sa.and_(item.c.library_id == loan.c.library_id, item.c.barcode == loan.c.barcode)
    what = sa.and_(title.c.library_id == item.c.library_id, title.c.id == item.c.title_id)
    # `standing` is what the index has.
    mine = (loan.c.library_id == library, loan.c.standing, loan.c.open)
    found = sa.select(loan, title.c.title, title.c.id.label("title_id")).outerjoin(item, book)
    return found.outerjoin(title, what).where(*mine).order_by(loan.c.due_on, loan.c.barcode)


def _holds(connection: sa.Connection, library: str, identity: str) -> list[Wish]:
    what = sa.and_(title.c.library_id == hold.c.library_id, title.c.id == hold.c.title_id)
    ready = sa.and_(shelved.c.library_id == hold.c.library_id, shelved.c.hold_id == hold.c.id)
    mine = (hold.c.library_id == library, hold.c.patron_id == identity, hold.c.loan_id.is_(None))
    found = sa.select(title.c.title, hold.c.placed_ms, shelved.c.day).join(title, what).outerjoin(shelved, ready)
    rows = connection.execute(found.where(*mine).order_by(hold.c.placed_ms, hold.c.id))
    return [Wish(row.title, day_of(row.placed_ms), row.day) for row in rows]


# --- changed by hand


def add(connection: sa.Connection, library: str, values: Values) -> str:
    """A new reader; answers their id. Raises `Unfit`."""
    values = values.tidied()
    faults = _faults(connection, library, values)
    if card := card_fault(connection, library, values.card):
        faults["card"] = card
    if faults:
        raise Unfit(faults)
    row = {
        "library_id": library,
        "id": str(uuid4()),
        **_columns(values),
        "card": values.card,
        "blocked": False,
        "card_lost": False,
        "lifted_on": None,
        "note": None,
    }
    connection.execute(patron.insert(), row)
    patrons.publish(connection, library, [row])
    return str(row["id"])


def change(connection: sa.Connection, library: str, identity: str, values: Values) -> bool:
    """Give a reader another name, class, category or last day (their cards stay); whether there is such a reader.
    Raises `Unfit`."""
    values = values.tidied()
    if faults := _faults(connection, library, values):
        raise Unfit(faults)
    return _write(connection, library, identity, _columns(values))


def lift_suspension(connection: sa.Connection, library: str, identity: str, today: date) -> bool:
    """Lend to the reader again, whatever came back late through today; whether there is such a reader."""
    if not exists(connection, library, identity):
        return False
    suspensions.lift(connection, library, identity, today)
    return True


def exists(connection: sa.Connection, library: str, identity: str) -> bool:
    """Whether there is such a reader."""
    return _row(connection, library, identity) is not None


def card_fault(connection: sa.Connection, library: str, number: str, owner: str | None = None) -> str | None:
    """Why nobody can get the card `number` (tidied), but `owner`; `None`: it is free, or theirs."""
    if not number or len(number) > MOST_CARD or not number.isprintable():
        return "bad_card"
    if national_numbers.is_one(number):
        return "national_number"
    listed = sa.select(patron.c.id).where(patron.c.library_id == library, patron.c.card == number)
    mine = (patron_card.c.library_id == library, patron_card.c.number == number)
    holder = connection.scalar(listed) or connection.scalar(sa.select(patron_card.c.patron_id).where(*mine))
    return "card_taken" if holder not in (None, owner) else None


def _faults(connection: sa.Connection, library: str, values: Values) -> dict[str, str]:
    faults = {}
    if not values.name or len(values.name) > MOST_NAME or not values.name.isprintable():
        faults["name"] = "bad_name"
    if len(values.class_name) > MOST_CLASS or not values.class_name.isprintable():
        faults["class_name"] = "bad_class"
    known = rules.patron_categories(connection, library)
    if not values.category or len(values.category) > MOST_CLASS or (known and values.category not in known):
        faults["category"] = "bad_category"
    if values.valid_until is not None:
        try:
            date.fromisoformat(values.valid_until)
        except ValueError:
            faults["valid_until"] = "bad_date"
    return faults


def _columns(values: Values) -> dict[str, object]:
    return {
        "name": values.name,
        "class_name": values.class_name,
        "category": values.category,
        "valid_until": values.valid_until,
    }


def _write(connection: sa.Connection, library: str, identity: str, values: dict[str, object]) -> bool:
    here = (patron.c.library_id == library, patron.c.id == identity)
    connection.execute(sa.update(patron).where(*here).values(values))
    rows = [dict(one) for one in connection.execute(sa.select(patron).where(*here)).mappings()]
    patrons.publish(connection, library, rows)
    return bool(rows)


def _row(connection: sa.Connection, library: str, identity: str) -> Any:
    if not identity.isprintable():  # no text of a database
        return None
    mine = sa.select(patron).where(patron.c.library_id == library, patron.c.id == identity)
    return connection.execute(mine).first()
