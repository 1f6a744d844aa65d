"""Every icon that a view model names, by its name in the Phosphor font: the font's subset is made from `ICONS`."""

from __future__ import annotations

from typing import Final

BACK: Final = "arrow-left"
BARCODE: Final = "barcode"
BOOK: Final = "book-open"
BOOKMARK: Final = "bookmark-simple"
BOOKS: Final = "books"
CALL: Final = "call-bell"
CAMERA: Final = "camera"
CARD: Final = "identification-card"
CENTRE: Final = "cloud-check"
CLOCK: Final = "clock"
CLOSE: Final = "x-circle"
DAY: Final = "calendar-blank"
DISK: Final = "hard-drive"
DELETE: Final = "backspace"
DESK: Final = "shield-star"
DISPUTES: Final = "scales"
DONE: Final = "check-fat"
ENROLLED: Final = "seal-check"
FARTHER: Final = "arrow-down"
FAULT: Final = "wrench"
FIND: Final = "magnifying-glass"
HERE: Final = "hand-waving"
HOME: Final = "house-simple"
INFO: Final = "info"
KEYBOARD: Final = "keyboard"
LANGUAGE: Final = "translate"
LATE: Final = "clock-countdown"
LEAVE: Final = "sign-out"
LEND_FOR: Final = "hand-arrow-up"
LIGHT: Final = "sun"
LOCK: Final = "lock-simple"
LOOK_AT: Final = "clipboard-text"
NETWORK: Final = "wifi-high"
NOT_YET: Final = "hand-palm"
OFFLINE: Final = "cloud-slash"
OK: Final = "check-circle"
PACKAGE: Final = "package"
POWER: Final = "plug"
PRINTER: Final = "printer"
READERS: Final = "users"
READ: Final = "check"
RENEWED: Final = "calendar-plus"
RESTART: Final = "arrow-clockwise"
RETURN_FOR: Final = "hand-arrow-down"
RETURNED: Final = "tray-arrow-down"
SCREEN: Final = "desktop-tower"
SEND: Final = "cloud-arrow-up"
SETTINGS: Final = "gear-six"
SHIFT: Final = "arrow-up"
STILL: Final = "scan"
STORE: Final = "database"
SUPPORT: Final = "first-aid-kit"
TAKE_BACK: Final = "arrow-counter-clockwise"
TAKE_OFF: Final = "minus-circle"
TEMPERATURE: Final = "thermometer-simple"
UNLOCK: Final = "lock-simple-open"
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
        DELETE,
        DESK,
        DISPUTES,
        FAULT,
        FIND,
        LEND_FOR,
        LOOK_AT,
        READERS,
        RETURN_FOR,
        RETURNED,
        SETTINGS,
        SHIFT,
        UNLOCK,
    }
)
