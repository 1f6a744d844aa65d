"""Asking the centre for the time: at once where nobody else vouches for it, and now and then to see who is wrong."""

from __future__ import annotations

import logging

from kiosk.domain.clock_trust import Anchor, Voucher
from kiosk.ports.central import CentralLink
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock

_log = logging.getLogger(__name__)

EVERY_S = 3600.0
TRY_AGAIN_S = 60.0
LONGEST_MS = 2_000
"""From question to answer: the time in it is right to half of that."""


class TimeCheck:
    """Used by the pull thread alone."""

    def __init__(self, link: CentralLink, clock: StationClock) -> None:
        self._link = link
        self._clock = clock
        self._asked_at: float | None = None
        self._failed = ""

    def reached(self) -> None:
        """The centre has just answered something."""
        if not self._link.capabilities.signed_date:
            return
        asked, now = self._clock.now(), self._clock.monotonic()
        pause_s = EVERY_S if asked.trusted and not self._failed else TRY_AGAIN_S
        if self._asked_at is not None and now - self._asked_at < pause_s:
            return
        self._asked_at = now
        failed = self._ask()
        if failed and failed != self._failed:
            _log.warning("time: the centre does not tell it (%s)", failed)
        self._failed = failed

    def _ask(self) -> str:
        """Why it was in vain."""
        asked = self._clock.now()
        try:
            wall_ms = self._link.signed_time()
        except Unreachable as error:
            return str(error)
        answered = self._clock.now()
        if answered.boottime_ms - asked.boottime_ms > LONGEST_MS:
            return "the answer took too long"
        middle_ms = (asked.boottime_ms + answered.boottime_ms) // 2
        self._clock.told(Anchor(asked.boot_id, middle_ms, wall_ms, Voucher.CENTRE))
        return ""
