"""A Raspberry Pi's own camera: the real helper in a process of its own, over a stand-in for Picamera2."""

from __future__ import annotations

import ast
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.camera_pictures import barcode, scene
from devices.registry import make_scanner
from devices.scanners import pi_camera_helper
from devices.scanners.camera_scanner import CameraConfig, CameraScanner, Patience
from devices.scanners.pi_camera import PiCamera, SharedPictures
from devices.scanners.pi_camera_helper import START, Board, wanted
from kiosk.ports.errors import DeviceLost
from tests.devices.pi_rig import Pi, helpers_of
from tests.devices.scanner_rig import PATIENCE_S, Running

pytestmark = pytest.mark.slow

SIZE = {"width": 640, "height": 360}
CARD = scene(barcode("HS250001"), **SIZE)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path / "pi")


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def camera(pi: Pi) -> Iterator[PiCamera]:
    camera = PiCamera(**SIZE, fps=30, python=pi.python)
    yield camera
    camera.close()


def next_picture(camera: PiCamera) -> Any:
    found: list[Any] = []

    def came() -> bool:
        picture = camera.read()
        found.append(picture)
        return picture is not None

    until(came)
    return found[-1]


def test_gives_the_luminance_of_what_is_seen_without_what_pads_its_rows(pi: Pi, camera: PiCamera) -> None:
    pi.sees(CARD)
    assert camera.starting
    next_picture(camera)
    picture = next_picture(camera)
    assert not camera.starting
    assert picture.shape == CARD.shape
    assert (picture[1:] == CARD[1:]).all()
    assert picture.flags.c_contiguous


def test_asks_for_short_exposures_and_says_what_was_set(pi: Pi, camera: PiCamera) -> None:
    next_picture(camera)
    assert camera.about == "AeExposureMode 1, FrameDurationLimits (33333, 33333)"
    asked = pi.was_asked()
    assert "'format': 'YUV420'" in asked
    assert "'queue': False" in asked


def test_the_helper_needs_nothing_but_an_old_python_and_picamera2() -> None:
    """It runs where nothing of ours is installed."""
    tree = ast.parse(Path(pi_camera_helper.__file__).read_text(), feature_version=(3, 9))
    nodes = list(ast.walk(tree))
    imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_asks_no_camera_for_what_it_does_not_have() -> None:
    assert wanted({"FrameDurationLimits": 0, "AwbEnable": 0}, 33333) == {"FrameDurationLimits": (33333, 33333)}
    assert wanted({"AfMode": 0, "AfRange": 0}, 1) == {"AfMode": 2, "AfRange": 2}


def test_reads_a_card_and_is_lost_and_found(pi: Pi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    table = {"kind": "camera", "device": "picamera", "python": pi.python, **SIZE}
    scanner = make_scanner(table)
    assert scanner.name == "camera picamera"
    with Running(scanner) as at_work:
        assert at_work.next_lost() is False
        pi.sees(CARD)
        assert at_work.texts(1) == ["HS250001"]
        pi.does("dies")
        assert at_work.next_lost() is True
        pi.does("moves")
        assert at_work.next_lost() is False
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "camera picamera: open, AeExposureMode 1, FrameDurationLimits (33333, 33333)"
    assert told[1].endswith("its helper ended: libcamera: the ribbon came off")
    assert len(told) == 3
    until(lambda: not helpers_of(pi.python))


@pytest.mark.parametrize("spoiled", ["freezes", "repeats", "black"])
def test_tells_that_it_sees_nothing_and_that_it_sees_again(pi: Pi, spoiled: str) -> None:
    config = CameraConfig(device="picamera", python=pi.python, idle_fps=30.0, **SIZE)
    with Running(CameraScanner(config, patience=Patience(blind_s=1.0, retry_s=0.1))) as at_work:
        assert at_work.next_lost() is False
        pi.does(spoiled)
        assert at_work.next_lost() is True
        pi.does("moves")
        assert at_work.next_lost() is False


def test_waits_longer_for_the_first_picture_but_tells_that_there_is_none_yet(
    pi: Pi, caplog: pytest.LogCaptureFixture
) -> None:
    """On a real Pi Picamera2 alone takes seconds to import. The same helper goes on."""
    pi.does("freezes")
    config = CameraConfig(device="picamera", python=pi.python, **SIZE)
    with Running(CameraScanner(config, patience=Patience(blind_s=0.2, retry_s=0.01))) as at_work:
        assert at_work.next_lost() is True
        until(lambda: len(helpers_of(pi.python)) == 1)
        first = helpers_of(pi.python)
        time.sleep(1.0)
        assert helpers_of(pi.python) == first
        pi.does("moves")
        assert at_work.next_lost() is False
        assert helpers_of(pi.python) == first
    assert "not there yet: gives no picture" in caplog.text


def test_gives_up_a_helper_that_never_comes(pi: Pi) -> None:
    pi.does("freezes at the start")
    now = [0.0]
    camera = PiCamera(**SIZE, fps=30, python=pi.python, monotonic=lambda: now[0])
    assert camera.starting
    now[0] = 31.0
    assert not camera.starting
    camera.close()
    assert helpers_of(pi.python) == []


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("/no/such/python", "/no/such/python: No such file or directory"),
        (sys.executable, "its helper ended: ModuleNotFoundError: No module named 'picamera2'"),
        ("/bin/true", "its helper ended: exit status 0"),
    ],
)
def test_says_why_there_is_no_camera(python: str, says: str) -> None:
    with pytest.raises(DeviceLost) as lost:
        next_picture(PiCamera(**SIZE, fps=30, python=python))
    assert str(lost.value) == says


def test_says_what_picamera2_said(pi: Pi) -> None:
    pi.does("fails")
    camera = PiCamera(**SIZE, fps=30, python=pi.python)
    with pytest.raises(DeviceLost, match="RuntimeError: Camera __init__ sequence did not complete"):
        next_picture(camera)
    camera.close()


def test_the_helper_ends_with_a_station_that_was_killed(pi: Pi) -> None:
    """The control: it lives on while its station does."""
    program = f"""
import time
from devices.scanners.pi_camera import PiCamera
camera = PiCamera(640, 360, 30, python={pi.python!r})
while camera.read() is None: pass
print("seen", flush=True)
time.sleep(3600)
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as station:
        assert station.stdout is not None
        assert station.stdout.readline() == b"seen\n"
        pi.does("freezes")  # so that it meets no pipe that nobody reads
        time.sleep(0.5)
        assert len(helpers_of(pi.python)) == 1
        station.kill()
        station.wait()
    until(lambda: not helpers_of(pi.python))


def test_never_gives_a_picture_of_two_though_they_come_as_fast_as_they_can(pi: Pi) -> None:
    pi.does("races")
    camera = PiCamera(**SIZE, fps=30, python=pi.python)
    for _ in range(200):
        assert np.ptp(next_picture(camera)) == 0
    camera.close()


class Disturbed(SharedPictures):
    """After the upper row of the first copy was made, `writes` happens; the rest is of what is there then."""

    def __init__(self, memory: int, writes: Callable[[], None]) -> None:
        super().__init__(memory)
        self._writes: Callable[[], None] | None = writes

    def _copy(self, slot: int) -> None:
        super()._copy(slot)
        if self._writes:
            upper = self._gray[:1].copy()
            self._writes()
            self._writes = None
            super()._copy(slot)
            self._gray[:1] = upper


class Trusting(Disturbed):
    """The control: looks at no number but the newest."""

    def _number_in(self, slot: int) -> int:
        return 1


def level(number: int) -> memoryview:
    return memoryview(bytes([number]) * 8)


@pytest.fixture
def memory() -> Iterator[int]:
    opened = os.memfd_create("pictures")
    yield opened
    os.close(opened)


def test_gives_the_newest_picture_once(memory: int) -> None:
    board = Board(memory, 4, 2)
    pictures = SharedPictures(memory)
    assert pictures.newest() is None
    for number in (1, 2, 3):
        board.put(level(number), 4)
    assert pictures.newest().tolist() == [[3] * 4] * 2  # type: ignore[union-attr]
    assert pictures.newest() is None


def written_over(board: Board) -> None:
    board.put(level(2), 4)
    board.put(level(3), 4)


def half_written(board: Board) -> None:
    """As far as the lower row."""
    board.put(level(2), 4)

    class Interrupted(Exception):
        pass

    class LowerRow(bytes):
        def __getitem__(self, _: Any) -> Any:
            board._map[START + board._size + 4 : START + board._size + 8] = bytes([3]) * 4
            raise Interrupted

    with pytest.raises(Interrupted):
        board.put(LowerRow(), 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(("writes", "newest"), [(written_over, 3), (half_written, 2)])
def test_takes_no_picture_that_was_written_to_while_it_was_copied(
    memory: int, writes: Callable[[Board], None], newest: int
) -> None:
    board = Board(memory, 4, 2)
    board.put(level(1), 4)
    assert Disturbed(memory, lambda: writes(board)).newest().tolist() == [[newest] * 4] * 2  # type: ignore[union-attr]


@pytest.mark.parametrize("writes", [written_over, half_written])
def test_the_control_takes_half_of_another(memory: int, writes: Callable[[Board], None]) -> None:
    board = Board(memory, 4, 2)
    board.put(level(1), 4)
    assert Trusting(memory, lambda: writes(board)).newest().tolist() == [[1] * 4, [3] * 4]  # type: ignore[union-attr]
