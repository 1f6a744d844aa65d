"""The machine under the kiosk."""

from __future__ import annotations

from typing import Protocol

from kiosk.domain.clock_trust import Moment


class Clock(Protocol):
    def now(self) -> Moment: ...

    def monotonic(self) -> float:
        """Seconds; for intervals only."""
        ...


class Watchdog(Protocol):
    def ready(self) -> None:
        """The first usable frame is there."""
        ...

    def alive(self) -> None: ...
