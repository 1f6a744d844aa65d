"""What is told to the centre, within one unit of work: the chain, its audit, and who has answered what.

Nothing here is ever deleted. A loan must write as few pages as it can, so pending operations have no index: they are
all beyond a mark (`told_to`), and how many there are is kept in memory and counted anew at every opening. How many of
them name a loan stands in the loan's own row.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Integer, and_, bindparam, func, insert, literal_column, select, text, update

from kiosk.domain.operations import (
    NO_HASH,
    ChainEnd,
    Operation,
    OperationId,
    Origin,
    Reader,
    audit_entry,
    chain_hash,
)
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.store import OutboxCounts, RecordedAct
from local_store import statements as sql
from local_store import told_loans
from local_store.prepared import Database, Prepared, Row
from local_store.shapes import some
from local_store.statements import FOR_A_PERSON, PENDING, SET_ASIDE
from local_store.tables import audit, epoch, outbox
from local_store.told_loans import Answer

log = logging.getLogger(__name__)

_STORE_MARK_EVERY = 500
"""Operations. The stored mark may lie behind: it only spares the next opening some reading."""


_place = select(epoch.c.before + bindparam("op_seq", type_=Integer)).where(epoch.c.id == bindparam("op_epoch"))
_AT = and_(
    outbox.c.place == _place.scalar_subquery(),
    outbox.c.epoch == bindparam("op_epoch"),
    outbox.c.seq == bindparam("op_seq", type_=Integer),
)
# The first row is asked for, no more.
_LAST_OPERATION = Prepared(
    select(outbox.c.place, outbox.c.epoch, outbox.c.seq, outbox.c.hash).order_by(outbox.c.place.desc())
)
LAST_AUDIT = Prepared(select(audit.c.place, audit.c.hash).order_by(audit.c.place.desc()))
BEGIN_EPOCH = Prepared(insert(epoch))
ADD_OPERATION = Prepared(insert(outbox))
ADD_AUDIT = Prepared(insert(audit))
_ACT = Prepared(
    select(outbox.c.kind, outbox.c.barcode, outbox.c.loans, outbox.c.boot_id, outbox.c.boottime_ms).where(_AT)
)
_OPERATION = Prepared(select(outbox.c.place, outbox.c.state, outbox.c.loans).where(_AT))
_pending_beyond = PENDING, outbox.c.place > bindparam("told_to", type_=Integer)
_whole = select(
    outbox.c.place,
    outbox.c.epoch,
    outbox.c.seq,
    outbox.c.body,
    outbox.c.hash,
    outbox.c.reader,
    outbox.c.salt,
    outbox.c.private,
)
_PENDING = some(_whole.where(PENDING), outbox.c.place)
_TOLD = some(
    _whole.where(text("outbox.state IN ('settled', 'disputed')"), outbox.c.place <= bindparam("last", type_=Integer)),
    outbox.c.place,
)
_FIRST_PENDING = Prepared(select(outbox.c.place).where(*_pending_beyond).order_by(outbox.c.place))
_COUNT_PENDING = Prepared(select(func.count()).select_from(outbox).where(*_pending_beyond))
_SETTLE = Prepared(
    update(outbox)
    .where(outbox.c.place == bindparam("at"))
    .values(state=bindparam("to_state"), reason=bindparam("to_reason"))
)
_PLACES_SET_ASIDE = Prepared(select(outbox.c.place).where(*SET_ASIDE).order_by(outbox.c.place))
_TELL_AGAIN = Prepared(update(outbox).where(*SET_ASIDE).values(state=text("'pending'"), reason=text("NULL")))
_COUNT_DISPUTED = Prepared(
    select(func.count(literal_column("*"))).select_from(outbox).where(FOR_A_PERSON, text("outbox.state = 'disputed'"))
)


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the chains end, and the counts. Immutable: a unit of work makes itself new ones, which become the store's
    when it commits and are forgotten when it does not."""

    last: ChainEnd | None  # of this epoch
    place: int  # of the last operation of any epoch
    audit_place: int
    audit_hash: bytes
    told_to: int  # no operation at or before this place is pending
    stored_told_to: int
    pending: int
    disputed: int
    set_aside: int


def open_outbox(database: Database) -> tuple[Ends, ChainEnd | None]:
    """At an opening: what was set aside becomes pending again (the server may have been mended since).

    Returns the ends, and the last operation of the epoch before.
    """
    mark = database.row(sql.META, key="told_to")
    told_to = int(mark[0]) if mark else 0
    aside = [place for (place,) in database.rows(_PLACES_SET_ASIDE)]
    if aside:
        told_to = min(told_to, aside[0] - 1)
        database.run(_TELL_AGAIN)
        database.run(sql.PUT_META, key="told_to", value=str(told_to))
    ((pending,),) = database.rows(_COUNT_PENDING, told_to=told_to)
    last = database.row(_LAST_OPERATION)
    place, before = 0, None
    if last is not None:
        place, epoch, seq, hash_ = last
        before = ChainEnd(OperationId(epoch, seq), hash_)
    audit_place, audit_hash = database.row(LAST_AUDIT) or (0, NO_HASH)
    ((disputed,),) = database.rows(_COUNT_DISPUTED)
    return Ends(None, place, audit_place, audit_hash, told_to, told_to, pending, disputed, 0), before


class Outbox:
    def __init__(self, database: Database, origin: Origin, ends: Ends) -> None:
        self._db = database
        self._origin = origin
        self.ends = ends

    def add(self, operation: Operation, act: RecordedAct) -> None:
        """Raises ValueError for an operation that does not continue this epoch's chain: that is a bug, not a loan."""
        ends = self.ends
        self._check_continues(operation)
        if ends.last is None:
            self._db.run(BEGIN_EPOCH, id=self._origin.epoch, before=ends.place)
        self._db.run(
            ADD_OPERATION,
            place=ends.place + 1,
            epoch=operation.id.epoch,
            seq=operation.id.seq,
            kind=act.kind,
            body=operation.body,
            hash=operation.hash,
            reader=operation.reader and operation.reader.patron_id,
            salt=operation.reader and operation.reader.salt,
            private=operation.reader and operation.reader.private,
            state="pending",
            reason=None,
            barcode=act.barcode,
            loans=" ".join(act.loans),
            boot_id=act.boot_id,
            boottime_ms=act.boottime_ms,
        )
        entry = audit_entry(act.kind, operation.hash)
        audit_hash = chain_hash(ends.audit_hash, entry)
        self._db.run(ADD_AUDIT, place=ends.audit_place + 1, entry=entry, hash=audit_hash)
        told_loans.has_to_tell(self._db, act.loans)
        self.ends = replace(
            ends,
            last=ChainEnd(operation.id, operation.hash),
            place=ends.place + 1,
            audit_place=ends.audit_place + 1,
            audit_hash=audit_hash,
            pending=ends.pending + 1,
        )

    def act(self, operation_id: OperationId) -> RecordedAct | None:
        row = self._db.row(_ACT, op_epoch=operation_id.epoch, op_seq=operation_id.seq)
        if row is None:
            return None
        kind, barcode, loans, boot_id, boottime_ms = row
        return RecordedAct(operation_id, kind, barcode, tuple(loans.split()), boot_id, boottime_ms)

    def pending(self, limit: int, after: int) -> Sequence[tuple[int, Operation]]:
        return _operations(self._db.rows(_PENDING, limit=limit, after=max(after, self.ends.told_to)))

    def told_between(self, after: int, last: int, limit: int) -> Sequence[tuple[int, Operation]]:
        """What the centre has had already, from beyond one place up to another."""
        return _operations(self._db.rows(_TOLD, limit=limit, after=after, last=last))

    def settle(self, verdicts: Sequence[Verdict], numbered_from: int) -> list[str]:
        """The first verdict on an operation stays: a dispute is resolved by a person, never by a second answer. Gives
        the loans that the operations name. `numbered_from` is added to the numbers in the verdicts."""
        changed: dict[int, dict[str, object]] = {}
        answers: list[Answer] = []
        pending = disputed = aside = unknown = 0
        for verdict in verdicts:
            row = self._db.row(_OPERATION, op_epoch=verdict.id.epoch, op_seq=verdict.id.seq)
            if row is None:
                unknown += 1
                continue
            place, state, loans = row
            is_new = place not in changed and state in ("pending", "set_aside")
            for loan in loans.split():
                number = verdict.loans.get(loan)
                answers.append(Answer(loan, int(is_new), numbered_from + number if number else 0))
            if not is_new:
                continue
            is_dispute = verdict.kind is VerdictKind.DISPUTED
            changed[place] = {
                "at": place,
                "to_state": "disputed" if is_dispute else "settled",
                "to_reason": verdict.reason if is_dispute else None,
            }
            pending += state == "pending"
            aside += state == "set_aside"
            disputed += is_dispute
        if unknown:
            log.warning("%d verdicts on operations that are not here", unknown)
        if changed:
            self._db.run_each(_SETTLE, changed.values())
            ends = self.ends
            self.ends = replace(
                ends,
                pending=ends.pending - pending,
                disputed=ends.disputed + disputed,
                set_aside=ends.set_aside - aside,
            )
            self._move_mark()
        told_loans.hear_answers(self._db, answers)
        return [answer.loan_id for answer in answers]

    def set_aside(self, operation_id: OperationId, reason: str) -> None:
        row = self._db.row(_OPERATION, op_epoch=operation_id.epoch, op_seq=operation_id.seq)
        if row is None or row[1] != "pending":
            log.warning("an operation that is not pending was not set aside")
            return
        self._db.run_each(_SETTLE, [{"at": row[0], "to_state": "set_aside", "to_reason": reason}])
        self.ends = replace(self.ends, pending=self.ends.pending - 1, set_aside=self.ends.set_aside + 1)
        self._move_mark()

    def tell_set_aside_again(self) -> None:
        """They are pending once more."""
        aside = self._db.rows(_PLACES_SET_ASIDE)
        if aside:
            self._db.run(_TELL_AGAIN)
            ends = self.ends
            told_to = min(ends.told_to, aside[0][0] - 1)
            stored = min(ends.stored_told_to, told_to)
            self._db.run(sql.PUT_META, key="told_to", value=str(stored))
            self.ends = replace(
                ends, told_to=told_to, stored_told_to=stored, pending=ends.pending + len(aside), set_aside=0
            )

    def counts(self) -> OutboxCounts:
        ends = self.ends
        settled = ends.place - ends.pending - ends.disputed - ends.set_aside
        return OutboxCounts(ends.pending, ends.disputed, settled, ends.set_aside)

    def _move_mark(self) -> None:
        first = self._db.row(_FIRST_PENDING, told_to=self.ends.told_to)
        told_to = first[0] - 1 if first else self.ends.place
        stored = self.ends.stored_told_to
        if told_to - stored >= _STORE_MARK_EVERY:
            self._db.run(sql.PUT_META, key="told_to", value=str(told_to))
            stored = told_to
        self.ends = replace(self.ends, told_to=told_to, stored_told_to=stored)

    def _check_continues(self, operation: Operation) -> None:
        last = self.ends.last
        before = last or self._origin.predecessor
        expected = OperationId(self._origin.epoch, last.id.seq + 1 if last else 1)
        if operation.id != expected:
            raise ValueError(f"operation {operation.id.seq} where {expected.seq} of this epoch comes next")
        if operation.hash != chain_hash(before.hash if before else NO_HASH, operation.body):
            raise ValueError(f"the hash of operation {operation.id.seq} does not continue the chain")


def _operations(rows: Sequence[Row]) -> Sequence[tuple[int, Operation]]:
    return [
        (place, Operation(OperationId(epoch, seq), body, hash_, Reader(patron, salt, private) if patron else None))
        for place, epoch, seq, body, hash_, patron, salt, private in rows
    ]
