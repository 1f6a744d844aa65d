"""The rules of lending as far as the centre decides by them: is the library open, until when, may it be renewed.

Facts in, decision out. docs/circulation.md says what holds; stations have a program of their own for it, and a test
holds the two against each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct, field

from central_server import changes
from central_server.imports.rules import Circulation, Limits, Policy

_ONE_DAY = timedelta(days=1)
_LONGEST_CLOSURE = 366
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Closed(Struct, frozen=True):
    """Both days included. `name`: "" of what the library has set by itself."""

    begin: date = field(name="from")
    end: date = field(name="to")
    name: str = ""


class SchoolYear(Struct, frozen=True):
    name: str
    begins: date
    ends: date


class Calendar(Struct, frozen=True):
    """As stations are told it; without one, every day is open and in no school year."""

    version: str = ""
    closed_weekdays: tuple[str, ...] = ()
    school_years: tuple[SchoolYear, ...] = ()
    closed: tuple[Closed, ...] = ()

    def closure_on(self, day: date) -> Closed | None:
        """The closed days that `day` is one of. One that is longer than a year is a mistake, and ends after it."""
        longest = timedelta(days=_LONGEST_CLOSURE)
        return next((one for one in self.closed if one.begin <= day <= min(one.end, one.begin + longest)), None)

    def is_open(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] not in self.closed_weekdays and self.closure_on(day) is None

    def year_of(self, day: date) -> SchoolYear | None:
        return next((year for year in self.school_years if year.begins <= day <= year.ends), None)

    def year_after(self, year: SchoolYear) -> SchoolYear | None:
        later = [other for other in self.school_years if other.begins > year.ends]
        return min(later, key=lambda other: other.begins, default=None)

    def first_open(self, day: date, last: date = date.max) -> date | None:
        for _ in range(_LONGEST_CLOSURE + 1):
            if day > last:
                return None
            if self.is_open(day):
                return day
            day += _ONE_DAY
        return None

    def last_open(self, after: date, day: date) -> date | None:
        while day > after:
            if self.is_open(day):
                return day
            day -= _ONE_DAY
        return None

    def open_days_after(self, day: date, last: date, most: int) -> int:
        """How many there are behind `day` through `last`; it counts no further than to `most`."""
        found = 0
        while day < last and found < most:
            day += _ONE_DAY
            found += self.is_open(day)
        return found


@dataclass(frozen=True, slots=True)
class Rules:
    """The circulation rules and the calendar of a library."""

    limits: Mapping[str, Limits]
    policies: Mapping[tuple[str, str], Policy]
    hold_shelf_days: int | None
    calendar: Calendar
    version: str | None = None


def read(connection: sa.Connection, library: str) -> Rules:
    """As the library's stations are told them."""
    text = changes.current(connection, library, "circulation", library)
    told = msgspec.json.decode(text, type=Circulation) if text else Circulation("", {}, [])
    policies = {(one.patron_category, one.item_type): one for one in told.policies}
    return Rules(told.limits, policies, told.hold_shelf_days, read_calendar(connection, library), told.version or None)


@dataclass(frozen=True, slots=True)
class Due:
    """For readers of a category (of some `classes`: the beginnings of their names) and books of a type. `due_on`:
    `None`: it is not lent; `in_house_only`: because it is read in the library."""

    category: str
    item_type: str
    classes: tuple[str, ...]
    days: int
    due_on: date | None
    in_house_only: bool


def preview(connection: sa.Connection, library: str, today: date) -> list[Due]:
    """What a loan of today would be due on by each policy; nothing while the library has no rules or no calendar."""
    text, calendar = (changes.current(connection, library, kind, library) for kind in ("circulation", "calendar"))
    if text is None or calendar is None:
        return []
    year, found = read_calendar(connection, library), []
    for one in msgspec.json.decode(text, type=Circulation).policies:
        due = None if one.in_house_only else due_date(today, one.days, year, one.over_summer)
        classes = tuple(one.classes)
        found.append(Due(one.patron_category, one.item_type, classes, one.days, due, one.in_house_only))
    return found


def read_calendar(connection: sa.Connection, library: str) -> Calendar:
    """As the library's stations are told it."""
    text = changes.current(connection, library, "calendar", library)
    return msgspec.json.decode(text, type=Calendar) if text else Calendar()


# --- renewing


@dataclass(frozen=True, slots=True)
class Borrower:
    category: str
    blocked: bool = False
    valid_until: date | None = None
    suspended_until: date | None = None


@dataclass(frozen=True, slots=True)
class Lent:
    """An open loan. `renewed_on`: the day of its last renewal, where that is known; `is_read_here`: this copy is read
    in the library whatever its type allows."""

    id: str
    item_type: str
    lent_on: date
    due_on: date
    renewals: int = 0
    provisional: bool = False
    is_read_here: bool = False
    renewed_on: date | None = None


class Reason(NamedTuple):
    """Why not: the code of docs/circulation.md, and the day or the number that belongs to it."""

    code: str
    about: date | int | None = None


class Renewal(NamedTuple):
    due_on: date
    renewals: int


def decide_renewal(
    borrower: Borrower,
    loan: Lent,
    others: Sequence[Lent],
    waiting: int,
    free_copies: int,
    rules: Rules,
    today: date,
) -> Renewal | tuple[Reason, ...]:
    """Whether `borrower` may keep `loan` longer; else every reason why not. `others`: their other open loans;
    `waiting`: how many other readers wait for the title, of which `free_copies` are on nobody's loan."""
    found = _reasons_of(borrower, others, rules, today)
    if max(loan.renewed_on or loan.lent_on, loan.lent_on) >= today:
        found.append(Reason("G-42", loan.due_on))
    if not loan.provisional and loan.due_on < today:
        found.append(Reason("G-43", loan.due_on))
    if waiting > free_copies:
        found.append(Reason("S-24"))
    policy = rules.policies.get((borrower.category, loan.item_type))
    due_on = None
    if policy is None:
        if Reason("Q-31") not in found:
            found.append(Reason("Q-31"))
    else:
        read_here = policy.in_house_only or loan.is_read_here
        if read_here:
            found.append(Reason("S-21"))
        if loan.renewals >= policy.renewals:
            found.append(Reason("G-41", policy.renewals))
        due_on = due_date(today, 1 if read_here else policy.days, rules.calendar, not read_here and policy.over_summer)
        if due_on is None or due_on <= loan.due_on:
            # One night more is no more than there is; nor is any other day that is not later.
            no_more = Reason("G-42", loan.due_on) if read_here and due_on else Reason("Q-32")
            found += [no_more] if no_more not in found else []
    return tuple(found) if found or due_on is None else Renewal(due_on, loan.renewals + 1)


def due_date(today: date, days: int, calendar: Calendar, over_summer: bool = False) -> date | None:
    """Until when: the next open day, at the latest the last open one of the school year that holds `today`; with
    `over_summer` the first open one of the next year, where this one's end would cut it short. `None`: no open day is
    left."""
    wanted, year = today + _ONE_DAY * days, calendar.year_of(today)
    day = calendar.first_open(wanted, year.ends if year else date.max)
    if day is not None or year is None:
        return day
    following = calendar.year_after(year) if over_summer else None
    day = calendar.first_open(following.begins, following.ends) if following else None
    return day or calendar.last_open(today, year.ends)


def _reasons_of(borrower: Borrower, others: Sequence[Lent], rules: Rules, today: date) -> list[Reason]:
    """What keeps this reader from borrowing anything."""
    found = []
    limits = rules.limits.get(borrower.category)
    if borrower.blocked:
        found.append(Reason("T-01"))
    if borrower.valid_until is not None and borrower.valid_until < today:
        found.append(Reason("T-02", borrower.valid_until))
    if borrower.suspended_until is not None and borrower.suspended_until >= today:
        found.append(Reason("T-04", borrower.suspended_until))
    if limits is None:
        found.append(Reason("Q-31"))
    else:
        late = timedelta(days=max(limits.overdue_blocks_after_days, 1))  # on its day a book is not late yet
        overdue = sum(not one.provisional and one.due_on + late <= today for one in others)
        if overdue and overdue >= limits.overdue_blocks_from:
            found.append(Reason("M-11", overdue))
    return found
