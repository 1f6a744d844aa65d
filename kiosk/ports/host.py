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


class SpareRoom(Protocol):
    """A file beside the store that keeps room for it: given back when there is no other room. From any thread."""

    def free(self) -> int | None:
        """Bytes that are free beside it; None when nobody knows."""
        ...

    def keep(self) -> bool:
        """Makes it where it is missing and there is room for much more. Whether it is there now."""
        ...

    def give_back(self) -> bool:
        """Whether there was one to give back."""
        ...


class Watchdog(Protocol):
    def ready(self) -> None:
        """The first usable frame is there."""
        ...

    def alive(self) -> None: ...


class PinLock(Protocol):
    """Keeps PINs of one station: what it makes of one means nothing anywhere else."""

    def seal(self, pin: str, patron_id: str) -> str: ...
    def opens(self, pin: str, patron_id: str, sealed: str) -> bool:
        """Takes about as long whether it does or not. False also for what no lock of this station has made."""
        ...
