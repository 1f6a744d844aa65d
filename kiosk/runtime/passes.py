"""The service passes that were shown here: a small file in the data folder, so that a pass that has ended stays so."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock

from kiosk.domain.service_pass import PassFault, ServicePass, Use, admit, read_pass, spend
from kiosk.ports.host import StationClock
from kiosk.ports.private_file import make_private

_log = logging.getLogger(__name__)

WRITE_EVERY_S = 600.0
_LATER_MS = 86_400_000

HasSigned = Callable[[str, str], bool]
"""Whether the centre has signed what was said with that signature."""


class Passes:
    """From any thread. `centre`: looks up the centre's key each time, None when there is none yet. What cannot be
    written is remembered until the process ends: a maintainer must get in where the disk is at fault."""

    def __init__(
        self, file: Path, library: str, device: str, clock: StationClock, centre: Callable[[], HasSigned | None]
    ) -> None:
        self._file = file
        self._library = library
        self._device = device
        self._clock = clock
        self._centre = centre
        self._lock = Lock()
        self._uses: dict[str, Use] | None = None
        self._forbidden: set[str] = set()
        self._counted_at = clock.monotonic()
        self._written_at = self._counted_at

    def show(self, text: str) -> str | PassFault:
        """The id of a pass that opens the screen now, else why not. Raises nothing, whatever is shown."""
        shown = read_pass(text)
        if isinstance(shown, PassFault):
            return shown
        has_signed = self._centre()
        if has_signed is None:
            return PassFault.NO_CENTRE
        if not has_signed(shown.said, shown.signature):
            return PassFault.NOT_OURS
        if (shown.library, shown.device) != (self._library, self._device):
            return PassFault.OTHER_STATION
        return self._admit(shown)

    def forbid(self, pass_id: str) -> None:
        """It opens the screen no more, as long as this process lives. Returns at once: no disk is waited for."""
        self._forbidden.add(pass_id)

    def end(self, pass_id: str) -> None:
        """It opens the screen no more, also after a restart."""
        self.forbid(pass_id)
        with self._lock:
            uses = self._read()
            if pass_id in uses:
                uses[pass_id] = replace(uses[pass_id], ended=True)
                self._write(uses)

    def count(self) -> None:
        """Now and then: what passed since counts for every pass that is not over."""
        with self._lock:
            uses = self._counted()
            if any(not use.ended for use in uses.values()) and self._counted_at - self._written_at >= WRITE_EVERY_S:
                self._write(uses)

    def _admit(self, shown: ServicePass) -> str | PassFault:
        with self._lock:
            uses = self._counted()
            known = self._clock.to_keep()
            use = admit(shown, uses.get(shown.id), self._clock.now(), known.floor_ms)
            if isinstance(use, PassFault):
                return use
            uses[shown.id] = use
            self._write({one: kept for one, kept in uses.items() if kept.until_ms + _LATER_MS > known.floor_ms})
            return PassFault.ENDED if shown.id in self._forbidden else shown.id  # asked last: the disk may be slow

    # ---- with the lock held

    def _counted(self) -> dict[str, Use]:
        now = self._clock.monotonic()
        passed, self._counted_at = now - self._counted_at, now
        uses = self._read()
        for one, use in uses.items():
            uses[one] = spend(use, passed)
        return uses

    def _read(self) -> dict[str, Use]:
        if self._uses is None:
            try:
                told = json.loads(self._file.read_text("utf-8"))
                self._uses = {str(one): Use(**kept) for one, kept in told.items()}
            except (OSError, ValueError, TypeError, AttributeError):
                self._uses = {}
        return self._uses

    def _write(self, uses: dict[str, Use]) -> None:
        self._uses, self._written_at = uses, self._counted_at
        try:
            make_private(self._file, json.dumps({one: asdict(use) for one, use in uses.items()}).encode())
        except OSError as error:
            _log.warning("which service passes were used cannot be noted: %s", error.strerror)
