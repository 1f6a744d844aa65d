"""A Raspberry Pi without its camera: the real helper under a real Python, and a stand-in for Picamera2 below it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from devices.scanners.barcode_regions import Gray

_STAND_IN = Path(__file__).with_name("stand_in_picamera2.py")


class Pi:
    """`python`: as a station's kiosk.toml says it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        shutil.copy(_STAND_IN, folder / "picamera2.py")
        self.python = str(folder / "python")
        Path(self.python).write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" -B "$@"\n')
        os.chmod(self.python, 0o755)
        self.does("moves")

    def does(self, what: str) -> None:
        self._put("does", what.encode())

    def sees(self, picture: Gray) -> None:
        self._put("gray", picture.tobytes())

    def was_asked(self) -> str:
        return (self._folder / "asked").read_text()

    def _put(self, name: str, content: bytes) -> None:
        """Whole at once: the helper reads it at any moment."""
        hidden = self._folder / f".{name}"
        hidden.write_bytes(content)
        hidden.rename(self._folder / name)


def helpers_of(python: str) -> list[int]:
    """Processes of this kind that live, by their command line."""
    found = []
    folder = str(Path(python).parent)
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                environment = (process / "environ").read_bytes()
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if f"PYTHONPATH={folder}".encode() in environment and state != "Z":
                found.append(int(process.name))
    return found
