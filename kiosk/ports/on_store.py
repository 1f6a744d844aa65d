"""How sync and upkeep reach the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from kiosk.ports.store import UnitOfWork

T = TypeVar("T")


class OnStore(Protocol):
    """Runs a job in a unit of work of its own on the store thread, after any loan that waits, and gives its result.

    The job commits itself. Raises StoreBroken, and then nothing of the job is durable.
    """

    def __call__(self, job: Callable[[UnitOfWork], T], /) -> T: ...
