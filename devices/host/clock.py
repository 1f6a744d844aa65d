"""The machine's clocks, and who vouches for the wall clock."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from kiosk.domain.clock_trust import Anchor, KeptTime, KnownTime, Moment, Voucher

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes it once a server has told the time in this boot."""

_LOOK_EVERY_S = 2.0
_AT_ONCE_MS = 50
_NOT_SYNCHRONISED_US = 16_000_000


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2)."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_long * 34),  # never less than the kernel writes
    ]


def kernel_clock_is_synchronised() -> bool | None:
    """What ntpd, chrony or timesyncd told the kernel, as long as it is true: setting the clock by hand ends it at once
    (the kernel's own bound on the error is then 16 s; `timedatectl` asks the same). None: the kernel does not say, as
    under systemd's ProtectClock."""
    state = _Timex(modes=0)  # 0: only read
    answer: int = ctypes.CDLL(None).adjtimex(ctypes.byref(state))
    return state.maxerror < _NOT_SYNCHRONISED_US if answer >= 0 else None


def _boottime_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def machine_clock_s() -> float:
    """What the machine's own clock says, right or wrong, since 1970: by it the lines of a log are dated."""
    return time.time()


class HostClock:
    """kiosk.ports.host.Clock, from any thread: what is believed is decided by kiosk.domain.clock_trust.

    `battery_clock`: this machine has one, and it is kept right. Only the constructor raises OSError, when the kernel
    does not say which boot this is.
    """

    def __init__(
        self,
        battery_clock: bool,
        build_ms: int,
        *,
        boot_id_file: Path = BOOT_ID,
        synchronized_file: Path = SYNCHRONIZED,
        wall_ns: Callable[[], int] = time.time_ns,
        boottime_ms: Callable[[], int] = _boottime_ms,
        monotonic: Callable[[], float] = time.monotonic,
        kernel_is_synchronised: Callable[[], bool | None] = kernel_clock_is_synchronised,
    ) -> None:
        self._battery_clock = battery_clock
        self._synchronized_file = synchronized_file
        self._wall_ns = wall_ns
        self._boottime_ms = boottime_ms
        self._monotonic = monotonic
        self._kernel_is_synchronised = kernel_is_synchronised
        self._lock = Lock()
        self._looked_at: float | None = None
        self._known = KnownTime(build_ms, boot_id_file.read_text("ascii").strip(), KeptTime(build_ms))

    def now(self) -> Moment:
        with self._lock:
            self._look_around()
            return self._known.at(self._wall_ms(), self._boottime_ms())

    def monotonic(self) -> float:
        return self._monotonic()

    def told(self, said: Anchor) -> None:
        with self._lock:
            self._known = self._known.told(said)

    def remember(self, kept: KeptTime) -> None:
        with self._lock:
            self._known = self._known.remembering(kept)

    def to_keep(self) -> KeptTime:
        with self._lock:
            self._look_around()
            return self._known.at_last(self._boottime_ms())

    def wall_clock_is_right(self) -> bool:
        with self._lock:
            self._look_around()
            anchor = self._known.kept.anchor
            return anchor is not None and anchor.agrees_with(self._reading(anchor.by))

    # ---- with the lock held

    def _look_around(self) -> None:
        now = self._monotonic()
        if self._looked_at is not None and now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        # Between the two readings who vouches is asked: a wall clock that is set meanwhile is not what they mean.
        before = self._reading(Voucher.BATTERY)
        by = self._who_vouches()
        if by is not None:
            said = self._reading(by)
            if abs(said.began_ms - before.began_ms) <= _AT_ONCE_MS:
                self._known = self._known.told(said)

    def _who_vouches(self) -> Voucher | None:
        says = self._kernel_is_synchronised()
        # What only says that the time was right once in this boot is no reason to correct an anchor.
        was_set = says is None and self._anchored_by() in (None, Voucher.BATTERY)
        if says or (was_set and os.path.exists(self._synchronized_file)):
            return Voucher.TIME_SYNC
        return Voucher.BATTERY if self._battery_clock and self._anchored_by() is None else None

    def _anchored_by(self) -> Voucher | None:
        anchor = self._known.kept.anchor
        return anchor.by if anchor else None

    def _reading(self, by: Voucher) -> Anchor:
        return Anchor(self._known.boot_id, self._boottime_ms(), self._wall_ms(), by)

    def _wall_ms(self) -> int:
        return self._wall_ns() // 1_000_000
