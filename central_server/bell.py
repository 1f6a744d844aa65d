"""Waking the long polls: at once when this process records something, within a second when another process does.

A waiting poll is a coroutine, so thousands of them cost no thread. All of this belongs to the event loop's one thread.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

_LOOK_EVERY_S = 0.5


class Bell:
    """One event per library that somebody waits for. `newest` answers the numbers of libraries' newest changes."""

    def __init__(self, newest: Callable[[Collection[str]], Awaitable[Mapping[str, int]]]) -> None:
        self._newest = newest
        self._events: dict[str, asyncio.Event] = {}
        self._seen: dict[str, int] = {}
        self.closing = False

    def next_ring(self, library: str) -> asyncio.Event:
        """The event of the next ring. To miss nothing, take it before reading what there is."""
        return self._events.setdefault(library, asyncio.Event())

    def ring(self, library: str) -> None:
        """Wake whoever waits for `library`."""
        if event := self._events.pop(library, None):
            event.set()

    def close(self) -> None:
        """Wake everybody, for the server stops."""
        self.closing = True
        for library in list(self._events):
            self.ring(library)

    async def watch(self) -> None:
        """Look every half second, as long as somebody waits, whether another process has added changes."""
        while not self.closing:
            await asyncio.sleep(_LOOK_EVERY_S)
            if not self._events:
                continue
            for library, newest in (await self._newest(list(self._events))).items():
                if newest != self._seen.get(library):
                    self._seen[library] = newest
                    self.ring(library)
