"""What a class is called a year later: `1A` is `2A`, `Lớp 5A2` is `Lớp 6A2`, `Mầm 1` is `Chồi 1`. Only a proposal."""

import re
from collections.abc import Iterable

from central_server.imports.words import fold

_GRADE = re.compile(
    r"(?P<before>\s*(?:(?:lớp|lop|khối|khoi)\s*)?)(?P<grade>1[0-2]|0?[1-9])(?![0-9])(?P<after>.*)", re.I
)
# Of three, four and five years.
_KINDERGARTEN = ("mam", "choi", "la")
# Which of the classes of an age: `2`, `A`, `A1`.
_MARK = re.compile(r"[0-9]{1,2}|[A-Z][0-9]{0,2}", re.I)
_SAID = {"mam": "Mầm", "choi": "Chồi", "la": "Lá"}
_LAST_GRADES = (5, 9, 12)
_OF_LEVEL = {"primary": 5, "lower_secondary": 9, "upper_secondary": 12}
LEFT = " · [0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]"
"""How the name of a class ends whose pupils left (`left_name`): a regular expression that is a GLOB of SQLite, too."""


def grade_of(name: str) -> int | None:
    """The grade that a class's name begins with, 1 to 12."""
    found = _GRADE.fullmatch(name)
    return int(found["grade"]) if found else None


def last_grade(names: Iterable[str], level: str | None = None) -> int:
    """After which grade pupils leave the school: as its level says, else the end of the level of its highest class."""
    if level in _OF_LEVEL:
        return _OF_LEVEL[level]
    highest = max((grade for name in names if (grade := grade_of(name))), default=_LAST_GRADES[-1])
    return next(last for last in _LAST_GRADES if highest <= last)


def next_name(name: str, last: int) -> str | None:
    """The class's name a year later; "": its pupils leave; `None`: that is not known from its name."""
    if has_left(name):
        return None
    if found := _GRADE.fullmatch(name):
        grade = int(found["grade"])
        new = str(grade + 1).zfill(len(found["grade"]))
        return "" if grade >= last else f"{found['before']}{new}{found['after']}"
    words = name.split()
    at = next((place for place, word in enumerate(words) if fold(word) in _KINDERGARTEN), None)
    # `Lá` in its own place only: `Lá cành` may be anything.
    if at is None or not all(fold(word) in ("lop", "khoi") for word in words[:at]):
        return None
    if not all(_MARK.fullmatch(word) for word in words[at + 1 :]):
        return None
    following = _KINDERGARTEN.index(fold(words[at])) + 1
    if following == len(_KINDERGARTEN):
        return ""
    new = _SAID[_KINDERGARTEN[following]]
    words[at] = new.upper() if words[at].isupper() else new if words[at][0].isupper() else new.lower()
    return " ".join(words)


def left_name(name: str, school_year: str) -> str:
    """What the class of those who left is called from then on, so that nobody who moves up is among them."""
    return f"{name} · {school_year}"


def has_left(name: str) -> bool:
    """Whether it is the class of some who left."""
    return re.search(rf"{LEFT}\Z", name) is not None
