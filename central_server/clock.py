"""The one place where the server asks what time it is."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

# Vietnam has one time zone and no summer time.
_VIETNAM = timezone(timedelta(hours=7))


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def stopwatch_ms() -> float:
    """Milliseconds of a clock that only goes forward, for durations."""
    return time.monotonic_ns() / 1_000_000


def day_of(wall_ms: int) -> date:
    """The date in Vietnam at `wall_ms` (milliseconds since 1970 UTC, at most the year 9892)."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(_VIETNAM).date()


def today() -> str:
    """The date in Vietnam now, as ISO text."""
    return day_of(now_ms()).isoformat()


def ms_of(day: date) -> int:
    """When `day` begins in Vietnam, in milliseconds since 1970 UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=_VIETNAM).timestamp() * 1000)


def shown_time(wall_ms: int) -> str:
    """`wall_ms` as people in Vietnam write it: `24/11/2026 14:05:09`."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(_VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
