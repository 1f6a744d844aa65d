"""What the open API says, as JSON."""

from msgspec import Struct


class Shown(Struct, frozen=True, omit_defaults=True):
    """A number of a figure. `value` null: nobody counts it in this period, or (`below`) so few readers, or few things
    that few readers did, that it is not told. `left_out`: how many such counts the sum leaves out; also years of
    readers of which a month is not told."""

    value: float | int | None
    below: int | None = None
    left_out: int = 0


class FigureMeaning(Struct, frozen=True):
    """What a figure is. `level`: only of schools of that level."""

    name: str
    measure: str
    unit: str
    per_pupil: bool
    level: str | None


class OrganisationFigures(Struct, frozen=True):
    """An organisation with its figures, by their names. `pupils`: null when nobody has said how many."""

    id: str
    name: str
    level: str | None
    pupils: int | None
    figures: dict[str, Shown]


class PeriodTold(Struct, frozen=True):
    """`kind`: month, school_year or year; the first and the last month, like 2026-06."""

    kind: str
    first: str
    last: str


class FiguresAnswer(Struct, frozen=True):
    """A page of the organisations below one. `total`: of all of it, on every page."""

    organisation: str
    period: PeriodTold
    figures: list[FigureMeaning]
    total: OrganisationFigures
    rows: list[OrganisationFigures]
    page: int
    more: bool


class MonthsAnswer(Struct, frozen=True):
    """A figure of an organisation, by months like 2026-06."""

    organisation: str
    figure: str
    months: dict[str, Shown]
