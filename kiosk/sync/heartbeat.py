"""Telling the centre how this station is: hourly, and soon when something changed that somebody wants to hear of. Not
through the outbox: only the newest counts, and what could not be told is no loss."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from kiosk.ports.central import CentralLink
from kiosk.ports.errors import Unreachable

_log = logging.getLogger(__name__)

EVERY_S = 3600.0
LOOK_EVERY_S = 60.0
TRY_AGAIN_S = 600.0
"""An older centre that does not know of such reports is asked no more often than this."""

Report = Mapping[str, object]


class Heartbeat:
    """Used by one thread alone. `look` makes the report; of it `what_matters` is compared."""

    def __init__(
        self,
        link: CentralLink,
        monotonic: Callable[[], float],
        look: Callable[[], Report],
        what_matters: Callable[[Report], Report],
    ) -> None:
        self._link = link
        self._monotonic = monotonic
        self._look = look
        self._what_matters = what_matters
        self._look_at = 0.0
        self._told: Report | None = None
        self._told_at = 0.0
        self._failed = ""

    def look_and_tell(self) -> None:
        """The centre may be in reach. As often as one likes: most calls return at once."""
        now = self._monotonic()
        if not self._link.capabilities.health or now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_S
        report = self._look()
        matters = self._what_matters(report)
        if matters == self._told and now - self._told_at < EVERY_S:
            return
        try:
            self._link.tell_health(report)
        except Unreachable as error:
            if str(error) != self._failed:
                _log.info("health: the centre does not take it (%s)", error)
            self._failed = str(error)
            self._look_at = now + TRY_AGAIN_S
            return
        self._failed, self._told, self._told_at = "", matters, now
