"""Accession numbers and codes as libraries count them: `TK.00123` is followed by `TK.00124`."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_LETTERS = 64
_NUMBERED = re.compile(r"(.*?)([0-9]{1,12})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers after one beginning: how many there are, the highest, and the digits that it is written with."""

    count: int
    highest: int
    width: int


def series(codes: Iterable[str]) -> dict[str, Series]:
    """The series among `codes`, by what stands before their numbers."""
    count: Counter[str] = Counter()
    highest: dict[str, tuple[int, int]] = {}
    for code in codes:
        if found := _NUMBERED.fullmatch(code):
            count[found[1]] += 1
            highest[found[1]] = max(highest.get(found[1], (-1, 0)), (int(found[2]), len(found[2])))
    return {start: Series(count[start], *highest[start]) for start in count}


def next_of(known: Mapping[str, Series], like: Iterable[str] = ()) -> str | None:
    """The next number of a series: of that of most of `like`, or else of the largest of all `known`."""
    chosen = {start: one.count for start, one in series(like).items() if start in known}
    chosen = chosen or {start: one.count for start, one in known.items()}
    if not chosen:
        return None
    start = max(chosen, key=lambda one: (chosen[one], one))
    return f"{start}{known[start].highest + 1:0{known[start].width}}"


def following(first: str, count: int) -> list[str] | None:
    """`first` and those that follow it, `count` in all; `None` when it ends in no number to count on from."""
    found = _NUMBERED.fullmatch(first)
    if found is None:
        return [first] if count == 1 else None
    number, width = int(found[2]), len(found[2])
    return [f"{found[1]}{number + step:0{width}}" for step in range(count)]
