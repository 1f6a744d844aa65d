"""Events of a scanner that is a keyboard, into scans. Pure: bytes and times in, scans out; any bytes at all.

**Keys, not characters.** Scanners leave the factory typing on a US keyboard, so key *codes* are read as one, whatever
the layout of the system: a Vietnamese one makes accented letters of digits. A key that repeats is not typed again.

**What ends a scan**: Enter, keypad Enter or Tab; what has none of them, `silence_s` without a key, and where the
scanner is known to send one (`end`), that is half a scan. Longest length, prefix and suffix are the Framer's too.
Times are the kernel's, one for each event: two codes in one read are told apart, and a reader that was held up tears
none in two. With silence everything is forgotten: a Shift whose release never came, and Caps Lock, which is the
scanner's own (one that uses it presses it before and after).

**Who types.** A scanner's keys come 1 to 20 ms apart, with the delays that its manual offers up to 60; a person's 100
to 300, now and then 50. So a scan has three characters at least, no pause of `silence_s`, and half of that between
two keys on the average. Everything else was typed by a person, or by a scanner that should be set faster: it is no
scan, goes nowhere, and is told (`Note.TYPED`).

**Alt and a number** on the keypad, for what has no US key, or for everything ("ALT mode", "emulate keypad"). The
number is a code point, with a leading zero or without; 128 to 159, which are no characters, are Windows-1252. So
ASCII, Latin-1, Windows' Alt+0nnn and what scanners of QR codes call "Unicode" are right. Alt+nnn as in DOS (code page
437) is not: it differs beyond ASCII only, where no code of a library goes, and "Unicode" comes without a zero, too.

**Never part of a scan**: keys without a character (F2, arrows), and what is pressed with Ctrl, Meta, or Alt but for
the keypad. All that is typed around one is refused up to its end: with that key left out it would be another code. So
is what was typed while the kernel lost events (SYN_DROPPED), up to the next silence.
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from devices.scanners.framing import CUT_OFF, Framer
from kiosk.ports.devices import RawScan

EVENT = struct.Struct("@llHHi")
"""struct input_event: seconds, microseconds, type, code, value. As the kernel means it for this machine's `long`."""

EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
UP, DOWN = 0, 1  # 2: it repeats

End = Literal["auto", "enter", "tab"]

SILENCE_S = 0.1
FEWEST_CHARACTERS = 3

_ROWS = (  # the code of the first key (linux/input-event-codes.h); what that one and the next give, and with Shift
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (15, "\tqwertyuiop[]\r", "\tQWERTYUIOP{}\r"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    *((first, chars, chars) for first, chars in ((55, "*"), (71, "789-456+1230."), (96, "\r"), (98, "/"), (117, "="))),
)
PLAIN = {first + n: char for first, plain, _ in _ROWS for n, char in enumerate(plain)}
SHIFTED = {first + n: char for first, _, shifted in _ROWS for n, char in enumerate(shifted)}
KEYPAD_DIGITS = {code: PLAIN[code] for code in range(71, 83) if PLAIN[code].isdigit()}

SHIFTS, CTRLS, ALTS, METAS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100}), frozenset({125, 126})
CAPS_LOCK, NUM_LOCK = 58, 69

_LETTERS = frozenset(code for code, char in PLAIN.items() if char.isalpha())
_NEVER_HELD = CTRLS | METAS
_MODIFIERS = SHIFTS | CTRLS | ALTS | METAS
_SILENT_KEYS = _MODIFIERS | {CAPS_LOCK, NUM_LOCK}  # some scanners press Num Lock before a number
_ENDS: dict[End, str] = {"auto": "\r\n\t", "enter": "\r\n", "tab": "\t"}
_LONGEST_NUMBER = 8  # digits


class Note(StrEnum):
    """Sentences for the log; never with what was typed."""

    CHORD = "a key without a character, or a combination of keys, was refused, and what was typed with it"
    TYPED = "keys as a person types them were not taken; if it was the scanner, set a shorter pause between its keys"
    DROPPED = "the kernel lost events: what was being scanned is dropped"


class Keystrokes:
    """`note` is told CHORD and TYPED once until `reset`, and each time that events were lost."""

    def __init__(
        self,
        silence_s: float = SILENCE_S,
        prefix: str = "",
        suffix: str = "",
        end: End = "auto",
        note: Callable[[Note], None] = lambda _: None,
    ) -> None:
        self._silence_s = silence_s
        self._ends = _ENDS[end]
        self._framer = Framer("auto" if end == "auto" else "cr", silence_s, prefix, suffix)
        self._note = note
        self._noted: set[Note] = set()
        self._half_event = b""
        self._forget()

    @property
    def due(self) -> float | None:
        """When silence ends what is there (monotonic seconds); None when nothing is."""
        return None if self._last_at is None else self._last_at + self._silence_s

    def feed(self, data: bytes, at: float) -> list[RawScan]:
        """`at`, when `data` was read, says nothing: each event has its own time."""
        data = self._half_event + data
        whole = len(data) - len(data) % EVENT.size
        self._half_event = data[whole:]
        scans: list[RawScan] = []
        for seconds, microseconds, kind, code, value in EVENT.iter_unpack(data[:whole]):
            scans += self._happened(seconds + microseconds / 1e6, kind, code, value)
        return scans

    def flush(self, at: float) -> list[RawScan]:
        """Nothing came until `at`. Harmless when called too early."""
        if self.due is None or at < self.due:
            return []
        scans = self._believed(self._framer.flush(math.inf))
        self._forget()
        return scans

    def reset(self) -> None:
        """Forget all that has not ended, and what was noted: another plug, perhaps another scanner."""
        self._noted.clear()
        self._half_event = b""
        self._forget()

    def _forget(self) -> None:
        self._framer.reset()
        self._held: set[int] = set()
        self._caps = False
        self._number = ""  # typed while Alt is held
        self._last_at: float | None = None
        self._is_trusted = True
        self._begin()

    def _begin(self) -> None:
        self._keys = 0
        self._began_at = 0.0
        self._is_refused = False

    def _happened(self, at: float, kind: int, code: int, value: int) -> list[RawScan]:
        is_dropped = kind == EV_SYN and code == SYN_DROPPED
        is_key = kind == EV_KEY and value in (UP, DOWN)
        if not (is_dropped or is_key):
            return []
        scans = self.flush(at)
        if is_dropped:
            self._distrust(at)
        elif value == DOWN:
            scans += self._pressed(code, at)
        else:
            scans += self._released(code, at)
        return scans

    def _distrust(self, at: float) -> None:
        """Which keys are held is not known any more either; after a silence, none is."""
        if self._is_trusted:
            self._note(Note.DROPPED)
        self._forget()
        self._is_trusted = False
        self._last_at = at

    def _pressed(self, code: int, at: float) -> list[RawScan]:
        self._last_at = at
        if not self._keys:
            self._began_at = at
        self._keys += 1
        if code in _MODIFIERS:
            self._held.add(code)
        elif code == CAPS_LOCK:
            self._caps = not self._caps
        if self._held & _NEVER_HELD:
            self._refuse()
        elif self._held & ALTS and code in KEYPAD_DIGITS and len(self._number) < _LONGEST_NUMBER:
            self._number += KEYPAD_DIGITS[code]
        elif code in _SILENT_KEYS:
            pass
        elif self._held & ALTS or code not in PLAIN:
            self._refuse()
        else:
            shifted = bool(self._held & SHIFTS) != (self._caps and code in _LETTERS)
            return self._typed((SHIFTED if shifted else PLAIN)[code], at)
        return []

    def _released(self, code: int, at: float) -> list[RawScan]:
        self._held.discard(code)
        number = self._number
        if self._held & ALTS or not number:
            return []
        self._number = ""
        return self._typed(_by_number(int(number)), at)

    def _typed(self, char: str, at: float) -> list[RawScan]:
        if char not in self._ends:
            # Enter, where Tab is the end, is a new line in the code; CR is the framer's end.
            return self._believed(self._framer.feed(char.replace("\r", "\n").encode(), at))
        scans = self._believed(self._framer.feed(b"\r", at))
        self._begin()
        return scans

    def _refuse(self) -> None:
        self._is_refused = True
        self._note_once(Note.CHORD)

    def _believed(self, scans: list[RawScan]) -> list[RawScan]:
        """All of `scans`, if it was a scanner that typed; none else."""
        if not scans or self._is_refused or not self._is_trusted:
            return []
        mean_s = ((self._last_at or 0.0) - self._began_at) / max(self._keys - 1, 1)
        if mean_s > self._silence_s / 2 or any(
            len(scan.text.removesuffix(CUT_OFF)) < FEWEST_CHARACTERS for scan in scans
        ):
            self._note_once(Note.TYPED)
            return []
        return scans

    def _note_once(self, note: Note) -> None:
        if note not in self._noted:
            self._noted.add(note)
            self._note(note)


def _by_number(number: int) -> str:
    if 0x80 <= number <= 0x9F:
        return bytes([number]).decode("cp1252", errors="replace")
    if number > sys.maxunicode or 0xD800 <= number <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return chr(number)
