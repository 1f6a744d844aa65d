"""Facts in, decision out: the whole lending rule, with no clock, store or screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kiosk.domain import blocks as b
from kiosk.domain.due_dates import Calendar, due_date
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.overrides import stand_in_the_way
from kiosk.domain.staff import Role


@dataclass(frozen=True, slots=True)
class Lend:
    """`against`: the reasons that somebody at the desk has set aside."""

    due_on: date
    against: tuple[b.Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Renew:
    """`against`: as in Lend."""

    due_on: date
    renewals: int
    against: tuple[b.Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Every reason at once, so that a pupil is told once. kiosk.domain.overrides says which of them stay."""

    blocks: tuple[b.Block, ...]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A return is never refused. `loans` end with it (none: nobody had it); `held_at` says where the book waits."""

    loans: tuple[str, ...]
    held_at: str | None


EndedLate = Sequence[tuple[Loan, date]]
"""Loans of a patron that ended after they were due, each with the day on which it did."""


def suspended_until(ended_late: EndedLate, limits: PatronLimits, lifted_on: date | None = None) -> date | None:
    """The last day on which nothing is lent to who brought these back. The day of the return is the first one; what
    came through `lifted_on` counts no more."""
    after, days = limits.suspend_after_days, timedelta(days=limits.suspend_days - 1)
    if after is None or limits.suspend_days <= 0:
        return None
    late = (on for loan, on in ended_late if (on - loan.due_on).days >= max(after, 1))
    return max((on + days for on in late if lifted_on is None or on > lifted_on), default=None)


def patron_blocks(
    patron: Patron,
    open_loans: Sequence[Loan],
    rules: CirculationRules,
    today: date,
    *,
    ended_late: EndedLate = (),
    day_is_sure: bool,
) -> tuple[b.Block, ...]:
    """What keeps this patron from borrowing anything. `ended_late`: as far as `suspended_until` may look at it. On an
    unsure day nobody is late or suspended, and no card has ended."""
    found: list[b.Block] = []
    limits = rules.limits_for(patron.category)
    if patron.blocked:
        found.append(b.PatronBlocked())
    if day_is_sure:
        if patron.valid_until is not None and patron.valid_until < today:
            found.append(b.CardExpired(patron.valid_until))
        until = patron.suspended_until
        if ended_late and limits and (own := suspended_until(ended_late, limits, patron.lifted_on)):
            until = max(own, until or own)
        if until is not None and until >= today:
            found.append(b.Suspended(until))
    if limits is None:
        found.append(b.NoPolicy())
    elif day_is_sure:
        late = timedelta(days=max(limits.overdue_blocks_after_days, 1))  # on its day a book is not late yet
        overdue = sum(not loan.provisional and loan.due_on + late <= today for loan in open_loans)
        if overdue and overdue >= limits.overdue_blocks_from:
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
    ended_late: EndedLate = (),
    day_is_sure: bool = True,
    role: Role | None = None,
    reason_given: bool = False,
) -> Lend | Refuse:
    """Whether `patron` may take `item`. `open_loans` are the patron's, `loan_of_item` the item's. `holds` wait for its
    title, first come first and nobody passed over, and `free_copies` of that title are on nobody's loan, this one among
    them. `role` of who is at the desk, and whether they say why they would do it against the rules."""
    found = list(patron_blocks(patron, open_loans, rules, today, ended_late=ended_late, day_is_sure=day_is_sure))
    limits = rules.limits_for(patron.category)
    if limits is not None:
        if len(open_loans) >= limits.total:
            found.append(b.TooManyLoans(limits.total))
        if limits.per_day is not None and day_is_sure and _begun_on(today, open_loans) >= limits.per_day:
            found.append(b.TooManyToday(limits.per_day))
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
    else:
        read_here = policy.in_house_only or item.in_house_only
        if read_here:
            found.append(b.InHouseOnly())
        if policy.classes and not is_of(patron.class_name, policy.classes):
            found.append(b.OtherClasses(policy.classes))
        # A limit that is no lower than the one for all types says nothing of its own.
        if not policy.in_house_only and policy.limit < (limits.total if limits else math.inf):
            of_type = sum(loan.item_type == item.item_type for loan in open_loans)
            if of_type >= policy.limit:
                found.append(b.TooManyOfType(policy.limit, rules.named(item.item_type)))
        due_on = _counted(today, policy, calendar, day_is_sure, read_here)
        if due_on is None:
            found.append(b.SchoolYearEnds())
    if due_on is None or _stay(found, role, reason_given):
        return Refuse(tuple(found))
    return Lend(due_on, tuple(found))


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
    in_house_only: bool = False,
    ended_late: EndedLate = (),
    day_is_sure: bool = True,
    role: Role | None = None,
    reason_given: bool = False,
) -> Renew | Refuse:
    """Whether `patron` may keep `loan` longer. `renewed_on`: the day it was last renewed, if ever. `free_copies` of the
    title could serve those who wait. `in_house_only`: of the item. The rest as in decide_check_out."""
    others = [other for other in open_loans if other.id != loan.id]
    found = list(patron_blocks(patron, others, rules, today, ended_late=ended_late, day_is_sure=day_is_sure))
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
        read_here = policy.in_house_only or in_house_only
        if read_here:
            found.append(b.InHouseOnly())
        if loan.renewals >= policy.renewals:
            found.append(b.NoMoreRenewals(policy.renewals))
        due_on = _counted(today, policy, calendar, day_is_sure, read_here)
        if due_on is not None and not day_is_sure:
            due_on = max(due_on, loan.due_on)  # counted again when the day is known
        elif read_here and due_on is not None and due_on <= loan.due_on:
            if b.RenewedTooSoon(loan.due_on) not in found:  # one night more is no more than there is
                found.append(b.RenewedTooSoon(loan.due_on))
        elif due_on is None or due_on <= loan.due_on:
            # More time that ends no later than the time already given would be an empty promise.
            found.append(b.SchoolYearEnds())
    if due_on is None or _stay(found, role, reason_given):
        return Refuse(tuple(found))
    return Renew(due_on, loan.renewals + 1, tuple(found))


def due_again(
    loan: Loan,
    category: str | None,
    day: date,
    rules: CirculationRules,
    calendar: Calendar,
    *,
    in_house_only: bool = False,
) -> date:
    """Hạn trả of a loan that was lent or renewed on an unsure day, now that this `day` is known: by the rules of today,
    and never earlier than what the reader was told. `category` of the patron; None: nobody knows them any more.
    `in_house_only`: of the item."""
    policy = rules.policy_for(category, loan.item_type) if category is not None else None
    read_here = in_house_only or (policy is not None and policy.in_house_only)
    due_on = _counted(day, policy, calendar, True, read_here) if policy else None
    return max(loan.due_on, due_on) if due_on else loan.due_on


def hold_is_ready(patron: Patron, holds: Sequence[Hold], free_copies: int) -> bool:
    """Whether a copy waits for `patron`, who stands in the queue `holds`: then a check-out gives it to them."""
    return _waiting_before(patron, holds) < free_copies


def decide_check_in(loans_of_item: Sequence[Loan], holds: Sequence[Hold], free_copies: int = 0) -> TakeBack:
    """A book in the hand is a fact: it is taken back whoever brings it and whatever the records say. It waits on the
    hold shelf for the first in the queue whom no other free copy can serve."""
    waiting = holds[free_copies:] if loans_of_item else ()
    return TakeBack(tuple(loan.id for loan in loans_of_item), waiting[0].shelf if waiting else None)


def is_of(class_name: str, classes: Sequence[str]) -> bool:
    """Whether a class is among `classes`, each the beginning of a name: "10" is 10A1 and "6A1" is not 6A12. A reader of
    no class is of none of them."""
    name = _bare(class_name)
    return any(_begins(name, _bare(one)) for one in classes)


def _begins(name: str, beginning: str) -> bool:
    rest = name[len(beginning) :]
    within_a_number = beginning[-1:].isdigit() and rest[:1].isdigit()
    return beginning != "" and name.startswith(beginning) and not within_a_number


def _bare(class_name: str) -> str:
    return "".join(class_name.split()).casefold()


def _counted(today: date, policy: LoanPolicy, calendar: Calendar, day_is_sure: bool, read_here: bool) -> date | None:
    """Until the next open day where the book is one to `read_here`: whoever lets it go, lets it go for a night. On an
    unsure day no school year ends: it may be long over, and the next one have begun."""
    known = calendar if day_is_sure else replace(calendar, school_years=())
    return (
        due_date(today, 1, known) if read_here else due_date(today, policy.days, known, over_summer=policy.over_summer)
    )


def _stay(found: Sequence[b.Block], role: Role | None, reason_given: bool) -> bool:
    """Whether something is in the way. Nothing is set aside without a reason that somebody is told later."""
    return bool(found) and bool(stand_in_the_way(found, role if reason_given else None))


def _begun_on(today: date, open_loans: Sequence[Loan]) -> int:
    """Loans of today. One that was brought back or taken off since makes room again, as it does in every limit; one of
    a day that nobody vouched for may be of any other."""
    return sum(loan.lent_on == today and not loan.provisional for loan in open_loans)


def _waiting_before(patron: Patron, holds: Sequence[Hold]) -> int:
    """How many come before `patron`: the whole queue for one who does not stand in it."""
    return next((place for place, hold in enumerate(holds) if hold.patron_id == patron.id), len(holds))
