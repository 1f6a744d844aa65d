"""When what takes a while is done: once a day, at night where the station is on at night, and never before somebody."""

from __future__ import annotations

from datetime import date

from kiosk.domain.clock_trust import Moment

SETTLED_S = 600.0
"""Powered on; long after the first frame."""
TRY_AGAIN_S = 3600.0
BY_DAY_AFTER_S = 3 * 3600.0
"""Powered on: many schools switch off at night."""
UNTRUSTED_AFTER_S = 6 * 3600.0
_NIGHT = range(1, 5)


def is_due(now: Moment, good_on: date | None, on_s: float, tried_s: float | None) -> bool:
    """`good_on`: the last day on which it went well by a trusted clock; `on_s`: powered-on seconds since it last went
    well, or since the start; `tried_s`: since it last failed, None: it did not."""
    if on_s < SETTLED_S or (tried_s is not None and tried_s < TRY_AGAIN_S):
        return False
    if not now.trusted:
        return on_s >= UNTRUSTED_AFTER_S
    return good_on != now.day and (now.local.hour in _NIGHT or on_s >= BY_DAY_AFTER_S)
