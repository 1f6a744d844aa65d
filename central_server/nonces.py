"""Nonces: what makes a signed request good only once. Kept in memory; who has none that is known asks for one again."""

import secrets
from collections.abc import Callable

from central_server import clock

KEPT = 32
GOOD_FOR_MS = 600_000


class Nonces:
    """The newest that each key was given. Keys are those of enrolled stations, so there are few. One thread's own."""

    def __init__(self, now_ms: Callable[[], float] = clock.stopwatch_ms) -> None:
        self._now_ms = now_ms
        self._given: dict[str, dict[str, float]] = {}

    def give(self, key_id: str) -> str:
        """A new one, 128 random bits. Beyond the newest 32 the oldest is forgotten."""
        mine = self._given.setdefault(key_id, {})
        nonce = secrets.token_urlsafe(16)
        mine[nonce] = self._now_ms()
        if len(mine) > KEPT:
            del mine[next(iter(mine))]
        return nonce

    def take(self, key_id: str, nonce: str | None) -> bool:
        """Whether `nonce` was given to this key, not long ago, and is used for the first time."""
        given_ms = self._given.get(key_id, {}).pop(nonce or "", None)
        return given_ms is not None and self._now_ms() - given_ms <= GOOD_FOR_MS
