"""Room on the disk, and what is old: once every trusted day, what is over and known to the centre goes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from kiosk.domain.clock_trust import Moment
from kiosk.ports.chunks import Chunks
from kiosk.ports.host import Clock, SpareRoom
from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import BEGINNING, Retention, UnitOfWork, WalkedTo

_log = logging.getLogger(__name__)

LARGEST_STEP = 250  # rows
TRY_AGAIN_S = 5.0


class RoomWatch:
    """Keeps the reserve, and tells staff of each change, long before anything stops. `warn_below`: bytes."""

    def __init__(self, room: SpareRoom, warn_below: int) -> None:
        self._room = room
        self._warn_below = warn_below
        self._said: tuple[bool, bool] = (True, False)

    def look(self) -> None:
        kept, free = self._room.keep(), self._room.free() or 0
        now = kept, free < self._warn_below
        if now == self._said:
            return
        self._said = now
        reserve = "the reserve is kept" if kept else "there is NO reserve"
        _log.log(
            logging.WARNING if now[1] or not kept else logging.INFO, "disk: %d MB free, %s", free // 1_000_000, reserve
        )


def keep_house(
    on_store: OnStore, forget: Callable[[], bool], clock: Clock, keep_for: tuple[timedelta, timedelta], stop: StopSignal
) -> bool:
    """Once a trusted day; at any other time nothing. Gives whether it pruned to the end. `keep_for`: how long readers
    stay in what is over, and how long all of it stays. `forget`: kiosk.ports.store.Store.forget. Raises StoreBroken.
    Interrupted, it begins again at the next call."""
    today = on_store(partial(_begin_day, now=clock.now()))
    if today is None:
        return False
    keep = Retention(today - keep_for[0], today - keep_for[1])
    after: WalkedTo | None = BEGINNING
    chunks = Chunks(LARGEST_STEP)
    while after is not None:
        if stop.is_set():
            return False
        rows = chunks.size
        after, *took_s = on_store(partial(_step, keep=keep, after=after, rows=rows, monotonic=clock.monotonic))
        chunks.took(rows, *took_s)
    while not forget():
        if stop.wait(TRY_AGAIN_S):
            return False
    _log.info("housekeeping is done for the day")
    return True


def _begin_day(work: UnitOfWork, *, now: Moment) -> date | None:
    """Today, if somebody vouches for it and it is not done yet."""
    if not now.trusted or now.wall_ms < work.time_floor_ms():
        return None
    last = work.trusted_day()
    if last != now.day:  # also when somebody vouched for a day that is still to come, and knows better now
        work.begin_trusted_day(now.day)
        work.commit()
    elif work.pruned_on() == last:
        return None
    return now.day


def _step(
    work: UnitOfWork, *, keep: Retention, after: WalkedTo, rows: int, monotonic: Callable[[], float]
) -> tuple[WalkedTo | None, float, float]:
    began = monotonic()
    following = work.prune(keep, after, rows)
    pruned = monotonic()
    work.commit()
    return following, pruned - began, monotonic() - pruned
