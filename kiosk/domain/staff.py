"""Who works at the desk. A person's own card and PIN open it; there are no shared accounts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do beyond borrowing. A maintainer looks after the machine, and may do all that a librarian
    may."""

    LIBRARIAN = "librarian"
    MAINTAINER = "maintainer"


@dataclass(frozen=True, slots=True)
class Staff:
    """`id`: made at the centre for the work at desks alone. What was done there keeps it for ever, and nobody is found
    by it once the centre has forgotten whose it was."""

    id: str
    role: Role


@dataclass(frozen=True, slots=True)
class ByStaff:
    """An act at the desk. `reason`: why it is done though the rules refuse it; None: only if they allow it."""

    staff: Staff
    reason: str | None = None
