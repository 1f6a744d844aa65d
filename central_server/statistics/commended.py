"""Who did well: schools for the offices above them; readers only within a school that wants that."""

from dataclasses import dataclass

import sqlalchemy as sa

from central_server.organisations import Node, below
from central_server.statistics import sets, sums
from central_server.statistics.periods import Kind, Period
from central_server.statistics.sets import Figure
from central_server.tables.library import patron
from central_server.tables.operations import loan
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


def keen_readers(connection: sa.Connection, node: Node, period: Period) -> list[KeenReader]:
    """Who borrowed most of the readers of a school that `commends`; of loans that still know their reader."""
    if not (node.one_school and node.commends):
        return []
    libraries = sa.select(organisation.c.library_id).where(below(node.path), organisation.c.library_id.is_not(None))
    same = sa.and_(patron.c.library_id == loan.c.library_id, patron.c.id == loan.c.patron_id)
    count = sa.func.count().label("loans")
    most = (
        sa.select(patron.c.name, patron.c.class_name, count)
        .select_from(loan.join(patron, same))
        .where(
            loan.c.library_id.in_(libraries),
            ~loan.c.voided,
            loan.c.position.is_not(None),
            loan.c.lent_on >= period.first,
            loan.c.lent_on < f"{period.last}-32",
        )
        .group_by(patron.c.library_id, patron.c.id, patron.c.name, patron.c.class_name)
        .order_by(count.desc(), patron.c.name)
        .limit(_MOST)
    )
    return [KeenReader(row.name, row.class_name, row.loans) for row in connection.execute(most)]
