"""A scanner that is a keyboard, read below the window: grabbed, so that no key of it reaches anything else.

The package evdev opens a node and asks the kernel about it (an optional extra: it has no wheel); what comes out of the
node is read here, by the same loop as a serial line.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import struct
import time
from collections.abc import Callable, Sequence
from glob import glob
from typing import Annotated, Literal, Protocol

import msgspec

from devices.scanners.keystrokes import EV_KEY, PLAIN, End, Keystrokes, Note
from devices.scanners.plugged import keep_reading
from kiosk.ports.devices import RawScan, StopSignal
from kiosk.ports.errors import DeviceLost

_log = logging.getLogger(__name__)

_NO_PERMISSION = "this account may not read it; it must belong to the group that owns /dev/input/event*, mostly input"
_KEYS = {code for code, char in PLAIN.items() if code < 16 and char.isdigit()}  # no scanner is without these
_EVIOCSCLOCKID = 0x400445A0  # _IOW('E', 0xa0, int) on x86 and ARM; evdev has no call for it


class KeyboardConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of `id`, vendor and product as lsusb shows them ("1a86:e129"), `name`, a pattern that the whole name of the
    device matches in capitals or not, and `path`: /dev/input/by-id/…-event-kbd, or by-path for the socket it is put in.

    `end` "auto": Enter or Tab ends a scan at once, and `silence_ms` what has neither; no scanner is so slow between two
    keys. With one of them as `end`, what comes without it is half a scan. `prefix` and `suffix` are what the scanner
    puts around a code.
    """

    kind: Literal["keyboard"] = "keyboard"
    id: str = ""
    name: str = ""
    path: str = ""
    end: End = "auto"
    silence_ms: Annotated[int, msgspec.Meta(ge=20, le=1000)] = 100
    prefix: str = ""
    suffix: str = ""

    def __post_init__(self) -> None:
        if [self.id, self.name, self.path].count("") != 2:
            raise ValueError('it needs one of the keys "id", "name" and "path"')
        if self.id and not re.fullmatch(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}", self.id):
            raise ValueError(f'the key "id" is vendor and product as in "1a86:e129", not {self.id!r}')
        try:
            re.compile(self.name)
        except re.error as error:
            raise ValueError(f'the key "name" is no pattern: {error}') from error


class Identity(Protocol):
    """What the kernel knows of it; of evdev's DeviceInfo what is used here."""

    @property
    def vendor(self) -> int: ...

    @property
    def product(self) -> int: ...


class Node(Protocol):
    """An open /dev/input/event*, not blocking; of evdev.InputDevice what is used here."""

    @property
    def name(self) -> str: ...

    @property
    def info(self) -> Identity: ...

    def capabilities(self) -> dict[int, list[int]]: ...

    def grab(self) -> None: ...

    def fileno(self) -> int: ...

    def close(self) -> None: ...


def open_node(path: str) -> Node:
    """Its events bear the time that the kiosk counts by: the wall clock may jump in mid-scan. Raises OSError."""
    import evdev

    try:
        node: Node = evdev.InputDevice(path)
    except UnicodeDecodeError as error:  # the name of any device there may be cut in mid-character
        raise OSError(errno.EILSEQ, "its name is not UTF-8") from error
    try:
        fcntl.ioctl(node.fileno(), _EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
    except OSError:
        node.close()
        raise
    return node


def all_nodes() -> Sequence[str]:
    return sorted(glob("/dev/input/event*"))


class KeyboardScanner:
    """What was typed before it is grabbed is thrown away: it was scanned for nobody who stands here now.

    Of several that fit, the first one is read that nobody else has grabbed.
    """

    def __init__(
        self,
        config: KeyboardConfig,
        keystrokes: Keystrokes | None = None,
        *,
        nodes: Callable[[], Sequence[str]] = all_nodes,
        open_node: Callable[[str], Node] = open_node,
        retry_s: float = 1.0,  # each time every node is opened and asked
    ) -> None:
        self._config = config
        self._keystrokes = keystrokes or Keystrokes(
            config.silence_ms / 1000, config.prefix, config.suffix, config.end, self._note
        )
        self._nodes = nodes
        self._open_node = open_node
        self._retry_s = retry_s

    @property
    def name(self) -> str:
        return f"keyboard {self._config.id or self._config.name or self._config.path}"

    def run(self, post: Callable[[RawScan], None], lost: Callable[[bool], None], stop: StopSignal) -> None:
        keep_reading(self.name, self._open, self._keystrokes, post, lost, stop, self._retry_s)

    def _note(self, note: Note) -> None:
        _log.warning("%s: %s", self.name, note)

    def _open(self) -> Node:
        """Grabbed. Raises DeviceLost, with the reason that says most."""
        reasons: list[str] = []
        paths = [self._config.path] if self._config.path else self._nodes()
        for path in paths:
            try:
                node = self._open_node(path)
            except PermissionError:
                reasons.append(f"{path}: {_NO_PERMISSION}")
            except OSError as error:
                if self._config.path:  # else it may be no keyboard, or gone again
                    reasons.append(f"{path}: {error.strerror}")
            else:
                if grabbed := self._grabbed(node, path, reasons):
                    return grabbed
        raise DeviceLost(reasons[0] if reasons else f"none of {len(paths)} input devices is it")

    def _grabbed(self, node: Node, path: str, reasons: list[str]) -> Node | None:
        """None: it is closed again."""
        try:
            if self._fits(node):
                node.grab()
                _throw_away_what_waits(node.fileno())
                return node
        except OSError as error:
            # Another program, or another table of kiosk.toml: each key goes to one of them.
            is_grabbed = error.errno == errno.EBUSY
            reasons.insert(0, f"{path}: {'another program has grabbed it' if is_grabbed else error.strerror}")
        node.close()
        return None

    def _fits(self, node: Node) -> bool:
        if self._config.path:
            return True
        # A scanner often is several devices with one identity: of these the one that has the keys.
        if not _KEYS.issubset(node.capabilities().get(EV_KEY, ())):
            return False
        if self._config.id:
            return self._config.id.lower() == f"{node.info.vendor:04x}:{node.info.product:04x}"
        return re.fullmatch(self._config.name, node.name, re.IGNORECASE) is not None


def _throw_away_what_waits(fd: int) -> None:
    """Raises OSError."""
    try:
        while os.read(fd, 4096):
            pass
    except BlockingIOError:
        pass
