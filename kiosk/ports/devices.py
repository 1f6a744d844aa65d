"""Things with a plug."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kiosk.ports.signals import StopSignal as StopSignal


class Sound(StrEnum):
    OK = "ok"
    ATTENTION = "attention"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RawScan:
    """One framed scan as it came. `scanned_at`: monotonic seconds when its last byte was read.

    How it came, for whoever tries a scanner: over a line `data`, its bytes with what the scanner puts around a code,
    and `took_s`, seconds from the first to the last of them; from a camera its `symbology`.
    """

    text: str
    scanned_at: float
    data: bytes = field(default=b"", compare=False, repr=False)
    took_s: float = field(default=0.0, compare=False)
    symbology: str = field(default="", compare=False)


class Hint(StrEnum):
    """What keeps a camera from reading what is held up before it."""

    TOO_DARK = "too dark"
    TOO_NEAR = "too near"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class Preview:
    """A small picture of what a camera sees: `luminance` is width × height bytes, top row first, 0 is black. `read`:
    a code in it was scanned just now."""

    width: int
    height: int
    luminance: bytes
    hint: Hint | None = None
    read: bool = False


class Scanner(Protocol):
    @property
    def name(self) -> str:
        """For the log and the maintainer, e.g. "serial /dev/ttyACM0"."""
        ...

    def run(self, post: Callable[[RawScan], None], lost: Callable[[bool], None], stop: StopSignal) -> None:
        """Reads until `stop` is set, on a thread of its own. A device that is gone is looked for again and again.

        `lost(False)`: it is there and read, told the first time too. `lost(True)`: it is gone, or not there yet.
        What was scanned before `lost(False)` may be thrown away. Raises only on a bug.
        """
        ...


class Signaller(Protocol):
    def play(self, sound: Sound) -> None:
        """Returns at once; silence is not a failure."""
        ...

    def set_loudness(self, percent: int | None) -> None:
        """From the next sound on: 0 is silent, 100 as loud as it can be; None: as it was set up."""
        ...

    def close(self) -> None: ...
