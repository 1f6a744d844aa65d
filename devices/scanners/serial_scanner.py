"""A scanner on a serial line: USB (CDC ACM, or a converter), a UART, or a pty."""

from __future__ import annotations

import errno
import logging
import math
import os
import select
import termios
import time
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
import serial

from devices.scanners.framing import End, Framer
from kiosk.ports.devices import RawScan, StopSignal
from kiosk.ports.errors import DeviceLost

_log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 0.2  # `stop` is looked at this often
_RETRY_S = 0.3
_READ_SIZE = 4096


class SerialScannerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`port`: any path under /dev; /dev/serial/by-id/… stays the same whichever socket the scanner is put in.

    `end` "auto": CR, LF or CRLF end a scan at once, and `silence_ms` what has none of them. With one of them as `end`,
    what comes without it is half a scan. `prefix` and `suffix` are what the scanner puts around a code.
    """

    kind: Literal["serial"] = "serial"
    port: str = "/dev/ttyACM0"
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600] = 9600
    end: End = "auto"
    silence_ms: Annotated[int, msgspec.Meta(ge=10, le=1000)] = 50
    prefix: str = ""
    suffix: str = ""


class SerialScanner:
    """Whatever waits on the line when it is opened is thrown away: it was scanned for nobody who stands here now."""

    def __init__(self, config: SerialScannerConfig, framer: Framer | None = None) -> None:
        self._config = config
        self._framer = framer or Framer(config.end, config.silence_ms / 1000, config.prefix, config.suffix)

    @property
    def name(self) -> str:
        return f"serial {self._config.port}"

    def run(self, post: Callable[[RawScan], None], lost: Callable[[bool], None], stop: StopSignal) -> None:
        there: bool | None = None
        while not stop.is_set():
            try:
                with self._open() as line:
                    there = True
                    _log.info("%s: open", self.name)
                    lost(False)
                    self._read(line.fileno(), post, stop)
            except DeviceLost as error:
                if there is not False:
                    there = False
                    _log.warning("%s: lost, will look for it: %s", self.name, error)
                    lost(True)
                stop.wait(_RETRY_S)

    def _open(self) -> serial.Serial:
        try:
            # Exclusive: of two programs that read one line, each gets half of a code.
            return serial.Serial(self._config.port, self._config.baud, timeout=0, exclusive=True)
        except (OSError, termios.error) as error:
            busy = isinstance(error, OSError) and error.errno in (errno.EAGAIN, errno.EBUSY)
            raise DeviceLost("another program has it" if busy else str(error)) from error

    def _read(self, fd: int, post: Callable[[RawScan], None], stop: StopSignal) -> None:
        """Until `stop` is set. Raises DeviceLost."""
        framer = self._framer
        framer.reset()  # half a code from before the plug was pulled belongs to nobody
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        while not stop.is_set():
            due = framer.due
            wait_s = _LONGEST_WAIT_S if due is None else min(max(due - time.monotonic(), 0.0), _LONGEST_WAIT_S)
            if poll.poll(math.ceil(wait_s * 1000)):
                data = _read_what_is_there(fd)
                scans = framer.feed(data, time.monotonic())
            else:
                scans = framer.flush(time.monotonic())
            for scan in scans:
                post(scan)


def _read_what_is_there(fd: int) -> bytes:
    """At least one byte of a line that is ready to be read: none, or an error, means that it was hung up."""
    try:
        data = os.read(fd, _READ_SIZE)
    except OSError as error:
        raise DeviceLost(str(error)) from error
    if not data:
        raise DeviceLost("hung up")
    return data
