"""Pulling: what the centre knows reaches the store in pieces so small that a loan never waits for them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from kiosk.ports.central import CentralLink, Change, ChangePage
from kiosk.ports.chunks import Chunks
from kiosk.ports.errors import TooLarge
from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import UnitOfWork

_log = logging.getLogger(__name__)

PAGE = 1_000


class Changes:
    """Used by the pull thread alone. `monotonic` gives seconds."""

    def __init__(self, link: CentralLink, on_store: OnStore, monotonic: Callable[[], float]) -> None:
        self._link = link
        self._on_store = on_store
        self._monotonic = monotonic
        self._chunks = Chunks()
        self._limit = PAGE

    def pull(self, wait_s: float, stop: StopSignal) -> tuple[ChangePage, str]:
        """Fetches one page and applies it; with nothing new it waits `wait_s` seconds for something. Gives the page and
        the cursor that it follows. Raises Unreachable, CursorLost or StoreBroken."""
        after = self._on_store(lambda uow: uow.cursor())
        page = self._fetch(after, wait_s)
        if page.changes or page.cursor != after:
            self._apply(page, stop)
        return page, after

    def _fetch(self, after: str, wait_s: float) -> ChangePage:
        """Of as many changes as the station can read at once: the same page asked for again would be as large."""
        while True:
            try:
                page = self._link.changes(after, self._limit, wait_s)
            except TooLarge:
                if self._limit == 1:
                    raise
                self._limit //= 2
                _log.info("changes: a page is too large: asking for %d", self._limit)
            else:
                self._limit = min(self._limit * 2, PAGE)
                return page

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
