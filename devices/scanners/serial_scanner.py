"""A scanner on a serial line: USB (CDC ACM, or a converter), a UART, or a pty."""

from __future__ import annotations

import errno
import termios
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
import serial

from devices.scanners.framing import End, Framer
from devices.scanners.plugged import keep_reading
from kiosk.ports.devices import RawScan, StopSignal
from kiosk.ports.errors import DeviceLost


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
        keep_reading(self.name, self._open, self._framer, post, lost, stop)

    def _open(self) -> serial.Serial:
        try:
            # Exclusive: of two programs that read one line, each gets half of a code.
            return serial.Serial(self._config.port, self._config.baud, timeout=0, exclusive=True)
        except (OSError, termios.error) as error:
            busy = isinstance(error, OSError) and error.errno in (errno.EAGAIN, errno.EBUSY)
            raise DeviceLost("another program has it" if busy else str(error)) from error
