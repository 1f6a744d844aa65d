"""Why something is not done for a patron: values, so that every reason can be said at once.

`code` is the small code that a screen shows for staff and that the librarian's handbook explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PatronBlocked:
    """The library has blocked this card; a librarian can say why."""

    code: ClassVar[str] = "T-01"


@dataclass(frozen=True, slots=True)
class CardExpired:
    code: ClassVar[str] = "T-02"
    ended_on: date


@dataclass(frozen=True, slots=True)
class Suspended:
    """Nothing is lent until this day is over: the centre says so, or books that came back late."""

    code: ClassVar[str] = "T-04"
    until: date


@dataclass(frozen=True, slots=True)
class OverdueLoans:
    code: ClassVar[str] = "M-11"
    count: int


@dataclass(frozen=True, slots=True)
class TooManyLoans:
    """As many loans as the category allows at once."""

    code: ClassVar[str] = "M-12"
    limit: int


@dataclass(frozen=True, slots=True)
class TooManyOfType:
    code: ClassVar[str] = "M-13"
    limit: int
    item_type: str


@dataclass(frozen=True, slots=True)
class TooManyToday:
    """As many loans as may begin on one day."""

    code: ClassVar[str] = "M-15"
    limit: int


@dataclass(frozen=True, slots=True)
class InHouseOnly:
    """Read in the library: its type is, or this very copy."""

    code: ClassVar[str] = "S-21"


@dataclass(frozen=True, slots=True)
class NotForLoan:
    """Damaged, lost or withdrawn in the catalogue, though somebody holds it in the hand."""

    code: ClassVar[str] = "S-22"


@dataclass(frozen=True, slots=True)
class OnLoanToAnother:
    """Whoever holds the book is right, with care: it must be returned first (one tap)."""

    code: ClassVar[str] = "S-23"


@dataclass(frozen=True, slots=True)
class HeldForAnother:
    code: ClassVar[str] = "S-24"


@dataclass(frozen=True, slots=True)
class OtherClasses:
    """Kept for `classes`, each the beginning of a class's name, and this reader is of none of them."""

    code: ClassVar[str] = "S-25"
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoPolicy:
    """Nobody has said what this patron category may do with this item type."""

    code: ClassVar[str] = "Q-31"


@dataclass(frozen=True, slots=True)
class SchoolYearEnds:
    """No open day is left in this school year on which the book could come back."""

    code: ClassVar[str] = "Q-32"


@dataclass(frozen=True, slots=True)
class NoMoreRenewals:
    code: ClassVar[str] = "G-41"
    limit: int


@dataclass(frozen=True, slots=True)
class RenewedTooSoon:
    """Lent or renewed today already: a book scanned twice is not a wish for more time. Or it is one for a night, and
    theirs for longer."""

    code: ClassVar[str] = "G-42"
    due_on: date


@dataclass(frozen=True, slots=True)
class LoanOverdue:
    """An overdue book comes back first."""

    code: ClassVar[str] = "G-43"
    due_on: date


Block = (
    PatronBlocked
    | CardExpired
    | Suspended
    | OverdueLoans
    | TooManyLoans
    | TooManyOfType
    | TooManyToday
    | InHouseOnly
    | NotForLoan
    | OnLoanToAnother
    | HeldForAnother
    | OtherClasses
    | NoPolicy
    | SchoolYearEnds
    | NoMoreRenewals
    | RenewedTooSoon
    | LoanOverdue
)
