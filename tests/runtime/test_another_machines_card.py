"""A station with another machine's card: it rests with K-07 and goes on by itself once the card is bound to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from kiosk.session.states import Home, Resting
from local_store.key_file import seal_key
from local_store.recovery_code import code_of
from local_store.station import StationStore
from provisioning import __main__ as command
from provisioning import store_commands
from tests.local_store.test_damage import contents, stores_aside
from tests.runtime.station import STATION

KEY, ONE, OTHER = bytes(range(32)), bytes(range(1, 33)), bytes(range(101, 133))


def until(reached: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a station whose card was made on another machine."""
    path = tmp_path / "kiosk.toml"
    path.write_text(STATION, encoding="utf-8")
    (tmp_path / "data").mkdir()
    seal_key(tmp_path / "data" / "store.key", KEY, lambda: ONE)
    StationStore(tmp_path / "data", "hoa-sen", "tram-1", 0, None, lambda: ONE).open().close()
    return path


def test_rests_until_the_card_is_bound_with_the_recovery_code(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = config.parent / "data"
    before = {name: raw for name, raw in contents(data).items() if name.startswith("store.")}
    kiosk = Kiosk(load(config), lambda _: None)
    kiosk.store._retry_s = 0.1
    kiosk.start()
    try:
        until(lambda: isinstance(kiosk._state.doing, Resting))
        assert isinstance(kiosk._state.doing, Resting)
        assert kiosk._state.doing.code == "K-07"
        assert before.items() <= contents(data).items()
        bind = ["bind", "--config", str(config), "--language", "en"]
        assert command.main([*bind, "--code", "0" * 56]) == 2
        assert command.main([*bind, "--code", code_of(OTHER)]) == 1
        assert "does not open with this code" in capsys.readouterr().err
        assert isinstance(kiosk._state.doing, Resting)
        assert command.main([*bind, "--code", code_of(KEY)]) == 0
        assert "no secret of its own" in capsys.readouterr().out
        until(lambda: isinstance(kiosk._state.doing, Home))
    finally:
        kiosk.stop()
    assert stores_aside(data) == []


def test_says_what_a_key_is_bound_to(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def bind() -> str:
        assert command.main(["bind", "--config", str(config), "--language", "en"]) == 0
        return capsys.readouterr().out

    monkeypatch.setattr(store_commands, "read_machine_secret", lambda: ONE)
    assert "alone already" in bind()
    seal_key(config.parent / "data" / "store.key", KEY, lambda: None)
    assert "alone now" in bind()
    assert "alone already" in bind()
