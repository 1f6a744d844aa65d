"""Who brings books back late borrows nothing for some days: what holds of any returns and any rules."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import blocks as b
from kiosk.domain.circulation import EndedLate, patron_blocks, suspended_until
from kiosk.domain.loan_policy import CirculationRules, PatronLimits
from kiosk.domain.model import Loan, Patron

days = st.dates(date(2026, 9, 1), date(2027, 6, 30))
limits = st.builds(
    PatronLimits,
    total=st.just(5),
    overdue_blocks_after_days=st.just(30),
    suspend_after_days=st.one_of(st.none(), st.integers(0, 30)),
    suspend_days=st.integers(0, 60),
)
returns = st.tuples(days.map(lambda due: Loan("l", "i", "p1", date(2026, 8, 1), due, 0, "STK")), days)
several = st.lists(returns, max_size=6)
lifted = st.one_of(st.none(), days)


def _last(until: date | None) -> date:
    return until or date.min


@given(several, returns, limits, lifted)
def test_another_return_never_shortens_it(
    before: EndedLate, another: tuple[Loan, date], rule: PatronLimits, lifted_on: date | None
) -> None:
    with_it = suspended_until([*before, another], rule, lifted_on)
    assert _last(with_it) >= _last(suspended_until(before, rule, lifted_on))


@given(several, limits, days, days)
def test_lifting_never_lengthens_it_and_leaves_what_came_later(
    ended: EndedLate, rule: PatronLimits, one: date, other: date
) -> None:
    first, later = sorted((one, other))
    assert _last(suspended_until(ended, rule, later)) <= _last(suspended_until(ended, rule, first))
    after = [(loan, on) for loan, on in ended if on > later]
    assert suspended_until(ended, rule, later) == suspended_until(after, rule)


@given(several, limits, lifted)
def test_it_ends_so_many_days_after_a_return_that_was_late_enough(
    ended: EndedLate, rule: PatronLimits, lifted_on: date | None
) -> None:
    until = suspended_until(ended, rule, lifted_on)
    if until is None:
        return
    came = until - timedelta(days=rule.suspend_days - 1)
    assert rule.suspend_after_days is not None
    assert lifted_on is None or came > lifted_on
    assert any(on == came and (on - loan.due_on).days >= max(rule.suspend_after_days, 1) for loan, on in ended)


@given(several, limits, lifted, st.one_of(st.none(), days), days)
def test_nobody_is_suspended_on_an_unsure_day_and_else_by_whoever_says_longer(
    ended: EndedLate, rule: PatronLimits, lifted_on: date | None, told: date | None, today: date
) -> None:
    patron = Patron("p1", "Minh An", "7A1", "hs", None, False, suspended_until=told, lifted_on=lifted_on)
    rules = CirculationRules("1", {"hs": rule}, {})
    assert patron_blocks(patron, (), rules, today, ended_late=ended, day_is_sure=False) == ()
    until = max(_last(told), _last(suspended_until(ended, rule, lifted_on)))
    found = patron_blocks(patron, (), rules, today, ended_late=ended, day_is_sure=True)
    assert found == ((b.Suspended(until),) if until >= today else ())
