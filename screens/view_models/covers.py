"""The small drawn cover of a book: a letter and a colour that are always the same for the same title."""

from __future__ import annotations

import unicodedata
import zlib
from typing import Final

from kiosk.session.notices import BookShown

COLOURS: Final = 6
LONGEST_TITLE: Final = 32
"""Characters of a title inside a sentence: more would push the sentence's end off the card."""


def nfc(text: str) -> str:
    """Composed letters. A spreadsheet's may come decomposed, and a drawn accent would then fall beside its letter."""
    return unicodedata.normalize("NFC", text)


def cover_letter(name: str) -> str:
    """The first letter or digit, upper-cased ("Đ" stays "Đ"); "?" for a book whose name nobody knows."""
    first = next((sign for sign in nfc(name) if sign.isalnum()), "?")
    return nfc(first.upper())[0]


def cover_colour(book: BookShown) -> int:
    """0..5. Not hash(): that differs in every process."""
    return zlib.crc32((book.title_id or book.barcode).encode()) % COLOURS


def shown_name(book: BookShown) -> str:
    return nfc(book.name or book.barcode)


def title_in_sentence(book: BookShown) -> str:
    """The title, cut at a word when it is too long for a sentence."""
    name = shown_name(book)
    if len(name) <= LONGEST_TITLE:
        return name
    cut = name[: LONGEST_TITLE - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,.;:–-") + "…"
