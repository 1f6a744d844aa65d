"""A machine leaves its library: who it was is wiped, what it had is kept aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.config import BlankConfig, KioskConfig, load, load_any
from kiosk.ports.private_file import make_private
from kiosk.ports.station_file import ENROLMENT_CODE, NAME, write_station
from local_store.station import StationStore
from provisioning import __main__ as command

TABLES = {
    "station": {"library": "hoa-sen", "device": "tram-1"},
    "codes": {"card": "H.*", "item": "T.*"},
    "central": {"kind": "native_rest", "url": "http://127.0.0.1:1"},
}
SECRET = b'{"private": "AAAA", "token": ""}'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text('[station]\ndata = "data"\n')
    write_station(tmp_path / "data", TABLES)
    make_private(tmp_path / "data" / "device.key", SECRET)
    StationStore(tmp_path / "data", "hoa-sen", "tram-1", 0).open().close()
    return path


def leave(config: Path, *more: str) -> int:
    return command.main(["leave", "--config", str(config), *more])


def test_says_first_what_it_would_do(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in (config.parent / "data").iterdir()}
    assert leave(config, "--language", "en") == 2
    assert "--yes" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in before} == before


def test_wipes_the_identity_and_keeps_the_store_and_its_key(config: Path) -> None:
    data = config.parent / "data"
    assert leave(config, "--yes") == 0
    assert isinstance(load_any(config), BlankConfig)
    assert [path.name for path in data.iterdir()] == ["left-1"]
    left = {path.name for path in (data / "left-1").iterdir()}
    assert {"store.db", "store.key"} <= left
    assert not left & {"device.key", NAME}
    StationStore(data / "left-1", "hoa-sen", "tram-1", 0).read().counts()  # it opens with its own key
    assert leave(config, "--yes") == 0  # there is nothing to leave any more


def test_wipes_an_enrolment_that_was_not_over(config: Path) -> None:
    data = config.parent / "data"
    (data / "anew").mkdir()
    for name in ("device.key", "device.key.next", ENROLMENT_CODE):
        make_private(data / "anew" / name, SECRET)
    assert leave(config, "--yes") == 0
    assert [path.name for path in data.iterdir()] == ["left-1"]
    assert not (data / "left-1" / "anew").exists()


def test_goes_to_another_library_with_a_store_of_its_own(config: Path) -> None:
    data = config.parent / "data"
    assert leave(config, "--yes") == 0
    write_station(data, TABLES | {"station": {"library": "ben-tre", "device": "tram-7"}})
    StationStore(data, "ben-tre", "tram-7", 0).open().close()
    assert isinstance(load(config), KioskConfig)
    assert leave(config, "--yes") == 0
    assert sorted(path.name for path in data.iterdir()) == ["left-1", "left-2"]


def test_a_power_cut_in_the_middle_is_finished_by_the_same_command(config: Path) -> None:
    data = config.parent / "data"
    (data / NAME).unlink()  # as far as it came
    assert leave(config) == 2
    assert (data / "device.key").read_bytes() == SECRET
    assert leave(config, "--yes") == 0
    assert [path.name for path in data.iterdir()] == ["left-1"]


def test_a_station_that_was_written_by_hand_is_left_by_hand(config: Path) -> None:
    config.write_text(
        '[station]\ndata = "other"\nlibrary = "x"\ndevice = "y"\n[codes]\ncard = "H"\nitem = "T"\n'
        '[central]\nkind = "simulated"\n'
    )
    assert leave(config, "--yes") == 2
