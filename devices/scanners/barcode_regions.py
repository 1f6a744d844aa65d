"""Where a picture may show a code, and bars made straight: turned upright, averaged along themselves, evenly lit.

The gradient tells: in bars it points one way, and there is an edge nearly everywhere; in a QR code it points every way.
A single line or the rim of a card has its edge in one place only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
"""A picture of (height, width) bytes, 0 is black."""
_Grid = npt.NDArray[np.float32]
"""A value for each cell of a picture."""
_Part = tuple[slice, slice]
"""Of a grid: rows, columns."""

CELL = 8  # px
_SCHARR = 16  # times the difference over two px
_AROUND = (3, 3)  # cells that are looked at together

_ONE_WAY = 0.5
"""How much of the gradient points one way, 0 to 1."""
_EDGES = 0.22
"""How much of the place has an edge, 0 to 1."""
_STRENGTH = 40.0
"""The square of the gradient (gray levels over two px) beyond what the picture's noise gives."""
_MANY_WAYS, _MANY_EDGES = 0.6, 0.3
"""Of a QR code: no more than this one way, and more edges than this."""
_LARGE_BLOCK = 600  # px
_WAYS = 8  # a power of two
"""Directions (of half a turn) that are looked at one by one, each with half of its neighbours."""
_FEWEST_CELLS, _SHORTEST = 5, 6

_BANDS, _BAND_ROWS = 16, 3
_LONGER = 3.0
"""Times as long as in the picture."""
_INSIDE = 0.65
"""Of the height: at the ends of bars there are numbers, and rims."""
_QUIET = 16
"""px before and after the bars."""
_LIT_ALIKE = 30
"""px over which black and white are taken as the darkest and brightest there is."""
_LEAST_CONTRAST = 12.0


class Bars(NamedTuple):
    """Middle (px), the angle from one bar to the next (radians), how long from the first to the last and how high."""

    x: float
    y: float
    angle: float
    length: float
    height: float


class Block(NamedTuple):
    """A part of a picture that may be a QR code (px)."""

    left: int
    top: int
    right: int
    bottom: int


class Gradient:
    """Of a picture, for each cell of CELL × CELL px."""

    def __init__(self, gray: Gray) -> None:
        wide, high = gray.shape[1] // CELL, gray.shape[0] // CELL
        self.size = (wide, high)
        gray = gray[: high * CELL, : wide * CELL]
        # Scharr's is the one that keeps its direction in bars of a pixel.
        dx, dy = (cv2.Scharr(gray, cv2.CV_16S, *way) for way in ((1, 0), (0, 1)))
        self.xx, self.yy, self.xy = (
            self._cells(cv2.multiply(one, other, scale=_SCHARR**-2, dtype=cv2.CV_32F))
            for one, other in ((dx, dx), (dy, dy), (dx, dy))
        )
        ax, ay = (
            _around(self._cells(cv2.convertScaleAbs(one, alpha=1 / _SCHARR)).astype(np.float32)) for one in (dx, dy)
        )
        xx, yy, xy = _around(self.xx), _around(self.yy), _around(self.xy)
        noise = float(np.percentile(self.xx + self.yy, 20))
        strength = np.maximum(xx + yy - noise, 0)
        self.edges: _Grid = (ax * ax + ay * ay) / (xx + yy + 1)
        self.is_strong = (strength > _STRENGTH) & (self.edges > _EDGES)
        self.one_way: _Grid = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (strength + 60)
        twice_angle = cv2.phase(xx - yy, 2 * xy)  # 0 to 2 pi
        self.half_ways = (twice_angle * (_WAYS / np.pi)).astype(np.uint8)

    def _cells(self, values: Any) -> _Grid:
        cells: _Grid = cv2.resize(values, self.size, interpolation=cv2.INTER_AREA)
        return cells


def is_too_small(gray: Gray, size: float = 1.0) -> bool:
    """Whether there is no room for a code that can be found, in the picture made `size` times as large."""
    return bool(min(gray.shape) * size < 3 * CELL)


def find_bars(gradient: Gradient, most: int = 3) -> list[Bars]:
    """The places that look most like bars, the likeliest first."""
    found: list[tuple[float, npt.NDArray[np.bool_], _Part]] = []
    one_way = gradient.is_strong & (gradient.one_way > _ONE_WAY)
    for way in range(_WAYS):
        found += _patches(one_way & ((gradient.half_ways - 2 * way) % (2 * _WAYS) < 4), gradient.edges)
    found.sort(key=lambda one: -one[0])
    taken = np.zeros(gradient.size[::-1], bool)
    bars: list[Bars] = []
    for _, cells, part in found:
        if taken[part][cells].mean() < 0.3:
            taken[part] |= cells
            one = _bars(gradient, cells, part)
            if one.length >= _SHORTEST * CELL:
                bars.append(one)
        if len(bars) == most:
            break
    return bars


def straighten(gray: Gray, bars: Bars) -> _Grid:
    """The bars upright, in rows each of which is the mean of a band across them."""
    wide, high = int((bars.length + 2 * _QUIET) * _LONGER), max(int(bars.height * _INSIDE), 4)
    c, s = np.cos(bars.angle), np.sin(bars.angle)
    view = np.array(
        [
            [_LONGER * c, _LONGER * s, wide / 2 - _LONGER * (c * bars.x + s * bars.y)],
            [-s, c, high / 2 + s * bars.x - c * bars.y],
        ]
    )
    upright = cv2.warpAffine(gray, view, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    bands = (wide, min(_BANDS, high))
    return cv2.resize(upright.astype(np.float32), bands, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def cleaned(rows: _Grid, sharper: float) -> Gray:
    """Straightened bars for a decoder. `sharper`: how much of what blur took is given back, 0: nothing."""
    if sharper:
        rows = rows + sharper * (rows - cv2.GaussianBlur(rows, (0, 0), sigmaX=1.5 * _LONGER, sigmaY=0.01))
    wide = int(_LIT_ALIKE * _LONGER) | 1
    row = np.ones((1, wide), np.uint8)
    dark, bright = (cv2.blur(edge(rows, row), (wide, 1)) for edge in (cv2.erode, cv2.dilate))
    even = np.clip((rows - dark) * 255 / np.maximum(bright - dark, _LEAST_CONTRAST), 0, 255)
    picture: Gray = np.repeat(even.astype(np.uint8), _BAND_ROWS, axis=0)
    return picture


def a_line_a_band(bars: Gray) -> Gray:
    """Of cleaned bars."""
    return np.ascontiguousarray(bars[::_BAND_ROWS])


def find_blocks(gradient: Gradient, most: int = 4) -> list[Block]:
    """The places that look most like a QR code, the likeliest first, with some of what is around it."""
    like = gradient.is_strong & (gradient.one_way < _MANY_WAYS) & (gradient.edges > _MANY_EDGES)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(like.astype(np.uint8))
    found = []
    for label, (left, top, wide, high, cells) in enumerate(stats.tolist()):
        if label and min(wide, high) >= 3 and max(wide, high) < 2 * min(wide, high) and cells > wide * high / 2:
            around = ((left - 2) * CELL, (top - 2) * CELL, (left + wide + 2) * CELL, (top + high + 2) * CELL)
            found.append((float(gradient.edges[labels == label].sum()), Block(*around)))
    return [block for _, block in sorted(found, reverse=True)[:most]]


def enlarged(gray: Gray, block: Block) -> Gray:
    """As much of `block` as there is in the picture, three times as large, or as large as is of use."""
    part = gray[max(block.top, 0) : block.bottom, max(block.left, 0) : block.right]
    times = min(max(_LARGE_BLOCK / max(part.shape), 1.0), 3.0)
    return cv2.resize(part, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _around(grid: _Grid) -> _Grid:
    return cv2.boxFilter(grid, -1, _AROUND, borderType=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _patches(like: npt.NDArray[np.bool_], edges: _Grid) -> Iterator[tuple[float, npt.NDArray[np.bool_], _Part]]:
    """Cells that hang together: how much of an edge is in them, and which they are, of which part of the grid."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(like.astype(np.uint8))
    weights = np.bincount(labels.ravel(), edges.ravel())
    for label in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= _FEWEST_CELLS):
        if label:
            left, top, wide, high = (int(one) for one in stats[label, :4])
            part = np.s_[top : top + high, left : left + wide]
            yield float(weights[label]), labels[part] == label, part


def _bars(gradient: Gradient, cells: npt.NDArray[np.bool_], part: _Part) -> Bars:
    xx, yy, xy = (float(grid[part][cells].sum()) for grid in (gradient.xx, gradient.yy, gradient.xy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    y, x = np.nonzero(cells)
    y, x = y + part[0].start, x + part[1].start
    c, s = np.cos(angle), np.sin(angle)
    along, across = x * c + y * s, y * c - x * s
    middle, beside = (float(one.min() + one.max()) / 2 for one in (along, across))
    x0, y0 = ((one + 0.5) * CELL for one in (middle * c - beside * s, middle * s + beside * c))
    length, height = (float(np.ptp(one) + 1) * CELL for one in (along, across))
    return Bars(float(x0), float(y0), float(angle), length, height)
