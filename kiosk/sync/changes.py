"""Pulling: what the centre knows reaches the store in pieces so small that a loan never waits for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk.ports.central import CentralLink, Change, ChangePage
from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import UnitOfWork

PAGE = 1_000
LONGEST_HOLD_S = 0.020
LARGEST_CHUNK = 100
_AIM_S = LONGEST_HOLD_S / 2  # a disk that is slower this time than last still keeps the promise
_FIRST_CHUNK = 25


class Chunks:
    """How many changes one unit of work takes, from how long the last one held the store."""

    def __init__(self) -> None:
        self.size = _FIRST_CHUNK

    def took(self, changes: int, applying_s: float, committing_s: float) -> None:
        """Shrinks at once, grows by doubling. A commit costs the same however little is in it: where it alone uses up
        the time, smaller chunks would only mean more of them."""
        if not changes:
            return
        budget = max(_AIM_S - committing_s, _AIM_S / 4)
        fits = int(changes * budget / applying_s) if applying_s > 0 else LARGEST_CHUNK
        self.size = max(1, min(fits, self.size * 2, LARGEST_CHUNK))


class Changes:
    """Used by the pull thread alone, but for `begin_again`. `monotonic` gives seconds."""

    def __init__(self, link: CentralLink, on_store: OnStore, monotonic: Callable[[], float]) -> None:
        self._link = link
        self._on_store = on_store
        self._monotonic = monotonic
        self._chunks = Chunks()
        self._cursor: str | None = None
        self._begin_again = False

    def begin_again(self) -> None:
        """The next page is the first. What is in the store stays and is written over."""
        self._begin_again = True

    def pull(self, wait_s: float, stop: StopSignal) -> tuple[ChangePage, str]:
        """Fetches one page and applies it; with nothing new it waits `wait_s` seconds for something. Gives the page and
        the cursor that it follows. Raises Unreachable, CursorLost or StoreBroken."""
        if self._begin_again:
            self._begin_again = False
            self._cursor = ""
        if self._cursor is None:
            self._cursor = self._on_store(lambda uow: uow.cursor())
        after = self._cursor
        page = self._link.changes(after, PAGE, wait_s)
        if page.changes or page.cursor != after:
            self._apply(page, stop)
        if not stop.is_set():
            self._cursor = page.cursor
        return page, after

    def _apply(self, page: ChangePage, stop: StopSignal) -> None:
        """The page's cursor goes in with its last change: until then, a power cut means the page comes again."""
        first = 0
        while not stop.is_set():
            chunk = page.changes[first : first + self._chunks.size]
            first += len(chunk)
            last = first >= len(page.changes)
            self._apply_chunk(chunk, page.cursor if last else None)
            if last:
                break

    def _apply_chunk(self, chunk: Sequence[Change], cursor: str | None) -> None:
        def apply(uow: UnitOfWork) -> tuple[float, float]:
            began = self._monotonic()
            uow.apply(chunk, uow.cursor() if cursor is None else cursor)
            applied = self._monotonic()
            uow.commit()
            return applied - began, self._monotonic() - applied

        self._chunks.took(len(chunk), *self._on_store(apply))
