"""What this machine alone has and a card does not: a Raspberry Pi's one-time-programmable secret."""

from __future__ import annotations

from pathlib import Path

from devices.host.root_helper import SOCKET, HelperSaysNo, ask_root
from kiosk.ports.errors import SecretUnreadable


def read_machine_secret(at: Path = SOCKET) -> bytes | None:
    """32 bytes; None: this machine has none, or no helper that could read it. Raises SecretUnreadable."""
    try:
        said = ask_root("machine-secret", at=at)
        return None if said in (None, "none") else bytes.fromhex(said or "")
    except (HelperSaysNo, ValueError) as error:
        raise SecretUnreadable(f"the machine's secret cannot be read: {error}") from error
