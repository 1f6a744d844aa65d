"""When a picture is worth decoding, and whether it shows anything at all. A still scene costs next to nothing."""

from __future__ import annotations

import zlib

import cv2
import numpy as np

from devices.scanners.barcode_regions import Gray
from kiosk.ports.errors import DeviceLost

STILL_AFTER_S = 3.0
"""Longer than a code needs to leave the view (agreement.GONE_AFTER_S): the gate never shuts on one that is leaving."""

_CHANGED_BY = 12
"""Of 255, at one pixel of a small picture, where a sensor's noise is averaged to about 1."""
_CHANGED_SHARE = 0.004
_BLACK_MEAN, _BLACK_SPREAD = 20.0, 4.0


def shrunk(gray: Gray, width: int) -> Gray:
    """`width` pixels wide and as high as its shape asks, each pixel the mean of those that it stands for."""
    height = max(1, round(gray.shape[0] * width / gray.shape[1]))
    small: Gray = cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return small


class MotionGate:
    """Open while something moves in small pictures, and for STILL_AFTER_S after; the first picture opens it."""

    def __init__(self, still_after_s: float = STILL_AFTER_S) -> None:
        self._still_after_s = still_after_s
        self._last: Gray | None = None
        self._shuts_at = 0.0

    def open(self, small: Gray, at: float) -> bool:
        last, self._last = self._last, small
        if last is None or last.shape != small.shape or _moved(last, small):
            self._shuts_at = at + self._still_after_s
        return at < self._shuts_at


def _moved(last: Gray, small: Gray) -> bool:
    changed = np.count_nonzero(cv2.absdiff(last, small) > _CHANGED_BY)
    return bool(changed > _CHANGED_SHARE * small.size)


class Health:
    """Whether a camera sees: its picture is not black, and no two are alike to the last bit. A file may be anything.

    `patience_s`: for how long it may give nothing else.
    """

    def __init__(self, *, live: bool, patience_s: float, at: float) -> None:
        self._live = live
        self._patience_s = patience_s
        self._good_at = at
        self._last_sum: int | None = None

    def believed(self, gray: Gray | None, at: float) -> Gray | None:
        """`gray` where it can be believed. Raises DeviceLost when nothing could for `patience_s`."""
        trouble = self._trouble(gray)
        if trouble is None:
            self._good_at = at
            return gray
        if at - self._good_at >= self._patience_s:
            raise DeviceLost(trouble)
        return None

    def _trouble(self, gray: Gray | None) -> str | None:
        if gray is None:
            return "gives no picture"
        if not self._live:
            return None
        last, self._last_sum = self._last_sum, zlib.crc32(gray.data)
        if last is None or last == self._last_sum:
            return "gives the same picture again and again"
        small = shrunk(gray, 32)
        if small.mean() < _BLACK_MEAN and small.std() < _BLACK_SPREAD:
            return "sees only black"
        return None
