"""sd_notify(3): tells the service manager that the station is ready, and that it is alive; and the chooser, which looks
before the next start, that it was well."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_log = logging.getLogger(__name__)

WELL_AFTER_S = 60.0
WELL = "well"


class SystemdWatchdog:
    """kiosk.ports.host.Watchdog. `address`: what systemd put into NOTIFY_SOCKET; None when nobody asked to be told.
    `folder`: where the chooser looks, in memory (RUNTIME_DIRECTORY); None when there is no chooser."""

    def __init__(
        self, address: str | None, folder: Path | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._complained = False
        self._folder = folder
        self._monotonic = monotonic
        self._alive_since: float | None = None

    def ready(self) -> None:
        self._tell(b"READY=1")

    def alive(self) -> None:
        self._tell(b"WATCHDOG=1")
        if self._folder is not None:
            now = self._monotonic()
            if self._alive_since is None:
                self._alive_since = now
            if now - self._alive_since >= WELL_AFTER_S:
                self.was_well()

    def was_well(self) -> None:
        """Whatever ends this start now, it was no crash."""
        folder, self._folder = self._folder, None
        if folder is not None:
            try:
                (folder / WELL).touch(0o600)
            except OSError as error:
                _log.warning("the chooser cannot be told: %s", error.strerror)

    def _tell(self, message: bytes) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
                wire.setblocking(False)  # a beat that cannot be sent now is followed by the next
                wire.sendto(message, self._address)
        except OSError as error:
            if not self._complained:
                self._complained = True
                _log.warning("the service manager cannot be told: %s", error)


def runtime_folder(environment: Mapping[str, str]) -> Path | None:
    """A service's own folder in memory, the first of RUNTIME_DIRECTORY; None when systemd made none."""
    first = environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(first) if first else None


def systemd_watchdog(
    environment: Mapping[str, str], monotonic: Callable[[], float] = time.monotonic
) -> SystemdWatchdog:
    """For what systemd put into the environment of a service, if one runs here."""
    return SystemdWatchdog(environment.get("NOTIFY_SOCKET"), runtime_folder(environment), monotonic)
