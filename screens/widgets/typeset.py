"""Fitting words into a box: shrink a little, then wrap, then shorten with an ellipsis; never overflow. No Kivy here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

SMALLEST_SHRINK = 0.85
ORPHAN = 0.45
"""A last line shorter than this part of the longest looks forgotten."""
LINE = 1.265
"""Line height of Be Vietnam Pro, of the font size: room for stacked accents is in it."""

Measure = Callable[[str, int], int]
"""(text, font px) to width in px."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`size`: font px. `lines` fit the asked width each, and the asked height together."""

    size: int
    lines: tuple[str, ...]


def wrap(text: str, size: int, width: float, measure: Measure) -> list[str]:
    """Lines as wide as `width` at most, unless one word alone is wider."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split():
            longer = f"{line} {word}" if line else word
            if line and measure(longer, size) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def _sentences(text: str) -> list[tuple[str, str]]:
    """The text parted at each end of a sentence."""
    return [(text[: end.end()], text[end.end() :].lstrip()) for end in re.finditer(r"[.?!]”?(?=\s)", text)]


def without_orphan(lines: list[str], size: int, width: float, measure: Measure) -> list[str]:
    """The same words on as many lines; a lonely last word gets company, or the break comes between sentences."""
    if not 2 <= len(lines) <= 4 or measure(lines[-1], size) > ORPHAN * max(measure(line, size) for line in lines[:-1]):
        return lines
    text = " ".join(lines)
    if len(lines) == 2:
        for sentence, rest in _sentences(text):
            if measure(sentence, size) <= width and measure(rest, size) <= width:
                return [sentence, rest]
    low, high = width / len(lines), width
    while high - low > size / 2:
        middle = (low + high) / 2
        if len(wrap(text, size, middle, measure)) > len(lines):
            low = middle
        else:
            high = middle
    balanced = wrap(text, size, high, measure)
    return balanced if _fits(balanced, size, width, len(lines), measure) else lines


def shorten(text: str, size: int, width: float, measure: Measure) -> str:
    """`text`, or its longest beginning with an ellipsis that fits. Nothing, when not even that fits."""
    if measure(text, size) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip(" ,.;:·-–") + "…", size) <= width:
            low = middle
        else:
            high = middle - 1
    if low == 0:
        return "…" if measure("…", size) <= width else ""
    return text[:low].rstrip(" ,.;:·-–") + "…"


def _fits(lines: list[str], size: int, width: float, most: int, measure: Measure) -> bool:
    return len(lines) <= most and all(measure(line, size) <= width for line in lines)


def fit(
    text: str,
    size: int,
    width: float,
    height: float,
    measure: Measure,
    *,
    max_lines: int = 1,
    one_line_first: bool = False,
    line_height: float = 1.0,
    smallest: float = SMALLEST_SHRINK,
) -> Setting:
    """The largest setting of `text` in `width` × `height` px. `one_line_first`: shrink before wrapping, as on a key."""
    if not text or width < 1:
        return Setting(size, ())
    size = max(1, min(size, int(height / LINE)))  # never taller than its box
    least = max(1, round(size * smallest))

    def most(at: int) -> int:
        return max(1, min(max_lines, 1 + int((height - at * LINE) / (at * LINE * line_height) + 0.001)))

    if one_line_first and max_lines > 1 and "\n" not in text:
        for at in range(size, least - 1, -1):
            if measure(text, at) <= width:
                return Setting(at, (text,))
    for at in range(size, least - 1, -1):
        lines = wrap(text, at, width, measure)
        if _fits(lines, at, width, most(at), measure):
            return Setting(at, tuple(lines if "\n" in text else without_orphan(lines, at, width, measure)))
    lines = wrap(text, least, width, measure)
    allowed = most(least)
    kept = [*lines[: allowed - 1], " ".join(lines[allowed - 1 :])]
    return Setting(least, tuple(shorten(line, least, width, measure) for line in kept))
