"""Where a camera scanner's pictures come from. Imports OpenCV: only the thread of a camera should import this."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from devices.scanners.barcode_regions import Gray
from devices.scanners.exposure import keep_short
from kiosk.ports.errors import DeviceLost

_log = logging.getLogger(__name__)

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})
FRAMES_EACH = 6
"""Frames for which a picture of a folder is held up: twice what the most doubtful code needs."""
FRAMES_BETWEEN = 2
_EMPTY = 128

_MOST_QUEUED = 10
"""Pictures that OpenCV and a driver keep between them at most."""
_CAME_LATER_S = 0.002
"""A picture that lies there is given sooner than this, one that is waited for later."""
_FRESH_FOR_S = 0.1

_Version = tuple[str, int, int]
"""Of a file: its name, when it was changed (ns), its size (bytes)."""

# A second thread would only wait for the first; and what OpenCV says on the standard error comes at every look.
cv2.setNumThreads(1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


class FrameSource(Protocol):
    live: bool
    """Its pictures come from a sensor, whose noise makes each one different."""
    about: str = ""
    """What the log should say of it, known when its first picture came."""

    @property
    def starting(self) -> bool:
        """Its first picture is still on the way, and may take longer than any later one."""
        return False

    def read(self) -> Gray | None:
        """The newest picture; None when none came. Waits a second at most."""
        ...

    def close(self) -> None: ...


class _Captured:
    """Pictures that OpenCV grabs, always into the same memory: one is good until the next is read."""

    starting = False
    about = ""

    def __init__(self, capture: Any) -> None:
        self._capture = capture
        self._colour: Any = None
        self._gray: Any = None

    def _retrieve(self) -> Gray | None:
        there, self._colour = self._capture.retrieve(self._colour)
        if not there:
            return None
        if self._colour.ndim == 2:  # a camera without colours
            self._gray = self._colour
        else:
            self._gray = cv2.cvtColor(self._colour, cv2.COLOR_BGR2GRAY, self._gray)
        gray: Gray = self._gray
        return gray

    def close(self) -> None:
        self._capture.release()


class Camera(_Captured):
    """A USB camera. `open_capture` makes what grabs. Raises DeviceLost when it cannot be opened.

    V4L2 fills every buffer that it has and then waits, so that after a pause the next picture is as old as the pause:
    with one buffer too, and not every driver does with one (opencv/opencv#11047, #13145). So after a pause pictures
    are thrown away, undecoded, until one has to be waited for; not at each reading, which would halve the rate.
    """

    live = True

    def __init__(
        self,
        device: str | int,
        width: int,
        height: int,
        open_capture: Callable[..., Any] = cv2.VideoCapture,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        capture = open_capture(device, cv2.CAP_V4L2)
        if not capture.isOpened():
            raise DeviceLost("cannot be opened")
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # raw pictures are too big for USB 2
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # what is not kept need not be thrown away
        self.about = keep_short(device)
        super().__init__(capture)
        self._monotonic = monotonic
        self._fresh_at = -math.inf

    def read(self) -> Gray | None:
        for _ in range(_MOST_QUEUED + 1):
            asked_at = self._monotonic()
            if not self._capture.grab():
                return None
            at = self._monotonic()
            if at - asked_at >= _CAME_LATER_S:
                self._fresh_at = at
            if at - self._fresh_at < _FRESH_FOR_S:
                break
        return self._retrieve()


class Video(_Captured):
    """A recorded file, one frame at each look, and again from its beginning. Raises DeviceLost when it is none."""

    live = False

    def __init__(self, path: Path) -> None:
        # One thread: with more, the library keeps as many pictures in memory.
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not capture.isOpened():
            raise DeviceLost("is no video")
        super().__init__(capture)

    def read(self) -> Gray | None:
        if not self._capture.grab():
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            if not self._capture.grab():
                return None
        return self._retrieve()


class Folder:
    """Pictures that are held up one after another, in the order of their names, each for FRAMES_EACH frames; between
    two and after the last the view is empty for at least FRAMES_BETWEEN. A picture that is put there later has its turn
    then: put it there under a hidden name (".new.png") and rename it when it is whole. One that was shown is shown
    again only when it was changed, or the folder was lost. Raises DeviceLost when there is no such folder."""

    live = starting = False
    about = ""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._path = path
        self._shown: set[_Version] = set()
        self._empty: Gray = np.full((height, width), _EMPTY, np.uint8)
        self._picture = self._empty
        self._frames_left = 0
        self._next()

    def read(self) -> Gray | None:
        if not self._frames_left:
            if self._picture is self._empty:
                self._next()
            else:
                self._picture, self._frames_left = self._empty, FRAMES_BETWEEN
        self._frames_left = max(self._frames_left - 1, 0)
        return self._picture

    def _next(self) -> None:
        for version in sorted(self._there() - self._shown):
            self._shown.add(version)
            picture = _picture(self._path / version[0])
            if picture is not None:
                self._picture, self._frames_left = picture, FRAMES_EACH
                return
            _log.warning("%s: a file is no picture, or not yet", self._path)  # its name may be a card's number

    def _there(self) -> set[_Version]:
        found = set()
        try:
            with os.scandir(self._path) as entries:
                for entry in entries:
                    if not entry.name.startswith(".") and Path(entry.name).suffix.lower() in PICTURES:
                        with suppress(FileNotFoundError):  # taken away meanwhile
                            stat = entry.stat()
                            found.add((entry.name, stat.st_mtime_ns, stat.st_size))
        except OSError as error:
            raise DeviceLost(str(error.strerror)) from error
        return found

    def close(self) -> None:
        pass


def _picture(path: Path) -> Gray | None:
    try:
        return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)  # type: ignore[return-value]
    except cv2.error:  # larger than OpenCV takes
        return None
