"""What only a camera can do; what it shares with other scanners is in the contract."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import pytest
from zxingcpp import BarcodeFormat

from demo.camera_pictures import barcode, hold_up, scene
from devices.registry import make_scanner
from devices.scanners.barcode_decoder import Gray
from devices.scanners.camera_scanner import CameraConfig, CameraScanner, Patience
from devices.scanners.frame_sources import Camera
from kiosk.ports.devices import Hint, Preview, RawScan
from kiosk.ports.tables import TableError
from tests.devices.scanner_rig import PATIENCE_S, Running

pytestmark = pytest.mark.slow

SMALL = {"width": 640, "height": 360}
DESK = scene(**SMALL)
CARD = scene(barcode("HS250001"), **SMALL)
BOOK = scene(barcode("TK.00123"), **SMALL)
QUICK = Patience(blind_s=0.1, retry_s=0.01)


def quick(**more: Any) -> CameraConfig:
    return CameraConfig(**{"fps": 120.0, "idle_fps": 120.0} | SMALL | more)


class Webcam:
    """A USB camera's end of the cable: stands for cv2.VideoCapture under the real Camera."""

    def __init__(self) -> None:
        self.plugged = True
        self.frozen = False
        self.sees = DESK
        self.freeze_after_next = False
        self.opened = 0
        self._grain = np.random.default_rng(1)
        self._last = self._noisy()

    def __call__(self, _device: str | int, _backend: int) -> Webcam:
        self.opened += 1
        return self

    def isOpened(self) -> bool:
        return self.plugged

    def set(self, _prop: int, _value: float) -> bool:
        return True

    def grab(self) -> bool:
        return self.plugged

    def retrieve(self, _into: Any) -> tuple[bool, Any]:
        if not self.frozen:
            self._last = self._noisy()
            self.frozen = self.freeze_after_next
        return (True, self._last) if self.plugged else (False, None)

    def release(self) -> None:
        pass

    def _noisy(self) -> Gray:
        grain = self._grain.integers(0, 4, self.sees.shape, np.uint8)
        return cv2.cvtColor(cv2.add(self.sees, grain), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]


def with_webcam(webcam: Webcam, patience: Patience = QUICK) -> Running:
    config = quick(device="/dev/video0")
    return Running(
        CameraScanner(config, open_source=lambda: Camera("/dev/video0", 640, 360, webcam), patience=patience)
    )


def unplug(webcam: Webcam) -> None:
    webcam.plugged = False


def freeze(webcam: Webcam) -> None:
    webcam.frozen = True


def cover(webcam: Webcam) -> None:
    webcam.sees = np.zeros_like(DESK)


def mend(webcam: Webcam) -> None:
    webcam.plugged, webcam.frozen, webcam.sees = True, False, DESK


@pytest.mark.parametrize("spoil", [unplug, freeze, cover])
def test_tells_once_that_the_camera_sees_nothing_and_when_it_sees_again(
    spoil: Callable[[Webcam], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    webcam = Webcam()
    with with_webcam(webcam) as at_work:
        assert at_work.next_lost() is False
        spoil(webcam)
        assert at_work.next_lost() is True
        opened = webcam.opened
        while webcam.opened < opened + 3:
            assert at_work.left_lost() == []
        mend(webcam)
        assert at_work.next_lost() is False
        webcam.sees = CARD
        assert at_work.texts(1) == ["HS250001"]
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING", "INFO"]


@pytest.mark.parametrize("spoil", [unplug, freeze, cover])
def test_is_lost_from_the_start_when_it_never_sees_anything(spoil: Callable[[Webcam], None]) -> None:
    webcam = Webcam()
    spoil(webcam)
    with with_webcam(webcam) as at_work:
        assert at_work.next_lost() is True


def test_looks_for_a_camera_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    with Running(CameraScanner(quick(device="/dev/no-such-camera"), patience=QUICK)) as at_work:
        assert at_work.next_lost() is True
        at_work.end()
        assert at_work.left_lost() == []
    assert capfd.readouterr().err == ""


def test_finds_a_folder_that_comes_later(tmp_path: Path) -> None:
    with Running(CameraScanner(quick(path="cards"), folder=tmp_path, patience=QUICK)) as at_work:
        assert at_work.next_lost() is True
        (tmp_path / "cards").mkdir()
        hold_up(tmp_path / "cards", "1.png", CARD)
        assert at_work.next_lost() is False
        assert at_work.texts(1) == ["HS250001"]


def test_reads_a_video_and_tells_a_code_once_though_it_goes_round(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 360))
    for picture in [DESK] * 2 + [CARD] * 4 + [BOOK] * 4:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()
    with Running(CameraScanner(quick(path=str(path)))) as at_work:
        assert at_work.texts(2) == ["HS250001", "TK.00123"]
        at_work.end()
        assert at_work.left() == []


@pytest.mark.parametrize(
    ("itf_length", "scans"), [(0, ["TK.00123"]), (8, ["TK.00123"]), (14, ["30234000517861", "TK.00123"])]
)
def test_reads_itf_of_the_length_that_is_wanted_and_no_other(tmp_path: Path, itf_length: int, scans: list[str]) -> None:
    hold_up(tmp_path, "1.png", scene(barcode("30234000517861", BarcodeFormat.ITF), **SMALL))
    hold_up(tmp_path, "2.png", BOOK)
    with Running(CameraScanner(quick(path=str(tmp_path), itf_length=itf_length))) as at_work:
        came = [at_work.next_scan() for _ in scans]
    assert [scan.text for scan in came] == scans
    assert [scan.symbology for scan in came] == ["itf", "code128"][-len(scans) :]


def test_refuses_an_odd_number_of_itf_digits() -> None:
    with pytest.raises(TableError, match=r"scanner\.itf_length"):
        make_scanner({"kind": "camera", "path": "x", "itf_length": 7})


def test_shows_what_it_sees_only_while_something_moves(tmp_path: Path) -> None:
    seen: queue.Queue[Preview] = queue.Queue()
    hold_up(tmp_path, "1.png", CARD)
    scanner = make_scanner({"kind": "camera", "path": ".", "fps": 60}, see=seen.put, folder=tmp_path)
    with Running(scanner) as at_work:
        at_work.texts(1)
        picture = seen.get(timeout=PATIENCE_S)
        assert (picture.width, picture.height, len(picture.luminance)) == (320, 180, 320 * 180)
        assert picture.luminance[0] == DESK[0, 0]


class Clock:
    """Time that passes only while somebody waits, and with it what `then` says for each moment; after `seconds` it is a
    stop signal that is set."""

    def __init__(self, seconds: float, then: Mapping[float, Callable[[], None]] = MappingProxyType({})) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._ends = seconds
        self.then(then)

    def then(self, happens: Mapping[float, Callable[[], None]]) -> None:
        self._then = sorted(happens.items(), reverse=True)

    def monotonic(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self.now >= self._ends

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        self.now += timeout
        while self._then and self._then[-1][0] <= self.now:
            self._then.pop()[1]()
        return self.is_set()


def run_on(
    clock: Clock,
    webcam: Webcam,
    see: Callable[[Preview], None] = lambda _: None,
    patience: Patience | None = None,
) -> tuple[list[str], list[bool]]:
    """What was scanned and what was told of the camera until the clock ends."""
    scans: list[RawScan] = []
    lost: list[bool] = []
    scanner = CameraScanner(
        CameraConfig(device=0),
        see,
        open_source=lambda: Camera(0, 640, 360, webcam, monotonic=clock.monotonic),
        patience=patience or Patience(),
        monotonic=clock.monotonic,
    )
    scanner.run(scans.append, lost.append, clock)
    return [scan.text for scan in scans], lost


def test_shows_at_most_ten_pictures_a_second_until_the_scene_is_still() -> None:
    clock = Clock(5.0)
    seen: list[float] = []
    run_on(clock, Webcam(), lambda _: seen.append(clock.now))
    assert 20 <= len(seen) <= 31
    assert min(later - earlier for earlier, later in pairwise(seen)) >= 0.1
    assert seen[-1] < 3.5


def test_looks_seldom_at_a_still_scene() -> None:
    clock = Clock(10.0)
    run_on(clock, Webcam())
    assert clock.waits[10] == pytest.approx(0.8 / 30)  # before the next picture comes, so that it need not wait
    assert clock.waits[-20:] == pytest.approx([1 / 5] * 20)


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [unplug, freeze, cover])
def test_tells_within_three_seconds_that_a_camera_sees_nothing(spoil: Callable[[Webcam], None]) -> None:
    """The control has no end to its patience."""
    endless = Patience(blind_s=9e9)
    for seconds, patience, told in (
        (11.9, None, [False]),
        (13.0, None, [False, True]),
        (30.0, endless, [False]),
    ):
        webcam = Webcam()
        clock = Clock(seconds, {10.0: lambda webcam=webcam: spoil(webcam)})  # type: ignore[misc]
        assert run_on(clock, webcam, patience=patience) == ([], told)


def test_tells_within_three_seconds_of_a_camera_that_hangs() -> None:
    """Each look then takes as long as V4L2 is let wait for a picture: a second."""
    told_at: list[float] = []
    clock = Clock(20.0)
    webcam = Webcam()

    def hang() -> bool:
        clock.wait(1.0)
        return False

    clock.then({10.0: lambda: setattr(webcam, "grab", hang)})
    scanner = CameraScanner(
        CameraConfig(device=0),
        open_source=lambda: Camera(0, 640, 360, webcam, monotonic=clock.monotonic),
        monotonic=clock.monotonic,
    )
    scanner.run(lambda _: None, lambda lost: told_at.append(clock.now) if lost else None, clock)
    assert len(told_at) == 1
    assert 10.0 < told_at[0] <= 13.0


@pytest.mark.parametrize(("kind", "scans"), [(BarcodeFormat.Code128, []), (BarcodeFormat.QRCode, ["HS250001"])])
def test_takes_no_frozen_picture_for_a_second_frame(kind: BarcodeFormat, scans: list[str]) -> None:
    """The control is a code that one frame is enough for."""
    webcam = Webcam()

    def hold_up_and_freeze() -> None:
        webcam.sees = scene(barcode("HS250001", kind), **SMALL)
        webcam.freeze_after_next = True

    assert run_on(Clock(8.0, {2.0: hold_up_and_freeze}), webcam)[0] == scans


@pytest.mark.slow
def test_scans_a_card_once_that_lies_before_the_camera_while_others_come_and_go() -> None:
    webcam = Webcam()

    def seeing(*codes: Gray) -> Callable[[], None]:
        return lambda: setattr(webcam, "sees", scene(*codes, **SMALL))

    card, book = barcode("HS250001"), barcode("TK.00123")
    lying = {1.0: seeing(card), 12.0: seeing(card, book), 20.0: seeing(card)}
    assert run_on(Clock(30.0, lying), webcam)[0] == ["HS250001", "TK.00123"]
    taken_away = {**lying, 25.0: seeing(), 29.0: seeing(card)}
    assert run_on(Clock(34.0, taken_away), webcam)[0] == ["HS250001", "TK.00123", "HS250001"]


def test_tells_at_once_with_a_picture_that_a_code_was_read_and_never_again() -> None:
    webcam = Webcam()
    clock = Clock(6.0, {2.0: lambda: setattr(webcam, "sees", CARD)})
    seen: list[tuple[float, bool]] = []
    assert run_on(clock, webcam, lambda preview: seen.append((clock.now, preview.read)))[0] == ["HS250001"]
    read_at = [at for at, read in seen if read]
    assert len(read_at) == 1
    assert read_at[0] < 2.0 + 0.2


@pytest.mark.slow
def test_shows_a_hint_while_it_helps_and_takes_it_back_when_all_is_still() -> None:
    """The control is a card that is read."""
    for picture, hints in (
        (scene(barcode("HS250001", scale=2), blurred=4, **SMALL), [None, Hint.BLURRED, None]),
        (CARD, [None]),
    ):
        webcam = Webcam()
        seen: list[Preview] = []
        clock = Clock(20.0, {5.0: lambda webcam=webcam, picture=picture: setattr(webcam, "sees", picture)})  # type: ignore[misc]
        run_on(clock, webcam, seen.append)
        said = [preview.hint for preview in seen]
        assert [hint for place, hint in enumerate(said) if not place or said[place - 1] is not hint] == hints


def test_logs_no_code_and_no_name_of_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hold_up(tmp_path, "HS250001.png", CARD)
    with Running(CameraScanner(quick(path=str(tmp_path)))) as at_work:
        at_work.texts(1)
    assert "open" in caplog.text
    assert "HS25" not in caplog.text


def test_loads_what_grabs_and_decodes_only_when_it_runs(tmp_path: Path) -> None:
    program = f"""
import sys, threading
from devices.registry import make_scanner
scanner = make_scanner({{"kind": "camera", "path": {str(tmp_path)!r}}})
heavy = {{"cv2", "numpy", "zxingcpp", "pyzbar"}}
assert not heavy & set(sys.modules)
stop = threading.Event()
scanner.run(lambda scan: None, lambda lost: stop.set(), stop)
assert heavy <= set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
