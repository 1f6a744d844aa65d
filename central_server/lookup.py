"""Looking things up in a library's catalogue, as its readers do: by the beginnings of words, without accents.

Everything is for everybody: no reader, no loan's id, only until when a book is away.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from central_server.among import among
from central_server.imports.words import fold
from central_server.tables.library import hold, item, title
from central_server.tables.operations import loan

PAGE = 20
MOST_PAGES = 500
LEAST_SHOWN = 3
"""Who borrowed something that fewer did would be guessed."""

_LONGEST = 200
_MOST_WORDS = 8
_GONE = ("lost", "withdrawn")
_BORROWED_DAYS = 90


@dataclass(frozen=True, slots=True)
class Copies:
    """How many there are of a title, and how many of these are in the library."""

    all: int = 0
    inside: int = 0


def words_of(query: str) -> list[str]:
    """What is looked for: at most eight words of letters and digits. An ISBN with hyphens is one."""
    query = query[:_LONGEST]
    digits = re.sub(r"[\s‐‑–-]", "", query)
    if re.fullmatch(r"[0-9]{9,13}[0-9Xx]?", digits):
        return [digits.casefold()]
    return fold(query).split()[:_MOST_WORDS]


def begun_by(words: Collection[str]) -> list[sa.ColumnElement[bool]]:
    """The conditions that each of `words` (of `words_of`) begins a word of a title. Nothing but letters and digits is
    in a word: no wildcard, no quote."""
    return [title.c.search.like(f"% {word}%") for word in words]


def find(
    connection: sa.Connection,
    library: str,
    query: str,
    *,
    item_type: str = "",
    only_inside: bool = False,
    page: int = 1,
) -> tuple[list[dict[str, Any]], bool]:
    """The titles of which every word of `query` begins a word of the name, author, call number, ISBN or code, in the
    order of their names; and whether there are more behind this page. Without a word it is all of them."""
    words = words_of(query)
    if query.strip() and not words:
        return [], False  # nothing but signs
    found = sa.select(title).where(title.c.library_id == library)
    found = found.where(*begun_by(words))
    if item_type:
        found = found.where(title.c.item_type == item_type)
    if only_inside:
        found = found.where(title.c.id.in_(_titles_inside(library)))
    number = min(max(page, 1), MOST_PAGES)
    in_order = found.order_by(title.c.search, title.c.id).limit(PAGE + 1).offset((number - 1) * PAGE)
    rows = [dict(row) for row in connection.execute(in_order).mappings()]
    return with_copies(connection, library, rows[:PAGE]), len(rows) > PAGE and number < MOST_PAGES


def item_types(connection: sa.Connection, library: str) -> list[str]:
    """The types of what the library has, in order."""
    types = sa.select(title.c.item_type).distinct().where(title.c.library_id == library, title.c.item_type != "")
    return list(connection.scalars(types.order_by(title.c.item_type)))


def newest(connection: sa.Connection, library: str, most: int) -> list[dict[str, Any]]:
    """The titles that came last, of those of which it is known when they came."""
    known = sa.select(title).where(title.c.library_id == library, title.c.added_on.is_not(None))
    rows = connection.execute(known.order_by(title.c.added_on.desc(), title.c.search).limit(most))
    return with_copies(connection, library, [dict(row) for row in rows.mappings()])


def most_borrowed(connection: sa.Connection, library: str, today: date, most: int) -> list[tuple[str, int]]:
    """Ids of titles and how often each was lent in ninety days, but for what hardly anybody borrowed."""
    since = (today - timedelta(days=_BORROWED_DAYS)).isoformat()
    same = sa.and_(item.c.library_id == loan.c.library_id, item.c.id == loan.c.item_id)
    count = sa.func.count().label("count")
    lent = (loan.c.library_id == library, loan.c.lent_on >= since, loan.c.position.is_not(None), ~loan.c.voided)
    found = sa.select(item.c.title_id, count).join(item, same).where(*lent).group_by(item.c.title_id)
    rows = connection.execute(
        found.having(sa.func.count() >= LEAST_SHOWN).order_by(count.desc(), item.c.title_id).limit(most)
    )
    return [(identity, times) for identity, times in rows]


def titles(connection: sa.Connection, library: str, identities: Collection[str]) -> Mapping[str, dict[str, Any]]:
    """Those titles of the library, by id."""
    mine = sa.select(title).where(title.c.library_id == library, among(title.c.id, identities))
    rows = [dict(row) for row in connection.execute(mine).mappings()]
    return {row["id"]: row for row in with_copies(connection, library, rows)}


def with_copies(connection: sa.Connection, library: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`rows` of the table `title`, each with its `copies`."""
    mine = (item.c.library_id == library, among(item.c.title_id, {row["id"] for row in rows}))
    columns = (item.c.title_id, item.c.barcode, item.c.status)
    copies = connection.execute(sa.select(*columns).where(*mine, item.c.status.not_in(_GONE))).all()
    lent = on_loan(connection, library, {one.barcode for one in copies})
    there = Counter(one.title_id for one in copies)
    inside = Counter(one.title_id for one in copies if one.status == "available" and one.barcode not in lent)
    return [row | {"copies": Copies(there[row["id"]], inside[row["id"]])} for row in rows]


def on_loan(connection: sa.Connection, library: str, barcodes: Collection[str]) -> dict[str, str | None]:
    """Those of `barcodes` that somebody has, each with its due date, where that is known."""
    columns = (loan.c.barcode, loan.c.due_on, loan.c.provisional)
    # `standing` stands there as the partial index has it.
    standing = (loan.c.library_id == library, among(loan.c.barcode, barcodes), loan.c.standing)
    found = sa.select(*columns).where(*standing, loan.c.open).order_by(loan.c.due_on)
    rows = connection.execute(_by_barcode(found))
    return {row.barcode: None if row.provisional else row.due_on for row in rows}


def one_title(connection: sa.Connection, library: str, identity: str) -> dict[str, Any] | None:
    """A title with its `copies`, its `items` (each with `barcode`, `state`: in, lent, here, damaged or lost, and
    `due_on` where that is known), and how many are `waiting`; `None` when the library has no such title."""
    row = titles(connection, library, {identity}).get(identity)
    if row is None:
        return None
    mine = (item.c.library_id == library, item.c.title_id == identity, item.c.status != "withdrawn")
    copies = connection.execute(sa.select(item).where(*mine).order_by(item.c.barcode)).mappings().all()
    lent = on_loan(connection, library, {one["barcode"] for one in copies})
    waiting = (
        sa.select(sa.func.count())
        .select_from(hold)
        .where(hold.c.library_id == library, hold.c.title_id == identity, hold.c.loan_id.is_(None))
    )
    return row | {"items": [_copy(one, lent) for one in copies], "waiting": connection.scalar(waiting) or 0}


def _copy(one: Mapping[Any, Any], lent: Mapping[str, str | None]) -> dict[str, Any]:
    state = one["status"] if one["status"] != "available" else "here" if one["in_house_only"] else "in"
    if state != "lost" and one["barcode"] in lent:
        return {"barcode": one["barcode"], "state": "lent", "due_on": lent[one["barcode"]]}
    return {"barcode": one["barcode"], "state": state, "due_on": None}


def _titles_inside(library: str) -> sa.Select[tuple[str]]:
    """The titles of which a copy is in: what is away is looked for once, not for each copy."""
    away = _by_barcode(sa.select(loan.c.barcode).where(loan.c.library_id == library, loan.c.standing, loan.c.open))
    return sa.select(item.c.title_id).where(
        item.c.library_id == library, item.c.status == "available", item.c.barcode.not_in(away)
    )


def _by_barcode(standing: sa.Select[Any]) -> sa.Select[Any]:
    """Loans that stand: SQLite does not know how few they are, and would go through all of the library's."""
    return standing.with_hint(loan, "INDEXED BY loan_standing_by_barcode", "sqlite")
