"""A release proves itself by a scan of its own, and nobody in front of it notices."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devices.scanners.framing import Framer
from kiosk import __version__
from kiosk.bootstrap.blank import BlankStation
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.bootstrap.proof import PROVED
from kiosk.config import BlankConfig, load, load_any
from kiosk.ports.devices import Sound
from kiosk.session.states import Enrolling, EnrolProblem, Home, State
from tests.runtime.station import STATION

pytestmark = pytest.mark.slow

PATIENCE_S = 30.0
NO_PROOF_S = 1.5
"""A good one takes a tenth of that here."""


class Heard:
    """Who stands in front: what they see and hear."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.sounds: list[Sound] = []

    def set_loudness(self, percent: int | None) -> None:
        pass

    def play(self, sound: Sound) -> None:
        self.sounds.append(sound)

    def close(self) -> None:
        pass


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{folder}:/not/this")
    return folder


@pytest.fixture
def heard() -> Heard:
    return Heard()


def made(folder: Path, heard: Heard, more: str = "", **parts: Any) -> Kiosk:
    (folder / "kiosk.toml").write_text(STATION + more, "utf-8")
    kiosk = Kiosk(load(folder / "kiosk.toml"), heard.states.append, **parts)
    kiosk.session._signaller = heard
    return kiosk


def until(reached: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + within_s
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.02)
    return reached()


def test_writes_its_version_and_nobody_sees_or_hears_anything(
    tmp_path: Path, runtime: Path, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kiosk = made(tmp_path, heard)
    kiosk.start()
    try:
        assert until((runtime / PROVED).exists)
        assert (runtime / PROVED).read_text() == __version__
    finally:
        kiosk.stop()
    assert [path.name for path in runtime.iterdir()] == [PROVED]
    assert heard.sounds == []
    assert {state.doing for state in heard.states} == {Home()}
    assert {state.visit for state in heard.states} == {0}
    assert kiosk._proof is not None
    assert kiosk._proof._text not in caplog.text
    assert list(kiosk._open_now().ledger()) == []


def test_one_that_a_form_of_the_library_takes_is_nobodys_card_all_the_same(
    tmp_path: Path, runtime: Path, heard: Heard
) -> None:
    kiosk = made(tmp_path, heard)
    (tmp_path / "kiosk.toml").write_text(STATION.replace("'HS[0-9]{6}'", "'.+'"), "utf-8")
    kiosk = Kiosk(load(tmp_path / "kiosk.toml"), heard.states.append)
    kiosk.start()
    try:
        assert until((runtime / PROVED).exists)
    finally:
        kiosk.stop()
    assert {state.doing for state in heard.states} == {Home()}


def test_control_a_session_that_does_not_take_it_out_shows_it(tmp_path: Path, runtime: Path, heard: Heard) -> None:
    kiosk = made(tmp_path, heard)
    kiosk.session._take_out = lambda _: False
    kiosk.start()
    try:
        assert until(lambda: bool(heard.sounds))
        assert until(lambda: any(isinstance(one.doing, Home) and one.doing.notice for one in heard.states))
        assert not (runtime / PROVED).exists()
    finally:
        kiosk.stop()


def test_proves_nothing_when_nobody_waits_for_it(tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert made(tmp_path, heard)._proof is None


def blank_station(folder: Path, heard: Heard) -> BlankStation:
    (folder / "kiosk.toml").write_text('[station]\ndata = "data"\n[sound]\nkind = "none"\n', "utf-8")
    config = load_any(folder / "kiosk.toml")
    assert isinstance(config, BlankConfig)
    blank = BlankStation(config, heard.states.append, lambda _: None, lambda: None)
    blank.loop._signaller = heard
    return blank


def test_a_blank_one_proves_itself_as_well_and_nobody_sees_or_hears_anything(
    tmp_path: Path, runtime: Path, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    blank = blank_station(tmp_path, heard)
    blank.start()
    try:
        assert not until((runtime / PROVED).exists, 0.5), "before its first frame"
        blank.painted.set()
        assert until((runtime / PROVED).exists)
    finally:
        blank.stop()
    assert (runtime / PROVED).read_text() == __version__
    assert heard.sounds == []
    assert {state.doing for state in heard.states} == {Enrolling()}
    assert blank._proof is not None
    assert blank._proof._text not in caplog.text


def test_control_a_blank_one_that_does_not_take_it_out_shows_it(tmp_path: Path, runtime: Path, heard: Heard) -> None:
    blank = blank_station(tmp_path, heard)
    blank.loop._take_out = lambda _: False
    blank.start()
    blank.painted.set()
    try:
        assert until(lambda: Enrolling(problem=EnrolProblem.NOT_A_CODE) in [state.doing for state in heard.states])
        assert not (runtime / PROVED).exists()
    finally:
        blank.stop()


def no_frame(kiosk: Kiosk, _patch: pytest.MonkeyPatch) -> None:
    kiosk.painted.clear()


def no_store(kiosk: Kiosk, _patch: pytest.MonkeyPatch) -> None:
    kiosk.config.data.mkdir(exist_ok=True)
    (kiosk.config.data / "store.db").write_bytes(bytes(4096))  # and no key


def no_scan(_kiosk: Kiosk, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Framer, "feed", lambda *_: [])


@pytest.mark.parametrize("broken", [no_frame, no_store, no_scan])
def test_is_not_proved_when_one_of_the_three_is_missing(
    tmp_path: Path, runtime: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, broken: Callable[..., None]
) -> None:
    kiosk = made(tmp_path, heard)
    broken(kiosk, monkeypatch)
    kiosk.start()
    try:
        assert not until((runtime / PROVED).exists, NO_PROOF_S)
    finally:
        kiosk.stop()
    assert not (runtime / PROVED).exists()


def test_a_store_that_is_well_again_later_proves_it(tmp_path: Path, runtime: Path, heard: Heard) -> None:
    kiosk = made(tmp_path, heard)
    kiosk.store._retry_s = 0.1
    no_store(kiosk, pytest.MonkeyPatch())
    kiosk.start()
    try:
        assert not until((runtime / PROVED).exists, 0.5)
        (kiosk.config.data / "store.db").unlink()
        assert until((runtime / PROVED).exists)
    finally:
        kiosk.stop()
