"""What a station knows of the time. A Pi has no battery clock: after a power cut it may believe any year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

LIBRARY_TIME = timezone(timedelta(hours=7))
"""Việt Nam has one time zone and no summer time."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of every clock. `boottime_ms` is CLOCK_BOOTTIME; `trusted`: somebody vouches for the wall clock."""

    wall_ms: int
    boot_id: str
    boottime_ms: int
    trusted: bool

    @property
    def local(self) -> datetime:
        """The wall clock's time in the library."""
        return datetime.fromtimestamp(self.wall_ms / 1000, UTC).astimezone(LIBRARY_TIME)

    @property
    def day(self) -> date:
        return self.local.date()


def library_day(moment: Moment, floor_ms: int) -> date:
    """The day to count from: a trusted clock's own, else that of `floor_ms` (build date or last trusted time)."""
    if moment.trusted:
        return moment.day
    return Moment(max(floor_ms, 0), moment.boot_id, moment.boottime_ms, False).day
