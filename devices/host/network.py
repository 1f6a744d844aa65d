"""Whether this machine is connected to anything, and asking root's helper to join a wireless network.

The station may not touch the machine's network. It leaves a request in its own folder under /run; a unit of root's sees
it, looks at it again, and takes it away (python -m provisioning wifi).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kiosk.domain.enrolment_code import Wifi
from kiosk.ports.private_file import make_private

REQUEST = "wifi.json"
_INTERFACES = Path("/sys/class/net")
_LOOK_S = 0.5
_PATIENCE_S = 60.0


def is_connected(interfaces: Path = _INTERFACES) -> bool:
    """A cable is plugged in at both ends, or a wireless network joined."""
    for interface in interfaces.iterdir():
        with suppress(OSError):  # of one that is switched off
            if interface.name != "lo" and (interface / "carrier").read_text().strip() == "1":
                return True
    return False


def ask_to_join(wifi: Wifi, folder: Path, pause: Callable[[float], bool], patience_s: float = _PATIENCE_S) -> bool:
    """Whether the helper took the request. `pause(seconds)` is false when nobody waits any more. Raises OSError."""
    request = folder / REQUEST
    make_private(request, json.dumps({"ssid": wifi.ssid, "password": wifi.password}).encode())
    try:
        for _ in range(round(patience_s / _LOOK_S)):
            if not request.exists():
                return True
            if not pause(_LOOK_S):
                break
        return not request.exists()
    finally:
        request.unlink(missing_ok=True)  # it holds a password
