"""What a station does by itself while nobody looks, each on a thread of its own. All of it is behind the loans."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from kiosk.ports.errors import StoreBroken
from kiosk.ports.host import Clock
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import Store, UnitOfWork
from kiosk.runtime.diary import Diary
from kiosk.runtime.store_worker import LATER, StoreWorker
from kiosk.upkeep.forgetting import forget_erased

_log = logging.getLogger(__name__)

CHECK_AFTER_S = 60.0
FORGET_EVERY_S = 60.0
FLOOR_EVERY_S = 3600.0
MEND_AFTER_S = 5.0
MEND_AGAIN_S = 300.0
_TRY_AGAIN_S = 60.0


class CheckableStore(Store, Protocol):
    left_unclean: bool
    """It was not closed in good order the last time."""

    def check(self) -> None:
        """Reads all of it: seconds for a large one. Raises StoreBroken."""
        ...


class Chores:
    """`opened` is told of each store that the worker opens; the other public methods run until `stop`."""

    def __init__(self, worker: StoreWorker, clock: Clock, stop: StopSignal, diary: Diary) -> None:
        self._worker = worker
        self._diary = diary
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
            self._diary.note("check", self._clock.now(), None)
        except StoreBroken as error:
            _log.error("check after an unclean stop: %s", error)
            self._diary.note("check", self._clock.now(), str(error))
            self.suspected()

    def suspected(self) -> None:
        """Something in the store could not be read."""
        self._worker.submit(lambda work: work.probe(), lambda _: None, LATER)  # meets it too, and the station rests

    def mend_a_damaged_store(self, mend: Callable[[], bool]) -> None:
        """`mend` brings a store back in which nothing that was promised is missing, or false; it raises StoreBroken
        when it cannot. The worker opens what it made; else the station rests until a person decides."""
        wait = MEND_AFTER_S
        while not self._stop.wait(wait):
            wait = MEND_AFTER_S
            if not self._worker.is_damaged():
                continue
            try:
                why = None if mend() else "something that was promised cannot be read: a person must decide"
            except StoreBroken as error:
                why = str(error)
            self._diary.note("recovery", self._clock.now(), why)
            wait = MEND_AGAIN_S

    def forget_whom_the_centre_erased(self) -> None:
        while not self._stop.wait(FORGET_EVERY_S):
            store = self._store
            if store is not None:
                with suppress(StoreBroken):  # the store worker says so, and the readers stay on the list
                    forget_erased(lambda job: self._worker.call(job, LATER), store.forget, self._stop)

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
