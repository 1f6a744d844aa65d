"""A store, its days, and whoever keeps it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from kiosk.domain.clock_trust import Moment
from kiosk.domain.model import Loan, Patron
from kiosk.domain.operations import Operation
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import UnitOfWork
from kiosk.upkeep.audit import verify
from kiosk.upkeep.housekeeping import keep_house
from local_store import SqlStore, open_store
from tests.local_store.shelf import (
    BOOT,
    CATALOGUE,
    ITEMS,
    LAN,
    StillClock,
    config_in,
    lend,
    new_store,
    take_back,
)

T = TypeVar("T")
FIRST = date(2027, 1, 4)
KEEP = timedelta(days=30), timedelta(days=400)


class House:
    """A store, its days, and whoever keeps it."""

    def __init__(self, folder: Path) -> None:
        self.config = config_in(folder)
        self.store: SqlStore = open_store(new_store(self.config))
        self.day = FIRST
        self.on_store(lambda work: self._committed(work, work.apply(CATALOGUE, "1")))

    def on_store(self, job: Callable[[UnitOfWork], T], /) -> T:
        with self.store.unit_of_work() as work:
            return job(work)

    def do(self, act: Callable[[UnitOfWork], T]) -> T:
        return self.on_store(lambda work: self._committed(work, act(work)))

    def _committed(self, work: UnitOfWork, result: T) -> T:
        work.commit()
        return result

    def lent(self, item: int = 0, patron: Patron = LAN) -> tuple[Loan, Operation]:
        return self.do(lambda work: lend(work, ITEMS[item], patron))

    def back(self, loan: Loan, item: int = 0) -> Operation:
        return self.do(lambda work: take_back(work, ITEMS[item], loan))

    def told(self, *operations: Operation, kind: VerdictKind = VerdictKind.ACCEPTED) -> None:
        self.do(lambda work: work.settle([Verdict(operation.id, kind, None) for operation in operations]))

    def keep(self, days_later: int = 0, *, trusted: bool = True, on_store: OnStore | None = None) -> bool:
        self.day += timedelta(days=days_later)
        noon = datetime(self.day.year, self.day.month, self.day.day, 5, tzinfo=UTC)
        now = Moment(int(noon.timestamp() * 1000), BOOT, 1, trusted)
        return keep_house(on_store or self.on_store, self.store.forget, StillClock(now), KEEP, threading.Event())

    def later(self, days: int) -> None:
        """A quiet time: the day after, and the last of `days`."""
        self.keep(1)
        self.keep(days - 1)

    def readers(self) -> list[str | None]:
        return [row[0].reader for row in self.store.history() if isinstance(row, tuple) and row[0]]

    def must_verify(self) -> int:
        """How many operations are left."""
        report = verify(self.store.history(), self.config.library_id, self.config.device_id)
        assert report.fault is None
        return report.operations
