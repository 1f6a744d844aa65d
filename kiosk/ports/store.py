"""The local store: where a loan becomes durable.

One unit of work is one transaction on the one writing connection, used by the store thread alone. Everything here may
raise StoreBroken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from kiosk.domain.due_dates import Calendar
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold, Item, Loan, Patron
from kiosk.domain.operations import ChainEnd, Operation, OperationId, Origin
from kiosk.ports.central import Change, TitleRecord, Verdict


class ToCheck(StrEnum):
    """Why a librarian should look at something, without hurry."""

    VOIDED = "voided"
    UNKNOWN_ITEM = "unknown_item"
    SEVERAL_LOANS = "several_loans"


@dataclass(frozen=True, slots=True)
class RecordedAct:
    """A recorded check-out or check-in as a void needs it. `loans`: the loans it began or ended."""

    id: OperationId
    kind: str
    barcode: str
    loans: tuple[str, ...]
    boot_id: str
    boottime_ms: int


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """`set_aside` operations wait for the next opening, so they are not among the `pending` ones."""

    pending: int
    disputed: int
    settled: int
    set_aside: int = 0


class UnitOfWork(Protocol):
    """Reads see this transaction's own writes. Nothing is durable before `commit` has returned."""

    # what the library is
    def patron_by_card(self, number: str) -> Patron | None: ...
    def patron(self, patron_id: str) -> Patron | None: ...
    def item_by_barcode(self, barcode: str) -> Item | None: ...
    def item(self, item_id: str) -> Item | None: ...
    def title(self, title_id: str) -> TitleRecord | None: ...
    def rules(self) -> CirculationRules: ...
    def calendar(self) -> Calendar: ...
    def holds_on(self, title_id: str) -> Sequence[Hold]:
        """First come, first."""
        ...

    def holds_of_patron(self, patron_id: str) -> Sequence[Hold]:
        """In the order in which they were placed."""
        ...

    def free_copies(self, title_id: str) -> int:
        """Copies of the title that may be lent and are on nobody's loan."""
        ...

    # loans
    def open_loans_of_patron(self, patron_id: str) -> Sequence[Loan]: ...
    def open_loans_of_item(self, item_id: str) -> Sequence[Loan]:
        """Newest first; more than one only where two stations lent the same book while apart."""
        ...

    def loan(self, loan_id: str) -> Loan | None: ...
    def renewed_on(self, loan_id: str) -> date | None: ...
    def add_loan(self, loan: Loan) -> None: ...
    def end_loans(self, loan_ids: Sequence[str], on: date) -> None: ...
    def reopen_loans(self, loan_ids: Sequence[str]) -> None: ...
    def extend_loan(self, loan_id: str, due_on: date, renewals: int, renewed_on: date, provisional: bool) -> None: ...

    # what is told to the centre
    @property
    def origin(self) -> Origin: ...
    def last_operation(self) -> ChainEnd | None:
        """The last of this epoch."""
        ...

    def add_operation(self, operation: Operation, act: RecordedAct) -> None:
        """Into the outbox and, in the same transaction, the audit chain."""
        ...

    def act(self, operation_id: OperationId) -> RecordedAct | None: ...
    def put_on_list(self, why: ToCheck, operation_id: OperationId, barcode: str) -> None: ...
    def pending(self, limit: int, after: int = 0) -> Sequence[tuple[int, Operation]]:
        """Unsettled operations, oldest first, each with its place in the outbox; only places above `after`."""
        ...

    def settle(self, verdicts: Sequence[Verdict]) -> None: ...
    def set_aside(self, operation_id: OperationId, reason: str) -> None:
        """Kept, shown to a librarian, and sent again after the next opening; it holds up nothing behind it."""
        ...

    def outbox_counts(self) -> OutboxCounts: ...

    # what the centre tells
    def cursor(self) -> str: ...
    def apply(self, changes: Sequence[Change], cursor: str) -> None:
        """A loan about which this station has something to tell is left alone: the centre will speak of it again."""
        ...

    # time
    def time_floor_ms(self) -> int: ...
    def raise_time_floor(self, wall_ms: int) -> None: ...

    def probe(self) -> None:
        """Writes something harmless, so that a commit shows whether anything can be made durable."""
        ...

    def commit(self) -> None: ...


class Store(Protocol):
    def unit_of_work(self) -> AbstractContextManager[UnitOfWork]:
        """Rolled back on leaving unless committed."""
        ...

    def ledger(self) -> Iterator[dict[str, object]]:
        """Every operation kept here, oldest first, to compare with the centre; on a reading connection of its own."""
        ...

    def loans_ledger(self) -> Iterator[dict[str, object]]:
        """Every loan known here, for comparing with the centre: id, item_barcode, patron, due_on, renewals, open."""
        ...

    def close(self) -> None: ...
