"""Every icon that a view model names, by its name in the Phosphor font: the font's subset is made from `ICONS`."""

from __future__ import annotations

from typing import Final

BACK: Final = "arrow-left"
BARCODE: Final = "barcode"
BOOK: Final = "book-open"
BOOKMARK: Final = "bookmark-simple"
BOOKS: Final = "books"
CALL: Final = "call-bell"
CARD: Final = "identification-card"
CLOSE: Final = "x-circle"
DAY: Final = "calendar-blank"
DONE: Final = "check-fat"
FARTHER: Final = "arrow-down"
HERE: Final = "hand-waving"
HOME: Final = "house-simple"
INFO: Final = "info"
KEYBOARD: Final = "keyboard"
LANGUAGE: Final = "translate"
LATE: Final = "clock-countdown"
LEAVE: Final = "sign-out"
LIGHT: Final = "sun"
NETWORK: Final = "wifi-high"
NOT_YET: Final = "hand-palm"
OFFLINE: Final = "cloud-slash"
OK: Final = "check-circle"
READ: Final = "check"
RENEWED: Final = "calendar-plus"
STILL: Final = "scan"
TAKE_BACK: Final = "arrow-counter-clockwise"
TAKE_OFF: Final = "minus-circle"
WAITING: Final = "hourglass-medium"
WARNING: Final = "warning"

ICONS: Final = frozenset(
    {
        BACK,
        BARCODE,
        BOOK,
        BOOKMARK,
        BOOKS,
        CALL,
        CARD,
        CLOSE,
        DAY,
        DONE,
        FARTHER,
        HERE,
        HOME,
        INFO,
        KEYBOARD,
        LANGUAGE,
        LATE,
        LEAVE,
        LIGHT,
        NETWORK,
        NOT_YET,
        OFFLINE,
        OK,
        READ,
        RENEWED,
        STILL,
        TAKE_BACK,
        TAKE_OFF,
        WAITING,
        WARNING,
    }
)
