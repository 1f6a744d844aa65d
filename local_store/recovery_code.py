"""The key of a store as people write it down, so that its backups outlive the card: the recovery code.

32 bytes and three of their SHA-256, as a number in Crockford's base 32: 56 letters, in fourteen groups of four.
Hyphens, blanks and case do not matter, O is 0, I and L are 1; a slip of the pen is noticed, not taken for another key.
"""

from __future__ import annotations

import hashlib

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OIL", "011", "- \t\r\n")
_KEY, _CHECK, _LENGTH, _GROUP = 32, 3, 56, 4


def code_of(key: bytes) -> str:
    number = int.from_bytes(key + _check(key), "big")
    letters = "".join(_LETTERS[number >> 5 * at & 31] for at in reversed(range(_LENGTH)))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def key_of(code: str) -> bytes | None:
    """None: this is no whole code, or not as it was written down."""
    letters = code.upper().translate(_MEANT)
    if len(letters) != _LENGTH or not set(letters) <= set(_LETTERS):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _LETTERS.index(letter)
    whole = number.to_bytes(_KEY + _CHECK, "big")
    key = whole[:_KEY]
    return key if whole[_KEY:] == _check(key) else None


def _check(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_CHECK]
