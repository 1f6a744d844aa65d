"""Taking in operations: one request is one transaction, and what it answers is committed.

Facts are recorded, never refused: an operation that is wrong somewhere is kept as it came, and a person is asked to
look.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from central_server import changes, disputes, figures, holds, suspensions
from central_server.bodies import (
    Body,
    HoldShelved,
    barcode_of,
    begins_a_store,
    kind_of,
    loans_of,
    predecessor_of,
    read_body,
)
from central_server.chain import Chain, Fault
from central_server.disputes import Dispute, Docket, version
from central_server.erasing import erased_among
from central_server.projection import Projection
from central_server.requests import Requests
from central_server.tables.operations import conflict, operation, operation_body, operation_reader, succession
from central_server.upsert import add, add_new
from central_server.wire import Operation, OperationsRequest, Reader, Reason, Verdict, VerdictKind

_RANK = {reason: rank for rank, reason in enumerate(Reason)}


@dataclass(frozen=True)
class Ingested:
    """The verdicts of a batch, in its order, and how many there are of each kind."""

    verdicts: list[Verdict]
    counts: Counter[VerdictKind]


@dataclass
class _Rows:
    """What a batch adds to the tables that only grow."""

    operations: list[dict[str, object]] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)
    readers: list[dict[str, object]] = field(default_factory=list)
    conflicts: list[dict[str, object]] = field(default_factory=list)
    successions: list[dict[str, object]] = field(default_factory=list)


class Batch:
    """`request`, of a device of its library. What needs no database is done at once, so that whoever waits for the
    right to write in this library waits no longer than necessary."""

    def __init__(self, request: OperationsRequest) -> None:
        self._library = request.library
        self._device = request.device
        self._operations = request.operations
        self._bodies = [read_body(one, self._library, self._device) for one in self._operations]
        self._rows = _Rows()
        self._docket = Docket()
        self._uses: Counter[figures.Use] = Counter()
        self._shelved: dict[str, list[holds.Shelving]] = {}

    def record(self, connection: sa.Connection, now_ms: int) -> Ingested:
        """Record it, once. The answer may be told when the transaction is committed."""
        self._connection = connection
        self._now_ms = now_ms
        verdicts = self._record_all()
        return Ingested(verdicts, Counter(one.verdict for one in verdicts))

    def _record_all(self) -> list[Verdict]:
        self._chain = Chain(self._connection, self._library, self._device, self._operations)
        held = self._chain.held
        known = [(one.epoch, one.seq) for one in self._operations if held.get((one.epoch, one.seq)) == one.hash]
        self._bodies_held = self._chain.bodies_of(known)
        bodies = self._bodies
        read = [(one, body) for one, body in zip(self._operations, bodies, strict=True) if body]
        new = [body for one, body in read if not self._is_held(one)]
        self._chain.learn_predecessors(named for body in new if (named := predecessor_of(body)))
        if any(begins_a_store(body) for body in new):
            self._chain.learn_beginning()
        batch = [(one, body) for one, body in read if (one.epoch, one.seq) not in held]
        readers = {one.reader.patron for one in self._operations if one.reader}
        self._erased = erased_among(self._connection, self._library, readers)
        self._projection = Projection(self._connection, self._library, self._device, batch, self._erased)
        self._requests = Requests(self._connection, self._library, [body for _, body in batch], self._now_ms)
        self._position = self._last_position()
        judged = [self._judge(one, body) for one, body in zip(self._operations, bodies, strict=True)]
        numbers = self._write()
        loans = [loans_of(body) if body else [] for body in bodies]
        if untouched := {loan for some in loans for loan in some} - numbers.keys():
            numbers |= changes.numbers_of(self._connection, self._library, "loan", untouched)
        return [
            Verdict(one.epoch, one.seq, kind, reason, {loan: numbers[loan] for loan in some if loan in numbers})
            for one, (kind, reason), some in zip(self._operations, judged, loans, strict=True)
        ]

    def _is_held(self, came: Operation) -> bool:
        """Whether exactly this operation was recorded before, in this batch or an earlier one."""
        return (
            self._chain.held.get((came.epoch, came.seq)) == came.hash
            and self._bodies_held.get((came.epoch, came.seq)) == came.body.encode()
        )

    def _judge(self, came: Operation, body: Body | None) -> tuple[VerdictKind, Reason | None]:
        if self._is_held(came):
            # A dispute is told again, however often: the station may have missed the first answer.
            reason = self._chain.reasons.get((came.epoch, came.seq))
            return VerdictKind.DISPUTED if reason else VerdictKind.DUPLICATE, reason
        other = self._chain.held.get((came.epoch, came.seq))
        if other is not None:
            return self._keep_conflict(came, body, other)
        fault = self._record(came, body)
        return (VerdictKind.DISPUTED, fault.reason) if fault else (VerdictKind.ACCEPTED, None)

    def _record(self, came: Operation, body: Body | None) -> Fault | None:
        """Add an operation that was not there, with all that follows from it; answers its first fault."""
        self._position += 1
        if body is None:
            fault: Fault | None = Fault(Reason.UNREADABLE, None)
        else:
            misplaced = self._chain.judge(came, body)
            faults, reader = self._projection.apply(came, body, self._position, self._docket)
            faults += self._requests.saw(body, self._position, reader)
            if use := figures.use_of(body):
                self._uses[use] += 1
            if isinstance(body, HoldShelved):
                self._shelved.setdefault(body.data.hold, []).append(holds.Shelving(body.data.day, body.at.trusted))
            faults += [misplaced] if misplaced else []
            fault = min(faults, key=lambda one: _RANK[one.reason], default=None)
        if follows := self._chain.add(came, body, fault.reason if fault else None, self._docket):
            self._rows.successions.append(follows)
        self._bodies_held[came.epoch, came.seq] = came.body.encode()
        if fault and fault.reason is not Reason.ALREADY_ON_LOAN and fault.reason is not Reason.UNCLEAR_ORDER:
            # A renewal's dispute is settled by the coming of its loan.
            subject = loans_of(body)[0] if body and fault.reason is Reason.UNKNOWN_LOAN else ""
            self._docket.opened.append(Dispute(came.epoch, came.seq, fault.reason, fault.held, version(came), subject))
        self._rows.operations.append(self._row(came, body, fault))
        self._rows.bodies.append(
            {
                "library_id": self._library,
                "position": self._position,
                "received_ms": self._now_ms,
                "body": came.body.encode(),
            }
        )
        if kept := self._kept(came):
            self._rows.readers.append(
                {"library_id": self._library, "position": self._position, **_columns(kept)},
            )
        return fault

    def _kept(self, came: Operation) -> Reader | None:
        """The reader that came along, unless they were erased here."""
        return None if came.reader is None or came.reader.patron in self._erased else came.reader

    def _row(self, came: Operation, body: Body | None, fault: Fault | None) -> dict[str, object]:
        return {
            "library_id": self._library,
            "position": self._position,
            "device": self._device,
            "epoch": came.epoch,
            "seq": came.seq,
            "hash": came.hash,
            "kind": kind_of(body) if body else None,
            "barcode": barcode_of(body) if body else None,
            "loans": msgspec.json.encode(loans_of(body) if body else []).decode(),
            "verdict": (VerdictKind.DISPUTED if fault else VerdictKind.ACCEPTED).value,
            "reason": fault.reason.value if fault else None,
            "happened_ms": body.at.wall_ms if body and body.at.trusted else None,
            "received_ms": self._now_ms,
        }

    def _keep_conflict(self, came: Operation, body: Body | None, held: str) -> tuple[VerdictKind, Reason]:
        """Another version of an operation that is there: kept beside it, once, and not let happen a second time."""
        reason = Reason.IDENTITY_CONFLICT if body else Reason.UNREADABLE
        body_hash = hashlib.sha256(came.body.encode()).hexdigest()
        self._rows.conflicts.append(
            {
                "library_id": self._library,
                "device": self._device,
                "epoch": came.epoch,
                "seq": came.seq,
                "hash": came.hash,
                "body_hash": body_hash,
                "body": came.body.encode(),
                **_columns(self._kept(came)),
                "received_ms": self._now_ms,
            }
        )
        first = self._bodies_held.get((came.epoch, came.seq))
        if first is None:
            first = self._chain.bodies_of([(came.epoch, came.seq)])[came.epoch, came.seq]
        both = {"epoch": came.epoch, "seq": came.seq, "hash": held, "body": first.decode()}
        subject = f"{came.hash} {body_hash}"
        self._docket.opened.append(Dispute(came.epoch, came.seq, reason, both, version(came), subject))
        return VerdictKind.DISPUTED, reason

    def _last_position(self) -> int:
        last = sa.select(sa.func.max(operation.c.position)).where(operation.c.library_id == self._library)
        return self._connection.scalar(last) or 0

    def _write(self) -> dict[str, int]:
        """Answers under which number of the changes each loan is told."""
        for table, rows in (
            (operation, self._rows.operations),
            (operation_body, self._rows.bodies),
            (operation_reader, self._rows.readers),
            (succession, self._rows.successions),
        ):
            add(self._connection, table, rows)
        add_new(self._connection, conflict, self._rows.conflicts)
        opened, numbers = self._projection.write(self._now_ms)
        opened += disputes.write(self._connection, self._library, self._device, self._docket, self._now_ms)
        touched = self._projection.touched
        self._requests.write(opened, touched)
        suspensions.reconsider(self._connection, self._library, touched)
        holds.shelve(self._connection, self._library, self._shelved, self._now_ms)
        figures.add(self._connection, self._library, self._uses)
        return numbers


def _columns(reader: Reader | None) -> dict[str, object]:
    if reader is None:
        return {"patron_id": None, "salt": None, "private": None}
    return {"patron_id": reader.patron, "salt": reader.salt, "private": reader.private}
