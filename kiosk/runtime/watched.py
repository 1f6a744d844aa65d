"""Whether who runs on a thread of its own still comes round."""

from __future__ import annotations

import math
from collections.abc import Callable

from kiosk.ports.signals import StopSignal


class Watched:
    """A stop signal that knows when it was looked at. Who works, looks several times a second; who waits for it, waits,
    and does not hang."""

    def __init__(self, stop: StopSignal, monotonic: Callable[[], float]) -> None:
        self._stop = stop
        self._monotonic = monotonic
        self._looked_at = math.inf

    def is_set(self) -> bool:
        self._looked_at = self._monotonic()
        return self._stop.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        self._looked_at = math.inf
        try:
            return self._stop.wait(timeout)
        finally:
            self._looked_at = self._monotonic()

    def silent_s(self, now: float) -> float:
        """Seconds since it was looked at, at most 0 while it is waited for."""
        return now - self._looked_at
