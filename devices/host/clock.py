"""The machine's clocks, and whether anybody vouches for the wall clock."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.domain.clock_trust import Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes it once a server has told the time in this boot."""

_TRUST_LASTS_S = 10.0
_STA_UNSYNC = 0x0040


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2)."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),  # never less than the kernel writes
    ]


def kernel_clock_is_synchronised() -> bool:
    """What ntpd, chrony or timesyncd told the kernel. False as well when the kernel does not say."""
    state = _Timex(modes=0)  # 0: only read
    answer: int = ctypes.CDLL(None).adjtimex(ctypes.byref(state))
    return answer >= 0 and not state.status & _STA_UNSYNC


def _boottime_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


_LONGEST_LIFE_MS = 15 * 366 * 86_400_000
"""No build runs for that long; and the highest time that was ever trusted stays the floor for all that follow."""


class HostClock:
    """kiosk.ports.host.Clock. A wall clock before `floor_ms`, or many years after it, is wrong whoever vouches for it.

    `battery_clock`: this machine has one, and it is kept right. Only the constructor raises OSError, when the kernel
    does not say which boot this is.
    """

    def __init__(
        self,
        battery_clock: bool,
        floor_ms: int,
        *,
        boot_id_file: Path = BOOT_ID,
        synchronized_file: Path = SYNCHRONIZED,
        wall_ns: Callable[[], int] = time.time_ns,
        boottime_ms: Callable[[], int] = _boottime_ms,
        monotonic: Callable[[], float] = time.monotonic,
        kernel_is_synchronised: Callable[[], bool] = kernel_clock_is_synchronised,
    ) -> None:
        self._battery_clock = battery_clock
        self._floor_ms = floor_ms
        self._boot_id = boot_id_file.read_text("ascii").strip()
        self._synchronized_file = synchronized_file
        self._wall_ns = wall_ns
        self._boottime_ms = boottime_ms
        self._monotonic = monotonic
        self._kernel_is_synchronised = kernel_is_synchronised
        self._synchronised: tuple[float, bool] | None = None  # asked when, and the answer

    def now(self) -> Moment:
        wall_ms = self._wall_ns() // 1_000_000
        possible = self._floor_ms <= wall_ms < self._floor_ms + _LONGEST_LIFE_MS
        trusted = possible and (self._battery_clock or self._is_synchronised())
        return Moment(wall_ms, self._boot_id, self._boottime_ms(), trusted)

    def monotonic(self) -> float:
        return self._monotonic()

    def _is_synchronised(self) -> bool:
        # Threads that ask at once may both look: harmless, and cheaper than a lock.
        now = self._monotonic()
        last = self._synchronised
        if last is not None and now - last[0] < _TRUST_LASTS_S:
            return last[1]
        answer = os.path.exists(self._synchronized_file) or self._kernel_is_synchronised()
        self._synchronised = (now, answer)
        return answer
