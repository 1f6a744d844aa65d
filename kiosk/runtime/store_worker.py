"""The store thread: it alone uses the writing connection. Loans go ahead of everything else.

When nothing can be made durable it says so, keeps trying, and says when it can again.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty, PriorityQueue, SimpleQueue
from threading import Event, Lock
from typing import Any, TypeVar

from kiosk.ports.errors import OtherMachine, StoreBroken, StoreDamaged, StoreFull
from kiosk.ports.host import SpareRoom
from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import Store, UnitOfWork

T = TypeVar("T")

_log = logging.getLogger(__name__)

FIRST = 0  # a reader stands in front
LATER = 1  # sync, upkeep
_LAST = 2
_IDLE_WAIT_S = 3600.0
_LOOK_S = 0.5
_HARDLY_ANY = 1_000_000  # bytes: what one unit of work may need

STORE_BROKEN = "K-03"
STORE_DAMAGED = "K-04"
STORE_FULL = "K-05"
OTHER_MACHINE = "K-07"


_CODES = ((StoreDamaged, STORE_DAMAGED), (StoreFull, STORE_FULL), (OtherMachine, OTHER_MACHINE))


class StoreWorker:
    """`opens` is called on the store thread. `failed(code)` and `recovered()` are told once a change, also at start. A
    job may run twice: when nothing of it became durable for want of room, and the reserve of `room` was given back."""

    def __init__(
        self,
        opens: Callable[[], Store],
        failed: Callable[[str], None],
        recovered: Callable[[], None],
        room: SpareRoom,
        monotonic: Callable[[], float],
        retry_s: float,
    ) -> None:
        self._opens = opens
        self._failed = failed
        self._recovered = recovered
        self._room = room
        self._monotonic = monotonic
        self._retry_s = retry_s
        self._next_try = 0.0
        self._jobs: PriorityQueue[tuple[int, int, Callable[[Store | None], None] | None]] = PriorityQueue()
        self._order = itertools.count()
        self._pings: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._store: Store | None = None
        self._code: str | None = None
        self._is_lost = False
        self._opening = Lock()
        self._ended = Event()
        self.opened = Event()

    # ---- from any thread

    def submit(
        self,
        job: Callable[[UnitOfWork], Any],
        then: Callable[[Any], None],
        priority: int = FIRST,
    ) -> None:
        """Runs `job` in a unit of work of its own, then calls `then(result)` on the store thread. A job that meets a
        broken store is dropped with nothing of it durable, and `failed` is told."""

        def run(store: Store | None) -> None:
            if store is None:
                return
            then(self._do(store, job))

        self._jobs.put((priority, next(self._order), run))

    def submit_steps(self, job: Callable[[OnStore], Any], then: Callable[[Any], None]) -> None:
        """As `submit`, for what has to be durable in part before it goes on: each step of `job` is a unit of work, and
        runs again by itself when the reserve was given back; what went before it stands."""

        def run(store: Store | None) -> None:
            if store is not None:
                then(job(partial(self._do, store)))

        self._jobs.put((FIRST, next(self._order), run))

    def call(self, job: Callable[[UnitOfWork], T], priority: int = LATER) -> T:
        """Like submit, but waits for the result; raises what the job raised, StoreBroken if there is no store now."""
        answer: Future[T] = Future()

        def run(store: Store | None) -> None:
            if store is None:
                answer.set_exception(StoreBroken("the store is not open"))
                return
            try:
                result = self._do(store, job)
            except BaseException as error:
                answer.set_exception(error)
                if isinstance(error, StoreBroken):
                    raise
            else:
                answer.set_result(result)

        self._jobs.put((priority, next(self._order), run))
        if self._ended.is_set():
            self._answer_those_too_late()
        return answer.result()

    def wait_until_open(self, stop: StopSignal) -> bool:
        """Until the store was opened for the first time; False: `stop` came first."""
        while not stop.is_set():
            if self.opened.wait(_LOOK_S):
                return True
        return False

    def is_damaged(self) -> bool:
        """Whether the station rests because its store is damaged or gone: an opening has looked, and set it aside."""
        return self._is_lost

    def mend(self, act: Callable[[], T]) -> T:
        """`act` has the store's files to itself: nobody tries to open them meanwhile."""
        with self._opening:
            return act()

    def ping(self, then: Callable[[], None]) -> None:
        """Answers from the store thread, whether the store is well or not: it says that the thread lives."""
        self._pings.put(then)
        self._jobs.put((FIRST, next(self._order), lambda _store: self.answer_pings()))

    def stop(self) -> None:
        """After the jobs that wait already."""
        self._jobs.put((_LAST, next(self._order), None))

    # ---- the store thread

    def answer_pings(self) -> None:
        """Also in the middle of what takes long: it is being done."""
        with suppress(Empty):
            while True:
                self._pings.get_nowait()()

    def run(self) -> None:
        self._try_to_open()
        while True:
            wait = _IDLE_WAIT_S if self._code is None else max(0.0, self._next_try - self._monotonic())
            try:
                _, _, job = self._jobs.get(timeout=wait)
            except Empty:
                if self._code is not None:
                    self._recover()
                continue
            if job is None:
                break
            try:
                job(self._store)
            except StoreBroken as error:
                self._broke(error)
        self._close()
        self._ended.set()
        self._answer_those_too_late()

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            with suppress(StoreBroken):  # what was acknowledged is durable already
                store.close()

    def _answer_those_too_late(self) -> None:
        """Whoever still waits is told that there is no store now, rather than left waiting."""
        while True:
            try:
                _, _, job = self._jobs.get_nowait()
            except Empty:
                return
            if job is not None:
                job(None)

    def _do(self, store: Store, job: Callable[[UnitOfWork], T]) -> T:
        def once() -> T:
            with store.unit_of_work() as work:
                return job(work)

        return self._with_room(once)

    def _with_room(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except StoreDamaged:
            raise
        except StoreBroken as error:
            free = self._room.free()  # the store does not always know why it cannot write
            if not isinstance(error, StoreFull) and (free is None or free > _HARDLY_ANY):
                raise
            if not self._room.give_back():
                raise StoreFull(str(error)) from error
            _log.error("store: %s; the reserve was given back", error)
            return act()

    def _try_to_open(self) -> None:
        if not self._opening.acquire(blocking=False):
            return  # it is being mended
        try:
            self._store = self._with_room(self._opens)
        except StoreBroken as error:
            self._is_lost = isinstance(error, StoreDamaged)
            self._broke(error)
            return
        finally:
            self._opening.release()
        self._is_lost = False
        self.opened.set()
        self._well()

    def _recover(self) -> None:
        self._next_try = self._monotonic() + self._retry_s
        if self._store is None:
            self._try_to_open()
            return
        try:
            self._do(self._store, probe)
        except StoreBroken as error:
            self._broke(error)
            return
        self._well()

    def _broke(self, error: StoreBroken) -> None:
        code = next((code for kind, code in _CODES if isinstance(error, kind)), STORE_BROKEN)
        if self._code != code:
            _log.error("store: %s %s", code, error)
            if self._code is None:
                self._next_try = self._monotonic() + self._retry_s
            self._code = code
            self._failed(code)
        if isinstance(error, StoreDamaged) and self._store is not None:
            # Only an opening looks at the whole store, and sets it aside or finds it sound after all.
            self._close()

    def _well(self) -> None:
        if self._code is not None:
            _log.warning("store: well again")
            self._code = None
        self._recovered()


def probe(work: UnitOfWork) -> None:
    """Something is made durable, of which nobody knows."""
    work.probe()
    work.commit()
