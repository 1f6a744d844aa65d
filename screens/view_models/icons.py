"""Every icon that a view model names, by its name in the Phosphor font: the font's subset is made from `ICONS`."""

from __future__ import annotations

from typing import Final

BACK: Final = "arrow-left"
BARCODE: Final = "barcode"
BOOK: Final = "book-open"
BOOKMARK: Final = "bookmark-simple"
CALL: Final = "call-bell"
CARD: Final = "identification-card"
CLOSE: Final = "x-circle"
DONE: Final = "check-fat"
HERE: Final = "hand-waving"
INFO: Final = "info"
LANGUAGE: Final = "translate"
LEAVE: Final = "sign-out"
NOT_YET: Final = "hand-palm"
OFFLINE: Final = "cloud-slash"
OK: Final = "check-circle"
RENEWED: Final = "calendar-plus"
STILL: Final = "scan"
TAKE_BACK: Final = "arrow-counter-clockwise"
TAKE_OFF: Final = "minus-circle"
WARNING: Final = "warning"

ICONS: Final = frozenset(
    {
        BACK,
        BARCODE,
        BOOK,
        BOOKMARK,
        CALL,
        CARD,
        CLOSE,
        DONE,
        HERE,
        INFO,
        LANGUAGE,
        LEAVE,
        NOT_YET,
        OFFLINE,
        OK,
        RENEWED,
        STILL,
        TAKE_BACK,
        TAKE_OFF,
        WARNING,
    }
)
