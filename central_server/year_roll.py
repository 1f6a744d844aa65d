"""The turn of the school year: classes move up, who leaves is blocked; all of it or nothing, once for a school year.

A plan says where each class goes. It is made of what a person confirmed, and of nobody else: a class that it does not
name stays as it is.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from central_server import class_names, said_here
from central_server.cannot import CannotDo
from central_server.clock import day_of, ms_of
from central_server.imports import patrons
from central_server.readers import MOST_CLASS, Held, Line, by_name, line_of, loans_of, natural
from central_server.tables.library import patron
from central_server.tables.year import rolled_reader, year_roll
from central_server.upsert import put

LEAVES = ""
"""Where a class goes whose pupils leave."""
_LEAST_DAYS_BETWEEN = 180


class WasDone(CannotDo):
    """The classes have moved up already: for `asked` itself, or lately for `done`, another school year."""

    def __init__(self, done: str, asked: str) -> None:
        super().__init__(f"The classes have moved up for {done} already; nothing was done for {asked}.")
        self.done, self.asked = done, asked


class NotAsShown(CannotDo):
    """Something changed since the plan was shown: it must be looked at again."""


class CannotUndo(CannotDo):
    """`why`: `nothing`, `too_late` or `changed_since`."""

    def __init__(self, why: str) -> None:
        super().__init__(f"It cannot be undone: {why}.")
        self.why = why


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the classes go: by name, to a name or `LEAVES`; who moves up is good until `valid_until` (ISO date) at
    least."""

    school_year: str
    moves: Mapping[str, str]
    valid_until: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """Where one class goes, and how many readers are in it."""

    class_name: str
    count: int
    to: str


@dataclass(frozen=True, slots=True)
class Leaver:
    line: Line
    books: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a plan comes to. `print`: of exactly these readers as they are now."""

    moves: tuple[Move, ...]
    stay: tuple[tuple[str, int], ...]
    moved: int
    leavers: tuple[Leaver, ...]
    print: str


@dataclass(frozen=True, slots=True)
class Done:
    """A roll-over that was done."""

    school_year: str
    done_ms: int
    done_by: str
    moved: int
    left: int


def school_years(today: date) -> list[str]:
    """Those that may be ending, the likeliest first: until August the one that began last year."""
    ending = today.year if today.month >= 3 else today.year - 1
    return [f"{year - 1}-{year}" for year in (ending, ending + 1, ending - 1)]


def just_ended(today: date, done: Collection[str]) -> str | None:
    """The school year that a person most probably means: from May until September the one that ends then, unless it
    was `done`. At any other time classes are where they belong, and nobody is asked to move them."""
    ended = school_years(today)[0]
    return ended if 5 <= today.month <= 9 and ended not in done else None


def proposal(connection: sa.Connection, library: str, level: str | None) -> list[tuple[str, int, str | None]]:
    """Each class with readers who are not gone, how many they are, and what its name says of where it goes."""
    found = sa.select(patron.c.class_name, sa.func.count()).where(patron.c.library_id == library)
    rows = connection.execute(found.group_by(patron.c.class_name)).all()
    names = sorted((row[0] for row in rows if row[0] and not class_names.has_left(row[0])), key=natural)
    counts = {row[0]: row[1] for row in rows}
    last = class_names.last_grade(names, level)
    return [(name, counts[name], class_names.next_name(name, last)) for name in names]


def fault_of(plan: Plan) -> str | None:
    """Why a plan can be none, in a word of this module."""
    if not re.fullmatch("[0-9]{4}-[0-9]{4}", plan.school_year):
        return "bad_school_year"
    names = [*plan.moves, *plan.moves.values()]
    if not all(len(name) <= MOST_CLASS - 12 and name.isprintable() for name in names):
        return "bad_class"
    if plan.valid_until is not None:
        try:
            date.fromisoformat(plan.valid_until)
        except ValueError:
            return "bad_date"
    return None if any(to != name for name, to in plan.moves.items()) else "nothing_moves"


def look(connection: sa.Connection, library: str, plan: Plan, today: date) -> Outcome:
    """What the plan comes to, without doing it. Raises `WasDone`."""
    _must_be_first(connection, library, plan.school_year, today)
    rows = _rows(connection, library)
    after = {row["id"]: _after(row, plan) for row in rows}
    changed = [row for row in rows if after[row["id"]] != row]
    gone = [row for row in changed if plan.moves[row["class_name"]] == LEAVES]
    books = loans_of(connection, library, [row["id"] for row in gone], today)
    leavers = [Leaver(line_of(row), tuple(books.get(row["id"], ()))) for row in gone]
    leavers.sort(key=lambda one: (natural(one.line.class_name), by_name(one.line)))
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["class_name"]] = counts.get(row["class_name"], 0) + 1
    names = sorted(counts, key=natural)
    moves = tuple(Move(name, counts[name], plan.moves[name]) for name in names if _moves(plan, name))
    stay = tuple((name, counts[name]) for name in names if name and not _moves(plan, name))
    return Outcome(moves, stay, len(changed) - len(gone), tuple(leavers), _print(plan, changed))


def carry_out(connection: sa.Connection, library: str, plan: Plan, print_: str, by: str, now_ms: int) -> Done:
    """Do what was looked at: `print_` is that of its outcome. Raises `WasDone` and `NotAsShown`."""
    _must_be_first(connection, library, plan.school_year, day_of(now_ms))
    rows = _rows(connection, library)
    changed = [(row, after) for row in rows if (after := _after(row, plan)) != row]
    if _print(plan, [row for row, _ in changed]) != print_:
        raise NotAsShown("The readers are not as they were when the plan was shown.")
    roll = {"library_id": library, "school_year": plan.school_year, "done_ms": now_ms, "done_by": by}
    connection.execute(year_roll.insert(), roll)
    put(connection, rolled_reader, [_kept(library, plan.school_year, row, after) for row, after in changed])
    _write(connection, library, [(row, after) for row, after in changed], by, now_ms)
    left = sum(plan.moves[row["class_name"]] == LEAVES for row, _ in changed)
    return Done(plan.school_year, now_ms, by, len(changed) - left, left)


def undo(connection: sa.Connection, library: str, school_year: str, by: str, now_ms: int) -> int:
    """Take it back, on the day on which it was done, if none of its readers was changed since (who was erased stays
    so); answers how many readers are as before. Raises `CannotUndo`."""
    done = of_year(connection, library, school_year)
    if done is None:
        raise CannotUndo("nothing")
    if day_of(done.done_ms) != day_of(now_ms):
        raise CannotUndo("too_late")
    mine = (rolled_reader.c.library_id == library, rolled_reader.c.school_year == school_year)
    kept = {row["patron_id"]: row for row in connection.execute(sa.select(rolled_reader).where(*mine)).mappings()}
    changes = []
    for row in _rows(connection, library):
        if row["id"] in kept:
            was = kept[row["id"]]
            if _of(row) != (was["class_after"], was["valid_after"], was["blocked_after"]):
                raise CannotUndo("changed_since")
            before = {"class_name": was["class_before"], "valid_until": was["valid_before"]}
            changes.append((row, {**row, **before, "blocked": was["blocked_before"]}))
    _write(connection, library, changes, by, now_ms)
    connection.execute(sa.delete(rolled_reader).where(*mine))
    here = (year_roll.c.library_id == library, year_roll.c.school_year == school_year)
    connection.execute(sa.delete(year_roll).where(*here))
    return len(changes)


def of_year(connection: sa.Connection, library: str, school_year: str) -> Done | None:
    """What was done for a school year."""
    return next((one for one in done(connection, library) if one.school_year == school_year), None)


def done(connection: sa.Connection, library: str) -> list[Done]:
    """All of the library, the newest first."""
    gone = sa.func.sum(sa.case((_has_left, 1), else_=0))
    of = sa.and_(
        rolled_reader.c.library_id == year_roll.c.library_id, rolled_reader.c.school_year == year_roll.c.school_year
    )
    columns = (year_roll.c.school_year, year_roll.c.done_ms, year_roll.c.done_by)
    count = sa.func.count(rolled_reader.c.patron_id)
    found = sa.select(*columns, count.label("all"), gone.label("left")).outerjoin(rolled_reader, of)
    found = found.where(year_roll.c.library_id == library).group_by(*columns).order_by(year_roll.c.done_ms.desc())
    return [
        Done(row.school_year, row.done_ms, row.done_by, row.all - (row.left or 0), row.left or 0)
        for row in connection.execute(found)
    ]


def leavers(connection: sa.Connection, library: str, school_year: str, today: date) -> list[Leaver]:
    """Who left at the end of a school year, by class and name, with what they still have."""
    mine = (rolled_reader.c.library_id == library, rolled_reader.c.school_year == school_year, _has_left)
    theirs = sa.select(rolled_reader.c.patron_id).where(*mine)
    found = sa.select(patron).where(patron.c.library_id == library, patron.c.id.in_(theirs))
    rows = [dict(row) for row in connection.execute(found).mappings()]
    books = loans_of(connection, library, [row["id"] for row in rows], today)
    them = [Leaver(line_of(row), tuple(books.get(row["id"], ()))) for row in rows]
    return sorted(them, key=lambda one: (natural(one.line.class_name), by_name(one.line)))


# Nobody who moves up is in a class of that name (class_names.left_name).
_has_left = rolled_reader.c.class_after == rolled_reader.c.class_before + " · " + rolled_reader.c.school_year


def _must_be_first(connection: sa.Connection, library: str, school_year: str, today: date) -> None:
    """Nobody moves up twice, whatever the year is called the second time."""
    mine = sa.select(year_roll.c.school_year).where(year_roll.c.library_id == library)
    lately = year_roll.c.done_ms >= ms_of(today - timedelta(days=_LEAST_DAYS_BETWEEN))
    same = year_roll.c.school_year == school_year
    found = mine.where(sa.or_(same, lately)).order_by(sa.case((same, 0), else_=1), year_roll.c.done_ms.desc())
    if done := connection.scalar(found.limit(1)):
        raise WasDone(done, school_year)


def _rows(connection: sa.Connection, library: str) -> list[dict[str, Any]]:
    found = sa.select(patron).where(patron.c.library_id == library).order_by(patron.c.id)
    return [dict(row) for row in connection.execute(found).mappings()]


def _moves(plan: Plan, name: str) -> bool:
    return name != "" and name in plan.moves and plan.moves[name] != name


def _after(row: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The row as the plan leaves it: looked up by the class that it was in before, so nobody moves twice."""
    name = row["class_name"]
    if not _moves(plan, name):
        return row
    if plan.moves[name] == LEAVES:
        return {**row, "class_name": class_names.left_name(name, plan.school_year), "blocked": True}
    until = row["valid_until"]
    if plan.valid_until and until:  # nobody's card ends earlier than before, and one without an end gets none
        until = max(until, plan.valid_until)
    return {**row, "class_name": plan.moves[name], "valid_until": until}


def _write(
    connection: sa.Connection,
    library: str,
    changes: list[tuple[dict[str, Any], dict[str, Any]]],
    by: str,
    now_ms: int,
) -> None:
    """Whether somebody is blocked is a word as from a desk (central_server.said_here); it lifts no suspension."""
    put(connection, patron, [{**after, "blocked": row["blocked"]} for row, after in changes])
    patrons.publish(connection, library, [after for row, after in changes if after["blocked"] == row["blocked"]])
    for row, after in changes:
        if after["blocked"] != row["blocked"]:
            said_here.block(connection, library, row["id"], after["blocked"], by, now_ms, lifts=False)


def _kept(library: str, school_year: str, row: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        "library_id": library,
        "school_year": school_year,
        "patron_id": row["id"],
        "class_before": row["class_name"],
        "class_after": after["class_name"],
        "valid_before": row["valid_until"],
        "valid_after": after["valid_until"],
        "blocked_before": row["blocked"],
        "blocked_after": after["blocked"],
    }


def _of(row: Mapping[str, Any]) -> tuple[str, str | None, bool]:
    return row["class_name"], row["valid_until"], row["blocked"]


def _print(plan: Plan, rows: list[dict[str, Any]]) -> str:
    """Of the plan and of those whom it changes, as they are now."""
    parts = [plan.school_year, plan.valid_until or "", *(f"{name}\t{to}" for name, to in sorted(plan.moves.items()))]
    parts += ["\t".join((row["id"], *map(str, _of(row)))) for row in rows]
    return sha256("\n".join(parts).encode()).hexdigest()
