"""Chính sách lưu thông: what each patron category may do with each item type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LoanPolicy:
    """One patron category × one item type. `days` of loan, `limit` of this type at once, `renewals` per loan.
    `classes`: only for these, each the beginning of a class's name ("10", "6A2"); none named: for all. `over_summer`:
    the end of a school year does not end the loan, the beginning of the next one does."""

    days: int
    limit: int
    renewals: int
    in_house_only: bool = False
    classes: tuple[str, ...] = ()
    over_summer: bool = False


@dataclass(frozen=True, slots=True)
class PatronLimits:
    """One patron category over all item types. `overdue_blocks_after_days`: that late (the days of grace before), and
    it counts; `overdue_blocks_from` of them, and nothing more is lent. `per_day`: loans that begin on one day.
    `suspend_after_days`: who brings a book that late borrows nothing for `suspend_days` from then on."""

    total: int
    overdue_blocks_after_days: int
    overdue_blocks_from: int = 1
    per_day: int | None = None
    suspend_after_days: int | None = None
    suspend_days: int = 0


@dataclass(frozen=True, slots=True)
class CirculationRules:
    """`hold_shelf_days`: open days that a book waits on the hold shelf for a reader; None: until they come. `names`:
    what people call patron categories and item types, where the library has said it."""

    version: str
    limits: Mapping[str, PatronLimits]
    policies: Mapping[tuple[str, str], LoanPolicy]
    hold_shelf_days: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def limits_for(self, category: str) -> PatronLimits | None:
        return self.limits.get(category)

    def policy_for(self, category: str, item_type: str) -> LoanPolicy | None:
        """None where nobody has said anything: then nothing is lent, rather than guessed."""
        return self.policies.get((category, item_type))

    def named(self, code: str) -> str:
        """A patron category or an item type, for people."""
        return self.names.get(code) or code
