"""Any library, calendar and reader before the desk: what the rules' properties are tested with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from kiosk.domain import blocks as b
from kiosk.domain.circulation import EndedLate, Lend, Refuse, Renew, decide_check_out, decide_renew
from kiosk.domain.due_dates import Calendar, Closure, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.staff import Role

CATEGORIES, TYPES, CLASSES = ("hs", "gv"), ("STK", "TT"), ("", "6A1", "6A12", "7A1", "10A2")
ROLES = st.sampled_from(Role)


def mostly(usual: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """So that many situations have few reasons against them, and some have none."""
    return st.one_of(*[usual] * 5, other)


days = st.dates(date(2026, 9, 1), date(2027, 10, 31))
early, late = st.dates(date(2026, 8, 1), date(2026, 9, 30)), st.dates(date(2027, 5, 1), date(2027, 10, 31))
limits = st.builds(
    PatronLimits,
    mostly(st.integers(6, 9), st.integers(0, 6)),
    st.integers(0, 5),
    st.integers(1, 3),
    mostly(st.none(), st.integers(0, 4)),
    st.none() | st.integers(0, 6),
    st.integers(0, 20),
)
policies = st.builds(
    LoanPolicy,
    st.integers(1, 300),
    mostly(st.integers(5, 9), st.integers(0, 5)),
    mostly(st.just(3), st.integers(0, 3)),
    mostly(st.just(False), st.just(True)),
    mostly(st.just(()), st.sampled_from([("6",), ("6A1", "7"), ("1",)])),
    st.booleans(),
)
KEYS = [(who, what) for who in CATEGORIES for what in TYPES]
rules = st.builds(
    CirculationRules,
    st.just("1"),
    mostly(
        st.fixed_dictionaries(dict.fromkeys(CATEGORIES, limits)), st.dictionaries(st.sampled_from(CATEGORIES), limits)
    ),
    mostly(st.fixed_dictionaries(dict.fromkeys(KEYS, policies)), st.dictionaries(st.sampled_from(KEYS), policies)),
    st.none() | st.integers(0, 10),
)
loans = st.builds(
    Loan,
    st.uuids().map(str),
    st.uuids().map(str),
    st.just("p1"),
    mostly(early, days),
    mostly(late, days),
    mostly(st.just(0), st.integers(0, 3)),
    st.sampled_from(TYPES),
    st.booleans(),
)
holds = st.lists(
    st.builds(
        Hold,
        st.uuids().map(str),
        st.just("t1"),
        st.sampled_from(["p1", "p2", "p3"]),
        st.just("ngăn 2"),
        st.none() | days,
    ),
    max_size=3,
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Two school years and what is closed in them; perhaps only one is known, or none."""
    closures = [
        Closure(first, first + timedelta(days=draw(st.integers(0, 40)))) for first in draw(st.lists(days, max_size=4))
    ]
    ends = draw(st.dates(date(2027, 5, 1), date(2027, 6, 30)))
    begins = ends + timedelta(days=draw(st.integers(1, 100)))
    years = (SchoolYear("1", date(2026, 9, 5), ends), SchoolYear("2", begins, begins + timedelta(days=270)))
    return Calendar("1", draw(st.frozensets(st.integers(0, 6), max_size=6)), closures, years[: draw(st.integers(0, 2))])


@dataclass(frozen=True)
class Situation:
    """A reader with a book before the desk, and a loan of theirs."""

    patron: Patron
    item: Item
    loan: Loan
    others: tuple[Loan, ...]
    on_loan: Loan | None
    holds: tuple[Hold, ...]
    free_copies: int
    renewed_on: date | None
    ended_late: EndedLate
    rules: CirculationRules
    calendar: Calendar
    today: date
    sure: bool

    def _more(self) -> dict[str, Any]:
        return {"free_copies": self.free_copies, "ended_late": self.ended_late, "day_is_sure": self.sure}

    def check_out(self, role: Role | None = None, reason_given: bool = False) -> Lend | Refuse:
        return decide_check_out(
            self.patron,
            self.item,
            (self.loan, *self.others),
            self.on_loan,
            self.holds,
            self.rules,
            self.calendar,
            self.today,
            **self._more(),
            role=role,
            reason_given=reason_given,
        )

    def renew(self, role: Role | None = None, reason_given: bool = False) -> Renew | Refuse:
        return decide_renew(
            self.patron,
            self.loan,
            self.renewed_on,
            (self.loan, *self.others),
            self.holds,
            self.rules,
            self.calendar,
            self.today,
            **self._more(),
            in_house_only=self.item.in_house_only,
            role=role,
            reason_given=reason_given,
        )


situations = st.builds(
    Situation,
    st.builds(
        Patron,
        st.just("p1"),
        st.just("Minh An"),
        st.sampled_from(CLASSES),
        st.sampled_from(CATEGORIES),
        mostly(st.none(), days),
        mostly(st.just(False), st.just(True)),
        mostly(st.none(), days),
    ),
    st.builds(
        Item,
        st.just("i1"),
        st.just("t1"),
        st.just("TK.1"),
        st.sampled_from(TYPES),
        mostly(st.just(ItemStatus.AVAILABLE), st.just(ItemStatus.LOST)),
        st.just("Dế Mèn"),
        st.just("Tô Hoài"),
        st.just("Kệ Xanh 1"),
        mostly(st.just(False), st.just(True)),
    ),
    loans,
    mostly(st.just(()), st.lists(loans, max_size=6).map(tuple)),
    mostly(st.none(), loans),
    mostly(st.just(()), holds.map(tuple)),
    st.integers(0, 3),
    mostly(st.none(), days),
    st.lists(st.tuples(loans, days), max_size=3).map(tuple),
    rules,
    calendars(),
    days,
    st.booleans(),
)


def reasons(decision: Lend | Renew | Refuse) -> tuple[b.Block, ...]:
    return decision.blocks if isinstance(decision, Refuse) else decision.against
