"""python -m provisioning enrol --code: the enrolment code from a file, a folder or typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central_link.enrolment import token_bytes
from central_link.identity import Identity
from kiosk.config import BlankConfig, load_any
from kiosk.domain.enrolment_code import FILE_NAME, EnrolmentCode, render
from kiosk.ports.station_file import ENROLMENT_CODE, is_enrolled
from provisioning import __main__ as command
from tests.central_link.picky_centre import Picky, picky_centre
from tests.provisioning.test_enrol import OTHER_TOKEN, TOKEN, Machine

BLANK = '[station]\ndata = "data"\n'


@pytest.fixture
def centre() -> Iterator[Picky]:
    with picky_centre() as (picky, _):
        yield picky


def code_for(centre: Picky, token: str = TOKEN, **other: Any) -> str:
    secret = token_bytes(token)
    assert secret is not None
    fields: dict[str, Any] = {"server": centre.url, "library": "hoa-sen", "device": "tram-1"} | other
    code = EnrolmentCode(fields["server"], fields["library"], fields["device"], secret)
    centre.expect(code.token_text)
    return render(code)


@pytest.fixture
def machine(tmp_path: Path, centre: Picky, capsys: pytest.CaptureFixture[str]) -> Machine:
    return Machine(tmp_path, centre.url, capsys)


def enrol(machine: Machine, code: str, *more: str) -> int:
    return command.main(["enrol", "--code", code, "--config", str(machine.config), *more])


@pytest.mark.parametrize("carried", ["typed", "file", "folder", "a stick from Windows"])
def test_takes_the_code_however_it_is_carried(centre: Picky, machine: Machine, tmp_path: Path, carried: str) -> None:
    text = code_for(centre)
    machine.config.write_text(BLANK)
    (tmp_path / "stick").mkdir()
    file = tmp_path / "stick" / FILE_NAME
    file.write_bytes(f"\ufeff{text}\r\n".encode() if carried == "a stick from Windows" else f"{text}\n".encode())
    way = {"typed": text, "folder": str(tmp_path / "stick")}.get(carried, str(file))
    assert enrol(machine, way, "--no-wait") == 0
    assert Identity(tmp_path / "data").key() is not None
    assert isinstance(load_any(machine.config), BlankConfig), "nobody has confirmed it"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("TXE9:AAAA", "another version"),
        ("TXE1:AAAA", "not whole"),
        ("/nowhere/at/all", "neither"),
        ("TK.00123\0", "neither"),
    ],
)
def test_says_what_is_wrong_with_it_in_one_sentence(
    machine: Machine, capsys: pytest.CaptureFixture[str], code: str, says: str
) -> None:
    assert enrol(machine, code, "--language", "en") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert says in said


def test_a_station_of_its_own_kiosk_toml_takes_only_its_own_code(centre: Picky, machine: Machine) -> None:
    for other in ({"library": "ben-tre"}, {"device": "tram-2"}, {"server": "http://127.0.0.1:1"}):
        assert enrol(machine, code_for(centre, **other), "--no-wait") == 2
        assert Identity(machine.data).key() is None
    assert enrol(machine, code_for(centre), "--no-wait") == 0
    assert not (machine.data / "station.toml").exists(), "kiosk.toml says it already"


@pytest.mark.parametrize("override", ['device = "tram-2"', '[central]\nurl = "http://127.0.0.1:1"'])
def test_nor_does_a_blank_one_whose_kiosk_toml_names_it_in_part(
    centre: Picky, machine: Machine, capsys: pytest.CaptureFixture[str], override: str
) -> None:
    machine.config.write_text(BLANK + override)
    assert enrol(machine, code_for(centre), "--no-wait", "--language", "en") == 2
    assert "for another station than kiosk.toml names" in capsys.readouterr().err
    assert centre.states == {}


def test_a_new_key_is_asked_for(centre: Picky, machine: Machine) -> None:
    assert enrol(machine, code_for(centre), "--no-wait") == 0
    first = machine.key_id()
    other = code_for(centre, OTHER_TOKEN)
    assert enrol(machine, other, "--no-wait") == 2
    assert machine.key_id() == first
    assert enrol(machine, other, "--no-wait", "--again", "--json") == 0
    assert machine.key_id() != first


@pytest.mark.parametrize(
    "words", [[], ["--server", "http://127.0.0.1:1"], ["--code", "x", "--server", "y", "--token", "z"]]
)
def test_wants_one_way_or_the_other(machine: Machine, words: list[str]) -> None:
    assert command.main(["enrol", *words, "--config", str(machine.config)]) == 2


def test_the_code_that_its_screen_was_shown_does_not_outlive_the_enrolment(
    centre: Picky, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    code = code_for(centre)
    centre.station = {"codes": {"item_example": "TK.1", "card": [{"prefix": "H"}], "item": [{"prefix": "T"}]}}
    machine.config.write_text(BLANK)
    assert enrol(machine, code, "--no-wait", "--json") == 0
    (machine.data / ENROLMENT_CODE).write_text(code)
    centre.states[json.loads(capsys.readouterr().out)["key_id"]] = "active"
    assert enrol(machine, code) == 0
    assert is_enrolled(machine.data)
    assert not (machine.data / ENROLMENT_CODE).exists()


def test_a_centre_that_says_nothing_of_codes_leaves_it_blank(
    centre: Picky, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    code = code_for(centre)
    machine.config.write_text(BLANK)
    assert enrol(machine, code, "--no-wait", "--json") == 0
    centre.states[json.loads(capsys.readouterr().out)["key_id"]] = "active"
    assert enrol(machine, code, "--language", "en") == 1
    assert "--kind station" in capsys.readouterr().err
    assert isinstance(load_any(machine.config), BlankConfig)
