"""The central system, whichever protocol it speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kiosk.domain.disputes import DisputeRecord
from kiosk.domain.due_dates import Calendar
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold, ItemStatus, Loan, Patron
from kiosk.domain.operations import Operation, OperationId
from kiosk.domain.requests import RequestRecord


class Standing(StrEnum):
    """This station towards the centre. What a person must do something about comes last."""

    ACTIVE = "active"
    UNREACHABLE = "unreachable"
    NOT_ENROLLED = "not_enrolled"  # no key here, or not one that the centre knows
    PENDING = "pending"  # nobody at the centre has confirmed it yet
    REVOKED = "revoked"


class VerdictKind(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The centre has durably recorded the operation; `reason` says why a person must look at a disputed one.

    `loans`: the number of the newest change to each loan that the operation names and of which the changes tell. What
    they tell under a lower number is older than this verdict.
    """

    id: OperationId
    kind: VerdictKind
    reason: str | None = None
    loans: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class TitleRecord:
    id: str
    name: str
    author: str
    isbn: str | None
    call_number: str
    shelf: str


@dataclass(frozen=True, slots=True)
class ItemRecord:
    id: str
    title_id: str
    barcode: str
    item_type: str
    status: ItemStatus
    in_house_only: bool = False


@dataclass(frozen=True, slots=True)
class PatronRecord:
    patron: Patron
    cards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoanRecord:
    """`loan.item_type` is empty here: the store knows it from the item. `number`: that of the change; a newer one has a
    higher. `says_how_sure`: the centre knows whether the due date is provisional; if not, what the store knows of the
    same date stays."""

    loan: Loan
    open: bool
    number: int = field(default=0, compare=False)
    says_how_sure: bool = False


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """`placed_ms` orders the holds on a title: the feed's order does not, because a changed hold comes later in it."""

    hold: Hold
    placed_ms: int


@dataclass(frozen=True, slots=True)
class SettingTold:
    """One of kiosk.domain.settings, in its own words. `fixed`: no station may change it."""

    name: str
    value: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The thing of this kind and id is no more. Of an "erased_reader" the id is kiosk.domain.ids.erased_mark."""

    kind: str  # "title" | "item" | "patron" | "loan" | "hold" | "request" | "setting" | "erased_reader"
    id: str
    number: int = field(default=0, compare=False)  # as in LoanRecord


@dataclass(frozen=True, slots=True)
class Unread:
    """The thing of this kind and id is there, and this station cannot read what is said of it."""

    kind: str
    id: str


Change = (
    TitleRecord
    | ItemRecord
    | PatronRecord
    | LoanRecord
    | HoldRecord
    | RequestRecord
    | DisputeRecord
    | CirculationRules
    | Calendar
    | SettingTold
    | Gone
    | Unread
)


@dataclass(frozen=True, slots=True)
class ChangePage:
    """`cursor` is opaque; `more`: the next page is there already. `skipped`: changes that nobody here could read."""

    changes: tuple[Change, ...]
    cursor: str
    more: bool
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a central protocol can do; the engine asks instead of knowing which one it speaks to."""

    idempotent: bool
    change_feed: bool
    offline_replay: bool
    check_in: bool
    batch: int  # operations in one request at most
    signed_date: bool = False
    health: bool = False  # hears how a station is, and takes support bundles


class CentralLink(Protocol):
    @property
    def capabilities(self) -> Capabilities: ...

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        """One verdict per operation, same order. Raises Unreachable, or Refused for the whole request."""
        ...

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        """What changed since `cursor` ("" is the beginning). Raises Unreachable (TooLarge where fewer may come) or
        CursorLost."""
        ...

    def signed_time(self) -> int:
        """What time it is at the centre (ms), said for this question and with its own key. Used by the thread that asks
        for changes. Raises Unreachable, also for an answer that cannot be believed."""
        ...

    def tell_health(self, report: Mapping[str, object]) -> None:
        """How this station is; the newest counts. Used by the thread that asks for changes. Raises Unreachable, also
        from a centre that does not know of such reports."""
        ...

    def send_support(self, bundle: bytes) -> None:
        """What kiosk.upkeep.support_bundle makes. Used by a thread of its own. Raises Unreachable."""
        ...
