"""The library's calendar as a person changes it: weekdays closed, school years, closed days with a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, get_args

import msgspec
import sqlalchemy as sa

from central_server import changes, settings
from central_server.imports.calendar import Weekday

WEEKDAYS: tuple[str, ...] = get_args(Weekday)
_MOST = 200
_MOST_NAME = 200
_LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Span:
    """From a first to a last day, under a name."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Opening:
    """What the calendar says by itself; what `closed` of the settings adds is not in it."""

    closed_weekdays: tuple[str, ...] = ()
    school_years: tuple[Span, ...] = ()
    closed: tuple[Span, ...] = ()


def read(connection: sa.Connection, library: str) -> Opening:
    """The library's calendar; an empty one while it has none."""
    text = changes.current(connection, library, "calendar", library)
    if text is None:
        return Opening()
    told = msgspec.json.decode(text)
    return Opening(
        tuple(day for day in WEEKDAYS if day in told["closed_weekdays"]),
        tuple(_span(one, "begins", "ends") for one in told["school_years"]),
        # Those without a name are of the settings.
        tuple(_span(one, "from", "to") for one in told["closed"] if one["name"]),
    )


def fault_of(opening: Opening) -> str | None:
    """Why it can be no calendar, in a word of this module."""
    if not opening.school_years:
        return "no_school_year"
    spans = (*opening.school_years, *opening.closed)
    if len(spans) > _MOST or not all(0 < len(one.name) <= _MOST_NAME and one.name.isprintable() for one in spans):
        return "bad_name"
    if not all(0 <= (one.last - one.first).days <= _LONGEST_DAYS and 2000 <= one.first.year < 2200 for one in spans):
        return "ends_before"
    years = sorted(opening.school_years, key=lambda one: one.first)
    if any(one.last >= other.first for one, other in pairwise(years)):
        return "years_overlap"
    return "never_open" if set(opening.closed_weekdays) == set(WEEKDAYS) else None


def put(connection: sa.Connection, library: str, opening: Opening, today: date) -> bool:
    """Tell the stations of it, with what the settings add; whether it says anything new. `fault_of` has none."""
    text = changes.current(connection, library, "calendar", library)
    if text is not None and opening == read(connection, library):
        return False
    document = {
        "version": today.isoformat(),
        "closed_weekdays": list(opening.closed_weekdays),
        "school_years": _told(opening.school_years, "begins", "ends"),
        "closed": _told(opening.closed, "from", "to"),
    }
    settings.keep(connection, library, "calendar", document)
    data = msgspec.json.encode(settings.laid_over(connection, library, "calendar", document)).decode()
    return changes.publish_if_different(connection, library, [changes.Thing("calendar", library, data)])[0]


def _span(one: dict[str, Any], first: str, last: str) -> Span:
    return Span(one["name"], date.fromisoformat(one[first]), date.fromisoformat(one[last]))


def _told(spans: Sequence[Span], first: str, last: str) -> list[dict[str, Any]]:
    ordered = sorted(spans, key=lambda one: (one.first, one.last, one.name))
    return [{"name": one.name, first: one.first.isoformat(), last: one.last.isoformat()} for one in ordered]
