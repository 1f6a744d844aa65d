"""Thủ thư cho phép: which reasons somebody at the desk may set aside, and who."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.domain import blocks as b
from kiosk.domain.staff import Role

_LIBRARIAN: tuple[type, ...] = (
    b.PatronBlocked,
    b.CardExpired,
    b.Suspended,
    b.OverdueLoans,
    b.TooManyLoans,
    b.TooManyOfType,
    b.TooManyToday,
    b.InHouseOnly,
    b.NotForLoan,
    b.HeldForAnother,
    b.OtherClasses,
    b.NoMoreRenewals,
    b.LoanOverdue,
)
"""A person who sees the reader and the book may know better. Nobody may lend what has no period (NoPolicy), past the
school year (SchoolYearEnds), or what another reader has: that loan ends first."""


def may_set_aside(block: b.Block, role: Role) -> bool:
    """Whether somebody with this role may do it all the same."""
    return isinstance(block, _LIBRARIAN)


def stand_in_the_way(blocks: Sequence[b.Block], role: Role | None) -> tuple[b.Block, ...]:
    """Those of `blocks` that stay, whatever reason is given. `role` None: nobody of the staff is here."""
    return tuple(block for block in blocks if role is None or not may_set_aside(block, role))
