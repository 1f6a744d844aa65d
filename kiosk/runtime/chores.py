"""What a station does by itself while nobody looks, each on a thread of its own. All of it is behind the loans."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Protocol, TypeVar

from kiosk.desk import Desk
from kiosk.domain.clock_trust import Anchor, KeptTime
from kiosk.ports.chunks import Chunks
from kiosk.ports.errors import StoreBroken
from kiosk.ports.host import StationClock
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import Store, UnitOfWork
from kiosk.runtime.diary import Diary
from kiosk.runtime.store_worker import LATER, StoreWorker
from kiosk.upkeep.forgetting import forget_erased
from kiosk.upkeep.housekeeping import RoomWatch, keep_house

T = TypeVar("T")

_log = logging.getLogger(__name__)

CHECK_AFTER_S = 60.0
FORGET_EVERY_S = 60.0
KEEP_TIME_EVERY_S = 3600.0
HOUSE_EVERY_S = 60.0
MEND_AFTER_S = 5.0
MEND_AGAIN_S = 300.0
_LOOK_AT_TIME_EVERY_S = 2.0


class CheckableStore(Store, Protocol):
    left_unclean: bool
    """It was not closed in good order the last time."""
    kept_time: KeptTime | None
    """What it knew of the time when it was opened."""

    def check(self) -> None:
        """Reads all of it: seconds for a large one. Raises StoreBroken."""
        ...


class Chores:
    """`opened` is told of each store that the worker opens; the other public methods run until `stop`."""

    def __init__(
        self,
        worker: StoreWorker,
        desk: Desk,
        clock: StationClock,
        stop: StopSignal,
        room: RoomWatch,
        keep_for: tuple[timedelta, timedelta],
        diary: Diary,
    ) -> None:
        self._room = room
        self._keep_for = keep_for
        self._diary = diary
        self._worker = worker
        self._desk = desk
        self._clock = clock
        self._stop = stop
        self._store: CheckableStore | None = None
        self._unclean: CheckableStore | None = None

    def opened(self, store: CheckableStore) -> None:
        self._store = store
        self._unclean = store if store.left_unclean else None
        if store.kept_time is not None:
            self._clock.remember(store.kept_time)

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
        """Something in the store could not be read, so it begins no unit of work any more: the station rests now, not
        when the next reader comes."""
        self._worker.submit(lambda _work: None, lambda _: None, LATER)

    def mend_a_damaged_store(self, mend: Callable[[], bool]) -> None:
        """`mend` brings a store back in which nothing that was promised is missing, or false; it raises StoreBroken
        when it cannot. The worker opens what it made; else the station rests until a person decides."""
        wait = MEND_AFTER_S
        while not self._stop.wait(wait):
            wait = MEND_AFTER_S
            if not self._worker.is_damaged():
                continue
            try:
                why = (
                    None
                    if self._worker.mend(mend)
                    else "something that was promised cannot be read: a person must decide"
                )
            except StoreBroken as error:
                why = str(error)
            self._diary.note("recovery", self._clock.now(), why)
            wait = MEND_AGAIN_S

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

    def keep_time(self) -> None:
        """Who vouches for the time is written down as soon as somebody does, for the next process of this boot and the
        next boots; and what happened here before that is dated again."""
        self._worker.wait_until_open(self._stop)
        anchor: Anchor | None = None
        kept_at = 0.0
        pause_s = 0.0
        while not self._stop.wait(pause_s):
            pause_s = _LOOK_AT_TIME_EVERY_S
            known, now = self._clock.to_keep(), self._clock.monotonic()
            if known.anchor is None or (known.anchor == anchor and now - kept_at < KEEP_TIME_EVERY_S):
                continue

            def keep(work: UnitOfWork, known: KeptTime = known) -> None:
                work.keep_time(known)
                work.commit()

            with suppress(StoreBroken):  # the store worker says so, and it is tried again
                self._worker.call(keep, LATER)
                if anchor is None or not known.anchor.agrees_with(anchor):
                    _log.info("the time is known: %s", known.anchor.by)
                self._date_boots()
                anchor, kept_at = known.anchor, now

    def _date_boots(self) -> None:
        chunks, monotonic = Chunks(), self._clock.monotonic
        looked_at = 1
        while looked_at and not self._stop.is_set():

            def date(work: UnitOfWork) -> tuple[int, float, float]:
                began = monotonic()
                found = self._desk.date_boots(chunks.size, work)
                dated = monotonic()
                if found:
                    work.commit()
                return found, dated - began, monotonic() - dated

            looked_at, dating_s, committing_s = self._worker.call(date, LATER)
            chunks.took(looked_at, dating_s, committing_s)
