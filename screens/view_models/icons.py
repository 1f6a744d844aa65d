"""Every icon that a view model names, by its name in the Phosphor font: the font's subset is made from `ICONS`."""

from __future__ import annotations

from typing import Final

CAMERA: Final = "camera"
CENTRE: Final = "cloud-check"
CLOCK: Final = "clock"
DISK: Final = "hard-drive"
ENROLLED: Final = "seal-check"
LOCK: Final = "lock-simple"
NETWORK: Final = "wifi-high"
PACKAGE: Final = "package"
POWER: Final = "plug"
PRINTER: Final = "printer"
RESTART: Final = "arrow-clockwise"
SCREEN: Final = "desktop-tower"
SEND: Final = "cloud-arrow-up"
STORE: Final = "database"
SUPPORT: Final = "first-aid-kit"
TEMPERATURE: Final = "thermometer-simple"
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
LANGUAGE: Final = "translate"
LATE: Final = "clock-countdown"
LEAVE: Final = "sign-out"
LIGHT: Final = "sun"
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
        LANGUAGE,
        LATE,
        LEAVE,
        LIGHT,
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
        CAMERA,
        CENTRE,
        CLOCK,
        DISK,
        ENROLLED,
        LOCK,
        NETWORK,
        PACKAGE,
        POWER,
        PRINTER,
        RESTART,
        SCREEN,
        SEND,
        STORE,
        SUPPORT,
        TEMPERATURE,
    }
)
