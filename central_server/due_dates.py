"""What a loan of today would be due on: the stations' own rule (docs/circulation.md), to be shown beside the calendar
and the rules that are set here."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import changes

_ONE_DAY = timedelta(days=1)
_LONGEST = 366
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


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
    """Of each policy of the library; nothing while it has no rules or no calendar."""
    rules, calendar = (changes.current(connection, library, kind, library) for kind in ("circulation", "calendar"))
    if rules is None or calendar is None:
        return []
    year = msgspec.json.decode(calendar)
    found = []
    for one in msgspec.json.decode(rules)["policies"]:
        over_summer = one.get("over_summer", False)
        due = None if one["in_house_only"] else due_date(today, one["days"], year, over_summer=over_summer)
        classes = tuple(one.get("classes", ()))
        found.append(Due(one["patron_category"], one["item_type"], classes, one["days"], due, one["in_house_only"]))
    return found


def due_date(today: date, days: int, calendar: dict[str, Any], *, over_summer: bool = False) -> date | None:
    """The next open day, or the last one of the school year. `calendar`: as stations are told it."""
    years = sorted((_day(one["begins"]), _day(one["ends"])) for one in calendar["school_years"])
    ends = next((ends for begins, ends in years if begins <= today <= ends), None)
    day = _first_open(today + _ONE_DAY * days, ends or date.max, calendar)
    if day is not None or ends is None:
        return day
    following = next(((begin, end) for begin, end in years if begin > ends), None) if over_summer else None
    return (_first_open(*following, calendar) if following else None) or _last_open(today, ends, calendar)


def is_open(day: date, calendar: dict[str, Any]) -> bool:
    """Whether the library is open on a day."""
    closed = any(_day(one["from"]) <= day <= _day(one["to"]) for one in calendar["closed"])
    return not closed and _WEEKDAYS[day.weekday()] not in calendar["closed_weekdays"]


def _first_open(day: date, last: date, calendar: dict[str, Any]) -> date | None:
    for _ in range(_LONGEST + 1):
        if day > last:
            return None
        if is_open(day, calendar):
            return day
        day += _ONE_DAY
    return None


def _last_open(after: date, day: date, calendar: dict[str, Any]) -> date | None:
    while day > after:
        if is_open(day, calendar):
            return day
        day -= _ONE_DAY
    return None


def _day(text: str) -> date:
    return date.fromisoformat(text)
