"""How a station tells about itself on its own machine: a socket in the data folder, no network port."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kiosk.ports.signals import StopSignal

NAME = "kiosk.sock"
_PATIENCE_S = 2.0
_LOOK_S = 5.0


def serve_status(folder: Path, status: Callable[[], bytes], stop: StopSignal) -> None:
    """Answers whoever connects with one `status()`, until `stop`; on a thread of its own. Who stops it should ask once
    more, so that it looks up from its waiting. Raises OSError where no socket can be made."""
    with _at(folder) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        if _answers(address.name):  # a second station of one folder: its store will not open either
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        with suppress(FileNotFoundError):
            os.unlink(address.name)  # left by a station whose power went
        listening.bind(address.name)
        os.chmod(address.name, 0o600)  # nobody can connect before it listens
        listening.listen(4)
        listening.settimeout(_LOOK_S)
        while not stop.is_set():
            with suppress(OSError):
                asking, _ = listening.accept()
                with asking:
                    asking.settimeout(_PATIENCE_S)
                    asking.sendall(status())
        with suppress(FileNotFoundError):
            os.unlink(address.name)


def ask_status(folder: Path) -> bytes | None:
    """What the station with this data folder says; None when none runs."""
    try:
        with _at(folder) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_PATIENCE_S)
            line.connect(address.name)
            pieces = iter(lambda: line.recv(65_536), b"")
            return b"".join(pieces)
    except OSError:
        return None


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_PATIENCE_S)
        return line.connect_ex(address) == 0


class _at:
    """The socket's address through an open folder: an address holds 107 bytes, a folder's path may be longer."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self.name = f"/proc/self/fd/{self._folder}/{NAME}"

    def __enter__(self) -> _at:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)
