"""The hash chain of a device's operations: what the centre holds, and whether an operation follows from it."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central_server.among import among
from central_server.bodies import Body, Predecessor, begins_a_store, predecessor_of
from central_server.disputes import Dispute, Docket, version
from central_server.tables.operations import operation, operation_body, succession
from central_server.wire import Operation, Reason

_BEGINNING = bytes(32)


class Fault(NamedTuple):
    """Why an operation does not stand where it says, and what the centre held against it."""

    reason: Reason
    held: object


class _Succession(NamedTuple):
    """The first operation of `epoch` names `(after_seq, after_hash)` of another epoch as its predecessor."""

    epoch: str
    after_seq: int
    after_hash: str


class Chain:
    """One device's chains, as far as a batch of its operations touches them; grows with `add`."""

    def __init__(self, connection: sa.Connection, library: str, device: str, operations: Sequence[Operation]) -> None:
        self._connection = connection
        self._mine = sa.and_(operation.c.library_id == library, operation.c.device == device)
        self._library = library
        self._device = device
        self._came: dict[tuple[str, int], Operation] = {}
        epochs = {one.epoch for one in operations}
        columns = (operation.c[name] for name in ("epoch", "seq", "hash", "reason", "position", "received_ms"))
        near = sa.select(*columns).where(self._mine, among(operation.c.epoch, epochs), _near(operations))
        rows = connection.execute(near).all()
        self.held: dict[tuple[str, int], str] = {(row.epoch, row.seq): row.hash for row in rows}
        # Why those of `held` that were disputed when they came were disputed.
        self.reasons: dict[tuple[str, int], Reason] = {
            (row.epoch, row.seq): Reason(row.reason) for row in rows if row.reason
        }
        self._stored = {(row.epoch, row.seq): (row.position, row.received_ms) for row in rows}
        self._store_began: str | None = None
        self._tails: dict[str, tuple[int, str]] = {}
        self._successions: dict[str, list[_Succession]] = {}
        self._epochs = epochs

    def learn_predecessors(self, predecessors: Iterable[Predecessor]) -> None:
        """Load what `predecessors`, named by new operations, and this batch's own epochs are known for."""
        epochs = {one.epoch for one in predecessors}
        rows = self._connection.execute(
            sa.select(succession).where(
                succession.c.library_id == self._library,
                succession.c.device == self._device,
                among(succession.c.after_epoch, epochs | self._epochs),
            )
        )
        for row in rows:
            known = _Succession(row.epoch, row.after_seq, row.after_hash)
            self._successions.setdefault(row.after_epoch, []).append(known)
        if epochs:
            last = sa.select(operation.c.epoch, sa.func.max(operation.c.seq).label("seq"))
            last_of = last.where(self._mine, among(operation.c.epoch, epochs)).group_by(operation.c.epoch).subquery()
            same = sa.and_(operation.c.epoch == last_of.c.epoch, operation.c.seq == last_of.c.seq)
            tails = (
                sa.select(operation.c.epoch, operation.c.seq, operation.c.hash).join(last_of, same).where(self._mine)
            )
            self._tails = {row.epoch: (row.seq, row.hash) for row in self._connection.execute(tails)}

    def learn_beginning(self) -> None:
        """Load the epoch with which the station's store began: the first to come of those that follow nothing.

        Looks at the first operation of every epoch of the device, so only for a batch in which a store begins.
        """
        follows = sa.exists().where(
            succession.c.library_id == operation.c.library_id,
            succession.c.device == operation.c.device,
            succession.c.epoch == operation.c.epoch,
        )
        # Without a kind: it could not be read, and nobody knows what it follows.
        firsts = sa.select(operation.c.epoch).where(self._mine, operation.c.seq == 1, operation.c.kind.is_not(None))
        self._store_began = self._connection.scalar(firsts.where(~follows).order_by(operation.c.position).limit(1))

    def bodies_of(self, identities: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
        """The bodies held for `identities`, all in the database already, to compare a second coming byte for byte."""
        stored = [(one, *self._stored[one]) for one in identities]
        if not stored:
            return {}
        named = {position: one for one, position, _ in stored}
        times = [received_ms for *_, received_ms in stored]
        rows = self._connection.execute(
            sa.select(operation_body.c.position, operation_body.c.body).where(
                operation_body.c.library_id == self._library,
                among(operation_body.c.position, named),
                # Said, so that PostgreSQL does not even plan to look into other months.
                operation_body.c.received_ms.between(min(times), max(times)),
            )
        )
        return {named[row.position]: row.body for row in rows}

    def judge(self, came: Operation, body: Body) -> Fault | None:
        """The first fault of the place of `came` in its chain, in the protocol's order."""
        if came.seq > 1:
            before = self.held.get((came.epoch, came.seq - 1))
            if before is None:
                return Fault(Reason.GAP, None)
            if not follows(came.hash, before, came.body.encode()):
                return Fault(Reason.BROKEN_CHAIN, _place(came.epoch, came.seq - 1, before))
            return None
        named = predecessor_of(body)
        if not follows(came.hash, named.hash if named else None, came.body.encode()):
            return Fault(Reason.BROKEN_CHAIN, None)
        if named is None:
            if self._store_began is not None:
                return Fault(Reason.NEW_STORE, {"epoch": self._store_began, "seq": 1})
            return None
        for other in self._successions.get(named.epoch, ()):
            if other.after_seq == named.seq and other.epoch != came.epoch:
                return Fault(Reason.CLONE, {"epoch": other.epoch, "seq": 1})
        # A predecessor newer than all that is held is no fault: its last operations may be set aside at the station.
        tail_seq, tail_hash = self._tails.get(named.epoch, (0, ""))
        if named.seq < tail_seq or (named.seq == tail_seq and named.hash != tail_hash):
            return Fault(Reason.LOST_TAIL, _place(named.epoch, tail_seq, tail_hash))
        return None

    def add(
        self, came: Operation, body: Body | None, reason: Reason | None, docket: Docket
    ) -> dict[str, object] | None:
        """Let `came` be held, disputed for `reason`. Answers a `succession` when it begins an epoch after another one.

        What its coming tells about operations that were there before goes into `docket`.
        """
        self.held[came.epoch, came.seq] = came.hash
        self._came[came.epoch, came.seq] = came
        if reason:
            self.reasons[came.epoch, came.seq] = reason
        if self._store_began is None and body and begins_a_store(body):
            self._store_began = came.epoch
        tail = self._tails.get(came.epoch)
        if tail is None or came.seq > tail[0]:
            self._tails[came.epoch] = (came.seq, came.hash)
        for other in self._successions.get(came.epoch, ()):
            if other.after_seq < came.seq or (other.after_seq == came.seq and other.after_hash != came.hash):
                # The epoch that went on from an older place came first; the tail that it lacks is this one.
                lacks = {"epoch": other.epoch, "seq": 1}
                docket.opened.append(Dispute(other.epoch, 1, Reason.LOST_TAIL, lacks, version(came)))
        if (came.epoch, came.seq + 1) in self.held:
            self._fill_gap(came, docket)
        named = predecessor_of(body) if body else None
        if named is None:
            return None
        known = _Succession(came.epoch, named.seq, named.hash)
        self._successions.setdefault(named.epoch, []).append(known)
        return {
            "library_id": self._library,
            "device": self._device,
            "epoch": came.epoch,
            "after_epoch": named.epoch,
            "after_seq": named.seq,
            "after_hash": named.hash,
        }

    def _fill_gap(self, came: Operation, docket: Docket) -> None:
        """The one after `came` was there before it: only now can it be told whether it follows."""
        after = (came.epoch, came.seq + 1)
        in_batch = self._came.get(after)
        after_body = in_batch.body.encode() if in_batch else self.bodies_of([after])[after]
        docket.gaps_filled.append(after)
        if not follows(self.held[after], came.hash, after_body):
            held = {**_place(*after, self.held[after]), "body": after_body.decode()}
            docket.opened.append(Dispute(*after, Reason.BROKEN_CHAIN, held, version(came)))


def follows(claimed: str, before: str | None, body: bytes) -> bool:
    """Whether `claimed` is the hash of `body` after `before` (hex; `None`: after nothing)."""
    start = _BEGINNING if before is None else bytes.fromhex(before)
    return hashlib.sha256(start + body).hexdigest() == claimed


def _near(operations: Sequence[Operation]) -> sa.ColumnElement[bool]:
    """The `seq` of `operations` and their neighbours: the one before to continue from, the one after for a gap."""
    seqs = {one.seq + step for one in operations for step in (-1, 0, 1)}
    if max(seqs) - min(seqs) == len(seqs) - 1:
        return operation.c.seq.between(min(seqs), max(seqs))
    return among(operation.c.seq, seqs)


def _place(epoch: str, seq: int, hash_: str) -> dict[str, object]:
    return {"epoch": epoch, "seq": seq, "hash": hash_}
