"""What scanners behind a file descriptor share: read while they are there, looked for while they are not."""

from __future__ import annotations

import logging
import math
import os
import select
import time
from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from kiosk.ports.devices import RawScan, StopSignal
from kiosk.ports.errors import DeviceLost

_log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 0.2  # `stop` is looked at this often
_READ_SIZE = 4096


class Plugged(Protocol):
    def fileno(self) -> int: ...

    def close(self) -> None: ...


class Cutter(Protocol):
    """Cuts what comes into scans: a Framer, or what understands more than bytes."""

    @property
    def due(self) -> float | None: ...

    def feed(self, data: bytes, at: float) -> list[RawScan]: ...

    def flush(self, at: float) -> list[RawScan]: ...

    def reset(self) -> None: ...


def keep_reading(
    name: str,
    open_it: Callable[[], Plugged],
    cutter: Cutter,
    post: Callable[[RawScan], None],
    lost: Callable[[bool], None],
    stop: StopSignal,
    retry_s: float = 0.3,
) -> None:
    """Scanner.run. `open_it` raises DeviceLost; `lost` is told once, each new reason is logged."""
    there: bool | None = None
    why = ""
    while not stop.is_set():
        try:
            with closing(open_it()) as device:
                there, why = True, ""
                _log.info("%s: open", name)
                lost(False)
                _read(device.fileno(), cutter, post, stop)
        except DeviceLost as error:
            if str(error) != why:
                why = str(error)
                _log.warning("%s: lost, will look for it: %s", name, why)
            if there is not False:
                there = False
                lost(True)
            stop.wait(retry_s)


def _read(fd: int, cutter: Cutter, post: Callable[[RawScan], None], stop: StopSignal) -> None:
    """Until `stop` is set. Raises DeviceLost."""
    cutter.reset()  # half a code from before the plug was pulled belongs to nobody
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while not stop.is_set():
        due = cutter.due
        wait_s = _LONGEST_WAIT_S if due is None else min(max(due - time.monotonic(), 0.0), _LONGEST_WAIT_S)
        if poll.poll(math.ceil(wait_s * 1000)):
            data = _read_what_is_there(fd)
            scans = cutter.feed(data, time.monotonic())
        else:
            scans = cutter.flush(time.monotonic())
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
