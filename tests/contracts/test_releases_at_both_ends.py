"""A station fetches its release from a real server over a line that is cut, and installs what has come."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.small_release import GOOD, Publisher, station_with, version_that_runs
from central_link import releases as station_end
from central_link.native_rest import NativeRestConfig
from central_link.releases import SMALLEST_PIECE, Offered, ReleaseSource
from central_server.database import open_store
from central_server.releases import Shelf
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from provisioning.chooser.choose import Places, Releases, read_releases
from tests.central_link.stand_in import enrolled
from tests.central_server.support import ROOT, Server, bring_a_small_library, let_in, serving
from tests.faults.fault_proxy import Fault, fault_proxy
from tests.provisioning.forged import MACHINE, PYTHON, Forged, written

pytestmark = pytest.mark.slow

LARGE = 700_000
FAULTS = (
    Fault.CUT_BEFORE_REQUEST,
    Fault.CUT_BEFORE_ANSWER,
    Fault.CUT_IN_ANSWER,
    Fault.CUT_AFTER_REQUEST,
    Fault.GARBAGE,
    Fault.WIFI_PAGE,
    Fault.PROXYS_400,
    Fault.CUT_AFTER_ANSWER,
    Fault.SLOW,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A server's, with one station that may ask, and the station's own key in `tmp_path`."""
    where = tmp_path / "centre"
    store = open_store(where)
    bring_a_small_library(store, tmp_path)
    let_in(store, enrolled(tmp_path / "data"), "hoa-sen", "tram-1")
    store.close()
    return where


@pytest.fixture
def centre(data: Path) -> Iterator[Server]:
    with serving(data) as running:
        yield running


@pytest.fixture
def whole(data: Path, tmp_path: Path) -> bytes:
    """A bundle at the centre, of random bytes."""
    forged = Forged(files={"requirements.lock": b"", "wheels/a-1-py3-none-any.whl": random.randbytes(LARGE)})
    file = written(tmp_path, forged.raw())
    Shelf(data / "releases").put(file, None)
    return file.read_bytes()


def source(url: str, folder: Path, piece: int = SMALLEST_PIECE) -> ReleaseSource:
    made = ReleaseSource(NativeRestConfig(url, "hoa-sen", "tram-1", folder / "data", read_timeout_s=20))
    made._piece = piece
    return made


def offered_by(one: ReleaseSource) -> Offered:
    found = one.newest(MACHINE, PYTHON, "0.2.0")
    assert found is not None
    return found


def test_fetches_what_is_there(centre: Server, whole: bytes, tmp_path: Path) -> None:
    one = source(centre.url, tmp_path)
    found = one.fetch(offered_by(one), tmp_path / "incoming")
    assert found.read_bytes() == whole
    assert one.fetch(offered_by(one), tmp_path / "incoming") == found
    assert one.newest(MACHINE, PYTHON, "0.3.0") is None
    assert one.newest("riscv64", PYTHON, "") is None
    one.close()


def test_goes_on_where_a_killed_server_left_it(data: Path, whole: bytes, tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    left: list[int] = []
    while not list(incoming.glob("*.bundle")):
        with serving(data) as server:
            one = source(server.url, tmp_path)
            one._within_s = 5
            offered = offered_by(one)
            part = incoming / f"{offered.sha256}.part"
            before = part.stat().st_size if part.exists() else 0
            assert not left or before == left[-1]  # nothing is fetched twice
            killing = threading.Thread(target=kill_after, args=(server, part, before + 100_000))
            killing.start()
            try:
                one.fetch(offered, incoming)
            except Unreachable:
                left.append(part.stat().st_size)
                assert left[-1] > before
            killing.join()
            one.close()
        assert len(left) < 10
    assert len(left) >= 2
    (found,) = incoming.iterdir()
    assert found.read_bytes() == whole


def kill_after(server: Server, part: Path, size: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and part.exists() is part.is_file():
        if part.exists() and part.stat().st_size >= size:
            server.kill()
            return
        if not part.exists() and list(part.parent.glob("*.bundle")):
            return
        time.sleep(0.0005)


@pytest.mark.parametrize("keeps", [True, False], ids=["", "control"])
def test_a_line_that_never_holds_for_long_costs_time_only(
    centre: Server, whole: bytes, tmp_path: Path, keeps: bool
) -> None:
    """Each connection lives for five pieces. The control begins anew each time, and never comes to the end."""
    turn = itertools.count(1)
    with fault_proxy(centre.url, lambda _: Fault.CUT_IN_ANSWER if next(turn) % 6 == 0 else Fault.NONE) as line:
        one = source(line.proxy.url, tmp_path)
        offered = offered_by(one)
        incoming = tmp_path / "incoming"
        one._piece, tries = SMALLEST_PIECE, 0
        found: Path | None = None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(station_end, "_TRIES", 1)  # so that each cut ends a run
            patch.setattr(station_end, "LARGEST_PIECE", SMALLEST_PIECE)
            while found is None and tries < 30:
                tries += 1
                try:
                    found = one.fetch(offered, incoming)
                except Unreachable:
                    if not keeps:
                        (incoming / f"{offered.sha256}.part").unlink()
        one.close()
    assert (found is not None) is keeps
    if found:
        assert found.read_bytes() == whole
        assert tries > 5


def test_whatever_the_network_does_what_has_come_is_what_was_offered(
    centre: Server, whole: bytes, tmp_path: Path
) -> None:
    chance, standings = random.Random(7), set[Standing]()

    def plan(request: bytes) -> Fault:
        return chance.choice(FAULTS) if b"/newest" not in request and chance.random() < 0.4 else Fault.NONE

    with fault_proxy(centre.url, plan) as line:
        one = source(line.proxy.url, tmp_path)
        offered = offered_by(one)
        for _ in range(50):
            try:
                found = one.fetch(offered, tmp_path / "incoming")
                break
            except Unreachable as error:
                standings.add(error.standing)
        one.close()
    assert found.read_bytes() == whole
    assert standings <= {Standing.UNREACHABLE}  # nothing of it is taken for the centre's own "no"
    assert sum(line.proxy.done[fault] for fault in FAULTS) > 5


def spoil(part: Path) -> None:
    with part.open("r+b") as file:
        file.write(b"x")


def lengthen(part: Path) -> None:
    part.write_bytes(part.read_bytes() + bytes(2 * LARGE))


@pytest.mark.parametrize("change", [spoil, lengthen])
def test_what_a_disk_made_of_the_first_part_is_not_taken(
    centre: Server, whole: bytes, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    one = source(centre.url, tmp_path)
    offered = offered_by(one)
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    part = incoming / f"{offered.sha256}.part"
    part.write_bytes(whole[:1000])
    change(part)
    (incoming / f"{'0' * 64}.part").write_bytes(b"of a release that is offered no more")
    if change is spoil:
        with pytest.raises(Unreachable, match="not what was offered"):
            one.fetch(offered, incoming)
        assert list(incoming.iterdir()) == []
    assert one.fetch(offered, incoming).read_bytes() == whole
    assert [path.suffix for path in incoming.iterdir()] == [".bundle"]
    one.close()


def test_leaves_what_waits_to_be_installed_to_who_installs_it(centre: Server, whole: bytes, tmp_path: Path) -> None:
    """It came on a stick, and somebody was told that it will be installed."""
    one = source(centre.url, tmp_path)
    waits = tmp_path / "incoming" / f"{'1' * 64}.bundle"
    waits.parent.mkdir()
    waits.write_bytes(b"from a stick")
    assert one.fetch(offered_by(one), waits.parent).read_bytes() == whole
    assert waits.read_bytes() == b"from a stick"
    one.close()


# ---- the whole way, by the commands


def machine(tmp_path: Path, url: str, publisher: Publisher) -> tuple[Places, list[str]]:
    places = station_with(tmp_path / "root", publisher, "0.1.0", "0.2.0")
    config = tmp_path / "kiosk.toml"
    config.write_text(
        '[station]\nlibrary = "hoa-sen"\ndevice = "tram-1"\ndata = "data"\n[codes]\ncard = "H"\nitem = "T"\n'
        f'[central]\nkind = "native_rest"\nurl = "{url}"\n[keep]\nwarn_below_mb = 1\n',
        encoding="utf-8",
    )
    restart = f"{places.current}/bin/python -I -m kiosk run {places.marks}"
    words = ["--config", str(config), "--root", str(places.root), "--restart", restart, "--within", "20"]
    return places, [*words, "--language", "en"]


def test_an_update_from_the_centre(centre: Server, data: Path, tmp_path: Path) -> None:
    (tmp_path / "publisher").mkdir()
    publisher = Publisher(tmp_path / "publisher")
    places, words = machine(tmp_path, centre.url, publisher)

    def run(*program: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "provisioning", *program]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout + done.stderr

    def fetch() -> tuple[int, str]:
        return run("fetch-release", *words[:4], "--language", "en")

    def update(what: str = "--fetched") -> tuple[int, str]:
        return run("update", what, *words)

    status, said = fetch()
    assert (status, "There is nothing to update." in said) == (0, True), said
    status, said = update()
    assert (status, "There is nothing to update." in said) == (0, True), said
    shelf = Shelf(data / "releases")
    shelf.put(publisher.bundle("0.3.0", GOOD), None)
    status, said = fetch()
    assert (status, "Fetched: release 0.3.0." in said) == (0, True), said
    status, said = update()
    assert (status, "The new release works." in said) == (0, True), said
    assert read_releases(places) == Releases("0.3.0", "0.2.0")
    assert version_that_runs(places) == "0.3.0"
    assert not any((tmp_path / "data" / "incoming").iterdir())
    (tmp_path / "thief").mkdir()
    shelf.put(Publisher(tmp_path / "thief").bundle("0.4.0", GOOD), None)  # who has the centre has not our key
    assert fetch()[0] == 0
    status, said = update()
    assert (status, "does not come from the maker" in said) == (2, True), said
    assert "update refused: not signed by our publisher" in said
    for _ in range(2):  # the first time and every six hours: neither fetched nor looked at again
        status, said = fetch()
        assert (status, "There is nothing to update." in said) == (0, True), said
        status, said = update()
        assert (status, "There is nothing to update." in said) == (0, True), said
    centre.kill()
    status, said = fetch()
    assert (status, "The centre cannot be reached" in said) == (1, True), said
    status, said = update("--status")
    assert (status, json.loads(said)["current"]) == (0, "0.3.0")


@pytest.mark.parametrize(("waits", "says"), [("0.4.0", "There is nothing to update."), ("0.2.5", "Fetched: release")])
def test_the_centre_is_asked_for_what_is_newer_than_what_waits(
    centre: Server, data: Path, tmp_path: Path, waits: str, says: str
) -> None:
    (tmp_path / "publisher").mkdir()
    publisher = Publisher(tmp_path / "publisher")
    places, words = machine(tmp_path, centre.url, publisher)
    Shelf(data / "releases").put(publisher.bundle("0.3.0", GOOD), None)
    incoming = tmp_path / "data" / "incoming"
    incoming.mkdir(parents=True)
    shutil.copyfile(publisher.bundle(waits), incoming / f"{'1' * 64}.bundle")
    (incoming / f"{'2' * 64}.bundle").write_bytes(b"no bundle at all")
    os.utime(incoming / f"{'2' * 64}.bundle", (0, 0))
    for program in (["fetch-release", *words[:4], "--language", "en"], ["update", "--fetched", *words]):
        command = [sys.executable, "-m", "provisioning", *program]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        if program[0] == "fetch-release":
            assert (done.returncode, says in done.stdout) == (0, True), done.stderr
    assert version_that_runs(places) == max(waits, "0.3.0")
    assert not any(incoming.iterdir())
