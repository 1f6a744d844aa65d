"""What holds of the lending rules whatever a library, its calendar and its readers are like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import blocks as b
from kiosk.domain.circulation import Lend, Refuse, Renew
from kiosk.domain.due_dates import Calendar, SchoolYear, due_date
from kiosk.domain.holds import is_passed_over, still_waiting
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.overrides import may_set_aside, stand_in_the_way
from kiosk.domain.staff import Role
from tests.domain.situations import (
    ROLES,
    Situation,
    calendars,
    days,
    holds,
    reasons,
    situations,
)

pytestmark = pytest.mark.slow


# ---- due dates


@given(situations, ROLES, st.booleans())
def test_a_due_date_is_never_closed_or_past_the_years_end(scene: Situation, role: Role, why: bool) -> None:
    """Nor by an override. Over the summer it is an open day of the next year."""
    for decision in (scene.check_out(role, why), scene.renew(role, why)):
        if isinstance(decision, Refuse) or (not scene.sure and decision.due_on == scene.loan.due_on):
            continue
        assert scene.calendar.is_open(decision.due_on)
        assert decision.due_on > scene.today
        year = scene.calendar.school_year_of(scene.today)
        if year is not None and scene.sure and decision.due_on > year.ends:
            item_type = scene.item.item_type if isinstance(decision, Lend) else scene.loan.item_type
            policy = scene.rules.policy_for(scene.patron.category, item_type)
            assert policy is not None
            assert policy.over_summer
            assert not policy.in_house_only
            assert not scene.item.in_house_only
            following = scene.calendar.school_year_after(year)
            assert following is not None
            assert following.begins <= decision.due_on <= following.ends


@given(calendars(), days, st.integers(1, 300))
def test_a_loan_over_the_summer_is_due_on_an_open_day_and_never_earlier(
    calendar: Calendar, today: date, length: int
) -> None:
    usual, due_on = due_date(today, length, calendar), due_date(today, length, calendar, over_summer=True)
    year = calendar.school_year_of(today)
    assert usual is None or year is None or usual <= year.ends
    if due_on is None or due_on == usual:
        assert due_on == usual
        return
    assert year is not None
    following = calendar.school_year_after(year)
    assert following is not None
    assert following.begins <= due_on <= following.ends
    assert due_on == next(then for n in range(365) if calendar.is_open(then := following.begins + timedelta(days=n)))
    assert usual is None or usual <= year.ends


# ---- refusing is monotone


def fewer(number: int | None, by: int) -> int:
    return by if number is None else max(0, number - by)


STRICTER: Mapping[str, Callable[[PatronLimits, int], PatronLimits]] = {
    "total": lambda of, by: replace(of, total=fewer(of.total, by)),
    "per_day": lambda of, by: replace(of, per_day=fewer(of.per_day, by)),
    "grace": lambda of, by: replace(of, overdue_blocks_after_days=fewer(of.overdue_blocks_after_days, by)),
    "overdue_blocks_from": lambda of, by: replace(of, overdue_blocks_from=max(1, of.overdue_blocks_from - by)),
    "suspend_after_days": lambda of, by: replace(of, suspend_after_days=fewer(of.suspend_after_days, by)),
    "suspend_days": lambda of, by: replace(of, suspend_days=of.suspend_days + by),
}
STRICTER_POLICY: Mapping[str, Callable[[LoanPolicy, int], LoanPolicy]] = {
    "limit": lambda of, by: replace(of, limit=fewer(of.limit, by)),
    "renewals": lambda of, by: replace(of, renewals=fewer(of.renewals, by)),
    "in_house_only": lambda of, by: replace(of, in_house_only=True),
    "classes": lambda of, by: replace(of, classes=of.classes[:1] or ("6",)),
    "over_summer": lambda of, by: replace(of, over_summer=False),
}


def stricter(rules: CirculationRules, number: str, by: int) -> CirculationRules:
    if change := STRICTER.get(number):
        return replace(rules, limits={who: change(of, by) for who, of in rules.limits.items()})
    change_policy = STRICTER_POLICY[number]
    return replace(rules, policies={which: change_policy(of, by) for which, of in rules.policies.items()})


@given(situations, st.sampled_from([*STRICTER, *STRICTER_POLICY]), st.integers(0, 5))
def test_a_stricter_number_never_allows_what_a_laxer_one_refuses(scene: Situation, number: str, by: int) -> None:
    strict = replace(scene, rules=stricter(scene.rules, number, by))
    for lax_one, strict_one in ((scene.check_out(), strict.check_out()), (scene.renew(), strict.renew())):
        assert not (isinstance(lax_one, Refuse) and not isinstance(strict_one, Refuse))


@given(situations, st.integers(0, 10))
def test_more_days_of_grace_never_block_more(scene: Situation, more: int) -> None:
    strict, lax = scene, replace(scene, rules=stricter(scene.rules, "grace", -more))
    assert late_books(lax.check_out()) <= late_books(strict.check_out())
    assert late_books(lax.renew()) <= late_books(strict.renew())


def late_books(decision: Lend | Renew | Refuse) -> int:
    return sum(block.count for block in reasons(decision) if isinstance(block, b.OverdueLoans))


# ---- overrides


@given(situations, st.none() | ROLES, st.booleans())
def test_an_override_is_only_by_who_may_and_never_sets_aside_what_stays(
    scene: Situation, role: Role | None, why: bool
) -> None:
    for alone, decision in ((scene.check_out(), scene.check_out(role, why)), (scene.renew(), scene.renew(role, why))):
        if role is None or not why or not isinstance(alone, Refuse):
            assert decision == alone
            assert isinstance(decision, Refuse) or decision.against == ()
        elif stand_in_the_way(alone.blocks, role):
            assert decision == alone
        else:
            assert not isinstance(decision, Refuse)
            assert decision.against == alone.blocks
            assert all(may_set_aside(block, role) for block in decision.against)


# ---- all reasons at once

TODAY = date(2026, 11, 23)
OPEN = Calendar("1", frozenset({6}), (), (SchoolYear("y", date(2026, 9, 5), date(2027, 5, 31)),))
RULES = CirculationRules("1", {"hs": PatronLimits(9, 1)}, {("hs", "STK"): LoanPolicy(14, 8, 1)})
CALM = Situation(
    Patron("p1", "Minh An", "7A1", "hs", None, False),
    Item("i1", "t1", "TK.1", "STK", ItemStatus.AVAILABLE, "Dế Mèn", "Tô Hoài", "Kệ Xanh 1"),
    Loan("l1", "i9", "p1", date(2026, 11, 20), date(2026, 11, 30), 0, "STK"),
    (),
    None,
    (),
    1,
    None,
    (),
    RULES,
    OPEN,
    TODAY,
    True,
)


def _limits(scene: Situation, **changes: Any) -> Situation:
    return replace(
        scene,
        rules=replace(scene.rules, limits={who: replace(of, **changes) for who, of in scene.rules.limits.items()}),
    )


def _policy(scene: Situation, **changes: Any) -> Situation:
    return replace(
        scene,
        rules=replace(
            scene.rules, policies={what: replace(of, **changes) for what, of in scene.rules.policies.items()}
        ),
    )


def _more_loans(scene: Situation, *added: Loan) -> Situation:
    return replace(scene, others=(*scene.others, *added))


_LATE = Loan("late", "i7", "p1", date(2026, 11, 1), date(2026, 11, 15), 0, "TT")
_TODAYS = Loan("todays", "i8", "p1", TODAY, date(2026, 12, 7), 0, "TT")
TROUBLE: Mapping[type[Any], Callable[[Situation], Situation]] = {
    b.PatronBlocked: lambda s: replace(s, patron=replace(s.patron, blocked=True)),
    b.CardExpired: lambda s: replace(s, patron=replace(s.patron, valid_until=date(2026, 5, 31))),
    b.Suspended: lambda s: replace(s, patron=replace(s.patron, suspended_until=TODAY)),
    b.OverdueLoans: lambda s: _more_loans(s, _LATE),
    b.TooManyLoans: lambda s: _limits(s, total=1),
    b.TooManyOfType: lambda s: _policy(s, limit=0),
    b.TooManyToday: lambda s: _more_loans(_limits(s, per_day=1), _TODAYS),
    b.InHouseOnly: lambda s: replace(s, item=replace(s.item, in_house_only=True)),
    b.NotForLoan: lambda s: replace(s, item=replace(s.item, status=ItemStatus.DAMAGED)),
    b.OnLoanToAnother: lambda s: replace(s, on_loan=replace(s.loan, id="l2", patron_id="p2")),
    b.HeldForAnother: lambda s: replace(s, holds=(Hold("h1", "t1", "p2", ""),)),
    b.OtherClasses: lambda s: _policy(s, classes=("6",)),
    b.SchoolYearEnds: lambda s: replace(
        s, calendar=replace(s.calendar, school_years=(SchoolYear("y", date(2026, 9, 5), TODAY),))
    ),
}
"""Each gives its one reason to a check-out that has none."""


def test_every_trouble_alone_is_one_reason() -> None:
    assert CALM.check_out() == Lend(date(2026, 12, 7))
    for kind, trouble in TROUBLE.items():
        assert [type(block) for block in reasons(trouble(CALM).check_out())] == [kind]


@given(st.permutations(list(TROUBLE)), st.integers(0, len(TROUBLE)))
def test_all_reasons_at_once_are_those_of_each_alone(order: list[type[Any]], many: int) -> None:
    scene = CALM
    for kind in order[:many]:
        scene = TROUBLE[kind](scene)
    alone = {block for kind in order[:many] for block in reasons(TROUBLE[kind](CALM).check_out())}
    assert set(reasons(scene.check_out())) == alone
    assert len(reasons(scene.check_out())) == many


# ---- an unsure day, and the hold shelf


@given(situations)
def test_an_unsure_day_makes_nobody_late_suspended_or_expired(scene: Situation) -> None:
    by_date = b.CardExpired | b.Suspended | b.OverdueLoans | b.TooManyToday | b.LoanOverdue
    unsure = replace(scene, sure=False)
    assert not any(isinstance(block, by_date) for block in (*reasons(unsure.check_out()), *reasons(unsure.renew())))


@given(holds, calendars(), days, st.integers(0, 10), st.integers(0, 60))
def test_who_is_passed_over_stays_so_and_never_on_days_that_are_closed(
    queue: list[Hold], calendar: Calendar, today: date, shelf_days: int, later: int
) -> None:
    rules = replace(RULES, hold_shelf_days=shelf_days)
    waiting = still_waiting(queue, rules, calendar, today)
    assert list(waiting) == [hold for hold in queue if hold in waiting], "in the order in which they came"
    for hold in queue:
        passed = is_passed_over(hold, rules, calendar, today)
        assert passed is (hold not in waiting)
        assert is_passed_over(hold, rules, calendar, today + timedelta(days=later)) >= passed
        if not calendar.is_open(today):
            assert is_passed_over(hold, rules, calendar, today - timedelta(days=1)) is passed
