"""Puts what a Raspberry Pi's own camera sees into memory that the station reads. A program of its own, run by its path
under the system's Python, since only that one can import Picamera2: it imports nothing else that is not Python's own.

pi_camera_helper.py MEMORY WIDTH HEIGHT FRAME_US PARENT

MEMORY is an open file that it sizes. On its standard output it writes a line of JSON (`about`: what was set), then a
byte for each picture; what a library prints goes to the standard error. It ends with the thread that started it.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import mmap
import os
import signal
import struct
import sys
from contextlib import suppress
from typing import Any

SLOTS = 2
"""One is written while the other may be read."""
HEADER = struct.Struct("<II Q")
"""Width, height, and the number of the newest picture, from 1 on; it lies in slot `number % SLOTS`."""
NUMBER = struct.Struct("<Q")
"""Of the picture in each slot, behind the header; 0 while it is being written."""
START = 64
"""Where the first slot begins: pictures of width × height bytes."""

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Board:
    """The memory, from the writer's side: by a slot's number, before and after, a reader sees that it is whole."""

    def __init__(self, memory: int, width: int, height: int) -> None:
        self._size = width * height
        os.ftruncate(memory, START + SLOTS * self._size)
        self._map = mmap.mmap(memory, START + SLOTS * self._size)
        self._number = 0
        HEADER.pack_into(self._map, 0, width, height, 0)
        self._width, self._height = width, height

    def put(self, plane: memoryview, stride: int) -> None:
        """The next picture: rows of `stride` bytes, of which the first ones are seen."""
        self._number += 1
        slot = self._number % SLOTS
        mark, start = HEADER.size + slot * NUMBER.size, START + slot * self._size
        NUMBER.pack_into(self._map, mark, 0)
        if stride == self._width:
            self._map[start : start + self._size] = plane[: self._size]
        else:
            for row in range(self._height):
                at = start + row * self._width
                self._map[at : at + self._width] = plane[row * stride : row * stride + self._width]
        NUMBER.pack_into(self._map, mark, self._number)
        HEADER.pack_into(self._map, 0, self._width, self._height, self._number)


def wanted(controls: Any, frame_us: int) -> dict[str, Any]:
    """What is asked of a camera that has these controls. Names and numbers are libcamera's (control_ids_core.yaml; the
    Picamera2 manual lists them): the short exposure mode, no exposure longer than a frame, and a lens that follows what
    is held up, as near as it can."""
    asked = {"AeExposureMode": 1, "FrameDurationLimits": (frame_us, frame_us), "AfMode": 2, "AfRange": 2}
    return {name: value for name, value in asked.items() if name in controls}


def run(memory: int, told: int, width: int, height: int, frame_us: int) -> None:
    """Until it is killed, or nobody listens."""
    camera = importlib.import_module("picamera2").Picamera2()
    controls = wanted(camera.camera_controls, frame_us)
    # Without a queue a request waits for the next picture rather than being given the last one.
    camera.configure(
        camera.create_video_configuration(
            main={"size": (width, height), "format": "YUV420"}, queue=False, controls=controls
        )
    )
    main = camera.camera_configuration()["main"]
    (width, height), stride = main["size"], main["stride"]
    camera.start()
    board = Board(memory, width, height)
    about = ", ".join(f"{name} {value}" for name, value in controls.items())
    os.write(told, json.dumps({"about": about}).encode() + b"\n")
    os.set_blocking(told, False)
    while True:
        request = camera.capture_request()
        try:
            board.put(memoryview(request.make_buffer("main")).cast("B"), stride)  # its first plane is the luminance
        finally:
            request.release()
        with suppress(BlockingIOError):  # it is awake, or will be
            os.write(told, b".")


def main(arguments: list[str]) -> None:
    memory, width, height, frame_us, parent = map(int, arguments)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that was said
        return
    del sys.path[0]  # what lies beside this file is no library
    told = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    run(memory, told, width, height, frame_us)


if __name__ == "__main__":
    main(sys.argv[1:])
