"""What a scanned text can be, by its form alone.

A form proves nothing about existence: whether the card or the item is known is the desk's question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.check_digits import CheckDigit, check_digit_of
from kiosk.domain.code_formats import CodeFormat, Unfit, first_left
from kiosk.domain.enrolment_code import is_enrolment_code

LONGEST_CODE = 64
"""Characters. A longer scan is two glued ones or nobody's code (a citizen card's QR, longer too, is told apart)."""


class CodeKind(StrEnum):
    CARD = "card"
    ITEM = "item"
    ISBN = "isbn"
    CITIZEN_CARD = "citizen_card"
    ENROLMENT = "enrolment"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CodeFormats:
    """The forms of this library's cards and items; of one kind, the first that fits counts. One code may fit both
    kinds: then the reader is asked."""

    cards: tuple[CodeFormat, ...]
    items: tuple[CodeFormat, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A scanned code: what its form leaves of it. `text` is empty when it must not be kept (citizen card, enrolment
    code) or says nothing (unreadable). `as_item`: what it is as an item's, where as a card's it is something else."""

    text: str
    kinds: frozenset[CodeKind]
    as_item: str | None = None

    def may_be(self, kind: CodeKind) -> bool:
        return kind in self.kinds

    @property
    def item_text(self) -> str:
        return self.text if self.as_item is None else self.as_item


# A citizen card's QR: 12-digit number, old number, name, birth date, sex, address, issue date, parted by "|". Half of
# one, or one behind something else, names the same person: no code of a library has either of these parts.
_CITIZEN_CARD = re.compile(r"\d{12}\||\|\d{8}\|")
_NATIONAL_NUMBER = re.compile(r"0(\s*\d){11}")


def is_isbn(text: str) -> bool:
    return (
        len(text) == 13
        and text.isascii()
        and text.isdigit()
        and text[:3] in ("978", "979")
        and check_digit_of(CheckDigit.EAN13, text[:12]) == text[12]
    )


def classify(raw: str, formats: CodeFormats) -> Code:
    """What `raw` can be. Never raises, whatever a scanner sends."""
    text = raw.strip()
    if _CITIZEN_CARD.search(text) or _NATIONAL_NUMBER.fullmatch(text):
        return _OF_A_CITIZEN
    if is_enrolment_code(text):
        return Code("", frozenset({CodeKind.ENROLMENT}))
    if not text or len(text) > LONGEST_CODE or not text.isprintable() or "\N{REPLACEMENT CHARACTER}" in text:
        return Code("", frozenset({CodeKind.UNREADABLE}))
    card, item = first_left(formats.cards, text), first_left(formats.items, text)
    if any(left and _NATIONAL_NUMBER.fullmatch(left) for left in (card, item)):
        return _OF_A_CITIZEN
    if card is not None and item is not None:
        return Code(card, frozenset({CodeKind.CARD, CodeKind.ITEM}), item if item != card else None)
    if card is not None:
        return Code(card, frozenset({CodeKind.CARD}))
    if item is not None:
        return Code(item, frozenset({CodeKind.ITEM}))
    return Code(text, frozenset({CodeKind.ISBN if is_isbn(text) else CodeKind.UNKNOWN}))


_OF_A_CITIZEN = Code("", frozenset({CodeKind.CITIZEN_CARD}))


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a form, the `number`th of its kind: what it left, or why it did not fit."""

    kind: CodeKind
    number: int
    format: CodeFormat
    left: str | Unfit


def tried(raw: str, formats: CodeFormats) -> tuple[Tried, ...]:
    """Every form, in their order; for a text that is not dropped before any is looked at."""
    text = raw.strip()
    return tuple(
        Tried(kind, number, one, one.left_of(text))
        for kind, forms in ((CodeKind.CARD, formats.cards), (CodeKind.ITEM, formats.items))
        for number, one in enumerate(forms, 1)
    )
