"""How often an address may fail in a minute, or a key may ask. Kept in memory."""

from collections.abc import Callable

from central_server import clock

MOST = 10
_MINUTE_MS = 60_000
_MOST_ADDRESSES = 10_000


class Tries:
    """Failures of the last minute by address. One thread's own. `most`: how many there may be."""

    def __init__(self, now_ms: Callable[[], float] = clock.stopwatch_ms, most: int = MOST) -> None:
        self._now_ms = now_ms
        self._most = most
        self._failed: dict[str, list[float]] = {}

    def may(self, address: str) -> bool:
        """Whether `address` has failed less often than it may in the last minute."""
        return len(self._recent(address)) < self._most

    def failed(self, address: str) -> None:
        """Count a failure."""
        recent = self._recent(address)
        self._failed.pop(address, None)  # to the end: the first in the dictionary failed longest ago
        self._failed[address] = [*recent, self._now_ms()]
        if len(self._failed) > _MOST_ADDRESSES:
            del self._failed[next(iter(self._failed))]

    def take(self, address: str) -> bool:
        """Count a try before it is looked at, so that no number of them at once is more than one after another; whether
        it may be looked at."""
        may = self.may(address)
        if may:
            self.failed(address)
        return may

    def give_back(self, address: str) -> None:
        """It was right."""
        if self._failed.get(address):
            self._failed[address].pop()

    def _recent(self, address: str) -> list[float]:
        since = self._now_ms() - _MINUTE_MS
        return [at for at in self._failed.get(address, ()) if at > since]
