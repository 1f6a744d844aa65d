"""The local store: where a loan becomes durable.

One unit of work is one transaction on the one writing connection, used by the store thread alone. Everything here may
raise StoreBroken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from kiosk.domain.clock_trust import KeptTime
from kiosk.domain.disputes import DisputeRecord
from kiosk.domain.due_dates import Calendar
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold, Item, Loan, Patron
from kiosk.domain.operations import ChainEnd, Operation, OperationId, Origin
from kiosk.domain.requests import RequestRecord
from kiosk.ports.central import Change, TitleRecord, Verdict
from kiosk.ports.desk_store import DeskStore
from kiosk.ports.desk_store import ToCheck as ToCheck


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
    """`set_aside` operations wait to be told again, so they are not among the `pending` ones."""

    pending: int
    disputed: int
    settled: int
    set_aside: int = 0


class Stage(StrEnum):
    """How this station hears the centre. A row of the store: whatever is killed goes on where it was."""

    FOLLOWING = "following"  # what changes, from a cursor on
    BEGINNING = "beginning"  # a full resync was asked for: what an earlier one has noted down goes
    HEARING = "hearing"  # everything from the beginning, and what the centre names is noted down
    TAKING_AWAY = "taking_away"  # all was heard: what was not named goes
    ENDING = "ending"  # what was noted down goes


@dataclass(frozen=True, slots=True)
class ToTellAgain:
    """Operations with their places, oldest first, as full resync number `resync` has them to be told again."""

    resync: int
    rows: Sequence[tuple[int, Operation]]


@dataclass(frozen=True, slots=True)
class WalkedTo:
    """A place in a walk through the store: the number of the table in it, and the last key looked at."""

    table: int
    key: str | int | None


BEGINNING = WalkedTo(0, None)


@dataclass(frozen=True, slots=True)
class Retention:
    """What may go: the names of readers in what was over when the trusted day `readers_to` or one before it began, and
    all of what was over when `rest_to` or one before it began."""

    readers_to: date
    rest_to: date


@dataclass(frozen=True, slots=True)
class UndatedBoot:
    """A boot with operations that happened at a time that nobody vouched for, and what is known of it by now: when it
    `began_ms`, or else `before_ms` which it was over. `after_ms`: the floor then, so they happened later (None: an
    older program noted it). `place`: of the first operation that is not dated again yet; `is_told`: the centre
    has been told of it."""

    boot_id: str
    place: int
    began_ms: int | None
    before_ms: int | None
    is_told: bool
    after_ms: int | None


@dataclass(frozen=True, slots=True)
class Happened:
    """An operation of the outbox, and when in its boot it happened."""

    place: int
    boot_id: str
    boottime_ms: int
    kind: str
    body: str


class UnitOfWork(DeskStore, Protocol):
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

    # requests and visits
    def put_request(self, record: RequestRecord) -> None: ...
    def requests_of_patron(self, patron_id: str) -> Sequence[RequestRecord]:
        """Newest first."""
        ...

    def requests_of_nobody(self, kind: str) -> Sequence[RequestRecord]:
        """Of this kind, that no reader asked for; newest first."""
        ...

    def open_disputes(self) -> Sequence[DisputeRecord]:
        """What the centre asks a librarian of this library to look at, oldest first."""
        ...

    def dispute(self, dispute_id: str) -> DisputeRecord | None: ...
    def last_visit(self, patron_id: str) -> date | None: ...
    def put_visit(self, patron_id: str, day: date) -> None: ...

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
        """Kept, shown to a librarian, and pending again after the next opening; it holds up nothing behind it."""
        ...

    def tell_set_aside_again(self) -> None:
        """They are pending again now."""
        ...

    def outbox_counts(self) -> OutboxCounts: ...

    # what the centre tells
    def cursor(self) -> str: ...
    def apply(self, changes: Sequence[Change], cursor: str) -> None:
        """A loan about which this station has something to tell is left alone: the centre will speak of it again."""
        ...

    # a full resync
    def stage(self) -> Stage: ...
    def begin_resync(self) -> None:
        """Everything is told and heard again from the beginning, however often the station is killed meanwhile, and
        lending goes on; what was set aside is sent once more, too. For when either side may have lost something: a
        restored centre, a restored store, or a person who asks for it. Whoever calls it wakes the SyncEngine, if one
        runs."""
        ...

    def go_to(self, stage: Stage) -> None:
        """HEARING also puts the cursor back to the beginning; while it lasts, `apply` notes down what is named."""
        ...

    def to_tell_again(self, limit: int) -> ToTellAgain:
        """Operations that the centre had when the resync began and perhaps has lost. None in BEGINNING: the loans that
        they name are noted down too."""
        ...

    def told_again(self, told: ToTellAgain, verdicts: Sequence[Verdict]) -> None:
        """The centre has these, and all before them. The first verdict on each stays. Nothing once another resync has
        begun: then it was another centre that answered, or one that has lost them since."""
        ...

    def take_away(self, after: WalkedTo, limit: int) -> WalkedTo | None:
        """Looks at the next `limit` rows and takes away what the centre has not named, but no loan about which this
        station has something to tell or has told it since, and no request that waits. Gives where to go on; None:
        nothing is left. Begins at `BEGINNING`."""
        ...

    def forget_mentioned(self, limit: int) -> bool:
        """Forgets up to `limit` of what was noted down; False: there was nothing."""
        ...

    # forgetting
    def to_erase(self) -> frozenset[str]:
        """The marks (kiosk.domain.ids.erased_mark) of readers who are gone and may still be in here."""
        ...

    def erase(self, marks: Set[str], after: WalkedTo, limit: int) -> WalkedTo | None:
        """Looks at the next `limit` rows and takes these readers out of them, with all that is theirs. Gives where to
        go on; None: nothing is left. Begins at `BEGINNING`."""
        ...

    def erased(self, marks: Set[str]) -> None:
        """Nobody needs to look for these any more."""
        ...

    # housekeeping
    def trusted_day(self) -> date | None:
        """The last one that has begun."""
        ...

    def begin_trusted_day(self, day: date) -> None:
        """Somebody vouches for `day`, another than the last one: all that is here had happened by then. It may be an
        earlier one, when somebody had vouched for a day that is still to come."""
        ...

    def prune(self, keep: Retention, after: WalkedTo, limit: int) -> WalkedTo | None:
        """Looks at the next `limit` rows and takes out what is over, told to the centre, and old enough. Gives where to
        go on; None: nothing is left. Begins at `BEGINNING`. Never what is pending, set aside or disputed."""
        ...

    def pruned_on(self) -> date | None:
        """The last trusted day on which nothing was left to prune."""
        ...

    # time
    def time_floor_ms(self) -> int: ...
    def keep_time(self, kept: KeptTime) -> None:
        """Its anchor dates the boots that wait for it: its own exactly, and those before it were over when it began."""
        ...

    def note_undated(self, boot_id: str) -> None:
        """The next operation happens in this boot at a time that nobody vouches for."""
        ...

    def boot_to_date(self) -> UndatedBoot | None:
        """One of which more is known now than was when its operations were written down."""
        ...

    def happened_from(self, place: int, limit: int) -> Sequence[Happened]: ...
    def dated_up_to(self, boot_id: str, place: int) -> None:
        """The centre has been told, and what stands before `place` is dated again."""
        ...

    def all_dated(self, boot_id: str) -> None: ...
    def date_loan(self, loan: Loan, renewed_on: date | None) -> None:
        """Its `lent_on`, `due_on` and `provisional`; `renewed_on` `None` stays what it was."""
        ...

    def date_returns(self, loan_ids: Sequence[str], on: date, *, is_exact: bool) -> None:
        """They came back on this day, not before; or (`is_exact` False) until then, and nobody is made late by it."""
        ...

    def probe(self) -> None:
        """Writes something harmless, so that a commit shows whether anything can be made durable."""
        ...

    def commit(self) -> None: ...


@dataclass(frozen=True, slots=True)
class KeptOperation:
    """An operation as it lies in the store, every column as it is found. `before`: the last place before its epoch."""

    place: int
    epoch: str
    seq: int
    kind: str
    body: str
    hash: bytes
    reader: str | None
    salt: bytes | None
    private: str | None
    before: int | None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`hash`: SHA-256 of (the line before's hash, 32 zero bytes at first; then `entry`)."""

    place: int
    entry: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class Pruned:
    """The operations at the places from `place` to `last` were pruned, with their audit lines. The rest is of the last
    one: the hash that the operation after it continues, and the audit line's."""

    place: int
    last: int
    epoch: str
    seq: int
    hash: bytes
    audit_hash: bytes


Kept = tuple[KeptOperation | None, AuditLine | None]


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

    def history(self) -> Iterator[Kept | Pruned]:
        """Every operation with the audit line of its place, oldest first, of one moment; None for what is missing.
        Where some were pruned, that is told in their place."""
        ...

    def forget(self) -> bool:
        """Leaves nothing of what was erased in the files; from any thread. False: somebody reads just now, so it has to
        be tried again."""
        ...

    def close(self) -> None: ...
