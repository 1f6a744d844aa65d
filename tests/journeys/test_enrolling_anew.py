"""A station that lends is enrolled anew from its maintainer's screen, against the real server process: it goes on with
its old key until somebody has confirmed the new one, and no loan is lost whenever it is cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import rig
from central_link.identity import Identity
from central_link.joining import renew
from demo.enrolment import confirm
from demo.processes import run_or_fail
from demo.school import LIBRARY
from kiosk.__main__ import _as_it_is_now
from kiosk.config import KioskConfig
from kiosk.domain.enrolment_code import FILE_NAME, EnrolmentCode, read, render
from kiosk.ports.anew import FOLDER
from kiosk.ports.central import Standing
from kiosk.session.inputs import Button
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import EnrolmentCodeShown
from kiosk.session.states import Enrolling, EnrolProblem, EnrolStage, Home
from provisioning.enrol import settings
from tests.faults.corner import Corner, corner, stocked
from tests.journeys.test_looking_after_a_station import drawn, scan, state, touch
from tests.provisioning.root_rig import FakeMachine, serving
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow(60)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Corner]:
    with corner(tmp_path, stocked(tmp_path / "stocked" / "data")) as made:
        eventually(lambda: (made.config.data / "centre.pub").exists())
        yield made


def new_code(there: Corner) -> str:
    asked = ("enrol-token", *there.server.where, "--library", LIBRARY, "--device", "tram-1", "--replace")
    made = json.loads(run_or_fail("central_server", *asked, "--url", there.network.proxy.url, "--json"))
    return str(made["code"])


def key_id(there: Corner) -> str:
    key = Identity(there.config.data).key()
    assert key is not None
    return key.id


def anew(there: Corner) -> Enrolling:
    return state(there).anew or Enrolling()


def asked_for(there: Corner, tmp_path: Path) -> None:
    scan(there, drawn(there, tmp_path))
    eventually(lambda: isinstance(state(there).doing, Maintaining))
    touch(there, Button.ENROL_ANEW)
    eventually(lambda: isinstance(doing := state(there).doing, Maintaining) and doing.enrolling)


def leaving(there: Corner) -> list[bool]:
    left: list[bool] = []
    there.kiosk.leave = lambda: left.append(True)
    return left


def started_again(there: Corner) -> None:
    """As systemd does, by what `python -m kiosk run` reads first."""
    there.kiosk.stop()
    config = _as_it_is_now(there.config.folder / there.config.file)
    assert isinstance(config, KioskConfig)
    there.config = config
    there.restart()


def test_the_old_key_counts_until_the_new_one_is_confirmed(there: Corner, tmp_path: Path) -> None:
    before = key_id(there)
    there.lend(2)
    asked_for(there, tmp_path)
    scan(there, new_code(there))
    eventually(lambda: anew(there).stage is EnrolStage.COMPARE)
    assert key_id(there) == before
    there.lend(2)
    eventually(lambda: there.counts().pending == 0)  # while two people compare
    left = leaving(there)
    confirm(there.server, LIBRARY, "tram-1", list(anew(there).words))
    eventually(lambda: left == [True])
    there.lend(2)  # the old key is shut out now, and the new one is not the station's yet
    eventually(lambda: there.kiosk.sync.standing is Standing.REVOKED)
    assert there.counts().pending == 2
    started_again(there)
    assert key_id(there) != before
    assert not (there.config.data / FOLDER).exists()
    eventually(lambda: there.counts().pending == 0)
    assert there.differences() == []


@pytest.mark.long
def test_control_with_the_new_key_put_in_at_once_nothing_is_sent_until_then(there: Corner) -> None:
    """As the terminal does it."""
    code = read(new_code(there))
    assert isinstance(code, EnrolmentCode)
    renew(settings(there.config.folder / there.config.file), code)
    there.lend(2)
    eventually(lambda: there.kiosk.sync.standing is Standing.PENDING)
    assert there.counts().pending == 2


@pytest.mark.long
def test_cut_while_it_waits_it_goes_on_and_leaves_by_itself(there: Corner, tmp_path: Path) -> None:
    """Somebody confirms it while it is switched off: its old key is worth nothing any more."""
    before = key_id(there)
    asked_for(there, tmp_path)
    scan(there, new_code(there))
    eventually(lambda: anew(there).stage is EnrolStage.COMPARE)
    words = list(anew(there).words)
    there.lend(1)
    there.kiosk.stop()
    confirm(there.server, LIBRARY, "tram-1", words)
    started_again(there)
    left = leaving(there)
    assert key_id(there) == before
    eventually(lambda: left == [True])
    started_again(there)
    assert key_id(there) != before
    eventually(lambda: there.counts().pending == 0)
    assert there.differences() == []


@pytest.mark.long
def test_given_up_it_is_the_station_that_it_was(there: Corner, tmp_path: Path) -> None:
    before = key_id(there)
    asked_for(there, tmp_path)
    scan(there, new_code(there))
    eventually(lambda: anew(there).stage is EnrolStage.COMPARE)
    touch(there, Button.DISMISS)
    eventually(lambda: anew(there).stage is EnrolStage.SHOW_CODE)
    started_again(there)
    there.lend(1)
    eventually(lambda: there.counts().pending == 0)
    eventually(lambda: not (there.config.data / FOLDER).exists())
    assert key_id(there) == before
    assert state(there).anew is None


def test_a_station_that_was_shut_out_comes_back_with_all_that_it_lent(there: Corner, tmp_path: Path) -> None:
    """By a code in a file on a stick that was plugged in before anybody asked for it."""
    machine = FakeMachine(tmp_path / "root")
    machine.disk()
    machine.stick.mkdir()
    there.kiosk._anew._blocks = machine.folder / "sys/class/block"
    there.kiosk._anew._helper = machine.socket
    text = drawn(there, tmp_path)
    run_or_fail("central_server", "revoke", *there.server.where, "--library", LIBRARY, "--device", "tram-1")
    there.lend(3)
    eventually(lambda: there.kiosk.sync.standing is Standing.REVOKED)
    (machine.stick / FILE_NAME).write_text(new_code(there))
    left = leaving(there)
    with serving(machine):
        scan(there, text)
        eventually(lambda: isinstance(state(there).doing, Maintaining))
        touch(there, Button.ENROL_ANEW)
        eventually(lambda: anew(there).stage is EnrolStage.COMPARE)
    assert "--options=ro," in machine.asked.read_text()
    confirm(there.server, LIBRARY, "tram-1", list(anew(there).words))
    eventually(lambda: left == [True])
    started_again(there)
    eventually(lambda: there.counts().pending == 0)
    assert there.differences() == []


@pytest.mark.long
def test_nobody_else_s_code_and_no_pupil_s_does_anything(there: Corner, tmp_path: Path) -> None:
    text = new_code(there)
    mine = read(text)
    assert isinstance(mine, EnrolmentCode)
    scan(there, text)
    eventually(lambda: isinstance(doing := state(there).doing, Home) and doing.notice == EnrolmentCodeShown())
    asked_for(there, tmp_path)
    for library, device, server in (
        (LIBRARY, "tram-2", mine.server),
        ("ben-tre", "tram-1", mine.server),
        (LIBRARY, "tram-1", "https://other.example.vn"),  # kiosk.toml names the server here
    ):
        scan(there, render(EnrolmentCode(server, library, device, mine.token)))
        eventually(lambda: anew(there).problem is EnrolProblem.OTHER_STATION)
        touch(there, Button.DISMISS)
        eventually(lambda: anew(there).problem is None)
    scan(there, rig.card(1))
    eventually(lambda: anew(there).problem is EnrolProblem.NOT_A_CODE)
    listed = run_or_fail("central_server", "devices", *there.server.where, "--library", LIBRARY, "--json")
    assert [one["state"] for one in json.loads(listed)["devices"]] == ["active"], "nothing was sent"
    touch(there, Button.DISMISS)
    touch(there, Button.NETWORK)
    eventually(lambda: anew(there).is_connected is not None)
