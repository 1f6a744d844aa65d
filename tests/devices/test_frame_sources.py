from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from demo.camera_pictures import hold_up
from devices.scanners.barcode_decoder import Gray
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

    def read(self, _into: Any) -> tuple[bool, Any]:
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
