"""A station that was enrolled anew starts again when that cuts nobody's visit, and nothing that was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.host.clock import HostClock
from gallery.samples import borrowing
from kiosk.bootstrap import anew as looks
from kiosk.bootstrap.anew import Anew
from kiosk.config import BUILD_MS, load
from kiosk.ports.anew import FOLDER
from kiosk.ports.station_file import ENROLMENT_CODE
from kiosk.session.enrolment import Begin
from kiosk.session.states import State
from tests.sync.test_engine import eventually

STATION = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"

[codes]
card = "H.*"
item = "T.*"

[central]
kind = "native_rest"
url = "https://thu-vien.example.vn"
"""


@contextmanager
def confirmed(folder: Path, busy: Callable[[Anew], bool]) -> Iterator[tuple[Anew, threading.Event]]:
    """One that may leave since its first look; `busy` is asked at every look."""
    (folder / "kiosk.toml").write_text(STATION)
    clock = HostClock(battery_clock=True, build_ms=BUILD_MS)
    left = threading.Event()
    anew = Anew(load(folder / "kiosk.toml"), clock, lambda _: None, left.set, lambda: busy(anew))
    stop = threading.Event()
    thread = threading.Thread(target=anew.run, args=(stop,))
    anew.shown(State())
    anew.perform(Begin())
    thread.start()
    try:
        yield anew, left
    finally:
        stop.set()
        thread.join()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_LOOK_S", 0.01)
    monkeypatch.setattr(looks, "_SHOW_THE_END_S", 0.05)


def test_a_visit_that_begins_while_the_end_is_shown_is_not_cut(tmp_path: Path) -> None:
    asked: list[bool] = []

    def busy(anew: Anew) -> bool:
        asked.append(True)
        if len(asked) == 1:  # somebody comes just after the first look
            anew.shown(State(borrowing(1)))
        return False

    with confirmed(tmp_path, busy) as (anew, left):
        eventually(lambda: bool(asked))
        assert not left.wait(0.5)
        anew.shown(State())
        assert left.wait(30), "once the visit is over"


def test_what_the_service_desk_does_is_not_cut(tmp_path: Path) -> None:
    """Also behind a locked screen."""
    works, asked = threading.Event(), threading.Semaphore(0)
    works.set()

    def busy(_: Anew) -> bool:
        asked.release()
        return works.is_set()

    with confirmed(tmp_path, busy) as (_, left):
        for _ in range(3):
            assert asked.acquire(timeout=30)
        assert not left.is_set()
        works.clear()
        assert left.wait(30)


@pytest.mark.parametrize("kept", [None, "no code"])
def test_what_nobody_goes_on_with_is_taken_away_and_asks_nobody(tmp_path: Path, kept: str | None) -> None:
    """The thread that speaks to a centre is begun when a code is there."""
    folder = tmp_path / "data" / FOLDER
    folder.mkdir(parents=True)
    if kept is not None:
        (folder / ENROLMENT_CODE).write_text(kept)
    with confirmed(tmp_path, lambda _: True) as (anew, _):
        eventually(lambda: not folder.exists())
        assert anew._worker is None
