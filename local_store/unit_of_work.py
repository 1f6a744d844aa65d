"""One transaction: what the desk and the sync engine read and write, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

from kiosk.domain.clock_trust import KeptTime
from kiosk.domain.disputes import DisputeRecord
from kiosk.domain.due_dates import Calendar
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold, Item, Loan, Patron
from kiosk.domain.operations import ChainEnd, Operation, OperationId, Origin
from kiosk.domain.requests import RequestRecord
from kiosk.ports.central import Change, Gone, TitleRecord, Verdict
from kiosk.ports.errors import StoreDamaged
from kiosk.ports.store import (
    Happened,
    OutboxCounts,
    RecordedAct,
    Retention,
    Stage,
    ToCheck,
    ToTellAgain,
    UndatedBoot,
    UnitOfWork,
    WalkedTo,
)
from local_store import erasing, keeping_time, pruning
from local_store import statements as sql
from local_store.card_tags import patron_by_card
from local_store.changes import apply_changes, key_of
from local_store.desk_work import DeskWork
from local_store.disputes import dispute_of
from local_store.documents import Documents
from local_store.outbox import Ends, Outbox
from local_store.prepared import Database
from local_store.resync import Progress, Resync
from local_store.rows import hold_of, item_of, loan_of, patron_of, request_of
from local_store.undated_boots import UndatedBoots

_DATE = date.fromisoformat


@dataclass(slots=True)
class Kept:
    """What the store keeps in memory of its own tables, so that a check-out need not read it. As of the last commit:
    a unit of work changes it only once its own has succeeded."""

    ends: Ends
    time_floor_ms: int
    undated: frozenset[str]  # boots
    documents: Documents
    progress: Progress
    day: tuple[int, date | None]  # the last trusted day, and its number; 0: none yet


class SqlUnitOfWork(DeskWork, UnitOfWork):
    def __init__(self, database: Database, origin: Origin, kept: Kept, damaged: Callable[[StoreDamaged], None]) -> None:
        self._db = database
        self._origin = origin
        self._kept = kept
        self._outbox = Outbox(database, origin, kept.ends)
        self._resync = Resync(database, kept.progress)
        self._time_floor_ms = kept.time_floor_ms
        self._undated = UndatedBoots(database, kept.undated)
        self._day = kept.day
        self._documents = kept.documents  # until this unit of work changes them
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
        kept = self._kept
        kept.ends = self._outbox.ends
        kept.time_floor_ms = self._time_floor_ms
        kept.undated = self._undated.ids
        kept.documents = self._documents
        kept.progress = self._resync.progress
        kept.day = self._day

    # what the library is

    def patron_by_card(self, number: str) -> Patron | None:
        return patron_of(patron_by_card(self._db, number))

    def patron(self, patron_id: str) -> Patron | None:
        return patron_of(self._db.row(sql.PATRON, id=patron_id))

    def item_by_barcode(self, barcode: str) -> Item | None:
        return item_of(self._db.row(sql.ITEM_BY_BARCODE, barcode=barcode))

    def item(self, item_id: str) -> Item | None:
        return item_of(self._db.row(sql.ITEM, id=item_id))

    def title(self, title_id: str) -> TitleRecord | None:
        row = self._db.row(sql.TITLE, id=title_id)
        return TitleRecord(*row) if row else None

    def rules(self) -> CirculationRules:
        return self._documents.rules(self._db)

    def calendar(self) -> Calendar:
        return self._documents.calendar(self._db)

    def free_copies(self, title_id: str) -> int:
        return int(self._db.rows(sql.FREE_COPIES, title_id=title_id)[0][0])

    def holds_on(self, title_id: str) -> Sequence[Hold]:
        return [hold_of(row) for row in self._db.rows(sql.HOLDS_ON_TITLE, title_id=title_id)]

    def holds_of_patron(self, patron_id: str) -> Sequence[Hold]:
        return [hold_of(row) for row in self._db.rows(sql.HOLDS_OF_PATRON, patron_id=patron_id)]

    # loans

    def open_loans_of_patron(self, patron_id: str) -> Sequence[Loan]:
        return [loan_of(row) for row in self._db.rows(sql.OPEN_LOANS_OF_PATRON, patron_id=patron_id)]

    def open_loans_of_item(self, item_id: str) -> Sequence[Loan]:
        return [loan_of(row) for row in self._db.rows(sql.OPEN_LOANS_OF_ITEM, item_id=item_id)]

    def loan(self, loan_id: str) -> Loan | None:
        row = self._db.row(sql.LOAN, id=loan_id)
        return loan_of(row) if row else None

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
            ended_after=None,
            to_tell=0,
            as_of=0,
        )

    def end_loans(self, loan_ids: Sequence[str], on: date) -> None:
        ended = {"on": on.isoformat(), "after": self._day[0]}
        self._db.run_each(sql.END_LOAN, [{"loan_id": loan_id} | ended for loan_id in loan_ids])

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

    # requests and visits

    def put_request(self, record: RequestRecord) -> None:
        apply_changes(self._db, [record], self._day[0])

    def requests_of_patron(self, patron_id: str) -> Sequence[RequestRecord]:
        return [request_of(row) for row in self._db.rows(sql.REQUESTS_OF_PATRON, patron_id=patron_id)]

    def requests_of_nobody(self, kind: str) -> Sequence[RequestRecord]:
        return [request_of(row) for row in self._db.rows(sql.REQUESTS_OF_NOBODY, kind=kind)]

    def open_disputes(self) -> Sequence[DisputeRecord]:
        return [dispute_of(row) for row in self._db.rows(sql.OPEN_DISPUTES)]

    def dispute(self, dispute_id: str) -> DisputeRecord | None:
        row = self._db.row(sql.DISPUTE, id=dispute_id)
        return dispute_of(row) if row else None

    def last_visit(self, patron_id: str) -> date | None:
        row = self._db.row(sql.LAST_VISIT, patron_id=patron_id)
        return _DATE(row[0]) if row else None

    def put_visit(self, patron_id: str, day: date) -> None:
        self._db.run(sql.PUT_VISIT, patron_id=patron_id, day=day.isoformat())

    # what is told to the centre

    @property
    def origin(self) -> Origin:
        return self._origin

    def last_operation(self) -> ChainEnd | None:
        return self._outbox.ends.last

    def add_operation(self, operation: Operation, act: RecordedAct) -> None:
        self._outbox.add(operation, act)

    def act(self, operation_id: OperationId) -> RecordedAct | None:
        return self._outbox.act(operation_id)

    def put_on_list(self, why: ToCheck, operation_id: OperationId, barcode: str) -> None:
        about = {"epoch": operation_id.epoch, "seq": operation_id.seq, "barcode": barcode}
        self._db.run(sql.PUT_ON_LIST, not_before=self._outbox.ends.place, why=why.value, **about)

    def pending(self, limit: int, after: int = 0) -> Sequence[tuple[int, Operation]]:
        return self._outbox.pending(limit, after)

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        loans = self._outbox.settle(verdicts, self._resync.progress.numbered_from)
        self._resync.mention(("loan", loan_id) for loan_id in loans)

    def set_aside(self, operation_id: OperationId, reason: str) -> None:
        self._outbox.set_aside(operation_id, reason)

    def tell_set_aside_again(self) -> None:
        self._outbox.tell_set_aside_again()

    def outbox_counts(self) -> OutboxCounts:
        return self._outbox.counts()

    # what the centre tells

    def cursor(self) -> str:
        row = self._db.row(sql.META, key="cursor")
        return str(row[0]) if row else ""

    def apply(self, changes: Sequence[Change], cursor: str) -> None:
        chosen = apply_changes(self._db, changes, self._day[0], self._resync.progress.numbered_from)
        if self.stage() is Stage.HEARING:
            self._resync.mention(key_of(change) for change in changes if not isinstance(change, Gone))
            if cursor and not self.cursor():
                # From here on the cursor shows whether it is still the same centre; what was told before may be lost.
                self._resync.tell_up_to(self._outbox.ends.place)
        self._db.run(sql.PUT_META, key="cursor", value=cursor)
        if chosen:
            # Read back when next asked for. The store's own stay as they are until this has been committed.
            self._documents = Documents()

    # a full resync

    def stage(self) -> Stage:
        return self._resync.progress.stage

    def begin_resync(self) -> None:
        self._outbox.tell_set_aside_again()
        self._resync.begin()

    def go_to(self, stage: Stage) -> None:
        self._resync.go_to(stage)
        if stage is Stage.HEARING:
            self._db.run(sql.PUT_META, key="cursor", value="")

    def to_tell_again(self, limit: int) -> ToTellAgain:
        progress = self._resync.progress
        rows: Sequence[tuple[int, Operation]] = ()
        if progress.stage is not Stage.BEGINNING and progress.told_again < progress.tell_again_to:
            rows = self._outbox.told_between(progress.told_again, progress.tell_again_to, limit)
        return ToTellAgain(progress.resyncs, rows)

    def told_again(self, told: ToTellAgain, verdicts: Sequence[Verdict]) -> None:
        if told.resync == self._resync.progress.resyncs:
            self.settle(verdicts)
            self._resync.told_again(told.rows[-1][0])

    def take_away(self, after: WalkedTo, limit: int) -> WalkedTo | None:
        self._documents = Documents()  # a setting may go
        return self._resync.take_away(after, limit)

    def forget_mentioned(self, limit: int) -> bool:
        return self._resync.forget_mentioned(limit)

    # forgetting

    def to_erase(self) -> frozenset[str]:
        return frozenset(mark for (mark,) in self._db.rows(erasing.TO_ERASE))

    def erase(self, marks: Set[str], after: WalkedTo, limit: int) -> WalkedTo | None:
        return erasing.erase(self._db, marks, after, limit)

    def erased(self, marks: Set[str]) -> None:
        self._db.run_each(erasing.ERASED, [{"gone": mark} for mark in marks])

    # housekeeping

    def trusted_day(self) -> date | None:
        return self._day[1]

    def begin_trusted_day(self, day: date) -> None:
        number, last = self._day
        if last is not None and day == last:
            raise ValueError("this trusted day has begun already")
        self._day = number + 1, day
        self._db.run(pruning.BEGIN_DAY, number=number + 1, day=day.isoformat(), place=self._outbox.ends.place)

    def prune(self, keep: Retention, after: WalkedTo, limit: int) -> WalkedTo | None:
        pruner = pruning.Pruning(self._db, self._outbox.ends.place, keep)
        following = pruner.step(after, limit)
        if following is None:
            self._db.run(sql.PUT_META, key="pruned_on", value=str(self._day[1]))
        return following

    def pruned_on(self) -> date | None:
        row = self._db.row(sql.META, key="pruned_on")
        return _DATE(row[0]) if row else None

    # time

    def time_floor_ms(self) -> int:
        return self._time_floor_ms

    def keep_time(self, kept: KeptTime) -> None:
        keeping_time.write(self._db, kept)
        self._time_floor_ms = kept.floor_ms
        if kept.anchor is not None:
            self._undated.bound(kept.anchor)

    def note_undated(self, boot_id: str) -> None:
        self._undated.note(boot_id, self._outbox.ends.place + 1, self._time_floor_ms)

    def boot_to_date(self) -> UndatedBoot | None:
        return self._undated.to_date()

    def happened_from(self, place: int, limit: int) -> Sequence[Happened]:
        return self._undated.happened_from(place, limit)

    def dated_up_to(self, boot_id: str, place: int) -> None:
        self._undated.dated_up_to(boot_id, place)

    def all_dated(self, boot_id: str) -> None:
        self._undated.all_dated(boot_id)

    def date_loan(self, loan: Loan, renewed_on: date | None) -> None:
        self._undated.date_loan(loan, renewed_on)

    def date_returns(self, loan_ids: Sequence[str], on: date, *, is_exact: bool) -> None:
        self._undated.date_returns(loan_ids, on, is_exact=is_exact)

    def probe(self) -> None:
        self._db.run(sql.PROBE)
