"""A keyboard's node without a keyboard: the events that are sent here are read at `path` as under /dev/input."""

from __future__ import annotations

import errno
import fcntl
import math
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from devices.scanners.keystrokes import ALTS, DOWN, EV_KEY, EV_SYN, EVENT, KEYPAD_DIGITS, PLAIN, SHIFTED, SHIFTS, UP

SHIFT, ALT, ENTER = min(SHIFTS), min(ALTS), 28
_CODES = {char: code for code, char in reversed(PLAIN.items())}  # of two keys with one character, not the keypad's
_SHIFTED_CODES = {char: code for code, char in reversed(SHIFTED.items())}
_DIGITS = {digit: code for code, digit in KEYPAD_DIGITS.items()}


class Event(NamedTuple):
    at: float
    kind: int
    code: int
    value: int

    def packed(self) -> bytes:
        # Not rounded down: no key is pressed before it is.
        seconds, microseconds = divmod(math.ceil(self.at * 1e6), 1_000_000)
        return EVENT.pack(seconds, microseconds, self.kind, self.code, self.value)


class Identity(NamedTuple):
    vendor: int
    product: int


def typed(text: str, at: float = 0.0, step_s: float = 0.0, end: int | None = ENTER) -> Iterator[Event]:
    """As scanners type it, a report each `step_s`: with Shift, and by Alt and a number what has no key."""
    reports: list[tuple[int, int]] = []

    def strike(code: int) -> None:
        reports.extend(((code, DOWN), (code, UP)))

    for char in text:
        if char in _CODES:
            strike(_CODES[char])
            continue
        around = SHIFT if char in _SHIFTED_CODES else ALT
        reports.append((around, DOWN))
        for code in [_SHIFTED_CODES[char]] if around == SHIFT else [_DIGITS[digit] for digit in str(ord(char))]:
            strike(code)
        reports.append((around, UP))
    if end is not None:
        strike(end)
    for n, (code, value) in enumerate(reports):
        yield Event(at + n * step_s, EV_KEY, code, value)
        yield Event(at + n * step_s, EV_SYN, 0, 0)


class KeyboardNode:
    """A FIFO: gone while unplugged, then another one. `openable` False: the account may not read it."""

    def __init__(
        self,
        path: Path,
        *,
        vendor: int = 0x1A86,
        product: int = 0xE129,
        name: str = "WCH BarCode Scanner",
        keys: Iterable[int] = tuple(PLAIN),
    ) -> None:
        self.path = path
        self.info = Identity(vendor, product)
        self.name = name
        self.keys = list(keys)
        self.openable = True
        self._fd = -1

    def plug(self) -> None:
        self.unplug()
        os.mkfifo(self.path)
        self._fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)  # for reading too: so it opens before it is read

    def unplug(self) -> None:
        """Whoever has it open sees it hung up, once it has read what was sent."""
        if self._fd >= 0:
            self.path.unlink()
            os.close(self._fd)
            self._fd = -1

    def send(self, *events: Event) -> None:
        self.send_bytes(b"".join(event.packed() for event in events))

    def send_bytes(self, data: bytes) -> None:
        """Raises OSError when it is unplugged, or its reader far behind."""
        while data:
            data = data[os.write(self._fd, data) :]

    def scan(self, text: str) -> None:
        self.send(*typed(text, time.monotonic()))

    def open(self) -> OpenNode:
        """For KeyboardScanner's `open_node`. Raises OSError."""
        if not self.openable:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return OpenNode(self)

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *exc: object) -> None:
        self.unplug()


class OpenNode:
    """What evdev.InputDevice would be."""

    def __init__(self, node: KeyboardNode) -> None:
        self.name = node.name
        self.info = node.info
        self._keys = node.keys
        self._fd = os.open(node.path, os.O_RDONLY | os.O_NONBLOCK)

    def capabilities(self) -> dict[int, list[int]]:
        return {EV_KEY: self._keys}

    def grab(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from error

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        os.close(self._fd)
