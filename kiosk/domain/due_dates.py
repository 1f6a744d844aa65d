"""Hạn trả: never on a closed day, never after the school year's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)
_LONGEST_CLOSURE = 366  # days; a calendar that closes for longer is a mistake, not a holiday


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed from `first` through `last`, both included."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class SchoolYear:
    name: str
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class Calendar:
    version: str = ""
    closed_weekdays: frozenset[int] = frozenset()  # Monday is 0
    closures: Sequence[Closure] = ()
    school_years: Sequence[SchoolYear] = ()
    _closed: frozenset[date] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        days: set[date] = set()
        for closure in self.closures:
            span = min((closure.last - closure.first).days, _LONGEST_CLOSURE)
            days.update(closure.first + _ONE_DAY * n for n in range(span + 1))
        object.__setattr__(self, "_closed", frozenset(days))

    def is_open(self, day: date) -> bool:
        return day.weekday() not in self.closed_weekdays and day not in self._closed

    def school_year_of(self, day: date) -> SchoolYear | None:
        return next((year for year in self.school_years if year.begins <= day <= year.ends), None)

    def school_year_after(self, year: SchoolYear) -> SchoolYear | None:
        later = [other for other in self.school_years if other.begins > year.ends]
        return min(later, key=lambda other: other.begins, default=None)


def due_date(today: date, days: int, calendar: Calendar, *, over_summer: bool = False) -> date | None:
    """The day a loan of `days` is due: the next open day, or the last open one of the school year that holds `today`.
    `over_summer`: where the year's end would cut it short, the first open day of the next year instead, if one is
    known.

    None when there is no open day left between tomorrow and the end of the school year (or a year of closed days).
    In the summer no school year holds `today`, so none ends the loan.
    """
    wanted, year = today + _ONE_DAY * days, calendar.school_year_of(today)
    day = _first_open(wanted, year.ends if year else date.max, calendar)
    if day is not None or year is None:
        return day
    following = calendar.school_year_after(year) if over_summer else None
    day = _first_open(following.begins, following.ends, calendar) if following else None
    return day or _last_open(today, year.ends, calendar)


def open_days_after(day: date, last: date, calendar: Calendar, most: int) -> int:
    """How many there are behind `day` through `last`; it counts no further than to `most`."""
    found = 0
    while day < last and found < most:
        day += _ONE_DAY
        found += calendar.is_open(day)
    return found


def _first_open(day: date, last: date, calendar: Calendar) -> date | None:
    for _ in range(_LONGEST_CLOSURE + 1):
        if day > last:
            return None
        if calendar.is_open(day):
            return day
        day += _ONE_DAY
    return None


def _last_open(after: date, day: date, calendar: Calendar) -> date | None:
    while day > after:
        if calendar.is_open(day):
            return day
        day -= _ONE_DAY
    return None
