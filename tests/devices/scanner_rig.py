"""A scanner at work on a thread of its own, as the kiosk runs it, and what it told."""

from __future__ import annotations

import queue
import threading
from typing import Self

from kiosk.ports.devices import RawScan, Scanner

PATIENCE_S = 20.0
"""Longer than anything takes on a busy machine: only a test that fails waits for it."""


class Running:
    """`with Running(scanner) as at_work:` … Leaving stops it, and raises what the scanner raised."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._scans: queue.Queue[RawScan] = queue.Queue()
        self._lost: queue.Queue[bool] = queue.Queue()
        self._raised: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="scanner under test")
        self.stop = threading.Event()
        self.ended = threading.Event()

    def _run(self) -> None:
        try:
            self._scanner.run(self._scans.put, self._lost.put, self.stop)
        except BaseException as error:
            self._raised.append(error)
        finally:
            self.ended.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()

    def end(self) -> None:
        """Returns once the scanner has, so nothing comes after it."""
        self.stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the scanner does not stop"
        if self._raised:
            raise self._raised[0]

    def next_lost(self) -> bool:
        return self._lost.get(timeout=PATIENCE_S)

    def next_scan(self) -> RawScan:
        return self._scans.get(timeout=PATIENCE_S)

    def texts(self, count: int) -> list[str]:
        """The next `count` scans, waited for."""
        return [self.next_scan().text for _ in range(count)]

    def left(self) -> list[str]:
        """Scans that nobody has asked for; all there will ever be after `end`."""
        found: list[str] = []
        while not self._scans.empty():
            found.append(self._scans.get().text)
        return found

    def left_lost(self) -> list[bool]:
        found: list[bool] = []
        while not self._lost.empty():
            found.append(self._lost.get())
        return found
