"""Bytes of a scanner into scans. Pure: the adapter says what came and when, and when nothing came."""

from __future__ import annotations

import re
from typing import Literal

from kiosk.ports.devices import RawScan

LONGEST_FRAME = 512
"""Bytes. What is longer is no code of a library, nor a station's enrolment code, and must not fill the memory."""

SILENCE_S = 0.05

CUT_OFF = "\N{REPLACEMENT CHARACTER}"
"""Ends the text of an overlong scan and of half a one, so that its beginning can never pass for a whole code."""

End = Literal["auto", "cr", "lf", "crlf", "silence"]

_ENDS: dict[End, re.Pattern[bytes]] = {
    "auto": re.compile(rb"\r\n|[\r\n]"),  # an LF that comes late ends an empty frame, which is nothing
    "cr": re.compile(rb"\r"),
    "lf": re.compile(rb"\n"),
    "crlf": re.compile(rb"\r\n"),
    "silence": re.compile(rb"(?!)"),
}


class Framer:
    """Cuts a stream of bytes into scans; the same scans however the stream is split into chunks.

    `silence_s` after its last byte, a frame without an end is a scan of its own; half a scan, where a scanner is known
    to end each by `end`. `prefix` and `suffix` are taken off where they are. Line ends around a frame never belong to
    it. Bytes that are not UTF-8 become replacement characters.
    """

    def __init__(
        self,
        end: End = "auto",
        silence_s: float = SILENCE_S,
        prefix: str = "",
        suffix: str = "",
        longest: int = LONGEST_FRAME,
    ) -> None:
        self._end = _ENDS[end]
        self._end_has_two_bytes = end == "crlf"
        self._silence_cuts = end in ("cr", "lf", "crlf")
        self._silence_s = silence_s
        self._prefix = prefix.encode()
        self._suffix = suffix.encode()
        self._longest = longest
        self._kept = b""  # of the frame to come; at most `longest` bytes and one that may be half an end
        self._swallowing = False  # the frame was too long and is delivered already
        self._first_byte_at = 0.0
        self._last_byte_at = 0.0

    @property
    def held(self) -> int:
        """Bytes kept of a frame that has not ended."""
        return len(self._kept)

    @property
    def due(self) -> float | None:
        """When silence ends what is there (monotonic seconds); None when nothing is."""
        return self._last_byte_at + self._silence_s if self._kept or self._swallowing else None

    def feed(self, data: bytes, at: float) -> list[RawScan]:
        """`data` was read at `at`. How long ago the last chunk was says nothing: the reader may have been held up.

        Only `flush` ends a frame by silence, so that a busy machine does not tear a code in two.
        """
        if not data:
            return []
        if not self._kept:
            self._first_byte_at = at
        self._last_byte_at = at
        came = self._kept + data
        scans: list[RawScan] = []
        begin = 0
        for end in self._end.finditer(came):
            if self._swallowing:
                self._swallowing = False
            else:
                scans += self._scan(came[begin : end.start()], end.group())
            begin = end.end()
            self._first_byte_at = at
        rest = came[begin:]
        half_end = b"\r" if self._end_has_two_bytes and rest.endswith(b"\r") else b""
        if not self._swallowing and len(rest) - len(half_end) > self._longest:
            scans += self._scan(rest)
            self._swallowing = True
        self._kept = half_end if self._swallowing else rest
        return scans

    def flush(self, at: float) -> list[RawScan]:
        """Nothing came until `at`: a frame that is `due` ends here. Harmless when called too early."""
        if self.due is None or at < self.due:
            return []
        scans = [] if self._swallowing else self._scan(self._kept, cut_off=self._silence_cuts)
        self.reset()
        return scans

    def reset(self) -> None:
        """Forget a frame that has not ended."""
        self._kept = b""
        self._swallowing = False

    def _scan(self, frame: bytes, end: bytes = b"", *, cut_off: bool = False) -> list[RawScan]:
        body = frame[: self._longest].strip(b"\r\n").removeprefix(self._prefix)
        cut_off = cut_off or len(frame) > self._longest
        text = (body if cut_off else body.removesuffix(self._suffix)).decode(errors="replace")
        if not text:
            return []
        at, took_s = self._last_byte_at, self._last_byte_at - self._first_byte_at
        return [RawScan(text + CUT_OFF if cut_off else text, at, frame[: self._longest] + end, took_s)]
