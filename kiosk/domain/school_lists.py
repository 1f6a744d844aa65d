"""Readers and titles in lists: found by what somebody at the desk types, without accents, by the beginnings of words;
and readers in the order of a school's lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Marks above and below letters; and the letters with a stroke, which have none (three look alike, old lists mix them).
_PLAIN: dict[int, str | None] = {**dict.fromkeys(range(0x300, 0x370)), **dict.fromkeys(map(ord, "đðɖ"), "d")}
_WORD = re.compile(r"\w+")
_NUMBER_OR_NOT = re.compile(r"\d+|\D+")


def words(text: str) -> list[str]:
    """In small plain letters: "Ng. Đức Ân" has ng, duc and an."""
    return _WORD.findall(unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN))


def holds_words(wanted: Sequence[str], name: Sequence[str]) -> bool:
    """Both are `words`. Each wanted one begins one of the name's."""
    return all(any(word.startswith(part) for word in name) for part in wanted)


def is_wanted(wanted: Sequence[str], name: Sequence[str], class_name: Sequence[str]) -> bool:
    """All are `words`. The name holds those that are wanted; or all of them together are the class."""
    return holds_words(wanted, name) or "".join(wanted) == "".join(class_name)


def place_in_list(name: Sequence[str], class_name: str) -> tuple[object, ...]:
    """As a school's lists are ordered: 6A before 10A, and in a class by the given name, which comes last."""
    parts = _NUMBER_OR_NOT.findall(class_name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts], name[-1:], name
