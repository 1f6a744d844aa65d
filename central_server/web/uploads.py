"""What people send: how much of a body is read, how fast it must come, and how many files come at once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request

from central_server import clock
from central_server.wire import Refused

MOST_AT_ONCE = 4
_HEAD_START_MS = 60_000
_LEAST_BYTES_PER_MS = 16
"""A slow line of a village sends so much; who sends less keeps a place from others."""


class Places:
    """For those who send a file to this process: few at once, and one for each library and each person. Belongs to the
    event loop's one thread."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self._taken: list[frozenset[str]] = []

    @contextmanager
    def place(self, *names: str) -> Iterator[bool]:
        """Whether there was a place for `names` (a library, a person), which it is until the end."""
        mine = frozenset(names)
        if len(self._taken) >= self._most or any(mine & others for others in self._taken):
            yield False
            return
        self._taken.append(mine)
        try:
            yield True
        finally:
            self._taken.remove(mine)


def limit(request: Request, most: int) -> None:
    """Let no more than `most` bytes of the body be read, and wait for none that comes too slowly. Raises `Refused`
    (408, 413) at once or while it is read."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > most:
        raise Refused(413, "That is too much for a form.")
    begun_ms, taken, receive = clock.stopwatch_ms(), 0, request._receive

    async def counted() -> Any:
        nonlocal taken
        left_ms = begun_ms + _HEAD_START_MS + taken / _LEAST_BYTES_PER_MS - clock.stopwatch_ms()
        try:
            if left_ms <= 0:
                raise TimeoutError
            async with asyncio.timeout(left_ms / 1000):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "It comes too slowly.") from None
        taken += len(message.get("body", b""))
        if taken > most:
            raise Refused(413, "That is too much for a form.")
        return message

    request._receive = counted


async def throw_away(request: Request) -> None:
    """Read the body to its end (as `limit` lets it) and keep nothing: a browser shows an answer only after that."""
    async for _piece in request.stream():
        pass
