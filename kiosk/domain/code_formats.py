"""The forms that a library's own codes have, and what of a code is looked up, stored and sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from kiosk.domain.check_digits import CheckDigit, check_digit_of


class Strip(StrEnum):
    """What is taken off a code. `letters`: whatever stands before the first digit."""

    SPACES = "spaces"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    CHECK_DIGIT = "check_digit"
    LETTERS = "letters"


class Unfit(Enum):
    """Why a code is not of a form: what was looked at first and is not so."""

    PREFIX = auto()
    SUFFIX = auto()
    LENGTH = auto()
    CHECK_DIGIT = auto()
    NOTHING_LEFT = auto()
    PATTERN = auto()


@dataclass(frozen=True, slots=True)
class CodeFormat:
    """Of the text as it was scanned (without its spaces, if those are taken off): `prefix` and `suffix` that it has
    around it, `length` from the least to the most characters, and the check digit at its end, before a suffix.
    `pattern`: all of what is left when what `strip` says is taken off. What is left is text: a leading zero stays.

    Raises ValueError with a sentence for whoever wrote it.
    """

    pattern: re.Pattern[str] | None = None
    prefix: str = ""
    suffix: str = ""
    length: tuple[int, int] | None = None
    check_digit: CheckDigit = CheckDigit.NONE
    strip: frozenset[Strip] = frozenset()

    def __post_init__(self) -> None:
        if not (self.pattern or self.prefix or self.suffix or self.length):
            raise ValueError(
                'every code would fit: it needs one of the keys "prefix", "suffix", "length" and "pattern"'
            )
        if self.length and self.length[0] > self.length[1]:
            raise ValueError(f'the key "length" has more as its least than as its most: {list(self.length)}')
        there = {
            Strip.PREFIX: self.prefix,
            Strip.SUFFIX: self.suffix,
            Strip.CHECK_DIGIT: self.check_digit is not CheckDigit.NONE,
        }
        for part, is_there in there.items():
            if part in self.strip and not is_there:
                raise ValueError(f'the key "strip" takes off "{part}", and there is no key "{part}"')

    def left_of(self, text: str) -> str | Unfit:
        """What remains of `text`; or why it is no such code."""
        text = self.without_spaces(text)
        if not text.startswith(self.prefix):
            return Unfit.PREFIX
        if not text.endswith(self.suffix) or len(text) < len(self.prefix) + len(self.suffix):
            return Unfit.SUFFIX
        if self.length and not self.length[0] <= len(text) <= self.length[1]:
            return Unfit.LENGTH
        checked = text.removesuffix(self.suffix)
        if self.check_digit is not CheckDigit.NONE and (
            len(checked) <= len(self.prefix) or checked[-1] != self.right_check_digit(text)
        ):
            return Unfit.CHECK_DIGIT
        left = self._stripped(checked, text)
        if not left:
            return Unfit.NOTHING_LEFT
        return left if self.pattern is None or self.pattern.fullmatch(left) else Unfit.PATTERN

    def without_spaces(self, text: str) -> str:
        return "".join(text.split()) if Strip.SPACES in self.strip else text

    def right_check_digit(self, text: str) -> str | None:
        """That of `text`, which has a wrong one perhaps; None: it can have none."""
        return check_digit_of(self.check_digit, text.removesuffix(self.suffix)[:-1])

    def stripped(self, text: str) -> str:
        """What is left of a text that has prefix, suffix and check digit."""
        text = self.without_spaces(text)
        return self._stripped(text.removesuffix(self.suffix), text)

    def _stripped(self, checked: str, text: str) -> str:
        left = checked[:-1] if Strip.CHECK_DIGIT in self.strip else checked
        if Strip.PREFIX in self.strip:
            left = left.removeprefix(self.prefix)
        if Strip.LETTERS in self.strip:
            left = re.sub(r"\A[^0-9]+", "", left)
        return left if Strip.SUFFIX in self.strip else left + text[len(checked) :]


def first_left(formats: Sequence[CodeFormat], text: str) -> str | None:
    """What remains of `text` by the first form that it has."""
    for one in formats:
        left = one.left_of(text)
        if not isinstance(left, Unfit):
            return left
    return None
