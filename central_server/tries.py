"""How often an address may fail in a minute. Kept in memory."""

from collections.abc import Callable

from central_server import clock

MOST = 10
_MINUTE_MS = 60_000
_MOST_ADDRESSES = 10_000


class Tries:
    """Failures of the last minute by address. One thread's own."""

    def __init__(self, now_ms: Callable[[], float] = clock.stopwatch_ms) -> None:
        self._now_ms = now_ms
        self._failed: dict[str, list[float]] = {}

    def may(self, address: str) -> bool:
        """Whether `address` has failed less than ten times in the last minute."""
        return len(self._recent(address)) < MOST

    def failed(self, address: str) -> None:
        """Count a failure."""
        recent = self._recent(address)
        self._failed.pop(address, None)  # to the end: the first in the dictionary failed longest ago
        self._failed[address] = [*recent, self._now_ms()]
        if len(self._failed) > _MOST_ADDRESSES:
            del self._failed[next(iter(self._failed))]

    def _recent(self, address: str) -> list[float]:
        since = self._now_ms() - _MINUTE_MS
        return [at for at in self._failed.get(address, ()) if at > since]
