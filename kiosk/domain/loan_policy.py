"""Chính sách lưu thông: what each patron category may do with each item type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoanPolicy:
    """One patron category × one item type. `days` of loan, `limit` of this type at once, `renewals` per loan."""

    days: int
    limit: int
    renewals: int
    in_house_only: bool = False


@dataclass(frozen=True, slots=True)
class PatronLimits:
    """One patron category over all item types. `overdue_blocks_after_days`: that late, and nothing more is lent."""

    total: int
    overdue_blocks_after_days: int


@dataclass(frozen=True, slots=True)
class CirculationRules:
    version: str
    limits: Mapping[str, PatronLimits]
    policies: Mapping[tuple[str, str], LoanPolicy]

    def limits_for(self, category: str) -> PatronLimits | None:
        return self.limits.get(category)

    def policy_for(self, category: str, item_type: str) -> LoanPolicy | None:
        """None where nobody has said anything: then nothing is lent, rather than guessed."""
        return self.policies.get((category, item_type))
