"""Who did well: schools for the offices above them; readers only within a school that wants that."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from central_server import reports
from central_server.organisations import Node, below
from central_server.statistics import sets, sums
from central_server.statistics.periods import Kind, Period
from central_server.statistics.sets import Figure
from central_server.tables.organisations import organisation

COMPARED = ("loans", "visit", "in_house_use")
"""Measures by which schools are compared, each for one pupil."""
_MOST = 20


@dataclass(frozen=True, slots=True)
class Grown:
    """A school, and how often something was done for one pupil in the same months a year before and now."""

    id: str
    name: str
    level: str | None
    before: float
    now: float

    @property
    def more(self) -> float:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class KeenReader:
    """For the school's own eyes."""

    name: str
    class_name: str
    loans: int


def months_so_far(setting: sets.Setting, today: str) -> Period:
    """The whole months of the school year so far; in its first month those of the year before, whole."""
    year, month, first = int(today[:4]), int(today[5:7]), setting.school_year_from
    begun = year - (month < first)
    if month == first:
        return Period(Kind.SCHOOL_YEAR, begun - 1, first)
    last_year, last_month = divmod(year * 12 + month - 2, 12)
    return Period(Kind.SCHOOL_YEAR, begun, first, until=f"{last_year:04}-{last_month + 1:02}")


def grown(connection: sa.Connection, node: Node, measure: str, period: Period) -> list[Grown]:
    """The schools in the subtree of `node` of which each pupil does more than a year before; who grew most in front."""
    figure = Figure(measure, measure, "", per_pupil=True)
    both = [
        {one.id: one for one in sums.lines(connection, sums.schools(node), when, [figure])}
        for when in (period.ago(1), period)
    ]
    found = []
    for identity, line in both[1].items():
        now, before = line.per_pupil(figure), both[0][identity].per_pupil(figure)
        if now is not None and before:
            found.append(Grown(identity, line.name, line.level, before, now))
    return sorted((one for one in found if one.more > 0), key=lambda one: (-one.more, one.name))[:_MOST]


def keen_readers(connection: sa.Connection, node: Node, period: Period, today: date) -> list[KeenReader]:
    """Who borrowed most of the readers of a school that `commends`, as the library's own list has it."""
    if not (node.one_school and node.commends):
        return []
    libraries = sa.select(organisation.c.library_id).where(below(node.path), organisation.c.library_id.is_not(None))
    first, (year, month) = date.fromisoformat(f"{period.first}-01"), map(int, period.last.split("-"))
    last = date(year, month, monthrange(year, month)[1])
    found = [
        KeenReader(name, class_name, loans)
        for library in connection.scalars(libraries).all()
        for class_name, name, loans in reports.commended(connection, library, first, last, today, _MOST)
    ]
    return sorted(found, key=lambda one: (-one.loans, one.name))[:_MOST]
