"""The scanners of a station, as they run: who is there, who hangs, and what the camera sees."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from devices.registry import make_scanner
from kiosk.ports.devices import Hint, Preview, RawScan, Scanner
from kiosk.runtime.watched import Watched
from kiosk.session.inputs import HintChanged, ScannerLost

_log = logging.getLogger(__name__)

_NOTHING_SEEN = Preview(0, 0, b"")


class Scanners:
    """`see` is given what the camera sees, on its thread, and `post` what becomes of each. They begin when `painted` is
    set, and end with `stop`. `devices`: how each is. Raises TableError."""

    def __init__(
        self,
        tables: Sequence[Mapping[str, Any]],
        folder: Path,
        see: Callable[[Preview], None],
        post: Callable[[HintChanged | ScannerLost], None],
        monotonic: Callable[[], float],
        painted: Event,
        stop: Event,
    ) -> None:
        self._see = see
        self._post = post
        self._painted = painted
        self._hint: Hint | None = None
        # One picture is shown: that of the first camera. With a second one's in between it would flicker.
        eye = next((table for table in tables if table.get("kind") == "camera"), None)
        self._scanners: list[Scanner] = [
            make_scanner(table, see=self._sees if table is eye else lambda _: None, folder=folder) for table in tables
        ]
        pairs = zip(self._scanners, tables, strict=True)
        self.camera = next((scanner.name for scanner, table in pairs if table is eye), "")
        self.devices = {scanner.name: "waiting" for scanner in self._scanners}
        self._watched = {scanner.name: Watched(stop, monotonic) for scanner in self._scanners}

    def jobs(self, scanned: Callable[[RawScan], None]) -> Iterator[tuple[str, Callable[[], None]]]:
        """What each has to do on a thread of its own, under its name."""
        for scanner in self._scanners:
            yield scanner.name, partial(self._read, scanner, scanned)

    def one_hangs(self, now: float, longest_s: float) -> bool:
        """One that was there. Who only looks for a device may take long, and others scan meanwhile."""
        for name, watched in self._watched.items():
            if self.devices[name] == "ready" and watched.silent_s(now) >= longest_s:
                _log.critical("%s: hangs", name)
                return True
        return False

    def _sees(self, preview: Preview) -> None:
        """On the camera's thread."""
        if preview.hint is not self._hint:
            self._hint = preview.hint
            self._post(HintChanged(preview.hint))
        self._see(preview)

    def _read(self, scanner: Scanner, scanned: Callable[[RawScan], None]) -> None:
        def lost(is_lost: bool) -> None:
            self.devices[scanner.name] = "lost" if is_lost else "ready"
            self._post(ScannerLost(scanner.name, is_lost))
            if is_lost and scanner.name == self.camera:
                self._sees(_NOTHING_SEEN)

        self._painted.wait()
        scanner.run(scanned, lost, self._watched[scanner.name])
