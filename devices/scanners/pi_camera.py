"""A Raspberry Pi's own camera, by way of a helper under the system's Python. Imports numpy: only a camera's thread."""

from __future__ import annotations

import json
import mmap
import os
import select
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from devices.scanners import pi_camera_helper as helper
from devices.scanners.barcode_regions import Gray
from kiosk.ports.errors import DeviceLost

STARTS_WITHIN_S = 30.0
"""Libraries are read from a slow card, and a camera is found: seconds, once."""
_WAIT_S = 0.5
_END_WAIT_S = 0.5
_CHUNK = 65536
_LAST_WORDS = 200  # characters


class SharedPictures:
    """The memory, from the reader's side: only what is whole, and nothing twice."""

    def __init__(self, memory: int) -> None:
        self._map = mmap.mmap(memory, 0, access=mmap.ACCESS_READ)
        self._width, self._height, _ = helper.HEADER.unpack_from(self._map)
        self._gray: Gray = np.empty((self._height, self._width), np.uint8)
        self._given = 0

    def newest(self) -> Gray | None:
        """Good until the next one is asked for. None: there is none that was not given yet."""
        for _ in range(3):  # pictures come much more seldom than one can be copied
            number = helper.HEADER.unpack_from(self._map)[2]
            if number == self._given:
                return None
            slot = number % helper.SLOTS
            if self._number_in(slot) == number:
                self._copy(slot)
                if self._number_in(slot) == number:
                    self._given = number
                    return self._gray
        return None

    def _number_in(self, slot: int) -> int:
        number: int = helper.NUMBER.unpack_from(self._map, helper.HEADER.size + slot * helper.NUMBER.size)[0]
        return number

    def _copy(self, slot: int) -> None:
        size = self._width * self._height
        seen = np.frombuffer(self._map, np.uint8, size, helper.START + slot * size)
        np.copyto(self._gray, seen.reshape(self._gray.shape))


class PiCamera:
    """`python`: the interpreter that has Picamera2. Raises DeviceLost when the helper cannot be started or ended, with
    the last line that it said."""

    live = True

    def __init__(
        self,
        width: int,
        height: int,
        fps: float,
        *,
        python: str = "/usr/bin/python3",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.about = ""
        self._pictures: SharedPictures | None = None
        self._came = False
        self._said = self._first_line = b""
        self._monotonic = monotonic
        self._starts_until = monotonic() + STARTS_WITHIN_S
        # Memory without a name: whatever ends how, nothing of it stays.
        self._memory = os.memfd_create("pictures")
        words = [python, str(Path(helper.__file__)), self._memory, width, height, round(1e6 / fps), os.getpid()]
        try:
            self._process = subprocess.Popen(
                list(map(str, words)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=[self._memory],
            )
        except OSError as error:
            os.close(self._memory)
            raise DeviceLost(f"{python}: {error.strerror}") from error
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)

    @property
    def starting(self) -> bool:
        return not self._came and self._monotonic() < self._starts_until

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        return self._process.stdout, self._process.stderr

    def read(self) -> Gray | None:
        until = self._monotonic() + _WAIT_S
        left = 0.0
        while left >= 0:
            self._listen(left)
            if self._pictures is not None and (picture := self._pictures.newest()) is not None:
                self._came = True
                return picture
            left = until - self._monotonic()
        return None

    def _listen(self, wait_s: float) -> None:
        """What the helper says only wakes: which picture is the newest stands in the memory."""
        told, said = self._pipes
        ready, _, _ = select.select([told, said], [], [], wait_s)
        if said in ready:
            self._said = (self._said + (said.read(_CHUNK) or b""))[-_LAST_WORDS:]
        if told not in ready:
            return
        heard = told.read(_CHUNK)
        if heard == b"":
            raise DeviceLost(f"its helper ended: {self._last_words()}")
        if self._pictures is None:
            self._first_line += heard or b""
            if b"\n" in self._first_line:
                self.about = json.loads(self._first_line.partition(b"\n")[0])["about"]
                self._pictures = SharedPictures(self._memory)

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_WAIT_S)
        self._said += self._pipes[1].read(_CHUNK) or b""
        lines = self._said.decode(errors="replace").strip().splitlines()
        return lines[-1][-_LAST_WORDS:] if lines else f"exit status {self._process.returncode}"

    def close(self) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # a driver may hold it: then it goes when that lets it
            self._process.wait(_END_WAIT_S)
        for pipe in self._pipes:
            pipe.close()
        os.close(self._memory)
