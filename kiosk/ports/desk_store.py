"""What the librarian's desk asks of the store: part of a unit of work (kiosk.ports.store)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import RequestRecord
from kiosk.domain.staff import Staff
from kiosk.ports.central import TitleRecord


class ToCheck(StrEnum):
    """Why a librarian should look at something, without hurry."""

    VOIDED = "voided"
    UNKNOWN_ITEM = "unknown_item"
    SEVERAL_LOANS = "several_loans"
    RETURNED = "returned"  # by a reader alone, where the library wants to see what comes back
    HELP = "help"  # somebody has called for the librarian
    LOST = "lost"  # an operation that a damaged store held and that could not be read any more


@dataclass(frozen=True, slots=True)
class PinRecord:
    """`hash`: what kiosk.ports.host.PinLock has made; None: no PIN is set. `failures` in a row, the last of them in
    boot `boot_id` at `boottime_ms`. `of_staff`: it was set for somebody of the staff, and opens the desk."""

    hash: str | None
    failures: int = 0
    boot_id: str = ""
    boottime_ms: int = 0
    of_staff: bool = False

    def at_rest(self) -> PinRecord:
        """The same PIN without any wrong one before it."""
        return PinRecord(self.hash, of_staff=self.of_staff)


@dataclass(frozen=True, slots=True)
class ToCheckRecord:
    """A line of the list of what somebody should look at; no other ever has its `place`. `loans`: those that the
    operation began or ended; `wall_ms` None: at a time that nobody vouches for, or the operation is not here any
    more."""

    place: int
    why: ToCheck
    id: OperationId
    barcode: str
    loans: tuple[str, ...] = ()
    wall_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SettingRecord:
    """`told`: by the centre; `fixed`: it cannot be changed here. `here`: changed at this station (None: not), and not
    answered by the centre yet."""

    name: str
    told: str | None
    fixed: bool
    here: str | None

    @property
    def value(self) -> str | None:
        """What holds here; None: nobody has set it."""
        return self.told if self.fixed or self.here is None else self.here


def values_of(records: Sequence[SettingRecord]) -> dict[str, str]:
    """What holds, by name: as kiosk.domain.settings takes them."""
    return {one.name: one.value for one in records if one.value is not None}


@dataclass(frozen=True, slots=True)
class UnsentCount:
    kind: str
    count: int
    set_aside: bool


@dataclass(frozen=True, slots=True)
class DayCount:
    """Of one day, at this station: loans begun, loans ended, and different readers among them."""

    lent: int
    returned: int
    readers: int


class DeskStore(Protocol):
    """As kiosk.ports.store.UnitOfWork, of which it is a part."""

    def find_patrons(self, text: str, limit: int) -> Sequence[Patron]:
        """Whose name holds all words of `text` (each begins one of its words, with or without accents), or whose class
        is `text`; by class (6A before 10A), then by given name, the last word. Without any word: nobody."""
        ...

    def find_titles(self, text: str, limit: int) -> Sequence[TitleRecord]:
        """Whose name holds all words of `text`, as in `find_patrons`; those whose name begins with them first, then by
        name. Without any word: none. Quick enough for every key that is typed."""
        ...

    def items_of_title(self, title_id: str) -> Sequence[tuple[Item, bool]]:
        """By barcode; with whether it is on loan."""
        ...

    def staff(self, staff_id: str) -> Staff | None:
        """As the list says now; None: of the staff no longer."""
        ...

    def overdue_loans(self, today: date) -> Sequence[Loan]:
        """Open, due before `today` and not by a provisional date, with a reader; late the longest first."""
        ...

    def ended_late(self, patron_id: str, since: date) -> Sequence[tuple[Loan, date]]:
        """Loans of this patron that ended after they were due, on that day, which is `since` or later; the last one
        first. As far as it is known here, which it is of those that ended at this station in the last `reader_days`,
        and never by a provisional date."""
        ...

    def last_loan_of_item(self, item_id: str) -> Loan | None:
        """The open one; else the newest of those that ended, while it is known who had the book."""
        ...

    def waiting_holds(self) -> Sequence[Hold]:
        """All of the library, by title, first come first."""
        ...

    def counts_of(self, day: date) -> DayCount:
        """Cheap of the last days. What was taken back does not count."""
        ...

    def unsent(self) -> Sequence[UnsentCount]:
        """What the centre has not answered; what is set aside first."""
        ...

    def to_check(self) -> Sequence[ToCheckRecord]:
        """Oldest first. A return that somebody should see keeps its loan linked to the reader while it stands here."""
        ...

    def checked(self, place: int) -> bool:
        """Somebody has looked at it; False: it is not in the list."""
        ...

    def pin(self, patron_id: str) -> PinRecord | None: ...
    def put_pin(self, patron_id: str, record: PinRecord) -> None: ...
    def settings(self) -> Sequence[SettingRecord]:
        """By name. Kept in memory: may be asked for each loan."""
        ...

    def put_setting(self, name: str, value: str) -> None:
        """As changed here; what the centre tells of it later takes its place. `rules` and `calendar` of a unit of work
        are what holds with it."""
        ...

    def recent_requests(self, limit: int) -> Sequence[RequestRecord]:
        """That no reader asked for, of any kind; newest first."""
        ...

    # what was asked for at the desk holds here at once; what the centre tells of the same thing later takes its place
    def add_card(self, number: str, patron_id: str) -> bool:
        """False: it is another patron's."""
        ...

    def remove_cards(self, patron_id: str) -> None: ...
    def cards_of(self, patron_id: str) -> int:
        """How many there are: the numbers are not kept."""
        ...

    def set_blocked(self, patron_id: str, blocked: bool) -> None: ...

    def lift_suspension(self, patron_id: str, through: date) -> None:
        """What they brought back late through that day suspends them no more (Patron.lifted_on), nor what the centre
        has told so far."""

    def set_note(self, patron_id: str, text: str) -> None: ...
    def set_item_status(self, item_id: str, status: ItemStatus) -> None: ...
    def add_hold(self, hold: Hold, placed_ms: int) -> None: ...
    def remove_hold(self, hold_id: str) -> None: ...
    def shelve_hold(self, hold_id: str, on: date) -> None: ...
    def date_shelving(self, hold_id: str, on: date) -> None:
        """The book came to its shelf on this day, not before; nothing where it is not said to stand there."""
        ...
