"""Facts in, decision out: the whole lending rule, with no clock, store or screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kiosk.domain import blocks as b
from kiosk.domain.due_dates import Calendar, due_date
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron


@dataclass(frozen=True, slots=True)
class Lend:
    due_on: date


@dataclass(frozen=True, slots=True)
class Renew:
    due_on: date
    renewals: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """Every reason at once, so that a pupil is told once."""

    blocks: tuple[b.Block, ...]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A return is never refused. `loans` end with it (none: nobody had it); `held_at` says where the book waits."""

    loans: tuple[str, ...]
    held_at: str | None


def patron_blocks(
    patron: Patron, open_loans: Sequence[Loan], rules: CirculationRules, today: date, *, day_is_sure: bool
) -> tuple[b.Block, ...]:
    """What keeps this patron from borrowing anything. On an unsure day nobody is late and no card has ended."""
    found: list[b.Block] = []
    if patron.blocked:
        found.append(b.PatronBlocked())
    if day_is_sure and patron.valid_until is not None and patron.valid_until < today:
        found.append(b.CardExpired(patron.valid_until))
    limits = rules.limits_for(patron.category)
    if limits is None:
        found.append(b.NoPolicy())
        return tuple(found)
    if day_is_sure:
        late = timedelta(days=limits.overdue_blocks_after_days)
        overdue = sum(not loan.provisional and loan.due_on + late <= today for loan in open_loans)
        if overdue:
            found.append(b.OverdueLoans(overdue))
    return tuple(found)


def decide_check_out(
    patron: Patron,
    item: Item,
    open_loans: Sequence[Loan],
    loan_of_item: Loan | None,
    holds: Sequence[Hold],
    rules: CirculationRules,
    calendar: Calendar,
    today: date,
    *,
    free_copies: int = 1,
    day_is_sure: bool = True,
) -> Lend | Refuse:
    """Whether `patron` may take `item`. `open_loans` are the patron's, `loan_of_item` the item's. `holds` wait for its
    title, first come first, and `free_copies` of that title are on nobody's loan, this one among them."""
    found = list(patron_blocks(patron, open_loans, rules, today, day_is_sure=day_is_sure))
    limits = rules.limits_for(patron.category)
    if limits is not None and len(open_loans) >= limits.total:
        found.append(b.TooManyLoans(limits.total))
    if item.status is not ItemStatus.AVAILABLE:
        found.append(b.NotForLoan())
    if loan_of_item is not None:
        found.append(b.OnLoanToAnother())
    if _waiting_before(patron, holds) >= max(free_copies, 1):
        found.append(b.HeldForAnother())
    policy = rules.policy_for(patron.category, item.item_type)
    due_on: date | None = None
    if policy is None:
        if b.NoPolicy() not in found:
            found.append(b.NoPolicy())
    elif policy.in_house_only:
        found.append(b.InHouseOnly())
    else:
        if sum(loan.item_type == item.item_type for loan in open_loans) >= policy.limit and not any(
            isinstance(block, b.TooManyLoans) for block in found
        ):
            found.append(b.TooManyOfType(policy.limit, item.item_type))
        due_on = _counted(today, policy, calendar, day_is_sure)
        if due_on is None:
            found.append(b.SchoolYearEnds())
    if found or due_on is None:
        return Refuse(tuple(found))
    return Lend(due_on)


def decide_renew(
    patron: Patron,
    loan: Loan,
    renewed_on: date | None,
    open_loans: Sequence[Loan],
    holds: Sequence[Hold],
    rules: CirculationRules,
    calendar: Calendar,
    today: date,
    *,
    free_copies: int = 0,
    day_is_sure: bool = True,
) -> Renew | Refuse:
    """Whether `patron` may keep `loan` longer. `renewed_on`: the day it was last renewed, if ever. `free_copies` of the
    title could serve those who wait."""
    others = [other for other in open_loans if other.id != loan.id]
    found = list(patron_blocks(patron, others, rules, today, day_is_sure=day_is_sure))
    if max(renewed_on or loan.lent_on, loan.lent_on) >= today:
        found.append(b.RenewedTooSoon(loan.due_on))
    if day_is_sure and not loan.provisional and loan.due_on < today:
        found.append(b.LoanOverdue(loan.due_on))
    if sum(hold.patron_id != patron.id for hold in holds) > free_copies:
        found.append(b.HeldForAnother())
    policy = rules.policy_for(patron.category, loan.item_type)
    due_on: date | None = None
    if policy is None:
        if b.NoPolicy() not in found:
            found.append(b.NoPolicy())
    else:
        if loan.renewals >= policy.renewals:
            found.append(b.NoMoreRenewals(policy.renewals))
        due_on = _counted(today, policy, calendar, day_is_sure)
        if due_on is not None and not day_is_sure:
            due_on = max(due_on, loan.due_on)  # counted again when the day is known
        elif due_on is None or due_on <= loan.due_on:
            # More time that ends no later than the time already given would be an empty promise.
            found.append(b.SchoolYearEnds())
    if found or due_on is None:
        return Refuse(tuple(found))
    return Renew(due_on, loan.renewals + 1)


def due_again(loan: Loan, category: str | None, day: date, rules: CirculationRules, calendar: Calendar) -> date:
    """Hạn trả of a loan that was lent or renewed on an unsure day, now that this `day` is known: by the rules of today,
    and never earlier than what the reader was told. `category` of the patron; None: nobody knows them any more."""
    policy = rules.policy_for(category, loan.item_type) if category is not None else None
    due_on = due_date(day, policy.days, calendar) if policy else None
    return max(loan.due_on, due_on) if due_on else loan.due_on


def hold_is_ready(patron: Patron, holds: Sequence[Hold], free_copies: int) -> bool:
    """Whether a copy waits for `patron`, who stands in the queue `holds`: then a check-out gives it to them."""
    return _waiting_before(patron, holds) < free_copies


def decide_check_in(loans_of_item: Sequence[Loan], holds: Sequence[Hold], free_copies: int = 0) -> TakeBack:
    """A book in the hand is a fact: it is taken back whoever brings it and whatever the records say. It waits on the
    hold shelf for the first in the queue whom no other free copy can serve."""
    waiting = holds[free_copies:] if loans_of_item else ()
    return TakeBack(tuple(loan.id for loan in loans_of_item), waiting[0].shelf if waiting else None)


def _counted(today: date, policy: LoanPolicy, calendar: Calendar, day_is_sure: bool) -> date | None:
    """On an unsure day no school year ends: it may be long over, and the next one have begun."""
    return due_date(today, policy.days, calendar if day_is_sure else replace(calendar, school_years=()))


def _waiting_before(patron: Patron, holds: Sequence[Hold]) -> int:
    """How many come before `patron`: the whole queue for one who does not stand in it."""
    return next((place for place, hold in enumerate(holds) if hold.patron_id == patron.id), len(holds))
