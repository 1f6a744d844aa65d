"""Two loops for two threads: one sends, one asks for changes. Each backs off by itself; each may wake the other.

The engine starts no thread and reads no clock: everything comes in by the door.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import NamedTuple

from kiosk.ports.central import CentralLink, Standing
from kiosk.ports.errors import CursorLost, PortError, StoreBroken, Unreachable
from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import WaitSignal
from kiosk.ports.store import UnitOfWork
from kiosk.sync.changes import Changes
from kiosk.sync.outbox import Outbox, Outcome
from kiosk.sync.resync import Resync
from kiosk.sync.schedule import Schedule

_log = logging.getLogger(__name__)

LONG_POLL_S = 25.0
_QUICK_POLL_S = 1.0  # a long poll that ends sooner with nothing new was none …
_POLL_PAUSE_S = 5.0  # … so the station itself keeps the peace
_WHILE_ENROLLING_S = 10.0
_TRY_NEW_AFTER_S = 15.0  # however long the back-off
A_DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Signals:
    """`stop` ends both loops; the others wake one each. Three threading.Events."""

    stop: WaitSignal
    push: WaitSignal
    pull: WaitSignal


class SyncEngine:
    """`run_push` and `run_pull` each want a thread; everything else here may be called from any thread.

    `report(standing, pending)` is called on the push thread whenever either changes, first when the centre has answered
    or failed to; `pending` counts operations that the centre does not have yet. `reached` is called on the pull thread
    after each of its answers.
    """

    def __init__(
        self,
        link: CentralLink,
        on_store: OnStore,
        signals: Signals,
        report: Callable[[Standing, int], None],
        *,
        monotonic: Callable[[], float],
        random: Random,
        long_poll_s: float = LONG_POLL_S,
        reached: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_store = on_store
        self._signals = signals
        self._report = report
        self._monotonic = monotonic
        self._long_poll_s = long_poll_s
        self._reached = reached
        self._has_feed = link.capabilities.change_feed
        self._outbox = Outbox(link, on_store, self._told)
        self._changes = Changes(link, on_store, monotonic)
        self._resync = Resync(on_store, monotonic)
        self._push_schedule = Schedule(random)
        self._pull_schedule = Schedule(random)
        # Each of these is written by one loop and read by the other, and the push loop alone reports: no lock.
        self._push_finds: _Finds | None = None
        self._pull_finds: _Finds | None = None
        self._push_at_once = False
        self._pull_may_wake_push = False
        self._push_may_wake_pull = False
        self._refused_for = ""
        self._tell_set_aside_at = monotonic() + A_DAY_S
        self._pending = 0
        self.set_aside: int | None = None  # operations that the centre refused, as counted last; None: not yet
        self._reported: tuple[Standing, int] | None = None
        self.reached_at: float | None = None  # when the centre last answered as it should; monotonic seconds

    @property
    def standing(self) -> Standing | None:
        """As reported last."""
        return self._reported[0] if self._reported else None

    def wake(self) -> None:
        """Something was recorded."""
        self._signals.push.set()

    def try_now(self) -> None:
        """Somebody stands there and wants to see it: both loops try at once, whatever their back-off."""
        self._push_at_once = True
        self._signals.push.set()
        self._signals.pull.set()

    def request_resync(self) -> None:
        """Everything is told and heard again, at the latest when the request that waits has ended, and over any number
        of restarts. Raises StoreBroken."""
        self._resync.ask()
        self._signals.pull.set()

    def stop(self) -> None:
        """Both loops end after the request they are in; closing the link ends that too."""
        self._signals.stop.set()
        self._signals.push.set()
        self._signals.pull.set()

    # ---- the push thread

    def run_push(self) -> None:
        """Until `stop`. Sends whenever it is woken; after a failure, when the back-off has passed."""
        signals = self._signals
        while not signals.stop.is_set():
            signals.push.clear()
            self._push_at_once = False
            self._tell_set_aside_again()
            self._count()
            tried_at = self._monotonic()
            outcome = self._push_once()
            if outcome is Outcome.STOPPED:
                return
            self._count()  # what was set aside meanwhile
            self._tell()
            if outcome in (Outcome.NOTHING, Outcome.DRAINED):
                self._push_schedule.reset()
                signals.push.wait(max(0.0, self._tell_set_aside_at - self._monotonic()))
            else:
                # A refusal is about what was sent: something new may be taken, and prove the old ones at fault.
                try_new_at = tried_at + (0.0 if outcome is Outcome.REFUSED else _TRY_NEW_AFTER_S)
                self._wait_before_push(_pause_s(self._push_schedule, self._push_finds), try_new_at)

    def _push_once(self) -> Outcome:
        run = self._outbox.push(self._signals.stop)
        if run.taken:
            self._push_schedule.reset()
        match run.outcome:
            case Outcome.NOTHING:
                pass
            case Outcome.DRAINED:
                _log.info("outbox: drained")
                self._refused_for = ""
                self._push_works()
            case Outcome.REFUSED:
                if self._refused_for != run.detail:
                    _log.warning("outbox: the centre takes nothing of what is left (%s)", run.detail)
                self._refused_for = run.detail
                self._push_works()
            case Outcome.UNREACHABLE:
                finds = _Finds(run.standing, run.detail)
                if self._push_finds != finds:
                    _say_unreachable("outbox", finds)
                    self._pull_may_wake_push = True
                self._push_finds = finds
            case Outcome.STORE_BROKEN:
                _log.debug("outbox: the store is broken (%s)", run.detail)  # the store's owner says it aloud
        return run.outcome

    def _push_works(self) -> None:
        _say_back("outbox", self._push_finds)
        self._push_finds = _REACHED
        self.reached_at = self._monotonic()
        if self._push_may_wake_pull:
            self._push_may_wake_pull = False
            self._signals.pull.set()

    def _wait_before_push(self, seconds: float, try_new_at: float) -> None:
        """Waits out the back-off, unless the other loop finds the centre. What is recorded meanwhile is counted, and
        waits for `try_new_at` at most: the network may be back long before the back-off of a long outage ends."""
        ends_at = self._monotonic() + seconds
        signals = self._signals
        while (left := ends_at - self._monotonic()) > 0 and signals.push.wait(left):
            if signals.stop.is_set() or self._push_at_once or self._monotonic() >= try_new_at:
                return
            signals.push.clear()
            if signals.stop.is_set() or self._push_at_once:  # said between the look and the clearing
                return
            self._count()
            self._tell()
            ends_at = min(ends_at, try_new_at)

    def _tell_set_aside_again(self) -> None:
        """Every day: the server may have been mended since."""
        if self._monotonic() < self._tell_set_aside_at:
            return

        def tell(work: UnitOfWork) -> None:
            if work.outbox_counts().set_aside:
                work.tell_set_aside_again()
                work.commit()

        with suppress(StoreBroken):  # as in _count
            self._on_store(tell)
            self._tell_set_aside_at = self._monotonic() + A_DAY_S

    def _count(self) -> None:
        with suppress(StoreBroken):  # whoever sends or applies next will meet it again and say so
            counts = self._on_store(lambda uow: uow.outbox_counts())
            self._pending, self.set_aside = counts.pending, counts.set_aside

    def _told(self, operations: int) -> None:
        self._pending = max(0, self._pending - operations)
        self._push_works()
        self._tell()

    def _tell(self) -> None:
        known = [finds for finds in (self._push_finds, self._pull_finds) if finds is not None]
        if not known:
            return
        gravest = max(known, key=lambda finds: _GRAVITY.index(finds.standing))
        if self._reported != (gravest.standing, self._pending):
            if self._reported is None or self._reported[0] is not gravest.standing:
                _say_standing(gravest)
            self._reported = (gravest.standing, self._pending)
            self._report(*self._reported)

    # ---- the pull thread

    def run_pull(self) -> None:
        """Until `stop`. Asks again and again; with nothing new, the centre holds the answer back for a while."""
        if not self._has_feed:
            return
        signals = self._signals
        pull = partial(self._changes.pull, stop=signals.stop)
        wait_s = 0.0  # the first question after a start or a failure wants to know whether the centre is there
        place_lost = False
        while not signals.stop.is_set():
            signals.pull.clear()
            if signals.stop.is_set():  # said between the look and the clearing
                return
            asked_at = self._monotonic()
            try:
                self._resync.go_on(signals.stop)
                page, after = self._resync.hear(pull, wait_s, signals.stop)
                is_first = not after and page.cursor != ""
                if is_first:  # a full resync tells everything again from here on
                    signals.push.set()
            except (Unreachable, CursorLost, StoreBroken) as error:
                if signals.stop.is_set():  # whoever stops closes the link and the store as well
                    return
                place_lost = place_lost or isinstance(error, CursorLost)
                self._pull_failed(error)
                wait_s = 0.0
                signals.pull.wait(_pause_s(self._pull_schedule, self._pull_finds))
                continue
            self._pull_worked()
            self._reached()
            if page.changes and not page.more:
                _log.info("changes: caught up")
            if after or not place_lost:  # a centre may lose every place that it gives: a first page proves nothing then
                self._pull_schedule.reset()
                place_lost = False
            brought_nothing = not page.more and (not page.changes or page.cursor == after)
            if brought_nothing and self._monotonic() - asked_at < min(_QUICK_POLL_S, wait_s / 2):
                signals.pull.wait(_POLL_PAUSE_S)
            wait_s = 0.0 if page.more or is_first else self._long_poll_s

    def _pull_failed(self, error: PortError) -> None:
        match error:
            case CursorLost():
                _log.warning("changes: the centre does not know our place: beginning again")
                with suppress(StoreBroken):  # then the next answer says so once more
                    self._resync.ask()
            case StoreBroken():
                _log.debug("changes: the store is broken (%s)", error)
            case Unreachable() if self._pull_finds != (finds := _Finds(error.standing, str(error))):
                _say_unreachable("changes", finds)
                self._pull_finds = finds
                self._pull_may_wake_push = True
                self._push_may_wake_pull = True
                self._signals.push.set()  # it reports

    def _pull_worked(self) -> None:
        changed = self._pull_finds != _REACHED
        _say_back("changes", self._pull_finds)
        self._pull_finds = _REACHED
        self.reached_at = self._monotonic()
        if self._pull_may_wake_push:
            self._pull_may_wake_push = False
            self._push_at_once = True
        if changed or self._push_at_once:
            self._signals.push.set()


class _Finds(NamedTuple):
    """How one loop found the centre when it last spoke to it."""

    standing: Standing
    why: str = ""


_REACHED = _Finds(Standing.ACTIVE)
_GRAVITY = tuple(Standing)


def _pause_s(schedule: Schedule, finds: _Finds | None) -> float:
    wait_s = schedule.next_s()
    somebody_waits = finds is not None and finds.standing in (Standing.NOT_ENROLLED, Standing.PENDING)
    return min(wait_s, _WHILE_ENROLLING_S) if somebody_waits else wait_s


def _say_standing(finds: _Finds) -> None:
    """Once for both loops; what is out of reach each says by itself."""
    if finds.standing is Standing.ACTIVE:
        _log.info("centre: %s", finds.standing)
    elif finds.standing is not Standing.UNREACHABLE:
        _log.warning("centre: %s: %s", finds.standing, finds.why)


def _say_unreachable(loop: str, finds: _Finds) -> None:
    if finds.standing is Standing.UNREACHABLE:
        _log.warning("%s: the centre is out of reach (%s)", loop, finds.why)


def _say_back(loop: str, before: _Finds | None) -> None:
    if before is not None and before.standing is Standing.UNREACHABLE:
        _log.info("%s: the centre is back", loop)
