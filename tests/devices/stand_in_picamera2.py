"""Stands for the system's Picamera2, the last layer below the helper: a copy of this is what it imports. What it does
next is what the file `does` beside it says, one word: moves (30 pictures a second), races (as fast as it is asked),
freezes, freezes at the start, repeats, black, dies, fails."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path
from typing import Any

DOES = Path(__file__).with_name("does")
GRAY = Path(__file__).with_name("gray")
print("a library that prints")


def does() -> str:
    return DOES.read_text().strip()


class _Request:
    def __init__(self, plane: bytes) -> None:
        self._plane = plane

    def make_buffer(self, name: str) -> bytes:
        assert name == "main"
        return self._plane

    def release(self) -> None:
        self._plane = b""


class Picamera2:
    def __init__(self) -> None:
        exposure = {"AeExposureMode": (0, 3, 0), "FrameDurationLimits": (100, 100000, 33333)}
        self.camera_controls = {**exposure, "AwbEnable": (False, True, True)}
        if does() == "fails":
            raise RuntimeError("Camera __init__ sequence did not complete.")
        if does() == "freezes at the start":
            time.sleep(3600)
        self._count = 0

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        DOES.with_name("asked").write_text(repr(wanted))
        return wanted

    def configure(self, wanted: dict[str, Any]) -> None:
        width, height = wanted["main"]["size"]
        self._main = {"size": (width, height), "stride": -(-width // 64) * 64}

    def camera_configuration(self) -> dict[str, Any]:
        return {"main": self._main}

    def start(self) -> None:
        print("a camera that says much", file=sys.stderr)

    def capture_request(self) -> _Request:
        self._count += 1
        while does() == "freezes":
            time.sleep(0.01)
        if does() == "dies":
            print("libcamera: the ribbon came off", file=sys.stderr, flush=True)
            os._exit(1)
        (width, height), stride = self._main["size"], self._main["stride"]
        rest = b"\x00" * (stride - width)
        if does() == "black":
            rows = [bytes([16 + random.randrange(2)]) * width for _ in range(height)]
        elif does() == "races":
            return _Request(bytes([self._count % 251]) * (stride * height * 3 // 2))
        else:
            picture = GRAY.read_bytes() if GRAY.exists() else bytes([150]) * (width * height)
            rows = [picture[row * width : (row + 1) * width] for row in range(height)]
            if does() != "repeats":  # a sensor's noise
                rows[0] = bytes([150 + random.randrange(4) for _ in range(width)])
        if does() != "races":
            time.sleep(1 / 30)
        return _Request(b"".join(row + rest for row in rows) + bytes(stride * height // 2))
