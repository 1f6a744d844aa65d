"""What a library tells its school about itself, from what is recorded: counts, and books with what happened to them.

Only `overdue` names readers.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import clock
from central_server.readers import by_name, line_of, natural, open_loans
from central_server.tables.library import daily_use, item, patron, request, title
from central_server.tables.operations import check_in, loan, operation_reader

MOST_ROWS = 5_000
SOURCES = ("budget", "donation", "project", "exchange", "other")
GONE = ("damaged", "lost", "withdrawn")


@dataclass(frozen=True, slots=True)
class Late:
    """A book that should be back. `patron`: `None`: nobody knows who has it."""

    class_name: str
    patron: str | None
    name: str
    card: str
    barcode: str
    title: str
    due_on: str
    days: int


@dataclass(frozen=True, slots=True)
class Month:
    """How much was done in a month (`2026-11`). `returns`: check-ins, whether or not they ended a loan."""

    month: str
    loans: int
    returns: int
    in_house: int
    visits: int


@dataclass(frozen=True, slots=True)
class Book:
    """A title, how many copies there are, and a number that the list is about."""

    id: str
    title: str
    author: str
    call_number: str
    copies: int
    count: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that is not to be lent any more."""

    barcode: str
    title: str
    status: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody reported or wished. `about`: of a fault report, station, item, premises or other."""

    asked_ms: int
    about: str
    barcode: str
    text: str
    state: str


def overdue(connection: sa.Connection, library: str, today: date) -> list[Late]:
    """Every book that was due before today, by class and reader."""
    found = open_loans(library).where(loan.c.due_on < today.isoformat())
    rows = connection.execute(found).all()
    theirs = sa.select(patron).where(
        patron.c.library_id == library,
        patron.c.id.in_(sa.select(loan.c.patron_id).where(loan.c.library_id == library, loan.c.standing, loan.c.open)),
    )
    who = {row["id"]: line_of(row) for row in connection.execute(theirs).mappings()}
    late = []
    for row in rows:
        one, days = who.get(row.patron_id), (today - date.fromisoformat(row.due_on)).days
        book = (row.barcode, row.title or "", row.due_on, days)
        found_late = Late(one.class_name, one.id, one.name, one.card, *book) if one else Late("", None, "", "", *book)
        order = (natural(found_late.class_name), by_name(one) if one else ("", "", ""), row.due_on, row.barcode)
        late.append((order, found_late))
    return [one for _, one in sorted(late, key=lambda pair: pair[0])]


def by_month(connection: sa.Connection, library: str, first: date, last: date) -> list[Month]:
    """Every month from that of `first` to that of `last`, the oldest first; days outside of them do not count."""
    since, until = first.isoformat(), last.isoformat()
    mine = (loan.c.library_id == library, loan.c.position.is_not(None), ~loan.c.voided)
    month = sa.func.substr(loan.c.lent_on, 1, 7)
    lent = sa.select(month, sa.func.count()).where(*mine, loan.c.lent_on >= since, loan.c.lent_on <= until)
    loans = {row[0]: row[1] for row in connection.execute(lent.group_by(month))}
    used = sa.func.substr(daily_use.c.day, 1, 7)
    use = sa.select(daily_use.c.kind, used, sa.func.sum(daily_use.c.count)).where(
        daily_use.c.library_id == library, daily_use.c.day >= since, daily_use.c.day <= until
    )
    uses = {(row[0], row[1]): int(row[2]) for row in connection.execute(use.group_by(daily_use.c.kind, used))}
    returns = Counter(day.isoformat()[:7] for day in _returns(connection, library, first, last))
    return [
        Month(
            one,
            loans.get(one, 0),
            returns[one],
            uses.get(("in_house_use", one), 0),
            uses.get(("visit", one), 0),
        )
        for one in _months(first, last)
    ]


def loans_by_class(
    connection: sa.Connection, library: str, first: date, last: date
) -> list[tuple[str, dict[str, int]]]:
    """Of each class (as readers are in it now; "": in none), how many loans in each month."""
    owner = sa.and_(patron.c.library_id == loan.c.library_id, patron.c.id == loan.c.patron_id)
    month = sa.func.substr(loan.c.lent_on, 1, 7)
    found = sa.select(patron.c.class_name, month, sa.func.count()).outerjoin_from(loan, patron, owner)
    mine = (loan.c.library_id == library, loan.c.position.is_not(None), ~loan.c.voided)
    span = (loan.c.lent_on >= first.isoformat(), loan.c.lent_on <= last.isoformat())
    classes: dict[str, dict[str, int]] = {}
    for row in connection.execute(found.where(*mine, *span).group_by(patron.c.class_name, month)):
        of_class = classes.setdefault(row[0] or "", {})
        of_class[row[1]] = of_class.get(row[1], 0) + row[2]
    return sorted(classes.items(), key=lambda one: (not one[0], natural(one[0])))


def most_borrowed(connection: sa.Connection, library: str, first: date, last: date, most: int = 50) -> list[Book]:
    """The titles with the most loans, the most first."""
    mine = (loan.c.library_id == library, loan.c.position.is_not(None), ~loan.c.voided)
    span = (loan.c.lent_on >= first.isoformat(), loan.c.lent_on <= last.isoformat())
    times = sa.select(loan.c.barcode, sa.func.count()).where(*mine, *span).group_by(loan.c.barcode)
    of_barcode = {row[0]: row[1] for row in connection.execute(times)}
    counts: Counter[str] = Counter()
    for identity, barcodes in _copies(connection, library).items():
        counts[identity] = sum(of_barcode.get(one, 0) for one in barcodes)
    chosen = sorted((identity for identity in counts if counts[identity]), key=lambda one: (-counts[one], one))[:most]
    return _books(connection, library, [(one, counts[one]) for one in chosen])


def new_titles(connection: sa.Connection, library: str, first: date, last: date) -> list[tuple[Book, date]]:
    """The titles that came on these days, of those of which it is known when they came; the newest first."""
    # PostgreSQL reads no BETWEEN with the collation that is written beside each text.
    span = (title.c.added_on >= first.isoformat(), title.c.added_on <= last.isoformat())
    found = (
        sa.select(title.c.id, title.c.added_on)
        .where(title.c.library_id == library, *span)
        .order_by(title.c.added_on.desc(), title.c.id)
    )
    came = {row.id: date.fromisoformat(row.added_on) for row in connection.execute(found)}
    return [(one, came[one.id]) for one in _books(connection, library, [(identity, 0) for identity in came])]


def never_borrowed(connection: sa.Connection, library: str, since: date) -> list[Book]:
    """Titles with a copy that could be used, of which none was lent or read in the library since then; by shelf mark.
    `count`: the copies."""
    lent = sa.select(loan.c.barcode).where(loan.c.library_id == library, ~loan.c.voided)
    borrowed = sa.or_(loan.c.lent_on >= since.isoformat(), loan.c.open)
    used = set(connection.scalars(lent.where(borrowed).distinct()))
    read = sa.select(daily_use.c.barcode).where(daily_use.c.library_id == library, daily_use.c.day >= since.isoformat())
    used |= set(connection.scalars(read.distinct()))
    copies = _copies(connection, library, only_usable=True)
    idle = [(identity, len(them)) for identity, them in copies.items() if not used.intersection(them)]
    books = _books(connection, library, idle)
    return sorted(books, key=lambda one: (natural(one.call_number), one.title, one.id))


def gone(connection: sa.Connection, library: str) -> list[Copy]:
    """Damaged, lost and withdrawn copies."""
    what = sa.and_(title.c.library_id == item.c.library_id, title.c.id == item.c.title_id)
    found = sa.select(item.c.barcode, item.c.status, item.c.source, title.c.title).outerjoin(title, what)
    rows = connection.execute(found.where(item.c.library_id == library, item.c.status.in_(GONE)))
    copies = [Copy(row.barcode, row.title or "", row.status, row.source) for row in rows]
    return sorted(copies, key=lambda one: (GONE.index(one.status), natural(one.barcode)))


def sources(connection: sa.Connection, library: str) -> dict[str | None, tuple[int, int]]:
    """Where copies come from (`None`: nobody said): how many, and how many of them can be used."""
    usable = sa.func.sum(sa.case((item.c.status.in_(GONE), 0), else_=1))
    found = sa.select(item.c.source, sa.func.count(), usable).where(item.c.library_id == library)
    rows = {row[0]: (row[1], int(row[2])) for row in connection.execute(found.group_by(item.c.source))}
    return {one: rows[one] for one in (*SOURCES, None) if one in rows}


def said(connection: sa.Connection, library: str, kind: str, most: int = 500) -> list[Said]:
    """Fault reports (`fault_report`) or wishes (`suggestion`), the newest first; nobody's name is with them."""
    beside = sa.and_(
        operation_reader.c.library_id == request.c.library_id, operation_reader.c.position == request.c.position
    )
    found = sa.select(request, operation_reader.c.private).outerjoin(operation_reader, beside)
    mine = (request.c.library_id == library, request.c.kind == kind)
    lines = []
    for row in connection.execute(found.where(*mine).order_by(request.c.asked_ms.desc(), request.c.id).limit(most)):
        data = msgspec.json.decode(row.data)
        text = row.private or data.get("text") or ""
        lines.append(Said(row.asked_ms, data.get("about") or "", data.get("barcode") or "", text, row.state))
    return lines


# --- figures of a few days, for the first page


def between(connection: sa.Connection, library: str, first: date, last: date) -> Month:
    """The same counts of the days from `first` to `last` together. `month`: that of the last one."""
    whole = by_month(connection, library, first, last)
    return Month(
        whole[-1].month,
        *(sum(getattr(one, name) for one in whole) for name in ("loans", "returns", "in_house", "visits")),
    )


def _returns(connection: sa.Connection, library: str, first: date, last: date) -> Iterable[date]:
    """The days of check-ins, where they are known: as `central_server.statistics.measures` counts them."""
    begin, end = clock.ms_of(first), clock.ms_of(last + timedelta(days=1))
    at = sa.func.coalesce(check_in.c.latest_ms, check_in.c.earliest_ms)
    for where, column in ((sa.true(), check_in.c.latest_ms), (check_in.c.latest_ms.is_(None), check_in.c.earliest_ms)):
        mine = sa.select(at).where(check_in.c.library_id == library, where, column >= begin, column < end)
        yield from map(clock.day_of, connection.scalars(mine))


def _months(first: date, last: date) -> list[str]:
    months, day = [], first.replace(day=1)
    while day <= last:
        months.append(day.isoformat()[:7])
        day = (day + timedelta(days=31)).replace(day=1)
    return months


def _copies(connection: sa.Connection, library: str, *, only_usable: bool = False) -> dict[str, list[str]]:
    """The barcodes of each title."""
    found = sa.select(item.c.title_id, item.c.barcode).where(item.c.library_id == library)
    if only_usable:
        found = found.where(item.c.status.not_in(GONE))
    copies: dict[str, list[str]] = {}
    for row in connection.execute(found):
        copies.setdefault(row.title_id, []).append(row.barcode)
    return copies


def _books(connection: sa.Connection, library: str, counts: Sequence[tuple[str, int]]) -> list[Book]:
    """Those titles with their counts, in that order."""
    copies = _copies(connection, library)
    rows: dict[str, Any] = {
        row.id: row for row in connection.execute(sa.select(title).where(title.c.library_id == library))
    }
    return [
        Book(one, rows[one].title, rows[one].author, rows[one].call_number, len(copies.get(one, ())), count)
        for one, count in counts
        if one in rows
    ]


def commended(
    connection: sa.Connection, library: str, first: date, last: date, today: date, most: int = 20
) -> list[tuple[str, str, int]]:
    """Readers who borrowed most and have nothing late: class, name, loans. Only for a school that wants such a list."""
    late = sa.select(loan.c.patron_id).where(
        loan.c.library_id == library,
        loan.c.standing,
        loan.c.open,
        loan.c.due_on < today.isoformat(),
        loan.c.patron_id.is_not(None),
    )
    owner = sa.and_(patron.c.library_id == loan.c.library_id, patron.c.id == loan.c.patron_id)
    times = sa.func.count().label("times")
    found = sa.select(patron.c.class_name, patron.c.name, times).join(loan, owner)
    mine = (loan.c.library_id == library, loan.c.position.is_not(None), ~loan.c.voided)
    span = (loan.c.lent_on >= first.isoformat(), loan.c.lent_on <= last.isoformat())
    found = found.where(*mine, *span, ~patron.c.blocked, patron.c.id.not_in(late))
    found = found.group_by(patron.c.id, patron.c.class_name, patron.c.name).order_by(times.desc(), patron.c.name)
    return [(row.class_name, row.name, row.times) for row in connection.execute(found.limit(most))]
