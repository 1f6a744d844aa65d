"""Room on the disk that is kept for loans: a file of real blocks, deleted when nothing else is left."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NAME = "store.reserve"
_MUCH_MORE = 2


class FileOfRoom:
    """kiosk.ports.host.SpareRoom in `folder`, of `size` bytes (0: none is kept)."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._file = folder / NAME
        self._size = size

    def free(self) -> int | None:
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize

    def is_kept(self) -> bool:
        try:
            return 0 < self._size == self._file.stat().st_size
        except OSError:
            return False

    def keep(self) -> bool:
        # Not as soon as there is room for it alone: what it was given back for would need it again at once.
        if self._size and not self.is_kept() and (self.free() or 0) >= _MUCH_MORE * self._size:
            try:
                self._make()
            except OSError:
                self.give_back()
        return self.is_kept()

    def give_back(self) -> bool:
        try:
            self._file.unlink()
        except OSError:
            return False
        return True

    def _make(self) -> None:
        with suppress(FileNotFoundError):
            self._file.unlink()  # of another size, or half made when the power went
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
        finally:
            os.close(handle)
