"""A release proves itself at each of its starts: it has shown a frame, opened the store, and passed a scan.

The scan is a real one: a pty of our own, read as any serial scanner is, framed, classified, posted to the session;
there it is taken out before anybody could see or hear of it, and the store thread answers it with a commit. A blank
station has no store: there the session answers. Whoever waits for the proof (docs/decisions/0029) finds the version in
the runtime folder.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from devices.registry import make_scanner
from devices.simulated.serial_line import SerialLine
from kiosk.ports.devices import RawScan
from kiosk.ports.signals import StopSignal

_log = logging.getLogger(__name__)

PROVED = "proved"
_LINE = "proof.line"
_AGAIN_S = 2.0


class Proof:
    """`runtime`: the folder of this process (systemd's RuntimeDirectory). `code_of`: what the session is told of a
    scanned text. `answer` is called on the session thread for the scan of ours: it has the store answer, and then calls
    what it is given."""

    def __init__(
        self,
        runtime: Path,
        version: str,
        code_of: Callable[[str], object],
        answer: Callable[[Callable[[], None]], None],
    ) -> None:
        self._runtime = runtime
        self._version = version
        self._answer = answer
        self._text = f"proof-{secrets.token_hex(16)}"  # no card and no item, unless a library's form takes anything
        self._code = code_of(self._text)
        self._answered = threading.Event()

    def takes(self, code: object) -> bool:
        """Whether it is ours. It came as far as every scan comes before the session looks at it."""
        if code != self._code:
            return False
        if not self._answered.is_set():  # else it was sent again while the store took its time
            self._answer(self._answered.set)
        return True

    def run(self, scanned: Callable[[RawScan], None], stop: StopSignal) -> None:
        """After the first frame, with the store open where there is one; until it is proved or `stop`. Raises OSError
        without a pty."""
        over, ready = threading.Event(), threading.Event()
        with SerialLine(self._runtime / _LINE) as line:
            scanner = make_scanner({"kind": "serial", "port": str(line.path), "end": "cr"})

            def lost(is_lost: bool) -> None:
                if not is_lost:
                    ready.set()

            reading = threading.Thread(
                target=scanner.run, args=(scanned, lost, over), name="proof scanner", daemon=True
            )
            reading.start()
            try:
                while not (self._answered.is_set() or stop.is_set()):
                    if ready.wait(_AGAIN_S):
                        line.send(self._text.encode() + b"\r")
                        self._answered.wait(_AGAIN_S)  # a store that rests now may be well again then
            finally:
                over.set()
                reading.join(_AGAIN_S)
        if self._answered.is_set():
            self._write()

    def _write(self) -> None:
        half = self._runtime / (PROVED + ".half")
        half.write_text(self._version, "ascii")
        os.rename(half, self._runtime / PROVED)
        _log.info("this release has proved itself: %s", self._version)
