"""When a library is open: its calendar's days, and what it says of the hours in its own words."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from central_server.cannot import CannotDo
from central_server.lending_rules import WEEKDAYS, Closed, read_calendar
from central_server.tables.library import library as library_table

LONGEST_HOURS = 500
_SOON_DAYS = 45


@dataclass(frozen=True, slots=True)
class Opening:
    """`weekdays`: the open ones, Monday is 0; `closed_today`: why, "" for a reason without a name, `None`: it is open;
    `next_open`: the first open day from today on; `closed_soon`: what begins or goes on within some weeks."""

    hours: str
    weekdays: tuple[int, ...]
    closed_today: str | None
    next_open: date | None
    closed_soon: tuple[Closed, ...]


def opening(connection: sa.Connection, library: str, today: date) -> Opening:
    """When `library` is open, as it is known `today`."""
    calendar = read_calendar(connection, library)
    weekdays = tuple(number for number, day in enumerate(WEEKDAYS) if day not in calendar.closed_weekdays)
    closure = calendar.closure_on(today)
    closed_today = None if calendar.is_open(today) else closure.name if closure else ""
    until = today + timedelta(days=_SOON_DAYS)
    soon = [one for one in calendar.closed if one.end >= today and one.begin <= until]
    next_open = calendar.first_open(today)
    in_order = tuple(sorted(soon, key=lambda one: (one.begin, one.end)))
    return Opening(hours(connection, library), weekdays, closed_today, next_open, in_order)


def hours(connection: sa.Connection, library: str) -> str:
    """What the library says of its hours; "": nothing."""
    return str(connection.scalar(sa.select(library_table.c.hours).where(library_table.c.library_id == library)))


def set_hours(connection: sa.Connection, library: str, text: str) -> None:
    """Say it. Raises `CannotDo`."""
    if len(text) > LONGEST_HOURS:
        raise CannotDo(f"The hours are said in at most {LONGEST_HOURS} letters.")
    here = library_table.c.library_id == library
    connection.execute(sa.update(library_table).where(here).values(hours=text))
