"""python -m provisioning check: a whole machine, as text and JSON; status 0 only when it can lend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from central_link.native_rest import NativeRestConfig
from central_link.reach import ask_centre
from devices.host.checks.store import look_at_store
from devices.host.clock import HostClock
from kiosk.config import BUILD_MS
from kiosk.domain.findings import State
from kiosk.domain.findings import text as sentence
from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.private_file import make_private
from provisioning.__main__ import main
from tests.devices.checks.board import board
from tests.local_store.shelf import KEY, config_in, new_store

CONFIG = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[codes]
card = 'HS-\\d{{6}}'
item = 'TK\\.\\d+'
[central]
kind = "simulated"
{scanner}
"""
SCANNER = '[[scanner]]\nkind = "serial"\nport = "/dev/ttyACM0"\n'


def config(folder: Path, scanner: str = SCANNER) -> Path:
    file = folder / "kiosk.toml"
    file.write_text(CONFIG.format(scanner=scanner))
    return file


def looked_at(file: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    status = main(["check", "--json", "--config", str(file), "--root", str(root)])
    return status, json.loads(capsys.readouterr().out)


def test_a_machine_that_is_nobodys_yet_is_looked_at_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (None, "", SCANNER, "[station]\ndata = 'data'\n" + SCANNER):
        file = tmp_path / "kiosk.toml"
        if text is not None:
            file.write_text(text)
        status, told = looked_at(file, board(tmp_path / "root"), capsys)
        parts = told["parts"]
        assert isinstance(parts, dict)
        assert (status, told["can_lend"]) == (1, False)
        assert parts["settings"]["state"] == "bad"
        assert "Enrol it" in parts["settings"]["do"]
        assert parts["scanner"]["state"] == ("good" if text and SCANNER in text else "bad")
        assert parts["screen"]["state"] == "good"
        assert "centre" not in parts


def test_settings_that_cannot_be_used_are_told_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config(tmp_path)
    file.write_text(file.read_text() + "[clok]\n")
    status, told = looked_at(file, board(tmp_path / "root"), capsys)
    parts = told["parts"]
    assert isinstance(parts, dict)
    assert status == 1
    assert "clock" in parts["settings"]["do"]  # what was meant perhaps


def test_every_part_is_told_in_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, root = config(tmp_path), board(tmp_path / "root", {"dev/ttyACM0": None})
    assert main(["check", "--config", str(file), "--root", str(root), "--language", "vi"]) == 1
    told = capsys.readouterr().out
    assert "✗ Máy quét:" in told
    assert "    → " in told
    assert main(["check", "--config", str(file), "--root", str(root), "--language", "en"]) == 1
    assert "✗ Scanner: It is not there · serial /dev/ttyACM0" in capsys.readouterr().out


class Shelf:
    def __init__(self, path: Path, counts: dict[str, int] | Exception) -> None:
        self.path = path
        self._counts = counts

    def read(self) -> Shelf:
        if isinstance(self._counts, Exception):
            raise self._counts
        return self

    def counts(self) -> dict[str, int]:
        assert isinstance(self._counts, dict)
        return self._counts


CLOCK = HostClock(battery_clock=False, build_ms=BUILD_MS)
FULL = {"items": 640, "patrons": 220}


@pytest.mark.parametrize(
    ("counts", "code", "backup", "state"),
    [
        (FULL, None, None, State.GOOD),
        (FULL, None, {"well": True, "good_at": "2026-11-30T02:00:00+07:00"}, State.GOOD),
        (FULL, None, {"well": False, "why": "no stick"}, State.LOOK),
        (FULL, "K-05", None, State.BAD),
        ({"items": 0, "patrons": 0}, None, None, State.BAD),
        ({"items": 640, "patrons": 0}, None, None, State.BAD),
        (StoreBroken("another program has it"), None, None, State.BAD),
        (StoreDamaged("a page"), "K-04", None, State.BAD),
    ],
)
def test_the_store(
    tmp_path: Path,
    counts: dict[str, int] | Exception,
    code: str | None,
    backup: dict[str, object] | None,
    state: State,
) -> None:
    place = Shelf(tmp_path / "store.db", counts)
    assert look_at_store(place, None, None, backs_up=True).state is State.BAD  # there is none yet
    place.path.touch()
    found = look_at_store(place, code, backup, backs_up=True)
    assert found.state is state
    assert bool(found.do) == (state in (State.LOOK, State.BAD))


def test_a_backup_onto_a_stick_is_told_where_no_folder_is_named(tmp_path: Path) -> None:
    place = Shelf(tmp_path / "store.db", {"items": 3, "patrons": 2})
    place.path.touch()
    never = look_at_store(place, None, None, backs_up=False)
    assert never.detail == sentence("without backups")
    once = look_at_store(place, None, {"well": True, "good_at": "2026-11-30T02:00:00+07:00"}, backs_up=False)
    assert once.detail == sentence("backup {when}", when="02:00 30/11")


def test_a_real_store_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config(tmp_path)
    (tmp_path / "data").mkdir()
    new_store(config_in(tmp_path / "data"))
    make_private(tmp_path / "data" / "store.key", KEY)
    _, told = looked_at(file, board(tmp_path / "root"), capsys)
    parts = told["parts"]
    assert isinstance(parts, dict)
    assert parts["store"]["what"] == "0 books"


def test_a_centre_whose_name_nobody_knows_and_one_that_is_not_there(tmp_path: Path) -> None:
    nowhere = NativeRestConfig("https://no-such-host.invalid", "hoa-sen", "tram-1", tmp_path)
    assert ask_centre(nowhere, CLOCK)["why"] == "name"
    gone = ask_centre(NativeRestConfig("http://127.0.0.1:9", "hoa-sen", "tram-1", tmp_path), CLOCK)
    assert gone["standing"] == "unreachable"
