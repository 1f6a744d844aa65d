"""The check and the backup of each day, on a thread of their own, while nobody stands in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from kiosk.ports.errors import PortError, StoreDamaged
from kiosk.ports.host import Clock
from kiosk.ports.signals import StopSignal
from kiosk.runtime.diary import Diary
from kiosk.upkeep.nightly import is_due

LOOK_EVERY_S = 60.0
_WAIT_S = 0.2

GoOn = Callable[[], bool]
Job = Callable[[date | None, GoOn], None]
"""Is given the day, where somebody vouches for it. Raises PortError."""


class Nightly:
    """`idle`: nobody stands in front; `suspected`: is told when a job found the store damaged."""

    def __init__(
        self,
        jobs: Mapping[str, Job],
        diary: Diary,
        clock: Clock,
        stop: StopSignal,
        idle: Callable[[], bool],
        suspected: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._diary = diary
        self._clock = clock
        self._stop = stop
        self._idle = idle
        self._suspected = suspected
        self._good_at = dict.fromkeys(jobs, clock.monotonic())
        self._failed_at: dict[str, float] = {}

    def run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Does what is due now."""
        for name in self._jobs:
            now, at = self._clock.now(), self._clock.monotonic()
            tried_s = at - self._failed_at[name] if name in self._failed_at else None
            if self._idle() and is_due(now, self._diary.good_on(name), at - self._good_at[name], tried_s):
                self._do(name)

    def _do(self, name: str) -> None:
        now = self._clock.now()
        try:
            self._jobs[name](now.day if now.trusted else None, self._go_on)
        except PortError as error:
            if self._stop.is_set():
                return
            self._failed_at[name] = self._clock.monotonic()
            self._diary.note(name, self._clock.now(), str(error))
            if isinstance(error, StoreDamaged):
                self._suspected()
        else:
            self._failed_at.pop(name, None)
            self._good_at[name] = self._clock.monotonic()
            self._diary.note(name, now, None)

    def _go_on(self) -> bool:
        """Waits while somebody stands in front."""
        while not self._stop.is_set():
            if self._idle():
                return True
            self._stop.wait(_WAIT_S)
        return False
