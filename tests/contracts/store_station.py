"""A station whose store can be closed and opened again: what the contract of kiosk.ports.store is tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kiosk.domain.operations import Operation, OperationId
from kiosk.ports.central import Change, Verdict, VerdictKind
from kiosk.ports.store import Store, UnitOfWork
from tests.local_store.shelf import write_operation


@dataclass
class Station:
    """A station with a store that can be closed and opened again."""

    opens: Callable[[], Store]
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.opens()

    def reopen(self) -> Store:
        self.store.close()
        self.store = self.opens()
        return self.store

    def apply(self, *changes: Change, cursor: str = "1") -> None:
        with self.store.unit_of_work() as work:
            work.apply(changes, cursor)
            work.commit()

    def operations(self, count: int) -> list[Operation]:
        with self.store.unit_of_work() as work:
            written = [write_operation(work, boottime_ms=n) for n in range(count)]
            work.commit()
        return written

    def settle(self, *verdicts: Verdict) -> None:
        with self.store.unit_of_work() as work:
            work.settle(verdicts)
            work.commit()

    def set_aside(self, operation: Operation, reason: str = "request_refused") -> None:
        with self.store.unit_of_work() as work:
            work.set_aside(operation.id, reason)
            work.commit()

    def pending(self) -> list[OperationId]:
        with self.store.unit_of_work() as work:
            return [operation.id for _, operation in work.pending(1_000)]

    def states(self) -> list[object]:
        return [row["state"] for row in self.store.ledger()]


def accepted(operation: Operation) -> Verdict:
    return Verdict(operation.id, VerdictKind.ACCEPTED)


@contextmanager
def writing(station: Station) -> Iterator[UnitOfWork]:
    """A unit of work that is committed."""
    with station.store.unit_of_work() as work:
        yield work
        work.commit()
