"""What sync needs of a store, in memory, with real roll-backs: a job that does not commit leaves nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import TypeVar, cast

from kiosk.domain.operations import Operation, OperationId
from kiosk.ports.central import Change, Verdict, VerdictKind
from kiosk.ports.errors import StoreBroken
from kiosk.ports.store import OutboxCounts, Stage, ToTellAgain, UnitOfWork, WalkedTo

T = TypeVar("T")


@dataclass
class Tables:
    outbox: list[Operation] = field(default_factory=list)
    settled: dict[OperationId, Verdict] = field(default_factory=dict)
    set_aside: dict[OperationId, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    cursor: str = ""
    stage: Stage = Stage.FOLLOWING
    tell_again: tuple[int, int] = (0, 0)
    resyncs: int = 0

    def waits(self, operation_id: OperationId) -> bool:
        return operation_id not in self.settled and operation_id not in self.set_aside


class MemoryUnitOfWork:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tables = copy.copy(store.tables)
        self._tables.settled = dict(store.tables.settled)
        self._tables.set_aside = dict(store.tables.set_aside)
        self._tables.changes = list(store.tables.changes)

    def pending(self, limit: int, after: int = 0) -> Sequence[tuple[int, Operation]]:
        rows = enumerate(self._tables.outbox, start=1)
        return [(place, row) for place, row in rows if place > after and self._tables.waits(row.id)][:limit]

    def to_tell_again(self, limit: int) -> ToTellAgain:
        after, last = self._tables.tell_again
        rows = enumerate(self._tables.outbox, start=1)
        told = [(place, row) for place, row in rows if after < place <= last and row.id in self._tables.settled]
        return ToTellAgain(self._tables.resyncs, told[:limit])

    def told_again(self, told: ToTellAgain, verdicts: Sequence[Verdict]) -> None:
        if told.resync == self._tables.resyncs:
            self._tables.tell_again = (told.rows[-1][0], self._tables.tell_again[1])

    def stage(self) -> Stage:
        return self._tables.stage

    def begin_resync(self) -> None:
        self._tables.stage = Stage.BEGINNING
        self._tables.resyncs += 1
        self._tables.tell_again = (0, len(self._tables.outbox))

    def go_to(self, stage: Stage) -> None:
        self._tables.stage = stage
        if stage is Stage.HEARING:
            self._tables.cursor = ""

    def take_away(self, after: WalkedTo, limit: int) -> None:
        """Nothing: what is kept here is what was heard."""

    def forget_mentioned(self, limit: int) -> bool:
        return False

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            assert self._tables.waits(verdict.id), "settled twice, or settled and set aside"
            self._tables.settled[verdict.id] = verdict

    def set_aside(self, operation_id: OperationId, reason: str) -> None:
        assert self._tables.waits(operation_id)
        self._tables.set_aside[operation_id] = reason

    def tell_set_aside_again(self) -> None:
        self._tables.set_aside = {}

    def outbox_counts(self) -> OutboxCounts:
        tables = self._tables
        disputed = sum(verdict.kind is VerdictKind.DISPUTED for verdict in tables.settled.values())
        pending = len(tables.outbox) - len(tables.settled) - len(tables.set_aside)
        return OutboxCounts(pending, disputed, len(tables.settled) - disputed, len(tables.set_aside))

    def cursor(self) -> str:
        return self._tables.cursor

    def apply(self, changes: Sequence[Change], cursor: str) -> None:
        self._tables.changes.extend(changes)
        self._tables.cursor = cursor
        self._store.applying(len(changes))

    def commit(self) -> None:
        self._store.tables = self._tables
        self._store.commits += 1


class MemoryStore:
    """Itself the `on_store` that sync wants. `applying` is called with the size of each chunk inside its job."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.commits = 0
        self.broken = False
        self.applying: Callable[[int], None] = lambda _: None
        self._alone = RLock()

    def __call__(self, job: Callable[[UnitOfWork], T], /) -> T:
        with self._alone:
            if self.broken:
                raise StoreBroken("the disk is gone")
            return job(cast(UnitOfWork, MemoryUnitOfWork(self)))

    def record(self, *operations: Operation) -> None:
        with self._alone:
            self.tables.outbox = [*self.tables.outbox, *operations]

    def reopen(self) -> None:
        """What was set aside is tried again."""
        self.tables.set_aside = {}

    @property
    def pending(self) -> list[OperationId]:
        return [operation.id for operation in self.tables.outbox if self.tables.waits(operation.id)]
