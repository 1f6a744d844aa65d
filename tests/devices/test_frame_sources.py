from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from demo.camera_pictures import hold_up
from devices.scanners import frame_sources
from devices.scanners.barcode_decoder import Gray
from devices.scanners.exposure import keep_short
from devices.scanners.frame_sources import FRAMES_BETWEEN, FRAMES_EACH, Camera, Folder, Video
from kiosk.ports.errors import DeviceLost

SIZE = 64, 48


def flat(level: int) -> Gray:
    return np.full((48, 64), level, np.uint8)


def levels(source: Folder | Video, count: int) -> list[int]:
    """The middle pixel of the next `count` pictures."""
    found = []
    for _ in range(count):
        picture = source.read()
        assert picture is not None
        found.append(int(picture[24, 32]))
    return found


EMPTY = 128


def test_holds_up_the_pictures_of_a_folder_in_the_order_of_their_names(tmp_path: Path) -> None:
    hold_up(tmp_path, "2.png", flat(20))
    hold_up(tmp_path, "1.bmp", flat(10))
    (tmp_path / "notes.txt").write_text("no picture")
    folder = Folder(tmp_path, *SIZE)
    one, other, nothing = [10] * FRAMES_EACH, [20] * FRAMES_EACH, [EMPTY] * FRAMES_BETWEEN
    assert levels(folder, 2 * (FRAMES_EACH + FRAMES_BETWEEN) + 3) == one + nothing + other + nothing + [EMPTY] * 3


def test_holds_up_once_what_is_put_into_the_folder_later(tmp_path: Path) -> None:
    folder = Folder(tmp_path, *SIZE)
    assert levels(folder, 3) == [EMPTY] * 3
    hold_up(tmp_path, "1.png", flat(10))
    assert levels(folder, FRAMES_EACH + 9) == [10] * FRAMES_EACH + [EMPTY] * 9
    hold_up(tmp_path, "1.png", flat(11))
    assert levels(folder, 1) == [11]


def test_holds_up_a_file_that_was_half_written_when_it_is_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hold_up(tmp_path, "HS250001.png", flat(10))
    whole = (tmp_path / "HS250001.png").read_bytes()
    (tmp_path / "HS250001.png").write_bytes(whole[:20])
    folder = Folder(tmp_path, *SIZE)
    assert levels(folder, 3) == [EMPTY] * 3
    assert len(caplog.records) == 1
    assert "HS250001" not in caplog.text
    (tmp_path / "HS250001.png").write_bytes(whole)
    assert levels(folder, 1) == [10]


def test_takes_a_folder_that_is_not_there_or_goes_away_for_a_lost_camera(tmp_path: Path) -> None:
    with pytest.raises(DeviceLost, match="No such file"):
        Folder(tmp_path / "none", *SIZE)
    (tmp_path / "there").mkdir()
    folder = Folder(tmp_path / "there", *SIZE)
    (tmp_path / "there").rmdir()
    with pytest.raises(DeviceLost, match="No such file"):
        folder.read()


def test_plays_a_video_frame_by_frame_and_again(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, SIZE)
    for level in (40, 80, 120):
        writer.write(cv2.cvtColor(flat(level), cv2.COLOR_GRAY2BGR))
    writer.release()
    video = Video(path)
    assert levels(video, 7) == pytest.approx([40, 80, 120, 40, 80, 120, 40], abs=2)
    video.close()


@pytest.mark.parametrize("content", [None, b"", b"no video at all" * 99])
def test_takes_what_is_no_video_for_a_lost_camera(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.avi").write_bytes(content)
    with pytest.raises(DeviceLost):
        Video(tmp_path / "a.avi")


class Asked:
    """Stands for cv2.VideoCapture, and remembers what was asked of it."""

    def __init__(self, device: str | int, backend: int) -> None:
        self.asked: dict[int, float] = {}

    def isOpened(self) -> bool:
        return True

    def set(self, prop: int, value: float) -> bool:
        self.asked[prop] = value
        return True

    def grab(self) -> bool:
        return True

    def retrieve(self, _into: Any) -> tuple[bool, Any]:
        return True, np.full((48, 64, 3), 200, np.uint8)

    def release(self) -> None:
        pass


def test_asks_a_camera_for_compressed_pictures_and_only_the_newest() -> None:
    made: list[Asked] = []

    def make(device: str | int, backend: int) -> Asked:
        made.append(Asked(device, backend))
        return made[0]

    picture = Camera("/dev/video0", 1280, 720, make).read()
    assert picture is not None
    assert picture.shape == (48, 64)
    assert made[0].asked == {
        cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"MJPG"),
        cv2.CAP_PROP_FRAME_WIDTH: 1280,
        cv2.CAP_PROP_FRAME_HEIGHT: 720,
        cv2.CAP_PROP_BUFFERSIZE: 1,
    }


@pytest.mark.parametrize("device", ["/dev/no-such-camera", os.devnull, 250])
def test_says_nothing_on_the_standard_error_when_there_is_no_camera(
    device: str | int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DeviceLost):
        Camera(device, 1280, 720)
    assert capfd.readouterr().err == ""


FRAME_S = 1 / 30


class Queueing:
    """A USB camera that fills all of its buffers and then waits. Each picture shows when it was taken."""

    def __init__(self, buffers: int) -> None:
        self.now = 0.0
        self._buffers = buffers
        self._filled: list[float] = []
        self._next = FRAME_S
        self._grabbed = 0.0
        self.decoded = 0

    def __call__(self, _device: str | int, _backend: int) -> Queueing:
        return self

    def monotonic(self) -> float:
        return self.now

    def isOpened(self) -> bool:
        return True

    def set(self, _prop: int, _value: float) -> bool:
        return True

    def grab(self) -> bool:
        if not self._filled:
            self.wait(max(self._next - self.now, 0.0))
        self._grabbed = self._filled.pop(0)
        return True

    def retrieve(self, _into: Any) -> tuple[bool, Any]:
        self.decoded += 1
        return True, np.full((48, 64), round(self._grabbed / FRAME_S), np.uint8)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        while self._next <= self.now + 1e-9:
            if len(self._filled) < self._buffers:
                self._filled.append(self._next)
            self._next += FRAME_S

    def release(self) -> None:
        pass


def ages(buffers: int, pause_s: float, looks: int = 20) -> tuple[list[float], Queueing]:
    """How old the picture is at each look, and the camera."""
    queueing = Queueing(buffers)
    camera = Camera(0, *SIZE, queueing, monotonic=queueing.monotonic)
    found = []
    for _ in range(looks):
        picture = camera.read()
        assert picture is not None
        found.append(queueing.now - int(picture[0, 0]) * FRAME_S)
        queueing.wait(pause_s)
    return found, queueing


@pytest.mark.parametrize("buffers", [1, 4])
def test_gives_what_is_seen_now_though_a_camera_keeps_older_pictures(
    buffers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, queueing = ages(buffers, pause_s=0.2)
    assert max(old) < FRAME_S
    assert queueing.decoded == len(old), "what nobody sees is not decoded"
    monkeypatch.setattr(frame_sources, "_FRESH_FOR_S", 9e9)  # the control: whatever lies there is taken
    assert max(ages(buffers, pause_s=0.2)[0]) > 0.15


def test_gives_every_picture_of_a_camera_while_it_is_looked_at() -> None:
    _, queueing = ages(4, pause_s=0.010, looks=60)
    assert queueing.now == pytest.approx(60 * FRAME_S, abs=3 * FRAME_S)


@pytest.mark.parametrize("pause_s", [0.04, 0.06, 0.09])
def test_no_picture_is_older_than_a_tenth_of_a_second_when_looks_take_longer_than_pictures(pause_s: float) -> None:
    old, queueing = ages(4, pause_s, looks=60)
    assert max(old) <= 0.1 + FRAME_S
    assert queueing.now < 60 * (pause_s + FRAME_S)


def test_asks_the_driver_for_exposures_no_longer_than_a_frame() -> None:
    asked: list[tuple[int, bytes]] = []
    assert keep_short(os.devnull, lambda _, request, control: asked.append((request, control))) == (
        "no exposure longer than a frame"
    )
    exposure_auto_priority = 0x009A0900 + 3  # V4L2_CID_CAMERA_CLASS_BASE + 3
    assert asked == [(0xC008561C, struct.pack("=Ii", exposure_auto_priority, 0))]


@pytest.mark.parametrize("device", [os.devnull, "/dev/no-such-camera", 250])
def test_is_content_with_a_driver_that_refuses(device: str | int) -> None:
    assert keep_short(device).startswith("exposures as long as it likes (")
