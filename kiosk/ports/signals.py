"""What a thread waits for and is told by (a threading.Event is all of them)."""

from __future__ import annotations

from typing import Protocol


class StopSignal(Protocol):
    """Once set it stays set: the thread that watches it comes to its end."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool:
        """Whether it was set within `timeout` seconds (None: however long it takes)."""
        ...


class WaitSignal(StopSignal, Protocol):
    """Set by anybody, cleared by the one thread that waits for it."""

    def set(self) -> None: ...
    def clear(self) -> None: ...
