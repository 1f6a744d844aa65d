"""The station itself as a release: on trial in its real window, proved, or broken in one of three ways and returned."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.small_release import BUILT_MS, Publisher, install
from demo.processes import PATIENCE_S, ROOT
from demo.school import Scanner
from devices.host.status_socket import ask_word
from kiosk.config import load
from local_store import read_store
from local_store.tables import REVISIONS
from provisioning.chooser.choose import Places, Releases, point_to, read_releases, write_releases
from provisioning.self_update import Outcome, Updater, signed_by
from tests.faults.station_on_a_disk import fill_store, until
from tests.local_store.next_release import EXPANDS, NEXT, migrations_of_next
from tests.local_store.shelf import config_in

pytestmark = pytest.mark.slow

OLD, NEW = "0.1.0", "0.2.0"
BROKEN_FOR_S = 4.0
"""A whole one has proved itself in a second; what is broken never does, however long."""

STATION = f"""
sys.path[:0] = [{str(ROOT)!r}, {sysconfig.get_path("purelib")!r}]
for name in [name for name in sys.modules if name.partition(".")[0] == "kiosk"]:
    del sys.modules[name]
import kiosk
kiosk.__version__ = VERSION
{{what}}
from kiosk.__main__ import main
sys.exit(main())
"""
"""This source under that version, in a release of its own."""

NO_FRAME = "import time, screens.app; screens.app.KioskApp.run = lambda self: time.sleep(1e6)"
NO_STORE = """
from local_store import engine, schema
engine.REVISIONS = schema.REVISIONS = ("0001",)  # to it, the store is of a newer schema
"""
NO_SCAN = "from devices.scanners.framing import Framer; Framer.feed = lambda *a: []"
EXPANDS_AND_PROVES_NOTHING = """
from pathlib import Path
from local_store import engine, schema
engine.REVISIONS = schema.REVISIONS = (*schema.REVISIONS, {next!r})
schema._MIGRATIONS = Path({migrations!r})
from kiosk.bootstrap.proof import Proof
Proof._write = lambda self: None
"""

CONFIG = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[codes]
card = 'HS[0-9]{{6}}'
item = 'TK\\.[0-9]{{5}}'
[central]
kind = "simulated"
"""
BLANK = """
[station]
data = "data"
"""
MACHINE = """
[[scanner]]
kind = "serial"
port = "{port}"
[sound]
kind = "none"
[screen]
fullscreen = false
"""


class Machine:
    """A station's folders, and its service manager."""

    def __init__(self, root: Path, publisher: Publisher, old: Path, config: str = CONFIG) -> None:
        self.places = Places(root)
        for folder in (self.places.releases, self.places.kept, self.places.marks, root / "data"):
            folder.mkdir(parents=True)
        self.publisher = publisher
        (root / "publisher.pub").write_bytes(publisher.public)
        self.scanner = Scanner()
        self.config = root / "kiosk.toml"
        self.config.write_text((config + MACHINE).format(port=self.scanner.device), "utf-8")
        if config is CONFIG:
            fill_store(root / "data")
        shutil.copytree(old, self.places.releases / OLD, symlinks=True)
        write_releases(self.places, Releases(OLD))
        point_to(self.places, OLD)
        self._process: subprocess.Popen[bytes] | None = None

    def bundle(self, what: str = "") -> Path:
        return self.publisher.bundle(NEW, STATION.format(what=what))

    def updater(self, within_s: float) -> Updater:
        is_signed = signed_by(self.places.root / "publisher.pub")
        return Updater(self.places, is_signed, self.restart, self.status, lambda: BUILT_MS, within_s=within_s)

    def restart(self) -> None:
        self.stop()
        words = [str(self.places.current / "bin/python"), "-I", "-m", "kiosk", "run", "--config", str(self.config)]
        runtime = {"RUNTIME_DIRECTORY": str(self.places.marks), "SDL_VIDEODRIVER": "offscreen"}
        log = (self.places.root / "station.log").open("ab")
        self._process = subprocess.Popen(words, env={**os.environ, **runtime}, stderr=log, cwd=self.places.root)
        log.close()

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:  # a release without a frame does not hear it
                self._process.kill()
                self._process.wait(PATIENCE_S)

    def status(self) -> dict[str, object] | None:
        told = ask_word(self.places.root / "data")
        return json.loads(told) if told else None

    def lend(self, barcode: str) -> None:
        """A reader's card and a book, until it is in the store."""
        until(lambda: (self.status() or {}).get("devices") == {f"serial {self.scanner.device}": "ready"})
        before = self.loans()
        self.scanner.scan("HS000123")
        until(lambda: (self.status() or {}).get("screen") == "borrowing")
        self.scanner.scan(barcode)
        until(lambda: self.loans() == before + 1)

    def loans(self) -> int:
        return len(list(read_store(config_in(self.places.root / "data")).loans_ledger()))

    def version(self) -> str:
        try:
            return (self.places.marks / "proved").read_text()
        except OSError:
            return ""


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return Publisher(tmp_path_factory.mktemp("publisher"))


@pytest.fixture(scope="module")
def old(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release that every station here begins with."""
    places = Places(tmp_path_factory.mktemp("old"))
    places.releases.mkdir(parents=True)
    install(places, publisher.bundle(OLD, STATION.format(what="")))
    return places.releases / OLD


@contextmanager
def running(made: Machine) -> Iterator[Machine]:
    made.restart()
    try:
        until(lambda: made.version() == OLD)  # each start proves itself, on trial or not
        yield made
    finally:
        made.stop()
        made.scanner.close()


@pytest.fixture
def machine(tmp_path: Path, publisher: Publisher, old: Path) -> Iterator[Machine]:
    with running(Machine(tmp_path / "root", publisher, old)) as machine:
        yield machine


@pytest.fixture
def blank(tmp_path: Path, publisher: Publisher, old: Path) -> Iterator[Machine]:
    with running(Machine(tmp_path / "root", publisher, old, BLANK)) as machine:
        yield machine


def test_the_station_proves_itself_and_stays(machine: Machine) -> None:
    assert machine.updater(PATIENCE_S).update(machine.bundle()) is Outcome.PROVED
    assert read_releases(machine.places) == Releases(NEW, OLD)
    machine.lend("TK.00001")


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(NO_FRAME, id="no frame", marks=pytest.mark.long),
        pytest.param(NO_STORE, id="no store", marks=pytest.mark.long),
        pytest.param(NO_SCAN, id="no scan"),
    ],
)
def test_a_station_that_is_broken_in_one_of_three_ways_returns(machine: Machine, what: str) -> None:
    assert machine.updater(BROKEN_FOR_S).update(machine.bundle(what)) is Outcome.TAKEN_BACK
    assert read_releases(machine.places) == Releases(OLD, refused=(NEW,))
    until(lambda: machine.version() == OLD)
    machine.lend("TK.00002")


def test_a_blank_one_proves_itself_by_a_frame_and_a_scan(blank: Machine) -> None:
    """It has no store yet. What stood in the cupboard for a year may need an update before it can be enrolled."""
    assert blank.updater(PATIENCE_S).update(blank.bundle(NO_STORE)) is Outcome.PROVED
    assert read_releases(blank.places) == Releases(NEW, OLD)


@pytest.mark.long
@pytest.mark.parametrize("what", [NO_FRAME, NO_SCAN], ids=["no frame", "no scan"])
def test_a_blank_one_that_is_broken_returns(blank: Machine, what: str) -> None:
    assert blank.updater(BROKEN_FOR_S).update(blank.bundle(what)) is Outcome.TAKEN_BACK
    until(lambda: blank.version() == OLD)


@pytest.mark.long
def test_loans_that_were_made_on_trial_survive_the_way_back(machine: Machine, tmp_path: Path) -> None:
    """The new release takes the schema up; the old one runs on what it has left."""
    machine.lend("TK.00001")
    until(lambda: (machine.status() or {}).get("screen") == "borrowing")
    machine.stop()
    migrations = migrations_of_next(tmp_path / "migrations", EXPANDS)
    bundle = machine.bundle(EXPANDS_AND_PROVES_NOTHING.format(next=NEXT, migrations=str(migrations)))
    updater = machine.updater(1e6)
    outcome: list[Outcome] = []
    updating = threading.Thread(target=lambda: outcome.append(updater.update(bundle)))
    updating.start()
    until(lambda: (read_releases(machine.places).trial is not None) and machine.status())
    machine.lend("TK.00002")
    updater._within_s = 0.0
    updating.join(PATIENCE_S)
    assert outcome == [Outcome.TAKEN_BACK]
    assert f"schema goes from {REVISIONS[-1]} to {NEXT}" in (machine.places.root / "station.log").read_text()
    until(lambda: machine.version() == OLD)
    assert machine.loans() == 2
    machine.lend("TK.00003")
    assert machine.loans() == 3
    assert load(machine.config).data.joinpath("store.db").exists()
    assert not list(load(machine.config).data.glob("store.db.damaged*"))
