"""One transaction: what the desk and the sync engine read and write, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import TracebackType
from typing import Self

from kiosk.domain.due_dates import Calendar
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.operations import NO_HASH, ChainEnd, Operation, OperationId, Origin, Reader, chain_hash
from kiosk.ports.central import Change, Verdict, VerdictKind
from kiosk.ports.errors import StoreDamaged
from kiosk.ports.store import OutboxCounts, RecordedAct, ToCheck, UnitOfWork
from local_store import documents
from local_store import statements as sql
from local_store.changes import apply_changes
from local_store.prepared import Database, Row

log = logging.getLogger(__name__)

_MINUTE_MS = 60_000
_DATE = date.fromisoformat


@dataclass(frozen=True, slots=True)
class Known:
    """What the store keeps in memory of its own tables, so that a check-out need not read it. Immutable: a unit of work
    makes itself a new one, which becomes the store's when it commits and is forgotten when it does not."""

    last: ChainEnd | None  # of this epoch
    place: int  # of the last operation of any epoch
    audit_place: int
    audit_hash: bytes
    time_floor_ms: int


@dataclass(slots=True)
class Documents:
    """The library's documents, parsed once: as they were last committed, or None where nobody has asked yet."""

    rules: CirculationRules | None = None
    calendar: Calendar | None = None


class SqlUnitOfWork(UnitOfWork):
    def __init__(
        self,
        database: Database,
        origin: Origin,
        known: Known,
        kept: Documents,
        committed: Callable[[Known, Documents], None],
        damaged: Callable[[StoreDamaged], None],
    ) -> None:
        self._db = database
        self._origin = origin
        self._known = known
        self._documents = kept  # until this unit of work changes them
        self._committed = committed
        self._damaged = damaged
        self._ended = False

    def __enter__(self) -> Self:
        self._db.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, StoreDamaged):
            self._damaged(error)
        if not self._ended:
            self._ended = True
            self._db.roll_back()

    def commit(self) -> None:
        if self._ended:
            raise RuntimeError("this unit of work has ended")
        self._ended = True
        self._db.commit()
        self._committed(self._known, self._documents)

    # what the library is

    def patron_by_card(self, number: str) -> Patron | None:
        return _patron(self._db.row(sql.PATRON_BY_CARD, number=number))

    def patron(self, patron_id: str) -> Patron | None:
        return _patron(self._db.row(sql.PATRON, id=patron_id))

    def item_by_barcode(self, barcode: str) -> Item | None:
        row = self._db.row(sql.ITEM_BY_BARCODE, barcode=barcode)
        if row is None:
            return None
        id_, title_id, code, item_type, status, name, author, shelf = row
        return Item(id_, title_id, code, item_type, ItemStatus(status), name, author, shelf)

    def rules(self) -> CirculationRules:
        rules = self._documents.rules
        if rules is None:
            row = self._db.row(sql.DOCUMENT, kind=documents.CIRCULATION)
            rules = self._documents.rules = documents.rules_of(row[0]) if row else documents.NO_RULES
        return rules

    def calendar(self) -> Calendar:
        calendar = self._documents.calendar
        if calendar is None:
            row = self._db.row(sql.DOCUMENT, kind=documents.CALENDAR)
            calendar = self._documents.calendar = documents.calendar_of(row[0]) if row else Calendar()
        return calendar

    def holds_on(self, title_id: str) -> Sequence[Hold]:
        return [Hold(*row) for row in self._db.rows(sql.HOLDS_ON_TITLE, title_id=title_id)]

    # loans

    def open_loans_of_patron(self, patron_id: str) -> Sequence[Loan]:
        return [_loan(row) for row in self._db.rows(sql.OPEN_LOANS_OF_PATRON, patron_id=patron_id)]

    def open_loans_of_item(self, item_id: str) -> Sequence[Loan]:
        return [_loan(row) for row in self._db.rows(sql.OPEN_LOANS_OF_ITEM, item_id=item_id)]

    def loan(self, loan_id: str) -> Loan | None:
        row = self._db.row(sql.LOAN, id=loan_id)
        return _loan(row) if row else None

    def renewed_on(self, loan_id: str) -> date | None:
        row = self._db.row(sql.RENEWED_ON, id=loan_id)
        return _DATE(row[0]) if row and row[0] else None

    def add_loan(self, loan: Loan) -> None:
        self._db.run(
            sql.ADD_LOAN,
            id=loan.id,
            item_id=loan.item_id,
            patron_id=loan.patron_id,
            lent_on=loan.lent_on.isoformat(),
            due_on=loan.due_on.isoformat(),
            returned_on=None,
            renewed_on=None,
            renewals=loan.renewals,
            provisional=int(loan.provisional),
            open=1,
        )

    def end_loans(self, loan_ids: Sequence[str], on: date) -> None:
        self._db.run_each(sql.END_LOAN, [{"loan_id": loan_id, "on": on.isoformat()} for loan_id in loan_ids])

    def reopen_loans(self, loan_ids: Sequence[str]) -> None:
        self._db.run_each(sql.REOPEN_LOAN, [{"loan_id": loan_id} for loan_id in loan_ids])

    def extend_loan(self, loan_id: str, due_on: date, renewals: int, renewed_on: date, provisional: bool) -> None:
        self._db.run(
            sql.EXTEND_LOAN,
            loan_id=loan_id,
            to_due_on=due_on.isoformat(),
            to_renewals=renewals,
            on=renewed_on.isoformat(),
            is_provisional=int(provisional),
        )

    # what is told to the centre

    @property
    def origin(self) -> Origin:
        return self._origin

    def last_operation(self) -> ChainEnd | None:
        return self._known.last

    def add_operation(self, operation: Operation, act: RecordedAct) -> None:
        """Raises ValueError for an operation that does not continue this epoch's chain: that is a bug, not a loan."""
        known = self._known
        _check_continues(operation, known.last, self._origin)
        if known.last is None:
            self._db.run(sql.BEGIN_EPOCH, id=self._origin.epoch, before=known.place)
        self._db.run(
            sql.ADD_OPERATION,
            place=known.place + 1,
            epoch=operation.id.epoch,
            seq=operation.id.seq,
            kind=act.kind,
            body=operation.body,
            hash=operation.hash,
            reader=operation.reader and operation.reader.patron_id,
            salt=operation.reader and operation.reader.salt,
            state="pending",
            reason=None,
            barcode=act.barcode,
            loans=" ".join(act.loans),
            boot_id=act.boot_id,
            boottime_ms=act.boottime_ms,
        )
        entry = json.dumps({"operation": operation.hash.hex(), "kind": act.kind, "seq": operation.id.seq})
        audit_hash = hashlib.sha256(known.audit_hash + entry.encode()).digest()
        self._db.run(sql.ADD_AUDIT, place=known.audit_place + 1, entry=entry, hash=audit_hash)
        self._known = replace(
            known,
            last=ChainEnd(operation.id, operation.hash),
            place=known.place + 1,
            audit_place=known.audit_place + 1,
            audit_hash=audit_hash,
        )

    def act(self, operation_id: OperationId) -> RecordedAct | None:
        row = self._db.row(sql.ACT, op_epoch=operation_id.epoch, op_seq=operation_id.seq)
        if row is None:
            return None
        kind, barcode, loans, boot_id, boottime_ms = row
        return RecordedAct(operation_id, kind, barcode, tuple(loans.split()), boot_id, boottime_ms)

    def put_on_list(self, why: ToCheck, operation_id: OperationId, barcode: str) -> None:
        self._db.run(sql.PUT_ON_LIST, why=why.value, epoch=operation_id.epoch, seq=operation_id.seq, barcode=barcode)

    def pending(self, limit: int, after: int = 0) -> Sequence[tuple[int, Operation]]:
        rows = self._db.rows(sql.PENDING, limit=limit, after=after)
        return [
            (place, Operation(OperationId(epoch, seq), body, hash_, Reader(patron, salt) if patron else None))
            for place, epoch, seq, body, hash_, patron, salt in rows
        ]

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        rows: list[dict[str, object]] = [
            {
                "op_epoch": verdict.id.epoch,
                "op_seq": verdict.id.seq,
                "to_state": "disputed" if verdict.kind is VerdictKind.DISPUTED else "settled",
                "to_reason": verdict.reason if verdict.kind is VerdictKind.DISPUTED else None,
            }
            for verdict in verdicts
        ]
        if self._db.run_each(sql.SETTLE, rows) < len(rows):
            unknown = sum(self.act(verdict.id) is None for verdict in verdicts)
            if unknown:
                log.warning("%d verdicts on operations that are not here", unknown)

    def set_aside(self, operation_id: OperationId, reason: str) -> None:
        changed = self._db.run(sql.SET_ASIDE, op_epoch=operation_id.epoch, op_seq=operation_id.seq, to_reason=reason)
        if not changed:
            log.warning("an operation that is not pending was not set aside")

    def outbox_counts(self) -> OutboxCounts:
        found: dict[str, int] = dict(self._db.rows(sql.UNSETTLED_COUNTS))
        pending, disputed, aside = (found.get(state, 0) for state in ("pending", "disputed", "set_aside"))
        # Places are gapless, so what is not in the small index of the unsettled is settled.
        return OutboxCounts(pending, disputed, self._known.place - pending - disputed - aside, aside)

    # what the centre tells

    def cursor(self) -> str:
        row = self._db.row(sql.META, key="cursor")
        return str(row[0]) if row else ""

    def apply(self, changes: Sequence[Change], cursor: str) -> None:
        rules, calendar = apply_changes(self._db, changes)
        self._db.run(sql.PUT_META, key="cursor", value=cursor)
        if rules is not None or calendar is not None:
            # Read back when next asked for. The store's own stay as they are until this has been committed.
            self._documents = Documents()

    # time

    def time_floor_ms(self) -> int:
        return self._known.time_floor_ms

    def raise_time_floor(self, wall_ms: int) -> None:
        """Kept in whole minutes: it is a lower bound, and a write for every loan would buy nothing."""
        floor_ms = wall_ms // _MINUTE_MS * _MINUTE_MS
        if floor_ms > self._known.time_floor_ms:
            self._db.run(sql.PUT_META, key="time_floor_ms", value=str(floor_ms))
            self._known = replace(self._known, time_floor_ms=floor_ms)

    def probe(self) -> None:
        self._db.run(sql.PROBE)


def _check_continues(operation: Operation, last: ChainEnd | None, origin: Origin) -> None:
    expected = OperationId(origin.epoch, last.id.seq + 1 if last else 1)
    before = last or origin.predecessor
    if operation.id != expected:
        raise ValueError(f"operation {operation.id.seq} where {expected.seq} of this epoch comes next")
    if operation.hash != chain_hash(before.hash if before else NO_HASH, operation.body):
        raise ValueError(f"the hash of operation {operation.id.seq} does not continue the chain")


def _patron(row: Row | None) -> Patron | None:
    if row is None:
        return None
    id_, shown_name, class_name, category, valid_until, blocked = row
    return Patron(id_, shown_name, class_name, category, _DATE(valid_until) if valid_until else None, bool(blocked))


def _loan(row: Row) -> Loan:
    id_, item_id, patron_id, lent_on, due_on, renewals, item_type, provisional = row
    return Loan(id_, item_id, patron_id, _DATE(lent_on), _DATE(due_on), renewals, item_type, bool(provisional))
