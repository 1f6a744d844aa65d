"""What a station knows of the time. A Pi has no battery clock: after a power cut it may believe any year.

CLOCK_BOOTTIME is the one clock that nobody can turn: it counts what passes in a boot, sleep too. Once somebody has
vouched for the wall clock at one moment of a boot (an anchor), the time in that boot is the anchor plus what has passed
since, whatever the wall clock does. docs/decisions/0016-how-a-station-knows-the-time.md has the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

LIBRARY_TIME = timezone(timedelta(hours=7))
"""Việt Nam has one time zone and no summer time."""

DRIFT = 200e-6
"""No quartz that a board is sold with gains or loses more: 17 s a day."""

_DAY_MS = 86_400_000
_SAME_MS = 2_000
_LONGEST_LEAP_MS = 400 * _DAY_MS  # off over a long summer, or a year in a cupboard
_LONGEST_LIFE_MS = 15 * 366 * _DAY_MS  # no build runs for that long
_RENEWED_AFTER_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of every clock. `boottime_ms` is CLOCK_BOOTTIME; `trusted`: somebody vouches for `wall_ms`."""

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
        return day_of(self.wall_ms)


def day_of(wall_ms: int) -> date:
    return datetime.fromtimestamp(max(wall_ms, 0) / 1000, UTC).astimezone(LIBRARY_TIME).date()


def library_day(moment: Moment, floor_ms: int) -> date:
    """The day to count from: a trusted clock's own, else that of `floor_ms` (build date or last trusted time)."""
    return moment.day if moment.trusted else day_of(floor_ms)


class Voucher(StrEnum):
    """Who says what time it is."""

    BATTERY = "battery_clock"
    TIME_SYNC = "time_sync"
    CENTRE = "centre"

    def outranks(self, other: Voucher | None) -> bool:
        """Whether this one is believed where they disagree. `None` is the build: nobody outranks it."""
        return other is not None and _RANK[self] > _RANK[other]


_RANK = {voucher: rank for rank, voucher in enumerate(Voucher)}


@dataclass(frozen=True, slots=True)
class Anchor:
    """At `boottime_ms` of this boot it was `wall_ms`: so says `by`."""

    boot_id: str
    boottime_ms: int
    wall_ms: int
    by: Voucher

    @property
    def began_ms(self) -> int:
        """When the boot began."""
        return self.wall_ms - self.boottime_ms

    def agrees_with(self, other: Anchor) -> bool:
        """Within 2 s and what a quartz may drift between the two."""
        apart_ms = abs(self.boottime_ms - other.boottime_ms)
        return abs(self.began_ms - other.began_ms) <= _SAME_MS + DRIFT * apart_ms


@dataclass(frozen=True, slots=True)
class KeptTime:
    """What of it outlives the process: the lowest time that it can be now, who said so (`None`: the build), and the
    newest anchor, which counts again when the process is started anew in the same boot."""

    floor_ms: int
    floor_by: Voucher | None = None
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class KnownTime:
    """All that decides what is trusted. Every method gives a new one."""

    build_ms: int
    boot_id: str
    kept: KeptTime

    def at(self, wall_ms: int, boottime_ms: int) -> Moment:
        """The time, when the machine's wall clock says `wall_ms`."""
        anchor = self.kept.anchor
        if anchor is None:
            return Moment(wall_ms, self.boot_id, boottime_ms, trusted=False)
        return Moment(anchor.began_ms + boottime_ms, self.boot_id, boottime_ms, trusted=True)

    def told(self, said: Anchor) -> KnownTime:
        """After somebody has vouched for a time in this boot. Where two disagree, the higher in rank is believed; of
        the same rank the first, but of the centre the last: its word is signed, and made for this question."""
        before = self.kept.anchor
        if not self._is_possible(said):
            return self
        if before is None or said.by is Voucher.CENTRE or said.by.outranks(before.by):
            return self._anchored(said)
        if (
            said.by is Voucher.TIME_SYNC
            and said.agrees_with(before)
            and said.boottime_ms - before.boottime_ms >= _RENEWED_AFTER_MS
        ):
            return self._anchored(replace(said, by=before.by))  # what has drifted since is put right
        return self

    def remembering(self, kept: KeptTime) -> KnownTime:
        """With what an earlier process wrote down."""
        floor = kept if self.build_ms < kept.floor_ms < self.build_ms + _LONGEST_LIFE_MS else self.kept
        known = replace(self, kept=replace(self.kept, floor_ms=floor.floor_ms, floor_by=floor.floor_by, anchor=None))
        mine, theirs = self.kept.anchor, kept.anchor
        if theirs is not None and theirs.boot_id == self.boot_id:
            known = replace(known, kept=replace(known.kept, anchor=theirs))
        return known if mine is None else known.told(mine)

    def at_last(self, boottime_ms: int) -> KeptTime:
        """What is worth being kept now: the floor rises with trusted time alone."""
        kept = self.kept
        if kept.anchor is None:
            return kept
        now_ms = kept.anchor.began_ms + boottime_ms
        return replace(kept, floor_ms=now_ms, floor_by=kept.anchor.by) if now_ms > kept.floor_ms else kept

    def _is_possible(self, said: Anchor) -> bool:
        """No time before the build, nor so far beyond it that no build lives so long. The floor, and a leap far beyond
        it, stop whoever does not outrank the one who set it: so a wrong time, once believed, is not believed for ever.
        """
        if not self.build_ms <= said.wall_ms < self.build_ms + _LONGEST_LIFE_MS:
            return False
        if said.by is Voucher.CENTRE or (said.by.outranks(self.kept.floor_by) and said.wall_ms < self.kept.floor_ms):
            return True
        return self.kept.floor_ms <= said.wall_ms <= self.kept.floor_ms + _LONGEST_LEAP_MS

    def _anchored(self, said: Anchor) -> KnownTime:
        """Whoever may speak of a time below the floor sets the floor."""
        kept = replace(self.kept, anchor=said)
        if said.wall_ms < kept.floor_ms:
            kept = replace(kept, floor_ms=said.wall_ms, floor_by=said.by)
        return replace(self, kept=kept)
