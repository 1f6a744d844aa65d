"""Sums along the tree, of one statement each. Above a school they are made only of what may be seen there.

Whoever sees a count of one to four readers may know one of them. So above a school such a count of a library is shown
as "<5", with it whatever else of that month is under five and was done by people (one loan is one reader), and every
sum leaves them out, over levels, communes, months or years: a sum says nothing that its shown parts do not say,
whichever sums somebody puts together. Readers of a school year are no sum of months, but their months bound them: they
are left out where one of the months is.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from central_server.organisations import Node, below
from central_server.statistics.periods import Kind, Period
from central_server.statistics.sets import DEEDS, HERE_NOW, OF_READERS, PEOPLE, Figure
from central_server.tables.figures import tally
from central_server.tables.organisations import organisation

FEWEST = 5
"""Fewer readers than that, and fewer of what they did, are not shown above a school."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What is shown. `hidden`: how many counts are left out of `value`; all of them are one to four, unless they may be
    `large`."""

    value: int = 0
    hidden: int = 0
    large: bool = False

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.value + other.value, self.hidden + other.hidden, self.large or other.large)

    @property
    def below(self) -> int | None:
        """What a sum of nothing but hidden small counts is less than: 5 of a single one."""
        return self.hidden * (FEWEST - 1) + 1 if self.hidden and not self.value and not self.large else None


@dataclass(slots=True)
class Line:
    """An organisation and its sums, by (measure, level or "", part). `pupils`: of its schools, by level; of none for
    those that do not say."""

    id: str
    name: str
    level: str | None
    library: str | None
    sums: dict[tuple[str, str, str], Sum] = field(default_factory=dict)
    pupils: dict[str | None, int] = field(default_factory=dict)
    counts_readers: bool = True

    def value(self, figure: Figure) -> Sum | None:
        """What it has of a figure; `None` for one that nobody counts in this period."""
        if figure.measure in OF_READERS and not self.counts_readers:
            return None
        mine = (
            one
            for (name, level, part), one in self.sums.items()
            if (name, level) == (figure.measure, figure.level or "") and part.startswith(figure.part)
        )
        return sum(mine, Sum())

    def per_pupil(self, figure: Figure) -> float | None:
        """The same for each pupil; `None` where nobody says how many those are, or where it may not be seen. Of what
        people did that is what is shown of it, without the few that are hidden."""
        whole, pupils = self.value(figure), self.count_of_pupils(figure.level)
        if whole is None or not pupils or (whole.hidden and (figure.measure in PEOPLE or not whole.value)):
            return None
        return whole.value / pupils

    def count_of_pupils(self, level: str | None = None) -> int:
        return sum(count for one, count in self.pupils.items() if level in (None, one))


def children(node: Node) -> sa.ColumnElement[bool]:
    """The organisations right below `node`."""
    return _G.c.parent_id == node.id


def schools(node: Node) -> sa.ColumnElement[bool]:
    """The schools in the subtree of `node`."""
    over = organisation.alias("over")
    inside = sa.exists().where(over.c.id == _G.c.parent_id, over.c.one_school)
    return sa.and_(_below(_G, node.path), _G.c.one_school, ~inside)


def itself(node: Node) -> sa.ColumnElement[bool]:
    """`node` alone, with all below it."""
    return _G.c.id == node.id


_G = organisation.alias("g")
_O = organisation.alias("o")
_P = organisation.alias("p")


def lines(
    connection: sa.Connection,
    who: sa.ColumnElement[bool],
    period: Period,
    figures: Collection[Figure],
    *,
    level: str | None = None,
    everything: bool = False,
) -> list[Line]:
    """The organisations of `who`, in the order of their names, with their sums in `period`. `level`: of schools of that
    level only. `everything`: nothing is left out, for who is of the school."""
    found = {
        row.id: Line(row.id, row.name, row.level, row.library_id, counts_readers=period.of_readers is not None)
        for row in connection.execute(
            sa.select(_G.c.id, _G.c.name, _G.c.level, _G.c.library_id).where(who).order_by(_G.c.name, _G.c.id)
        )
    }
    # The same of all levels: what one column divides and another does not could be subtracted.
    divided = {one.measure for one in figures if one.part}
    for own in dict.fromkeys(one.level for one in figures):
        if level is not None and own not in (None, level):
            continue  # no school is of both
        measures = {one.measure for one in figures if one.level == own}
        for row in connection.execute(_counted(who, period, measures, divided, own or level, everything=everything)):
            if row.id in found:
                of_readers = row.measure in OF_READERS
                large = of_readers and period.kind is Kind.SCHOOL_YEAR and bool(row.hidden)
                key = "readers" if of_readers else row.measure, own or "", row.share
                found[row.id].sums[key] = Sum(int(row.shown), int(row.hidden), large)
    for row in connection.execute(_pupils(who, level)):
        if row.id in found:
            found[row.id].pupils[row.level] = int(row.pupils)
    return list(found.values())


def _counted(
    who: sa.ColumnElement[bool],
    period: Period,
    measures: Collection[str],
    divided: Collection[str],
    level: str | None,
    *,
    everything: bool,
) -> sa.CompoundSelect[Any]:
    """Id, measure, share, shown and hidden of what the libraries of `who` count, in one statement. `divided`: measures
    of which each part is a share."""
    pairs = _pairs(who, level)
    during = _during(period.first, period.last)
    few = _few(pairs, during)
    flows, here = set(measures) - HERE_NOW - OF_READERS, set(measures) & HERE_NOW
    wanted = [_shown(_cells(pairs, flows, during), few, everything=everything)]
    wanted.append(_shown(_whole(pairs, here, divided), None, everything=everything))
    if period.of_readers is not None and OF_READERS & set(measures):
        measure, month = period.of_readers
        wanted.append(_shown(_cells(pairs, {measure}, tally.c.month == month), few, everything=everything))
    return sa.union_all(*wanted)


def by_month(
    connection: sa.Connection,
    node: Node,
    figure: Figure,
    first: str,
    last: str,
    *,
    level: str | None = None,
    everything: bool = False,
) -> dict[str, Sum]:
    """The sums of the subtree in each month from `first` to `last`, for a chart."""
    pairs = _pairs(itself(node), figure.level or level)
    during = _during(first, last)
    cells = _cells(pairs, {figure.measure}, during, figure.part)
    return {
        row.month: Sum(int(row.shown), int(row.hidden))
        for row in connection.execute(_shown(cells, _few(pairs, during), by="month", everything=everything))
    }


def _during(first: str, last: str) -> sa.ColumnElement[bool]:
    # Not BETWEEN: PostgreSQL cannot read one with a collation.
    return sa.and_(tally.c.month >= first, tally.c.month <= last)


def _pairs(who: sa.ColumnElement[bool], level: str | None) -> sa.CTE:
    """Which libraries are in the subtrees of `who`: found first, and once."""
    found = sa.select(_G.c.id, _O.c.library_id).select_from(_G.join(_O, _within(_O, _G)))
    found = found.where(who, _O.c.library_id.is_not(None))
    return (found if level is None else found.where(_level() == level)).cte("pairs").prefix_with("MATERIALIZED")


def _cells(pairs: sa.CTE, measures: Collection[str], when: sa.ColumnElement[bool], part: str = "") -> sa.Select[Any]:
    """What each library counts in each month: the smallest that is ever shown above a school."""
    rows = pairs.join(tally, tally.c.library_id == pairs.c.library_id)
    share: sa.Label[str] = sa.literal_column("''").label("share")
    found = sa.select(pairs.c.id, tally.c.library_id, tally.c.measure, tally.c.month, share, tally.c["count"])
    found = found.select_from(rows).where(tally.c.measure.in_(sorted(measures)), when)
    return found.where(tally.c.part.startswith(part, autoescape=True)) if part else found


def _whole(pairs: sa.CTE, measures: Collection[str], divided: Collection[str]) -> sa.Select[Any]:
    """The same of what is there now: all parts together, or each."""
    share = sa.case((tally.c.measure.in_(sorted(divided)), tally.c.part), else_="").label("share")
    columns = (pairs.c.id, tally.c.library_id, tally.c.measure, tally.c.month, share)
    return (
        sa.select(*columns, sa.func.sum(tally.c["count"]).label("count"))
        .select_from(pairs.join(tally, tally.c.library_id == pairs.c.library_id))
        .where(tally.c.measure.in_(sorted(measures)), tally.c.month == "")
        .group_by(*columns[:4], sa.literal_column("share"))
    )


def _few(pairs: sa.CTE, during: sa.ColumnElement[bool]) -> sa.CTE:
    """The months of libraries of which the readers are hidden."""
    small = sa.and_(tally.c.measure == "readers", tally.c["count"] > 0, tally.c["count"] < FEWEST)
    found = sa.select(tally.c.library_id, tally.c.month).distinct()
    rows = pairs.join(tally, tally.c.library_id == pairs.c.library_id)
    return found.select_from(rows).where(small, during).cte("few").prefix_with("MATERIALIZED")


def _shown(cells: sa.Select[Any], few: sa.CTE | None, *, everything: bool, by: str = "share") -> sa.Select[Any]:
    """The sums of `cells`, without those that are not shown, and how many these are."""
    cell = cells.subquery()
    rows: Any = cell
    hidden: sa.ColumnElement[bool] = sa.false()
    if not everything:
        small = sa.and_(cell.c["count"] > 0, cell.c["count"] < FEWEST)
        hidden = sa.and_(small, cell.c.measure.in_(sorted(PEOPLE)))
        if few is not None:
            month = few.alias()
            same = sa.and_(month.c.library_id == cell.c.library_id, month.c.month == cell.c.month)
            rows = cell.outerjoin(month, same)
            with_readers = sa.and_(month.c.library_id.is_not(None), small, cell.c.measure.in_(sorted(DEEDS)))
            of_year = sa.and_(cell.c.measure == "readers_of_year", cell.c.library_id.in_(sa.select(few.c.library_id)))
            hidden = sa.or_(hidden, with_readers, of_year)
    keys = (cell.c.id, cell.c.measure, cell.c[by])
    shown = sa.func.sum(sa.case((hidden, 0), else_=cell.c["count"])).label("shown")
    return (
        sa.select(*keys, shown, sa.func.sum(sa.case((hidden, 1), else_=0)).label("hidden"))
        .select_from(rows)
        .group_by(*keys)
    )


def _pupils(who: sa.ColumnElement[bool], level: str | None) -> sa.Select[Any]:
    """Of the schools within each: a school's own number, not that of its parts."""
    over = organisation.alias("over")
    inside = sa.exists().where(over.c.id == _O.c.parent_id, over.c.one_school)
    # A part of a school has the school's pupils when it is looked at itself.
    top = sa.or_(~inside, _O.c.id == _G.c.id)
    found = (
        sa.select(_G.c.id, _O.c.level, sa.func.sum(_O.c.pupils).label("pupils"))
        .select_from(_G.join(_O, _within(_O, _G)))
        .where(who, _O.c.pupils.is_not(None), _O.c.one_school, top)
        .group_by(_G.c.id, _O.c.level)
    )
    return found if level is None else found.where(_O.c.level == level)


def _within(inner: Any, outer: Any) -> sa.ColumnElement[bool]:
    end = sa.func.substr(outer.c.path, 1, sa.func.length(outer.c.path) - 1).op("||")("0")
    return sa.and_(inner.c.path >= outer.c.path, inner.c.path < end)


def _below(table: Any, path: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.path >= path, table.c.path < path[:-1] + chr(ord("/") + 1))


def _level() -> sa.ColumnElement[str]:
    """The level of a library's school: its own, or that of one of the two above it."""
    grand = organisation.alias("grand")
    upper = sa.select(_P.c.level).where(_P.c.id == _O.c.parent_id).correlate(_O).scalar_subquery()
    over = _P.join(grand, grand.c.id == _P.c.parent_id)
    highest = sa.select(grand.c.level).select_from(over).where(_P.c.id == _O.c.parent_id).correlate(_O)
    return sa.func.coalesce(_O.c.level, upper, highest.scalar_subquery())


def levels(connection: sa.Connection, node: Node) -> list[str]:
    """Those of the schools in the subtree of `node`."""
    mine = sa.select(organisation.c.level).where(below(node.path), organisation.c.level.is_not(None)).distinct()
    return sorted(connection.scalars(mine))
