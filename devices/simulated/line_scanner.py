"""Lines of a text stream as scans: what is typed in the terminal, or piped in."""

from __future__ import annotations

import logging
import math
import os
import select
import time
from collections.abc import Callable, Iterator
from typing import Literal, TextIO

import msgspec

from devices.scanners.framing import Framer
from kiosk.ports.devices import RawScan, StopSignal

_log = logging.getLogger(__name__)

_LONGEST_WAIT_MS = 200  # `stop` is looked at this often


class LineScannerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["lines"] = "lines"


class SimulatedScanner:
    """`stream` None: there is nothing to read, as for a process without standard input.

    A stream over a file descriptor is read below its buffer, so nobody else may read it too.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    @property
    def name(self) -> str:
        return "lines"

    def run(self, post: Callable[[RawScan], None], lost: Callable[[bool], None], stop: StopSignal) -> None:
        lost(False)
        framer = Framer(end="auto")
        for data in self._chunks(stop):
            # Somebody who stops typing in mid-line is not finished: silence ends nothing here.
            for scan in framer.feed(data, time.monotonic()):
                post(scan)
        if not stop.is_set():
            for scan in framer.flush(math.inf):
                post(scan)
            stop.wait()

    def _chunks(self, stop: StopSignal) -> Iterator[bytes]:
        """Until the end of the input or `stop`."""
        if self._stream is None:
            return
        try:
            fd = self._stream.fileno()
        except (OSError, ValueError):  # in memory
            for line in self._stream:
                if stop.is_set():
                    return
                yield line.encode(errors="replace")
            return
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        while not stop.is_set():
            if not poll.poll(_LONGEST_WAIT_MS):
                continue
            try:
                data = os.read(fd, 4096)
            except OSError as error:  # the terminal is gone
                _log.info("%s: end of input: %s", self.name, error)
                return
            if not data:
                return
            yield data
