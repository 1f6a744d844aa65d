"""Bars of two years, month by month, as shapes of an SVG: what they look like is said by the sheet."""

from dataclasses import dataclass

from central_server.web.office.view import Months

WIDTH, HEIGHT = 360, 200
LEFT, _BOTTOM, _TOP = 58, 22, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `kind`: now or before."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """`marks`: what stands below (x, month) and at the side (y, number)."""

    bars: list[Bar]
    below: list[tuple[float, str]]
    side: list[tuple[float, int]]


def chart(months: Months) -> Chart:
    """Draw it."""
    most = _round_up(max([one.value for one in (*months.now, *months.before)], default=0))
    room, step = HEIGHT - _BOTTOM - _TOP, (WIDTH - LEFT) / len(months.months)
    width = step * 0.38
    bars, below = [], []
    for number, month in enumerate(months.months):
        left = LEFT + step * number + step * 0.1
        for offset, kind, one in ((0, "before", months.before[number]), (1, "now", months.now[number])):
            height = round(room * one.value / most, 1)
            bars.append(
                Bar(kind, round(left + offset * width, 1), round(_TOP + room - height, 1), round(width, 1), height)
            )
        below.append((round(left + width, 1), str(int(month[5:7]))))
    return Chart(bars, below, [(_TOP, most), (round(_TOP + room / 2, 1), most // 2), (_TOP + room, 0)])


def _round_up(most: int) -> int:
    """A number of which the half is one, too."""
    unit = 10 ** max(0, len(str(most)) - 1)
    return next(unit * factor for factor in (1, 2, 4, 6, 8, 10) if unit * factor >= most) if most > 2 else 2
