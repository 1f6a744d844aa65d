"""A maintainer before a station that lends: the real server process draws a pass, a decoder reads it from the picture,
and the whole station below its window does what is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
import zxingcpp

from benchmarks import rig
from demo.school import LIBRARY
from kiosk.domain.findings import Part
from kiosk.domain.service_pass import PassFault
from kiosk.ports.devices import RawScan
from kiosk.session.inputs import Button, Touched
from kiosk.session.maintenance import Maintaining, Outcome, ScanKind, Service
from kiosk.session.notices import PassRefused
from kiosk.session.states import Borrowing, Home, State
from tests.central_server.support import run
from tests.faults.corner import Corner, corner, stocked
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Corner]:
    with corner(tmp_path, stocked(tmp_path / "stocked" / "data")) as made:
        eventually(lambda: (made.config.data / "centre.pub").exists())
        yield made


def drawn(there: Corner, folder: Path, device: str = "tram-1") -> str:
    """What a scanner reads of the picture that the centre has drawn."""
    picture = folder / "pass.png"
    words = ("service-pass", "--data", there.server.data, "--library", LIBRARY, "--device", device)
    done = run(*words, "--qr", picture)
    assert done.returncode == 0, done.stderr
    read = zxingcpp.read_barcodes(cv2.imread(str(picture)))
    assert len(read) == 1
    return str(read[0].text)


def state(there: Corner) -> State:
    return there.kiosk._state


def maintaining(there: Corner) -> Maintaining:
    doing = state(there).doing
    assert isinstance(doing, Maintaining), doing
    return doing


def said_of(doing: Maintaining) -> Outcome | None:
    """Its last line: whether or not a journal is kept here comes before it."""
    outcome = doing.outcome
    return replace(outcome, said=outcome.said.splitlines()[-1]) if outcome and outcome.said else outcome


def scan(there: Corner, text: str, symbology: str = "") -> None:
    there.kiosk.scanned(RawScan(text, there.kiosk.clock.monotonic(), symbology=symbology))


def touch(there: Corner, button: Button) -> None:
    there.kiosk.session.post(Touched(button, there.kiosk.clock.monotonic()))


def test_a_maintainer_looks_sends_and_locks(there: Corner, tmp_path: Path) -> None:
    text = drawn(there, tmp_path)
    scan(there, rig.card(1))
    eventually(lambda: isinstance(state(there).doing, Borrowing))
    scan(there, text)
    scan(there, rig.barcode(1))  # answered behind the pass
    eventually(lambda: isinstance(doing := state(there).doing, Borrowing) and bool(doing.rows))
    touch(there, Button.DONE)
    eventually(lambda: not isinstance(state(there).doing, Borrowing))

    scan(there, text)
    eventually(lambda: isinstance(state(there).doing, Maintaining))
    eventually(lambda: bool(maintaining(there).findings))
    found = {one.part: one for one in maintaining(there).findings}
    assert found[Part.STORE].facts["counts"]["items"] == 2_000  # type: ignore[index]
    assert found[Part.CENTRE].facts["standing"] == "active"

    scan(there, rig.card(2), "Code128")
    eventually(lambda: maintaining(there).tried is not None)
    tried = maintaining(there).tried
    assert tried is not None
    assert (tried.kind, tried.symbology) == (ScanKind.CARD, "Code128")
    assert there.counts().pending + there.counts().settled == 1, "nobody's visit began"

    for button, service in (
        (Button.SEND_NOW, Service.SEND_NOW),
        (Button.SUPPORT_BUNDLE, Service.SUPPORT_BUNDLE),
    ):
        touch(there, button)
        gone = Outcome(service, True), Outcome(service, True, without_log=True)  # whether or not a journal is kept here
        eventually(lambda gone=gone: maintaining(there).outcome in gone)  # type: ignore[misc]
    words = ("support", "--data", there.server.data, "--library", LIBRARY, "--list", "--json")
    assert [one["device"] for one in json.loads(run(*words).stdout)["bundles"]] == ["tram-1"]

    for button, service in (
        (Button.UPDATE_FROM_STICK, Service.UPDATE_FROM_STICK),
        (Button.BACKUP_ON_STICK, Service.BACKUP_ON_STICK),
        (Button.BUNDLE_ON_STICK, Service.BUNDLE_ON_STICK),
    ):  # root's helper is on no machine for tests; the sentence is that of the command itself
        touch(there, button)
        none = Outcome(service, False, said="Máy này chưa cài phần mở USB.")
        eventually(lambda none=none: said_of(maintaining(there)) == none)  # type: ignore[misc]

    left: list[bool] = []
    there.kiosk.leave = lambda: left.append(True)
    touch(there, Button.RESTART)
    eventually(lambda: left == [True])

    touch(there, Button.LOCK)
    eventually(lambda: isinstance(state(there).doing, Home))
    there.restart()
    scan(there, text)
    eventually(lambda: state(there).doing == Home(PassRefused(PassFault.ENDED), state(there).doing.since))  # type: ignore[union-attr]


def test_without_a_centre_in_reach_the_screen_opens_and_says_that_nothing_was_sent(
    there: Corner, tmp_path: Path
) -> None:
    text = drawn(there, tmp_path)
    there.server.stop()
    scan(there, text)
    eventually(lambda: isinstance(state(there).doing, Maintaining))
    touch(there, Button.SUPPORT_BUNDLE)
    eventually(lambda: (doing := maintaining(there).outcome) is not None and doing.well is False)
    there.server.start()


@pytest.mark.long
def test_a_pass_is_drawn_for_active_stations_only(there: Corner) -> None:
    words = ("service-pass", "--data", there.server.data, "--library", LIBRARY)
    assert run(*words, "--device", "tram-9").returncode == 2
    assert run(*words, "--device", "tram-1", "--hours", "1000").returncode == 2
    assert run(*words, "--device", "tram-1", "--qr", "/nowhere/pass.png").returncode == 2
