"""What a scanned text can be, by its form alone.

A form proves nothing about existence: whether the card or the item is known is the desk's question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_CODE = 64
"""Characters. A longer scan is two glued ones or nobody's code (a citizen card's QR, longer too, is told apart)."""


class CodeKind(StrEnum):
    CARD = "card"
    ITEM = "item"
    ISBN = "isbn"
    CITIZEN_CARD = "citizen_card"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CodeFormats:
    """Full-match patterns of this library's cards and items. One code may fit both: then the reader is asked."""

    card: re.Pattern[str]
    item: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Code:
    """A scanned code. `text` is empty when it must not be kept (citizen card) or says nothing (unreadable)."""

    text: str
    kinds: frozenset[CodeKind]

    def may_be(self, kind: CodeKind) -> bool:
        return kind in self.kinds


# A citizen card's QR: 12-digit number, old number, name, birth date, sex, address, issue date, parted by "|".
_CITIZEN_CARD = re.compile(r"\d{12}\|(\d{9})?\|[^|]*\|\d{8}\|.*", re.DOTALL)
_NATIONAL_NUMBER = re.compile(r"0\d{11}")


def has_ean_check_digit(digits: str) -> bool:
    """Whether the last of 13 digits is right (ISO/IEC 15420: weights 1 and 3)."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def is_isbn(text: str) -> bool:
    return (
        len(text) == 13
        and text.isascii()
        and text.isdigit()
        and text[:3] in ("978", "979")
        and has_ean_check_digit(text)
    )


def classify(raw: str, formats: CodeFormats) -> Code:
    """What `raw` can be. Never raises, whatever a scanner sends."""
    if _CITIZEN_CARD.fullmatch(raw) or _NATIONAL_NUMBER.fullmatch(raw.strip()):
        return Code("", frozenset({CodeKind.CITIZEN_CARD}))
    text = raw.strip()
    if not text or len(text) > LONGEST_CODE or not text.isprintable() or "\N{REPLACEMENT CHARACTER}" in text:
        return Code("", frozenset({CodeKind.UNREADABLE}))
    kinds = {
        kind
        for kind, pattern in ((CodeKind.CARD, formats.card), (CodeKind.ITEM, formats.item))
        if pattern.fullmatch(text)
    }
    if not kinds:
        kinds = {CodeKind.ISBN if is_isbn(text) else CodeKind.UNKNOWN}
    return Code(text, frozenset(kinds))
