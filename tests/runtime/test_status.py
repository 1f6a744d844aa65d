"""`kiosk status` beside a station that runs (without its window) and beside none."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from kiosk.__main__ import main
from kiosk.bootstrap import answers
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from kiosk.domain.clock_trust import Moment
from kiosk.runtime.diary import Diary
from kiosk.session.states import Resting
from tests.runtime.station import STATION

pytestmark = pytest.mark.slow

CONFIG = (
    STATION
    + """
[[scanner]]
kind = "serial"
port = "not-there"
"""
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(CONFIG)
    return path


def status_of(config: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["status", "--json", "--config", str(config)])
    return code, json.loads(capsys.readouterr().out)


def until(reached: Any) -> None:
    deadline = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_tells_what_runs_what_is_lost_and_what_is_held(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kiosk = Kiosk(load(config), lambda _: None)
    kiosk.start()
    try:
        kiosk.beat()
        until(lambda: kiosk.sync.standing is not None and kiosk._beat_at is not None)
        until(lambda: "lost" in kiosk._scanners.devices.values())
        code, told = status_of(config, capsys)
    finally:
        kiosk.stop()
    assert code == 0
    running = told["running"]
    assert running["devices"] == {"serial not-there": "lost"}
    assert running["screen"] == "home"
    assert running["centre"]["standing"] == "active"
    assert 0 <= running["beat_s_ago"] < 10
    assert {name: told["store"][name] for name in ("pending", "disputed", "patrons")} == {
        "pending": 0,
        "disputed": 0,
        "patrons": 0,
    }
    assert told["disk"].keys() == {"free_mb", "low", "reserve_kept"}
    assert told["disk"]["free_mb"] > 0
    assert told["housekeeping"] == {"ran_on": None}
    assert (told["library"], told["device"]) == ("hoa-sen", "tram-1")
    assert told["upkeep"] == {"backup": None, "check": None, "recovery": None}


def test_says_that_nothing_runs_and_reads_the_store_all_the_same(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kiosk = Kiosk(load(config), lambda _: None)
    kiosk.start()
    assert kiosk.store.opened.wait(10)
    kiosk.stop()
    code, told = status_of(config, capsys)
    assert (code, told["running"]) == (1, None)
    assert told["store"]["pending"] == 0
    Diary(load(config).data / "upkeep.json").note("backup", Moment(0, "", 0, trusted=False), "no stick")
    said = {"well": False, "why": "no stick", "at": None, "good_at": None}
    assert status_of(config, capsys)[1]["upkeep"]["backup"] == said
    assert main(["status", "--config", str(config)]) == 1
    assert "running: -" in capsys.readouterr().out


def test_a_second_station_of_one_folder_speaks_when_the_first_has_ended(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_AGAIN_S", 0.02)

    def staff_code() -> object:
        running = status_of(config, capsys)[1]["running"]
        return running["staff_code"] if running else "nobody"

    first, second = (Kiosk(load(config), lambda _: None) for _ in range(2))
    first.start()
    try:
        assert first.store.opened.wait(10)
        until(lambda: staff_code() is None)
        second.start()
        until(lambda: isinstance(second._state.doing, Resting))
        assert staff_code() is None
        first.stop()
        until(lambda: staff_code() == "K-03")
    finally:
        first.stop()
        second.stop()


def test_begins_a_resync_when_asked_beside_it_and_says_how_far_it_is(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["resync", "--config", str(config)]) == 1
    assert "no station runs" in capsys.readouterr().err
    kiosk = Kiosk(load(config), lambda _: None)
    kiosk.start()
    try:
        assert kiosk.store.opened.wait(10)
        until(lambda: kiosk.sync.standing is not None)
        assert status_of(config, capsys)[1]["store"]["sync"] == {"stage": "following"}
        kiosk._link.set_online(False)  # type: ignore[attr-defined]
        assert main(["resync", "--config", str(config)]) == 0
        assert "it begins" in capsys.readouterr().out
        until(lambda: status_of(config, capsys)[1]["store"]["sync"]["stage"] == "hearing")
        assert status_of(config, capsys)[1]["store"]["sync"] == {
            "stage": "hearing",
            "named": 0,
            "told_again": 0,
            "of": 0,
        }
        kiosk._link.set_online(True)  # type: ignore[attr-defined]
        until(lambda: status_of(config, capsys)[1]["store"]["sync"] == {"stage": "following"})
    finally:
        kiosk.stop()


def test_says_that_there_is_no_store(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = status_of(config, capsys)
    assert code == 1
    assert told["store"]["problem"]
