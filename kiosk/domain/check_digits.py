"""Check digits that libraries print: the character at the end of a code that says whether the rest was read right.

Of a code only the characters count that a scheme knows: digits, for `mod43` those of Code 39. So the letters and dots
before a number neither help nor hinder.
"""

from __future__ import annotations

from enum import StrEnum


class CheckDigit(StrEnum):
    """`ean13`: labels printed as EAN-13 (ISO/IEC 15420; Koha numbers items so). `luhn`: the 14 digits in Codabar or
    Code 39 that library suppliers print, 2… for readers and 3… for items (ISO/IEC 7812-1). `mod11`: as in ISSN and ISBN
    of ten digits (ISO 3297, ISO 2108), for at most nine digits, a ten written X. `mod43`: of Code 39 (ISO/IEC 16388,
    annex A)."""

    NONE = "none"
    EAN13 = "ean13"
    LUHN = "luhn"
    MOD11 = "mod11"
    MOD43 = "mod43"


_DIGITS = "0123456789"
_CODE_39 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_MOST_OF_MOD_11 = 9
"""With a tenth digit its weight would be 11, and no error in it would be seen."""


def check_digit_of(scheme: CheckDigit, before: str) -> str | None:
    """What must follow `before`; None: nothing can, as it has too few digits or too many."""
    known = _CODE_39 if scheme is CheckDigit.MOD43 else _DIGITS
    values = [value for character in before if (value := known.find(character)) >= 0]
    match scheme:
        case CheckDigit.EAN13 if len(values) == 12:
            return _DIGITS[-sum(value * (3 if place % 2 else 1) for place, value in enumerate(values)) % 10]
        case CheckDigit.LUHN if values:
            doubled = (value * 2 - 9 * (value > 4) for value in values[::-2])
            return _DIGITS[-(sum(doubled) + sum(values[-2::-2])) % 10]
        case CheckDigit.MOD11 if 0 < len(values) <= _MOST_OF_MOD_11:
            return f"{_DIGITS}X"[-sum(value * weight for weight, value in enumerate(reversed(values), 2)) % 11]
        case CheckDigit.MOD43 if values:
            return _CODE_39[sum(values) % len(_CODE_39)]
    return None
