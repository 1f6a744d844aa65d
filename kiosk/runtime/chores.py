"""What a station does by itself while nobody looks, each on a thread of its own. All of it is behind the loans."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Protocol, TypeVar

from kiosk.ports.errors import StoreBroken
from kiosk.ports.host import Clock
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import Store, UnitOfWork
from kiosk.runtime.store_worker import LATER, StoreWorker
from kiosk.upkeep.forgetting import forget_erased
from kiosk.upkeep.housekeeping import RoomWatch, keep_house

T = TypeVar("T")

_log = logging.getLogger(__name__)

CHECK_AFTER_S = 60.0
FORGET_EVERY_S = 60.0
FLOOR_EVERY_S = 3600.0
HOUSE_EVERY_S = 60.0
_TRY_AGAIN_S = 60.0


class CheckableStore(Store, Protocol):
    left_unclean: bool
    """It was not closed in good order the last time."""

    def check(self) -> None:
        """Reads all of it: seconds for a large one. Raises StoreBroken."""
        ...


class Chores:
    """`opened` is told of each store that the worker opens; the other public methods run until `stop`."""

    def __init__(
        self,
        worker: StoreWorker,
        clock: Clock,
        stop: StopSignal,
        room: RoomWatch,
        keep_for: tuple[timedelta, timedelta],
    ) -> None:
        self._room = room
        self._keep_for = keep_for
        self._worker = worker
        self._clock = clock
        self._stop = stop
        self._store: CheckableStore | None = None
        self._unclean: CheckableStore | None = None

    def opened(self, store: CheckableStore) -> None:
        self._store = store
        self._unclean = store if store.left_unclean else None

    def check_after_an_unclean_stop(self) -> None:
        """On a connection of its own and long after the first frame."""
        self._worker.wait_until_open(self._stop)
        store = self._unclean
        if store is None or self._stop.wait(CHECK_AFTER_S):
            return
        try:
            store.check()
            _log.info("the store is whole after an unclean stop")
        except StoreBroken as error:
            _log.error("check after an unclean stop: %s", error)
            self._worker.submit(lambda work: work.probe(), lambda _: None, LATER)  # meets it too, and the station rests

    def forget_whom_the_centre_erased(self) -> None:
        while not self._stop.wait(FORGET_EVERY_S):
            store = self._store
            if store is not None:
                with suppress(StoreBroken):  # the store worker says so, and the readers stay on the list
                    forget_erased(self._later, store.forget, self._stop)

    def keep_the_house(self) -> None:
        """The reserve at once; what is old, a minute later and after each midnight."""
        self._worker.wait_until_open(self._stop)
        while True:
            self._room.look()
            if self._stop.wait(HOUSE_EVERY_S):
                return
            store = self._store
            if store is not None:
                with suppress(StoreBroken):
                    keep_house(self._later, store.forget, self._clock, self._keep_for, self._stop)

    def _later(self, job: Callable[[UnitOfWork], T], /) -> T:
        return self._worker.call(job, LATER)

    def keep_time_floor(self) -> None:
        """A trusted clock now is a lower bound for every later start that knows no better."""
        self._worker.wait_until_open(self._stop)
        wait = 0.0
        while not self._stop.wait(wait):
            moment = self._clock.now()
            wait = FLOOR_EVERY_S if moment.trusted else _TRY_AGAIN_S
            if not moment.trusted:
                continue

            def raise_floor(work: UnitOfWork, wall_ms: int = moment.wall_ms) -> None:
                work.raise_time_floor(wall_ms)
                work.commit()

            try:
                self._worker.call(raise_floor, LATER)
            except StoreBroken:
                wait = _TRY_AGAIN_S
