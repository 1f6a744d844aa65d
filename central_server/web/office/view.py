"""What somebody looks at: which organisation, period, schools and figures, and what there is to see of them."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import Request

from central_server import clock
from central_server.organisations import Node
from central_server.people import Role
from central_server.statistics import sets, sums
from central_server.statistics.periods import Kind, Period, period
from central_server.statistics.sets import HERE_NOW, Figure, Setting
from central_server.statistics.sums import Line, Sum
from central_server.web.office import labels
from central_server.web.visits import Visit

KNOW_READERS = frozenset({Role.HEAD, Role.LIBRARIAN})
"""Who sees the whole sums of the own school."""
ALL = (Role.OFFICE, Role.HEAD, Role.ADMIN, Role.LIBRARIAN)
_MOST_PICKED = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says. `by`: `child` or `school`; `picked`: ids of those to be compared."""

    kind: str = ""
    at: str = ""
    by: str = "child"
    level: str = ""
    sort: str = "name"
    figure: str = ""
    picked: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Request) -> "Asked":
        """From a request; nonsense is as if it were not there."""
        query = request.query_params
        return cls(
            kind=query.get("kind", ""),
            at=query.get("at", ""),
            by="school" if query.get("by") == "school" else "child",
            level=query.get("level", "")[:64].replace("\0", ""),
            sort=query.get("sort", "name"),
            figure=query.get("figure", ""),
            picked=tuple(query.getlist("pick")[:_MOST_PICKED]),
        )

    def link(self, **other: Any) -> str:
        """The query of an address that asks for the same but for `other`."""
        one = replace(self, **other)
        pairs = [(name, getattr(one, name)) for name in ("kind", "at", "by", "level", "sort", "figure")]
        usual = {"by": "child", "sort": "name"}
        kept = [(name, value) for name, value in pairs if value and usual.get(name) != value]
        return "?" + urlencode([*kept, *(("pick", which) for which in one.picked)])


@dataclass(frozen=True, slots=True)
class View:
    """What there is to see. `total`, `before`: of all of it, now and a year ago; `lines`: of what is below."""

    node: Node
    asked: Asked
    setting: Setting
    period: Period
    total: Line
    before: Line
    lines: list[Line]
    levels: list[str]
    whole: bool

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All columns."""
        return self.setting.figures

    @property
    def lacks_pupils(self) -> bool:
        """Whether a figure per pupil cannot be told, since nobody has said how many there are. What is below a school
        has none of its own."""
        lines = [self.total, *(() if self.node.one_school else self.lines)]
        return any(one.per_pupil for one in self.figures) and not all(line.count_of_pupils() for line in lines)


def seen(connection: sa.Connection, visit: Visit, node: Node, asked: Asked) -> View:
    """Read it."""
    setting = sets.of(connection, node)
    chosen = period(asked.kind, asked.at, setting, clock.today())
    whole = visit.person is not None and node.one_school and visit.person.may(node, KNOW_READERS)
    how: dict[str, Any] = {"level": asked.level or None, "everything": whole}
    (total,) = sums.lines(connection, sums.itself(node), chosen, setting.figures, **how)
    (before,) = sums.lines(connection, sums.itself(node), chosen.ago(1), setting.figures, **how)
    who = sums.schools(node) if asked.by == "school" else sums.children(node)
    lines = sums.lines(connection, who, chosen, setting.figures, **how)
    if asked.level and asked.by == "school":
        lines = [one for one in lines if one.level == asked.level]
    if asked.picked:
        lines = [one for one in lines if one.id in asked.picked]
    sort_by = next((one for one in setting.figures if one.name == asked.sort), None)
    if sort_by is not None:
        lines.sort(key=lambda one: -(shown_value(one, sort_by) or 0))
    levels = sums.levels(connection, node)
    return View(node, asked, setting, chosen, total, before, lines, levels, whole)


def shown_value(line: Line, figure: Figure) -> float | None:
    """What is shown as a number; what is hidden has none, also when lines are put in order."""
    if figure.per_pupil:
        return line.per_pupil(figure)
    found = line.value(figure)
    return None if found is None else found.value


def chosen_for_chart(view: View) -> Figure | None:
    """The figure whose months are drawn."""
    monthly = [one for one in view.figures if one.measure not in HERE_NOW and not one.per_pupil]
    return next((one for one in monthly if one.name == view.asked.figure), monthly[0] if monthly else None)


@dataclass(frozen=True, slots=True)
class Months:
    """Two statistics' years, month by month."""

    figure: Figure
    months: list[str]
    now: list[Sum]
    before: list[Sum]


def months(connection: sa.Connection, view: View) -> Months | None:
    """The year that the period is in, and the one before."""
    figure = chosen_for_chart(view)
    if figure is None:
        return None
    start = view.period.first
    year = Period(Kind.YEAR, int(start[:4]) - (int(start[5:7]) < view.setting.year_from), view.setting.year_from)
    both = year.ago(1), year
    found = sums.by_month(
        connection,
        view.node,
        figure,
        both[0].first,
        both[1].last,
        level=view.asked.level or None,
        everything=view.whole,
    )
    then, now = ([found.get(month, Sum()) for month in one.months()] for one in both)
    return Months(figure, year.months(), now, then)


def columns(view: View, visit: Visit) -> list[str]:
    """Their headings."""
    return [labels.of_figure(visit, one) for one in view.figures]
