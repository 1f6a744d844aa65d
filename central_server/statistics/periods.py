"""Months, school years and statistics' years, and the same a year before."""

import re
from dataclasses import dataclass
from enum import StrEnum

from central_server.statistics.sets import Setting


class Kind(StrEnum):
    """What people look at."""

    MONTH = "month"
    SCHOOL_YEAR = "school_year"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, from the first day of `month` (1 to 12) of `year` on. `until`: its last month, where it is cut
    short."""

    kind: Kind
    year: int
    month: int
    until: str | None = None

    @property
    def first(self) -> str:
        """Its first month, like `2026-06`."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def last(self) -> str:
        """Its last month."""
        if self.until is not None:
            return self.until
        if self.kind is Kind.MONTH:
            return self.first
        return f"{self.year:04}-12" if self.month == 1 else f"{self.year + 1:04}-{self.month - 1:02}"

    @property
    def text(self) -> str:
        """How an address names it: `2026-11`, or the year in which it begins."""
        return self.first if self.kind is Kind.MONTH else f"{self.year:04}"

    @property
    def of_readers(self) -> tuple[str, str] | None:
        """Under which measure and month its readers are counted, each once; a statistics' year counts none, since who
        borrowed in two of its months would count twice."""
        if self.kind is Kind.MONTH:
            return "readers", self.first
        return ("readers_of_year", f"{self.year:04}/{self.month:02}") if self.kind is Kind.SCHOOL_YEAR else None

    def ago(self, years: int) -> "Period":
        """The same so many years before."""
        until = self.until and f"{int(self.until[:4]) - years:04}{self.until[4:]}"
        return Period(self.kind, self.year - years, self.month, until)

    def months(self) -> list[str]:
        """All of them, in order."""
        count = 1 if self.kind is Kind.MONTH else 12
        both = (divmod(self.year * 12 + self.month - 1 + number, 12) for number in range(count))
        return [f"{year:04}-{month + 1:02}" for year, month in both]


def period(kind: str, text: str, setting: Setting, today: str) -> Period:
    """What an address asks for (`2026-11`) or somebody types (`11/2026`); the one that today (ISO date) is in when it
    says nothing sensible."""
    one = next((known for known in Kind if known.value == kind), Kind.MONTH)
    first = {Kind.MONTH: 1, Kind.SCHOOL_YEAR: setting.school_year_from, Kind.YEAR: setting.year_from}[one]
    year, month = int(today[:4]), int(today[5:7])
    if one is Kind.MONTH:
        found = re.fullmatch(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])", text) or re.fullmatch(
            r"(?P<month>0?[1-9]|1[0-2])/(?P<year>[0-9]{4})", text.strip()
        )
        chosen = Period(one, int(found["year"]), int(found["month"])) if found else Period(one, year, month)
    else:
        found = re.fullmatch(r"([0-9]{4})", text)
        chosen = Period(one, int(found[1]) if found else year - (month < first), first)
    # A year before and one after must be years, too.
    return chosen if 1000 <= chosen.year <= 9990 else period(kind, "", setting, today)
