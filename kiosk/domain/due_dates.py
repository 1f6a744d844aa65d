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


def due_date(today: date, days: int, calendar: Calendar) -> date | None:
    """The day a loan of `days` is due: the next open day, or the last open one of the school year that holds `today`.

    None when there is no open day left between tomorrow and the end of the school year (or a year of closed days).
    In the summer no school year holds `today`, so none ends the loan.
    """
    wanted = today + _ONE_DAY * days
    year = calendar.school_year_of(today)
    last = year.ends if year else date.max
    for step in range(_LONGEST_CLOSURE + 1):
        day = wanted + _ONE_DAY * step
        if day > last:
            break
        if calendar.is_open(day):
            return day
    else:
        return None
    day = last
    while day > today:
        if calendar.is_open(day):
            return day
        day -= _ONE_DAY
    return None
