"""What sync holds in memory does not grow with what waits: the backlog here, the changes there, a whole resync."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import NamedTuple, TypeVar

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.domain.operations import Operation
from kiosk.ports.central import Capabilities, ChangePage, Verdict, VerdictKind
from kiosk.ports.store import Stage, UnitOfWork
from kiosk.sync import changes, outbox
from kiosk.sync.changes import Changes
from kiosk.sync.outbox import Outbox, Outcome
from kiosk.sync.resync import Resync
from local_store import SqlStore, open_store
from tests.local_store.shelf import CATALOGUE, ITEMS, config_in, lend
from tests.sync.test_changes import titles

T = TypeVar("T")
FEW, MANY = 3_000, 15_000
MARGIN = 1.2

pytestmark = pytest.mark.slow


class Bottomless:
    """A centre that keeps nothing: it accepts everything, and makes up `count` titles as they are asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    @property
    def capabilities(self) -> Capabilities:
        return SimulatedCentral().capabilities

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        return [Verdict(operation.id, VerdictKind.ACCEPTED) for operation in operations]

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        first = int(cursor or 0)
        count = min(limit, self._count - first)
        changes = (*(CATALOGUE if first == 0 else ()), *titles(first, count))
        return ChangePage(changes, str(first + count), more=first + count < self._count)


def most_mb(act: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def work_through(store: SqlStore, count: int) -> None:
    def on_store(job: Callable[[UnitOfWork], T]) -> T:
        with store.unit_of_work() as work:
            return job(work)

    stop, centre = threading.Event(), Bottomless(count)
    outbox, changes = Outbox(centre, on_store, lambda _: None), Changes(centre, on_store, monotonic)
    resync = Resync(on_store, monotonic)
    assert outbox.push(stop).taken == count
    resync.ask()
    resync.go_on(stop)
    pull = partial(changes.pull, stop=stop)
    resync.hear(pull, 0.0, stop)
    assert outbox.push(stop).outcome is Outcome.DRAINED, "all of it again"
    while resync.hear(pull, 0.0, stop)[0].more:
        pass
    resync.go_on(stop)
    assert on_store(lambda work: work.stage()) is Stage.FOLLOWING
    assert store.counts()["titles"] == count + 1


def test_needs_no_more_memory_for_five_times_as_much(tmp_path: Path) -> None:
    few, many = (_used(tmp_path / str(count), count) for count in (FEW, MANY))
    assert many.opening < few.opening * MARGIN + 0.1
    assert many.working < few.working * MARGIN


@pytest.mark.parametrize(("batch", "page"), [(MANY, changes.PAGE), (50, MANY)], ids=["outbox", "changes"])
def test_control_needs_more_for_more_when_all_of_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int, page: int
) -> None:
    monkeypatch.setattr(outbox, "LARGEST_BATCH", batch)
    monkeypatch.setattr(changes, "PAGE", page)
    monkeypatch.setattr(Bottomless, "capabilities", replace(SimulatedCentral().capabilities, batch=batch))
    few, many = (_used(tmp_path / str(count), count) for count in (FEW // 5, MANY // 5))
    assert many.working > few.working * MARGIN


class Used(NamedTuple):
    """MB, at most."""

    opening: float
    working: float


def _used(folder: Path, count: int) -> Used:
    folder.mkdir()
    store = open_store(config_in(folder))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "")
        for _ in range(count):
            lend(work, ITEMS[0])
        work.commit()
    store.close()
    opened: list[SqlStore] = []
    opening = most_mb(lambda: opened.append(open_store(config_in(folder))))
    working = most_mb(lambda: work_through(opened[0], count))
    opened[0].close()
    return Used(opening, working)
