"""The centre's rule of renewing against the station's own, which is another program: the same answer, word for word."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from central_server import late_returns
from central_server.imports.rules import Limits, Policy
from central_server.lending_rules import (
    WEEKDAYS,
    Borrower,
    Calendar,
    Closed,
    Lent,
    Reason,
    Renewal,
    Rules,
    SchoolYear,
    decide_renewal,
)
from kiosk.domain import blocks as b
from kiosk.domain import due_dates
from kiosk.domain.circulation import Renew
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from tests.domain.test_rules_properties import Situation, situations

TODAY = date(2026, 11, 18)
DAY = timedelta(days=1)
WHO = Patron("p1", "Minh An", "6A1", "hs", None, False)
LOAN = Loan("l1", "i1", "p1", TODAY - 4 * DAY, TODAY + 10 * DAY, 0, "STK")
POLICY, LIMITS, ALWAYS_OPEN = LoanPolicy(14, 5, 1), PatronLimits(5, 1), due_dates.Calendar()


def at_the_centre(one: Situation) -> Renewal | tuple[Reason, ...]:
    who, loan = one.patron, one.loan
    limits, returns = one.rules.limits.get(who.category), [(late.due_on, back) for late, back in one.ended_late]
    until = [who.suspended_until]
    if limits is not None:
        days = (limits.suspend_after_days, limits.suspend_days)
        until.append(late_returns.suspended_until(returns, *days, getattr(who, "lifted_on", None)))
    suspended_until = max((day for day in until if day is not None), default=None)
    return decide_renewal(
        Borrower(who.category, who.blocked, who.valid_until, suspended_until),
        replace(lent(loan), is_read_here=one.item.in_house_only, renewed_on=one.renewed_on),
        [lent(other) for other in one.others if other.id != loan.id],
        sum(hold.patron_id != who.id for hold in one.holds),
        one.free_copies,
        rules(one.rules, one.calendar),
        one.today,
    )


def at_the_station(one: Situation) -> Renewal | tuple[Reason, ...]:
    decision = one.renew()
    if isinstance(decision, Renew):
        return Renewal(decision.due_on, decision.renewals)
    return tuple(Reason(block.code, about(block)) for block in decision.blocks)


def about(block: b.Block) -> date | int | None:
    names = ("ended_on", "until", "due_on", "count", "limit")
    return next((getattr(block, name) for name in names if hasattr(block, name)), None)


def lent(loan: Loan) -> Lent:
    return Lent(loan.id, loan.item_type, loan.lent_on, loan.due_on, loan.renewals, loan.provisional)


def rules(known: CirculationRules, calendar: due_dates.Calendar) -> Rules:
    limits = {
        who: Limits(
            one.total,
            one.overdue_blocks_after_days,
            one.overdue_blocks_from,
            one.per_day,
            one.suspend_after_days,
            one.suspend_days,
        )
        for who, one in known.limits.items()
    }
    policies = {
        (who, what): Policy(who, what, one.days, one.limit, one.renewals, one.in_house_only, [], one.over_summer)
        for (who, what), one in known.policies.items()
    }
    closed = tuple(Closed(one.first, one.last, one.name) for one in calendar.closures)
    years = tuple(SchoolYear(one.name, one.begins, one.ends) for one in calendar.school_years)
    weekdays = tuple(WEEKDAYS[number] for number in calendar.closed_weekdays)
    return Rules(limits, policies, known.hold_shelf_days, Calendar("1", weekdays, years, closed))


def situation(
    *,
    policy: LoanPolicy = POLICY,
    limits: PatronLimits = LIMITS,
    patron: Patron = WHO,
    loan: Loan = LOAN,
    others: Sequence[Loan] = (),
    holds: Sequence[str] = (),
    free_copies: int = 0,
    calendar: due_dates.Calendar = ALWAYS_OPEN,
    ended_late: Sequence[tuple[Loan, date]] = (),
    renewed_on: date | None = None,
    read_here: bool = False,
) -> Situation:
    item = Item("i1", "t1", "TK.1", "STK", ItemStatus.AVAILABLE, "Dế Mèn", "Tô Hoài", "", read_here)
    known = CirculationRules("1", {"hs": limits}, {("hs", "STK"): policy})
    queue = tuple(Hold(str(number), "t1", who, "") for number, who in enumerate(holds))
    return Situation(
        patron,
        item,
        loan,
        tuple(others),
        None,
        queue,
        free_copies,
        renewed_on,
        ended_late,
        known,
        calendar,
        TODAY,
        True,
    )


LATE = replace(LOAN, id="l2", due_on=TODAY - 3 * DAY)
YEAR = due_dates.SchoolYear("1", date(2026, 9, 5), TODAY + 12 * DAY)
NEXT_YEAR = due_dates.SchoolYear("2", TODAY + 60 * DAY, TODAY + 300 * DAY)
CASES: dict[str, tuple[Situation, Renewal | set[str]]] = {
    "as usual": (situation(), Renewal(TODAY + 14 * DAY, 1)),
    "closed then": (
        situation(calendar=due_dates.Calendar(closed_weekdays=frozenset({2}))),
        Renewal(TODAY + 15 * DAY, 1),
    ),
    "a holiday then": (
        situation(calendar=due_dates.Calendar(closures=[due_dates.Closure(TODAY + 13 * DAY, TODAY + 20 * DAY)])),
        Renewal(TODAY + 21 * DAY, 1),
    ),
    "the year ends": (situation(calendar=due_dates.Calendar(school_years=[YEAR])), Renewal(TODAY + 12 * DAY, 1)),
    "over the summer": (
        situation(
            policy=LoanPolicy(14, 5, 1, over_summer=True), calendar=due_dates.Calendar(school_years=[YEAR, NEXT_YEAR])
        ),
        Renewal(NEXT_YEAR.begins, 1),
    ),
    "no later day": (situation(loan=replace(LOAN, due_on=TODAY + 14 * DAY)), {"Q-32"}),
    "renewed enough": (situation(loan=replace(LOAN, renewals=1)), {"G-41"}),
    "lent today": (situation(loan=replace(LOAN, lent_on=TODAY)), {"G-42"}),
    "renewed today": (situation(renewed_on=TODAY, policy=LoanPolicy(14, 5, 2)), {"G-42"}),
    "late": (situation(loan=replace(LOAN, due_on=TODAY - DAY)), {"G-43"}),
    "late by a day that is not sure": (
        situation(loan=replace(LOAN, due_on=TODAY - DAY, provisional=True)),
        Renewal(TODAY + 14 * DAY, 1),
    ),
    "due today": (situation(loan=replace(LOAN, due_on=TODAY)), Renewal(TODAY + 14 * DAY, 1)),
    "another book is late": (situation(others=[LATE]), {"M-11"}),
    "another is late within the grace": (
        situation(others=[LATE], limits=PatronLimits(5, 4)),
        Renewal(TODAY + 14 * DAY, 1),
    ),
    "two must be late": (situation(others=[LATE], limits=PatronLimits(5, 1, 2)), Renewal(TODAY + 14 * DAY, 1)),
    "somebody waits": (situation(holds=["p2"]), {"S-24"}),
    "who waits has a copy": (situation(holds=["p2"], free_copies=1), Renewal(TODAY + 14 * DAY, 1)),
    "only they wait": (situation(holds=["p1"]), Renewal(TODAY + 14 * DAY, 1)),
    "blocked": (situation(patron=replace(WHO, blocked=True)), {"T-01"}),
    "the card has ended": (situation(patron=replace(WHO, valid_until=TODAY - DAY)), {"T-02"}),
    "the card ends today": (situation(patron=replace(WHO, valid_until=TODAY)), Renewal(TODAY + 14 * DAY, 1)),
    "suspended": (situation(patron=replace(WHO, suspended_until=TODAY)), {"T-04"}),
    "suspended by a late return": (
        situation(limits=PatronLimits(5, 1, 1, None, 3, 7), ended_late=[(LATE, TODAY)]),
        {"T-04"},
    ),
    "suspended long ago": (
        situation(limits=PatronLimits(5, 1, 1, None, 3, 7), ended_late=[(LATE, TODAY - 7 * DAY)]),
        Renewal(TODAY + 14 * DAY, 1),
    ),
    "no rule": (situation(patron=replace(WHO, category="gv")), {"Q-31"}),
    "read here": (situation(read_here=True, loan=replace(LOAN, due_on=TODAY)), {"S-21"}),
    "everything at once": (
        situation(
            patron=replace(WHO, blocked=True, valid_until=TODAY - DAY, suspended_until=TODAY),
            loan=replace(LOAN, lent_on=TODAY, due_on=TODAY - DAY, renewals=1),
            others=[LATE],
            holds=["p2"],
        ),
        {"T-01", "T-02", "T-04", "M-11", "G-41", "G-42", "G-43", "S-24"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decides_as_a_station_does(name: str) -> None:
    one, wanted = CASES[name]
    found = at_the_centre(one)
    assert found == at_the_station(one)
    assert (found if isinstance(found, Renewal) else {reason.code for reason in found}) == wanted


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(one=situations.map(lambda found: replace(found, sure=True)))
@example(one=situation())
def test_decides_as_a_station_does_whatever_the_library_is_like(one: Situation) -> None:
    assert at_the_centre(one) == at_the_station(one)


@settings(max_examples=200, deadline=None)
@given(
    today=st.dates(date(2026, 9, 1), date(2027, 10, 31)),
    since=st.dates(date(2026, 9, 1), date(2027, 10, 31)),
    closed=st.frozensets(st.integers(0, 6), max_size=7),
    first=st.dates(date(2026, 9, 1), date(2027, 10, 31)),
    days=st.integers(0, 500),
)
def test_counts_open_days_as_a_station_does(
    today: date, since: date, closed: frozenset[int], first: date, days: int
) -> None:
    there = due_dates.Calendar("1", closed, [due_dates.Closure(first, first + days * DAY)])
    here = rules(CirculationRules("1", {}, {}), there).calendar
    assert here.is_open(today) == there.is_open(today)
    assert here.open_days_after(since, today, 9) == due_dates.open_days_after(since, today, there, 9)
