"""How a station is asked on its own machine: a socket in the data folder, no network port.

Who asks writes one word and ends the sending; the station answers and hangs up, with nothing where it does not know the
word. Only who may read the data folder can ask.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from kiosk.ports.signals import StopSignal

NAME = "kiosk.sock"
STATUS = "status"
RESYNC = "resync"
_PATIENCE_S = 2.0
_LOOK_S = 5.0
_LONGEST_WORD = 32


def serve_words(folder: Path, words: Mapping[str, Callable[[], bytes]], stop: StopSignal) -> None:
    """Answers whoever connects by what `words` has for their word, until `stop`; on a thread of its own. Who stops it
    should ask once more, so that it looks up from its waiting. Raises OSError where no socket can be made."""
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
                    answer = words.get(_word(asking))
                    asking.sendall(answer() if answer else b"")
        with suppress(FileNotFoundError):
            os.unlink(address.name)


def ask_word(folder: Path, word: str = STATUS) -> bytes | None:
    """What the station with this data folder says to `word`: nothing where it does not know it, or is too busy to
    answer in time. None only when none runs."""
    try:
        with _at(folder) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_PATIENCE_S)
            line.connect(address.name)
            line.sendall(word.encode())
            line.shutdown(socket.SHUT_WR)
            return _all_of(line)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        return None
    except OSError:
        return b""


def _word(asking: socket.socket) -> str:
    return _all_of(asking, _LONGEST_WORD).decode("ascii", "replace")


def _all_of(line: socket.socket, most: int | None = None) -> bytes:
    """Until the other side ends, or after `most` bytes."""
    found = b""
    while (most is None or len(found) < most) and (piece := line.recv(65_536 if most is None else most)):
        found += piece
    return found


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
