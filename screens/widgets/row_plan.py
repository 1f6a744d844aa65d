"""Where each row of a list goes: newest on top and large; older ones closer, then in two columns, then on pages.

Numbers in u, y counted down from the top of the list. No Kivy here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

PAGER = 12.0
"""Width of the two keys that turn pages."""
TALLEST_HALF = 13.4
_GAP = 2.0
_CLOSE = 1.6


class Form(Enum):
    TALL = auto()  # newest, with a second line that says on which shelf it waits
    LARGE = auto()  # newest
    NORMAL = auto()
    SLIM = auto()  # one line
    HALF = auto()  # one of two columns


HEIGHTS = {Form.TALL: 20.5, Form.LARGE: 14.5, Form.NORMAL: 12.0, Form.SLIM: 8.8, Form.HALF: 9.4}
_WITH_KEY = {Form.TALL: 20.5, Form.LARGE: 14.5, Form.NORMAL: 13.6, Form.SLIM: 13.6, Form.HALF: 13.4}
_LARGE = {Form.TALL: 22.4, Form.LARGE: 15.0, Form.NORMAL: 13.4, Form.SLIM: 9.2, Form.HALF: 11.2}
"""With the reader's larger words."""


@dataclass(frozen=True, slots=True)
class Slot:
    form: Form
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots of each page, in the order of the rows. More than one page: PAGER is kept free on the right."""

    pages: tuple[tuple[Slot, ...], ...]


def _column(forms: list[Form], width: float, gap: float, heights: dict[Form, float]) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    y = 0.0
    for form in forms:
        slots.append(Slot(form, 0.0, y, width, heights[form]))
        y += heights[form] + gap
    return tuple(slots)


def _grid(count: int, top: float, width: float, row: float) -> tuple[Slot, ...]:
    half = (width - _CLOSE) / 2
    return tuple(
        Slot(Form.HALF, (i % 2) * (half + _CLOSE), top + (i // 2) * (row + _CLOSE), half, row) for i in range(count)
    )


def _end(slots: tuple[Slot, ...]) -> float:
    return max((slot.y + slot.height for slot in slots), default=0.0)


def plan(
    count: int, *, newest: Form, width: float, height: float, with_keys: bool = False, large: bool = False
) -> Plan:
    """For `count` rows in `width` × `height` u, of which the newest would be `newest`."""
    heights = _WITH_KEY if with_keys else _LARGE if large else HEIGHTS
    if count == 0:
        return Plan(((),))
    for form, gap in ((Form.NORMAL, _GAP), (Form.SLIM, _CLOSE)):
        slots = _column([newest] + [form] * (count - 1), width, gap, heights)
        if _end(slots) <= height:
            return Plan((slots,))
    first = (Slot(newest, 0.0, 0.0, width, heights[newest]),)
    top = heights[newest] + _CLOSE
    rows = count // 2  # none beside the newest, where not even that fits: a window that has not its size yet
    row = (height - top - (rows - 1) * _CLOSE) / rows if rows else 0.0
    if row >= heights[Form.HALF]:
        return Plan((first + _grid(count - 1, top, width, min(row, TALLEST_HALF)),))
    return _paged(count, newest, width - PAGER - _CLOSE, height, heights)


def _paged(count: int, newest: Form, width: float, height: float, heights: dict[Form, float]) -> Plan:
    row = heights[Form.HALF]
    top = heights[newest] + _CLOSE

    def places(free: float) -> int:
        return 2 * max(0, int((free + _CLOSE) / (row + _CLOSE)))

    pages: list[tuple[Slot, ...]] = []
    first = (Slot(newest, 0.0, 0.0, width, heights[newest]),)
    pages.append(first + _grid(min(places(height - top), count - 1), top, width, row))
    left = count - len(pages[0])
    while left > 0:
        here = min(left, max(1, places(height)))
        pages.append(_grid(here, 0.0, width, row))
        left -= here
    return Plan(tuple(pages))
