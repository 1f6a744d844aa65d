"""sd_notify(3): tells the service manager that the station is ready, and that it is alive."""

from __future__ import annotations

import logging
import socket

_log = logging.getLogger(__name__)


class SystemdWatchdog:
    """kiosk.ports.host.Watchdog. `address`: what systemd put into NOTIFY_SOCKET; None when nobody asked to be told."""

    def __init__(self, address: str | None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._complained = False

    def ready(self) -> None:
        self._tell(b"READY=1")

    def alive(self) -> None:
        self._tell(b"WATCHDOG=1")

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
