"""An enrolment beside a station that works: its network and its centre count. A real worker, and centres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_link.centre_key import CentreKey
from central_server.server_key import ServerKey
from kiosk.bootstrap import enrolling
from kiosk.domain.enrolment_code import Wifi
from kiosk.session.enrolment import Confirmed, Enrol, Stuck, WordsKnown
from kiosk.session.states import EnrolProblem
from tests.central_link.stand_in import stand_in
from tests.runtime.test_enrolment_worker import Blank, Late

pytestmark = pytest.mark.slow


@pytest.fixture
def late() -> Iterator[Late]:
    with stand_in() as there:
        yield Late(there)


@pytest.mark.parametrize(
    ("works_meanwhile", "connected", "joins"),
    [(True, True, False), (True, False, True), (False, True, True)],
    ids=["working", "working without a network", "blank"],
)
def test_a_working_station_keeps_the_network_that_it_has(
    late: Late, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works_meanwhile: bool, connected: bool, joins: bool
) -> None:
    """What is joined replaces what was, and stopping brings nothing back."""
    joined: list[Wifi] = []
    monkeypatch.setattr(enrolling, "is_connected", lambda: connected)
    monkeypatch.setattr(enrolling, "ask_to_join", lambda wifi, *_: not joined.append(wifi))
    blank = Blank(tmp_path, requests=tmp_path, beside=tmp_path / "data" if works_meanwhile else None)
    wifi = Wifi("Hoa Sen", "mat khau 1")
    blank.worker.begin(Enrol(1, replace(late.code(), wifi=wifi)))
    assert isinstance(blank.next(), WordsKnown)
    blank.end()
    assert joined == ([wifi] if joins else [])


OURS, STRANGER = ServerKey(Ed25519PrivateKey.generate()), ServerKey(Ed25519PrivateKey.generate())
SERVERS: dict[str, tuple[ServerKey | None, Callable[[str], str | None], bool]] = {
    "ours, wherever it is now": (OURS, OURS.vouch_for, True),
    "one that says nothing": (None, lambda _: None, False),
    "one that signs with its own key": (STRANGER, STRANGER.vouch_for, False),
    "one that names our key": (OURS, STRANGER.vouch_for, False),
    "one that had ours sign for another station": (OURS, lambda _: OURS.vouch_for("0" * 64), False),
    "one that passes the time of ours on": (OURS, lambda _: OURS.say_time("0" * 32, 1).signature, False),
    "one that says what is no signature": (OURS, lambda _: "é", False),
}


@pytest.mark.parametrize(("named", "prove", "is_ours"), SERVERS.values(), ids=SERVERS)
@pytest.mark.parametrize("knows", [True, False])
def test_a_station_that_knows_its_centre_goes_to_no_other(
    late: Late,
    tmp_path: Path,
    named: ServerKey | None,
    prove: Callable[[str], str | None],
    is_ours: bool,
    knows: bool,
) -> None:
    """Whoever photographed a service pass can make a code for a server of their own, which confirms whom it likes."""
    works = tmp_path / "works"
    works.mkdir()
    if knows:
        CentreKey.from_text(OURS.public).pin_in(works)
    late.picky.server_key, late.picky.prove = named.public if named else None, prove
    blank = Blank(tmp_path, beside=works)
    blank.worker.begin(Enrol(1, late.code()))
    if knows and not is_ours:
        assert blank.next() == Stuck(1, EnrolProblem.DISTRUSTED)
        assert late.asked_for("/v1/device") == 0
        assert not (blank.data / "device.key").exists()
        assert not (blank.data / "centre.pub").exists()
    else:
        assert isinstance(blank.next(), WordsKnown)
        assert blank.next() == Confirmed(1)
    blank.end()


def test_a_station_whose_key_of_the_centre_is_spoilt_asks_nobody(late: Late, tmp_path: Path) -> None:
    (tmp_path / "centre.pub").write_text("?")
    blank = Blank(tmp_path, beside=tmp_path)
    blank.worker.begin(Enrol(1, late.code()))
    assert blank.next() == Stuck(1, EnrolProblem.NOT_KEPT)
    blank.end()
    assert late.there.requests == []
