"""What would help whoever holds something up that cannot be read: rules that cost little, on a small picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from devices.scanners.barcode_regions import CELL, Bars, Gradient, Gray, find_bars, is_too_small, straighten
from kiosk.ports.devices import Hint

PREVIEW_WIDTH = 320  # px
"""In a picture so small only the bars of a code that can be read, or is nearer, look like bars, however near it is."""
AFTER_S = 1.0
"""A code that can be read was read by then."""
EVERY_S = 0.4

_CHANGED_BY, _HELD_SHARE = 12, 0.01
_DARK = 70
"""Even white paper is darker."""
_FILLS, _FILLS_AT_THE_RIM = 0.3, 0.15
"""Of the picture, by bars that should fit into it with white beside them."""
_SOFT = 3.5  # px from black to white


class Aiming:
    """A hint when nothing could be read for AFTER_S though something is held up that was not there while all was still.
    It comes and goes when two looks, EVERY_S apart, agree, so it does not flicker; what is read ends it at once."""

    def __init__(self) -> None:
        self._still: Gray | None = None
        self._look_at: float | None = None
        self._found: Hint | None = None
        self._hint: Hint | None = None

    def still(self, small: Gray) -> None:
        """Nothing moves, and nobody holds anything up."""
        self._still = small
        self._begin_anew(None)

    def moves(self, gray: Gray, preview: Gray, small: Gray, at: float, *, read: bool) -> Hint | None:
        """After each picture in which a code was looked for. `preview` is `gray`, PREVIEW_WIDTH wide, `small` less."""
        if self._still is None or self._still.shape != small.shape:
            self._still = small
        new = cv2.absdiff(self._still, small) > _CHANGED_BY
        held_up = bool(new.mean() > _HELD_SHARE)
        if read or self._look_at is None or not (held_up or self._hint):
            self._begin_anew(at + AFTER_S)
        elif at >= self._look_at:
            self._look_at = at + EVERY_S
            found = hint_for(gray, preview, new) if held_up else None
            if found is self._found:
                self._hint = found
            self._found = found
        return self._hint

    def _begin_anew(self, look_at: float | None) -> None:
        self._look_at, self._found, self._hint = look_at, None, None


def hint_for(gray: Gray, preview: Gray, new: npt.NDArray[np.bool_]) -> Hint | None:
    """Why `gray` may be hard to read, if one can tell. `preview`: the same, PREVIEW_WIDTH wide; `new`: where it shows
    what is held up, in a picture of any size."""
    if np.percentile(preview, 99) < _DARK:
        return Hint.TOO_DARK
    if is_too_small(preview):
        return None
    bars = [one for one in find_bars(Gradient(preview)) if _is_new(one, new, new.shape[1] / preview.shape[1])]
    filled = sum(one.length * one.height for one in bars) / preview.size
    if filled > _FILLS or (filled > _FILLS_AT_THE_RIM and any(_reaches_the_rim(one, preview) for one in bars)):
        return Hint.TOO_NEAR
    times = gray.shape[1] / preview.shape[1]
    return Hint.BLURRED if bars and _softness(gray, bars[0], times) > _SOFT else None


def _is_new(bars: Bars, new: npt.NDArray[np.bool_], times: float) -> bool:
    """Not the backs of books on a shelf behind."""
    x, y, reach = (round(one * times) for one in (bars.x, bars.y, min(bars.length, bars.height) / 3))
    around = new[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    return bool(around.mean() > 0.5)


def _reaches_the_rim(bars: Bars, preview: Gray) -> bool:
    high, wide = preview.shape
    c, s = abs(np.cos(bars.angle)), abs(np.sin(bars.angle))
    across, down = (bars.length * c + bars.height * s) / 2, (bars.length * s + bars.height * c) / 2
    return bool(min(bars.x - across, bars.y - down, wide - bars.x - across, high - bars.y - down) < CELL)


def _softness(gray: Gray, bars: Bars, times: float) -> float:
    """How many px the steepest edges take from black to white. `bars` were found in a picture `times` smaller."""
    large = bars._replace(**{name: getattr(bars, name) * times for name in ("x", "y", "length", "height")})
    rows = straighten(gray, large)
    contrast = float(np.percentile(rows, 95) - np.percentile(rows, 5))
    steepest = float(np.percentile(np.abs(np.diff(rows, axis=1)), 98))
    px_each = rows.shape[1] / (large.length or 1)  # how much larger straightened bars are
    return contrast / max(float(steepest * px_each), 1.0)
