"""A serial scanner's cable without a scanner: what is sent here is read at `path` as from a device."""

from __future__ import annotations

import os
import tty
from pathlib import Path
from typing import Self


class SerialLine:
    """A pty behind a symlink, as udev makes one under /dev/serial/by-id: gone while unplugged, then another device."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: tuple[int, int] | None = None

    def plug(self) -> None:
        self.unplug()
        scanner_end, kiosk_end = os.openpty()
        tty.setraw(kiosk_end)
        self._ends = scanner_end, kiosk_end
        if self.path.is_symlink():  # of a run that was killed
            self.path.unlink()
        self.path.symlink_to(os.ttyname(kiosk_end))

    def unplug(self) -> None:
        """Whoever has the line open sees it hung up. What was not read yet is gone."""
        if self._ends is None:
            return
        self.path.unlink()
        for fd in self._ends:
            os.close(fd)
        self._ends = None

    def send(self, data: bytes) -> None:
        """Blocks while the reader is far behind. Raises OSError when unplugged."""
        if self._ends is None:
            raise OSError("the line is unplugged")
        while data:
            data = data[os.write(self._ends[0], data) :]

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *exc: object) -> None:
        self.unplug()
