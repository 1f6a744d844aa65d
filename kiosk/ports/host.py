"""The machine under the kiosk."""

from __future__ import annotations

from typing import Protocol

from kiosk.domain.clock_trust import Anchor, KeptTime, Moment


class Clock(Protocol):
    def now(self) -> Moment: ...

    def monotonic(self) -> float:
        """Seconds; for intervals only."""
        ...


class StationClock(Clock, Protocol):
    """The clock of the whole station: from any thread it may be told what others know of the time."""

    def told(self, said: Anchor) -> None:
        """Somebody vouches for a time in this boot."""
        ...

    def remember(self, kept: KeptTime) -> None:
        """What an earlier process wrote down."""
        ...

    def to_keep(self) -> KeptTime:
        """What is worth being written down now."""
        ...

    def wall_clock_is_right(self) -> bool:
        """Whether the machine's own wall clock, by which libraries go, says the trusted time."""
        ...


class Watchdog(Protocol):
    def ready(self) -> None:
        """The first usable frame is there."""
        ...

    def alive(self) -> None: ...
