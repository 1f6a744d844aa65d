"""Of which categories and grades the readers of a school are, and what these borrowed: for the school itself, whole."""

from dataclasses import dataclass

import sqlalchemy as sa

from central_server.organisations import Node, below
from central_server.statistics.periods import Period
from central_server.tables.figures import tally
from central_server.tables.organisations import organisation


@dataclass(frozen=True, slots=True)
class Group:
    """A category and a grade ("": none is known) and how often readers who were so borrowed."""

    category: str
    grade: str
    loans: int


@dataclass(frozen=True, slots=True)
class Groups:
    """`patrons`: how many are on the list now, by category; `loans`: of a period, grades in their order."""

    patrons: dict[str, int]
    loans: list[Group]


def of(connection: sa.Connection, node: Node, period: Period) -> Groups:
    """Those of all libraries in the subtree of `node`. Nothing is hidden: this is never shown above a school."""
    libraries = sa.select(organisation.c.library_id).where(below(node.path), organisation.c.library_id.is_not(None))
    in_period = sa.and_(
        tally.c.measure == "loans_by_group", tally.c.month >= period.first, tally.c.month <= period.last
    )
    wanted = sa.or_(in_period, sa.and_(tally.c.measure == "patrons", tally.c.month == ""))
    total = sa.func.sum(tally.c["count"]).label("total")
    found = sa.select(tally.c.measure, tally.c.part, total).where(tally.c.library_id.in_(libraries), wanted)
    patrons, loans = {}, []
    for row in connection.execute(found.group_by(tally.c.measure, tally.c.part).having(total != 0)):
        if row.measure == "patrons":
            patrons[row.part] = int(row.total)
        else:
            category, _, grade = row.part.rpartition("/")
            loans.append(Group(category, grade, int(row.total)))
    by_grade = sorted(loans, key=lambda one: (one.category, int(one.grade) if one.grade.isdecimal() else 99, one.grade))
    return Groups(dict(sorted(patrons.items())), by_grade)
