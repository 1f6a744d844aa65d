"""An update from a stick: each refusal has its sentence at the maintainer's screen, and nothing of what is refused is
kept, or given to root. A stick that is pulled out leaves nothing half."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices.host.status_socket import NAME
from kiosk.i18n import Translator
from provisioning import self_update, stick_update
from provisioning.bundle import Why, read_manifest
from provisioning.chooser.choose import Places, Releases, write_releases
from provisioning.update_command import refusal
from tests.local_store.test_restoring import killed_at
from tests.provisioning.bundle_attacks import TABLE, Forge, flipped
from tests.provisioning.forged import Forged
from tests.provisioning.root_rig import FakeMachine, serving

pytestmark = pytest.mark.slow

KEY = Ed25519PrivateKey.generate()
CONFIG = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[codes]
card = "H"
item = "T"
[central]
kind = "simulated"
[clock]
battery_clock = true
[keep]
warn_below_mb = 1
"""
BEGINS = ["--no-block", "--job-mode=ignore-dependencies", "start", "tram-xanh-update.service"]


class Station:
    def __init__(self, folder: Path, machine: FakeMachine) -> None:
        self.folder, self.machine = folder, machine
        self.config = folder / "kiosk.toml"
        self.config.write_text(CONFIG)
        (folder / "data").mkdir()
        places = Places(folder / "root")
        places.kept.mkdir(parents=True)
        places.releases.mkdir(parents=True)
        places.publisher.parent.mkdir(parents=True)
        places.publisher.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        write_releases(places, Releases("0.2.0", refused=("0.2.9",)))
        machine.disk()
        machine.stick.mkdir()

    def update(self, language: str = "en") -> int:
        options = Namespace(config=self.config, language=language, root=self.folder / "root")
        return stick_update.stick_update(options, Translator(language), at=self.machine.socket)

    @contextmanager
    def running(self, status: dict[str, object]) -> Iterator[None]:
        """What it says of itself meanwhile, whoever asks."""
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.folder / "data" / NAME))
            listening.listen(4)

            def serve() -> None:
                with suppress(OSError):
                    while True:
                        asking, _ = listening.accept()
                        with asking:
                            while asking.recv(100):
                                pass
                            asking.sendall(json.dumps(status).encode())

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                yield
            finally:
                listening.shutdown(socket.SHUT_RDWR)
                thread.join(60)

    def incoming(self) -> list[str]:
        folder = self.folder / "data" / "incoming"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    with serving(FakeMachine(tmp_path / "m")) as machine:
        yield Station(tmp_path, machine)


def test_takes_it_to_where_root_looks_and_asks_root_to_look(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = Forged(KEY).raw()
    (station.machine.stick / "tram-xanh-0.3.0.bundle").write_bytes(raw)
    (station.machine.stick / "._tram-xanh-0.3.0.bundle").write_bytes(b"what a Mac leaves beside each file")
    assert station.update("vi") == 0
    assert station.incoming() == [f"{hashlib.sha256(raw).hexdigest()}.bundle"]
    assert station.machine.begun.read_text().splitlines() == BEGINS
    assert "--options=ro,nosuid,nodev,noexec" in station.machine.asked.read_text()
    assert "Rút USB được rồi" in capsys.readouterr().out


# What the reader of bundles refuses is of its own tests; here some of it comes on a stick, and in the whole run all.
@pytest.mark.parametrize(
    ("why", "forge"),
    [
        pytest.param(*case, id=name.encode("unicode_escape").decode(), marks=[pytest.mark.long] if at % 5 else [])
        for at, (name, case) in enumerate(TABLE.items())
    ],
)
def test_says_why_and_keeps_nothing_of(
    station: Station, capsys: pytest.CaptureFixture[str], why: Why, forge: Forge
) -> None:
    (station.machine.stick / "a.bundle").write_bytes(forge(Forged(KEY)))
    assert station.update() == 2
    assert capsys.readouterr().err.splitlines()[-1] == refusal(why, Translator("en"))
    assert station.incoming() == []
    assert not station.machine.begun.exists()


def test_control_keeps_it_when_nobody_looks(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stick_update, "check_bundle", lambda file, is_signed, _: read_manifest(file, is_signed))
    (station.machine.stick / "a.bundle").write_bytes(flipped(Forged(KEY)))
    assert station.update() == 0
    assert station.incoming()


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "There is no update"),
        (["photo.jpg"], "There is no update"),
        (["a.bundle", "b.bundle"], "several updates"),
    ],
)
def test_wants_one_update_on_the_stick(
    station: Station, capsys: pytest.CaptureFixture[str], names: list[str], says: str
) -> None:
    for name in names:
        (station.machine.stick / name).write_bytes(Forged(KEY).raw())
    assert station.update() == 1
    assert says in capsys.readouterr().err
    assert station.incoming() == []


def test_says_why_there_is_no_stick_or_no_room(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    (station.machine.stick / "a.bundle").write_bytes(Forged(KEY).raw())
    station.config.write_text(CONFIG.replace("warn_below_mb = 1", "warn_below_mb = 1000000"))
    assert station.update() == 2
    assert "not enough room" in capsys.readouterr().err
    assert station.incoming() == []
    station.config.write_text(CONFIG)
    (station.machine.folder / "sys/class/block/sda1").unlink()
    assert station.update() == 1
    assert "No USB stick" in capsys.readouterr().err


def test_says_that_there_is_no_room_to_install_it(
    station: Station, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not an hour later, in a journal."""
    (station.machine.stick / "a.bundle").write_bytes(Forged(KEY).raw())
    monkeypatch.setattr(self_update, "_SPARE_BYTES", 1 << 60)
    assert station.update() == 2
    assert "not enough room" in capsys.readouterr().err
    assert station.incoming() == []
    (Places(station.folder / "root").releases / "0.3.0").mkdir()  # it was built there, and waits to be tried
    assert station.update() == 0


@pytest.mark.parametrize("code", ["K-03", None])
def test_says_that_a_station_that_rests_installs_nothing(
    station: Station, capsys: pytest.CaptureFixture[str], code: str | None
) -> None:
    """It is kept, for when the station lends again."""
    (station.machine.stick / "a.bundle").write_bytes(Forged(KEY).raw())
    with station.running({"screen": "maintaining", "staff_code": code}):
        assert station.update("vi") == (1 if code else 0)
    said = capsys.readouterr()
    assert ("K-03" in said.err, "Bản cập nhật đúng" in said.out) == (bool(code), not code)
    assert len(station.incoming()) == 1


def test_says_so_when_it_cannot_be_begun_and_leaves_it_to_the_timer(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    (station.machine.stick / "a.bundle").write_bytes(Forged(KEY).raw())
    (station.machine.folder / "bin/systemctl").unlink()
    assert station.update() == 1
    assert "tried again" in capsys.readouterr().err
    assert len(station.incoming()) == 1


def test_has_all_of_it_or_nothing_wherever_it_is_cut(station: Station) -> None:
    """What is cut leaves no name that the installer looks for; the next one takes what it left away."""
    bundle = station.machine.stick / "a.bundle"
    bundle.write_bytes(Forged(KEY).raw())
    whole = f"{hashlib.sha256(bundle.read_bytes()).hexdigest()}.bundle"
    config, places = stick_update.load(station.config), Places(station.folder / "root")
    for step in range(1, 200):
        was_cut = killed_at(step, lambda: stick_update._take_in(bundle, config, places))
        left = [name for name in station.incoming() if name.endswith(".bundle")]
        assert left in ([], [whole])
        if left:
            assert (station.folder / "data/incoming" / whole).read_bytes() == bundle.read_bytes()
            (station.folder / "data/incoming" / whole).unlink()
        if not was_cut:
            break
    assert step > 5
    assert station.incoming() == []
