"""A touchscreen without the glass: a real X display in memory, and a finger that taps it."""

from __future__ import annotations

import os
import select
import shutil
import subprocess

from demo.processes import PATIENCE_S, DemoFailed

NEEDED = ("Xvfb", "xdotool")


class Touchscreen:
    """`name` is what DISPLAY takes. Raises DemoFailed where Xvfb or xdotool is missing."""

    def __init__(self, width: int = 1024, height: int = 600) -> None:
        missing = [program for program in NEEDED if not shutil.which(program)]
        if missing:
            raise DemoFailed(f"please install first: sudo apt-get install {' '.join(missing).lower()}")
        self._size = width, height
        reading, writing = os.pipe()
        words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
        self._process = subprocess.Popen(
            words, pass_fds=(writing,), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(writing)
        with open(reading) as told:
            ready, _, _ = select.select([told], [], [], PATIENCE_S)
            number = told.readline().strip() if ready else ""
        if not number:
            raise DemoFailed("Xvfb did not start")
        self.name = f":{number}"

    def tap(self, across: float, down: float) -> None:
        """At a share of the width and of the height, from the top left; a press as long as a child's."""
        width, height = self._size
        point = [str(round(across * width)), str(round(down * height))]
        words = ["xdotool", "mousemove", *point, "mousedown", "1", "sleep", "0.08", "mouseup", "1"]
        subprocess.run(words, env=dict(os.environ) | {"DISPLAY": self.name}, check=True, timeout=PATIENCE_S)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)
