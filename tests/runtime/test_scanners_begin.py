"""Scanners begin with the first frame: what they load would only delay it."""

import queue
import threading
from pathlib import Path

import msgspec
import pytest

from demo.camera_pictures import barcode, hold_up, scene
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import KioskConfig, load
from kiosk.ports.devices import Preview
from kiosk.session.states import Home, State
from tests.runtime.station import STATION

PATIENCE_S = 30.0
CONFIG = (
    STATION
    + """
[[scanner]]
kind = "camera"
path = "cards"
fps = 60
"""
)


@pytest.fixture
def config(tmp_path: Path) -> KioskConfig:
    (tmp_path / "kiosk.toml").write_text(CONFIG)
    (tmp_path / "cards").mkdir()
    hold_up(tmp_path / "cards", "1.png", scene(barcode("HS250001"), width=640, height=360))
    return load(tmp_path / "kiosk.toml")


def test_begins_when_the_first_frame_is_painted(config: KioskConfig) -> None:
    painted = threading.Event()
    seen: queue.Queue[tuple[Preview, bool]] = queue.Queue()
    kiosk = Kiosk(config, lambda _: None, lambda picture: seen.put((picture, painted.is_set())), painted)
    kiosk.start()
    try:
        assert kiosk.store.opened.wait(PATIENCE_S)
        painted.set()
        picture, after_the_first_frame = seen.get(timeout=PATIENCE_S)
        assert after_the_first_frame
        assert (picture.width, picture.height) == (320, 180)
    finally:
        kiosk.stop()


def until_a_notice(kiosk: Kiosk, states: queue.Queue[State]) -> None:
    """A card was scanned that is known to nobody here, which the session says. Then the station has ended."""
    kiosk.start()
    try:
        while True:
            doing = states.get(timeout=PATIENCE_S).doing
            if isinstance(doing, Home) and doing.notice:
                break
    finally:
        kiosk.stop()


def test_scans_at_once_where_there_is_no_window(config: KioskConfig) -> None:
    states: queue.Queue[State] = queue.Queue()
    until_a_notice(Kiosk(config, states.put), states)


def test_shows_what_the_first_camera_sees_though_a_second_one_scans_too(config: KioskConfig) -> None:
    (config.folder / "more").mkdir()
    hold_up(config.folder / "more", "1.png", scene(barcode("HS250002"), width=640, height=480))
    (config.folder / "cards" / "1.png").unlink()
    states: queue.Queue[State] = queue.Queue()
    shapes: set[tuple[int, int]] = set()
    tables = [*config.scanner, {**config.scanner[0], "path": "more"}]
    kiosk = Kiosk(
        msgspec.structs.replace(config, scanner=tables), states.put, lambda seen: shapes.add((seen.width, seen.height))
    )
    until_a_notice(kiosk, states)
    assert kiosk.camera == "camera cards"
    assert shapes <= {(320, 180)}


def test_ends_though_nothing_was_ever_painted(config: KioskConfig) -> None:
    kiosk = Kiosk(config, lambda _: None, painted=threading.Event())
    kiosk.start()
    kiosk.stop()
    assert "camera cards" not in {thread.name for thread in threading.enumerate()}
