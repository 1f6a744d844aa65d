"""Asking for what only root may do: one line to the socket of provisioning/chooser/root_helper.py, one line back."""

from __future__ import annotations

import socket
from pathlib import Path

SOCKET = Path("/run/tram-xanh-root.socket")
_PATIENCE_S = 40.0  # a mount may take half a minute
_LONGEST = 4096


class HelperSaysNo(Exception):
    """The message is the helper's reason, one word."""


def ask_root(*words: str, at: Path = SOCKET) -> str | None:
    """The answer; None: no helper is installed here. Raises HelperSaysNo, "silent" where it does not answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_PATIENCE_S)
            line.connect(str(at))
            line.sendall(" ".join(words).encode("ascii") + b"\n")
            said = b""
            while len(said) < _LONGEST and not said.endswith(b"\n") and (piece := line.recv(_LONGEST)):
                said += piece
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HelperSaysNo("silent") from error
    verdict, _, rest = said.decode("ascii", "replace").rstrip("\n").partition(" ")
    if verdict != "ok":
        raise HelperSaysNo(rest if verdict == "no" else "silent")
    return rest
