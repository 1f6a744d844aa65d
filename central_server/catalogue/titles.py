"""Titles (đầu sách) one by one: finding, adding, changing and removing them. What is done is told to the stations."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import sqlalchemy as sa

from central_server import changes, lookup
from central_server.among import among
from central_server.catalogue import numbers
from central_server.catalogue.typed import Wrong, one_line
from central_server.imports import titles as published
from central_server.imports.titles import COLUMNS, is_isbn, is_year, plain_isbn
from central_server.imports.words import fold
from central_server.tables.library import hold, item, request, title
from central_server.tables.operations import loan

Row = dict[str, Any]
FIELDS = tuple(one.field for one in COLUMNS)
# Of another library's title: what it is, not how or where it stands there.
_FACTS = ("title", "author", "publisher", "year", "isbn", "call_number")
_MOST_DESCRIPTIONS = 50


class ChangedSince(Exception):
    """Somebody else changed the thing after it was shown; `row` is what it is now."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row


class Page(NamedTuple):
    """`rows` of the titles that were found, each with `held` and `lent`: how many items it has, and how many of them
    somebody has. `found`: how many titles there are in all."""

    rows: list[Row]
    found: int
    more: bool


def search(connection: sa.Connection, library: str, words: str, page: int = 1, size: int = 25) -> Page:
    """The titles of which each of `words` begins a word, as readers look them up, or that have this very code, ISBN or
    barcode; all there are without words. By name."""
    mine = title.c.library_id == library
    if exact := words.strip():
        begun = lookup.begun_by(lookup.words_of(words))
        barcode = sa.select(item.c.title_id).where(item.c.library_id == library, item.c.barcode == exact)
        isbns = forms_of_isbn(plain_isbn(exact))
        by_name = sa.and_(*begun) if begun else sa.false()
        mine &= sa.or_(by_name, title.c.id.in_(barcode), title.c.code == exact, title.c.isbn.in_(isbns))
    found = connection.scalar(sa.select(sa.func.count()).select_from(title).where(mine)) or 0
    in_order = sa.select(title).where(mine).order_by(title.c.search, title.c.id)
    rows = [dict(row) for row in connection.execute(in_order.limit(size).offset((page - 1) * size)).mappings()]
    _count_items(connection, library, rows)
    return Page(rows, found, found > page * size)


def find(connection: sa.Connection, library: str, identity: str) -> Row | None:
    """The title of that id."""
    mine = sa.select(title).where(title.c.library_id == library, title.c.id == identity)
    row = connection.execute(mine).mappings().first()
    return dict(row) if row else None


def version_of(row: Mapping[str, Any]) -> str:
    """A mark of what a row is: another one when anything of it is another."""
    return hashlib.sha256(msgspec.json.encode(sorted((str(name), value) for name, value in row.items()))).hexdigest()[
        :32
    ]


def of_isbn(connection: sa.Connection, library: str, isbn: str) -> list[Row]:
    """The library's own titles with that ISBN, in either of its forms."""
    mine = sa.select(title).where(title.c.library_id == library, among(title.c.isbn, forms_of_isbn(isbn)))
    return [dict(row) for row in connection.execute(mine.order_by(title.c.code)).mappings()]


def described_elsewhere(connection: sa.Connection, library: str, isbn: str) -> dict[str, str] | None:
    """What most of the other libraries here say of the title with that ISBN, as it is typed; nothing of where it
    stands, nor of its items."""
    facts = [title.c[name] for name in _FACTS]
    others = sa.select(*facts).where(among(title.c.isbn, forms_of_isbn(isbn)), title.c.library_id != library)
    said = Counter(tuple(row) for row in connection.execute(others.limit(_MOST_DESCRIPTIONS)))
    if not said:
        return None
    # The same every time: of those that say it as often, the one that says most.
    best = max(said, key=lambda one: (said[one], sum(len(str(fact or "")) for fact in one), str(one)))
    return {name: "" if fact is None else str(fact) for name, fact in zip(_FACTS, best, strict=True)}


def blank(connection: sa.Connection, library: str) -> dict[str, str]:
    """The fields of a new title, as they are typed: empty but for the next code."""
    codes = connection.scalars(sa.select(title.c.code).where(title.c.library_id == library))
    return dict.fromkeys(FIELDS, "") | {"code": numbers.next_of(numbers.series(codes)) or "D0001"}


def as_typed(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a title, as they are typed."""
    return {name: "" if row[name] is None else str(row[name]) for name in FIELDS}


def add(connection: sa.Connection, library: str, typed: Mapping[str, str]) -> str:
    """A new title; answers its id. Raises `Wrong`."""
    row = {"library_id": library, "id": str(uuid4())} | _checked(connection, library, None, typed)
    connection.execute(title.insert(), row)
    published.publish(connection, library, [row])
    return str(row["id"])


def change(connection: sa.Connection, library: str, identity: str, version: str, typed: Mapping[str, str]) -> None:
    """Give a title, which was of that version when it was shown, other values.
    Raises `Wrong`, `ChangedSince`, and `KeyError` when it is no more."""
    before = find(connection, library, identity)
    if before is None:
        raise KeyError(identity)
    if version_of(before) != version:
        raise ChangedSince(before)
    values = _checked(connection, library, identity, typed)
    here = (title.c.library_id == library, title.c.id == identity)
    connection.execute(sa.update(title).where(*here).values(values))
    published.publish(connection, library, [before | values])


def is_removable(connection: sa.Connection, library: str, identity: str) -> bool:
    """Whether nothing hangs on a title: no item, no hold, and nobody ever asked for it."""
    asked = sa.select(request.c.id).where(request.c.library_id == library, request.c.subject == identity)
    held = sa.select(hold.c.id).where(hold.c.library_id == library, hold.c.title_id == identity)
    items = sa.select(item.c.id).where(item.c.library_id == library, item.c.title_id == identity)
    return not any(connection.execute(one.limit(1)).first() for one in (items, held, asked))


def remove(connection: sa.Connection, library: str, identity: str) -> bool:
    """Take a title out of the catalogue; false: something hangs on it."""
    if not is_removable(connection, library, identity):
        return False
    connection.execute(sa.delete(title).where(title.c.library_id == library, title.c.id == identity))
    changes.publish(connection, library, [changes.Thing("title", identity, changes.NO_MORE)])
    return True


def shelves(connection: sa.Connection, library: str) -> list[str]:
    """Every shelf on which a title stands."""
    found = sa.select(title.c.shelf).where(title.c.library_id == library, title.c.shelf != "").distinct()
    return sorted(connection.scalars(found), key=fold)


def types(connection: sa.Connection, library: str) -> list[str]:
    """Every type that a title has."""
    found = sa.select(title.c.item_type).where(title.c.library_id == library, title.c.item_type != "").distinct()
    return sorted(connection.scalars(found))


def forms_of_isbn(isbn: str) -> list[str]:
    """A right ISBN as it is and in its other form, of 10 or 13 digits; nothing for what is none."""
    if not is_isbn(isbn):
        return []
    core = isbn[3:12] if len(isbn) == 13 else isbn[:9]
    start = isbn[:3] if len(isbn) == 13 else "978"
    thirteen = start + core + next(one for one in "0123456789" if is_isbn(start + core + one))
    if start != "978":
        return [thirteen]
    return [thirteen, core + next(one for one in "0123456789X" if is_isbn(core + one))]


def _checked(connection: sa.Connection, library: str, identity: str | None, typed: Mapping[str, str]) -> Row:
    """The values to keep. Raises `Wrong`."""
    wrong: dict[str, str] = {}
    values: Row = {}
    for column in COLUMNS:
        values[column.field] = one_line(typed.get(column.field, ""))
        if values[column.field] is None:
            wrong[column.field] = "control"
        elif len(values[column.field]) > column.most_letters:
            wrong[column.field] = "too_long"
        elif column.required and not values[column.field]:
            wrong[column.field] = "missing"
    if not wrong:
        values["isbn"] = plain_isbn(values["isbn"]) or None
        if values["isbn"] and not is_isbn(values["isbn"]):
            wrong["isbn"] = "isbn"
        if values["year"] and not is_year(values["year"]):
            wrong["year"] = "year"
        same = sa.select(title.c.id).where(title.c.library_id == library, title.c.code == values["code"])
        if connection.scalar(same) not in (None, identity):
            wrong["code"] = "taken"
    if wrong:
        raise Wrong(wrong)
    values["year"] = int(values["year"]) if values["year"] else None
    return values


def _count_items(connection: sa.Connection, library: str, rows: Sequence[Row]) -> None:
    """Let each of `rows` say how many items are `held` of it, and how many of them are `lent`. What is withdrawn does
    not count."""
    ids = [row["id"] for row in rows]
    here = (item.c.library_id == library, among(item.c.title_id, ids), item.c.status != "withdrawn")
    out = sa.and_(loan.c.library_id == library, loan.c.barcode == item.c.barcode, loan.c.standing, loan.c.open)
    is_lent = sa.exists().where(out)
    counted = sa.select(item.c.title_id, sa.func.count(), sa.func.sum(sa.case((is_lent, 1), else_=0)))
    counts = {row[0]: row[1:] for row in connection.execute(counted.where(*here).group_by(item.c.title_id))}
    for row in rows:
        row["held"], row["lent"] = counts.get(row["id"], (0, 0))
