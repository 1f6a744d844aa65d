"""What an old card held is brought in by its own order, whatever its clock said; and what a station whose clock is
wrong tells its centre of itself. Real processes under libfaketime, as in test_clock_process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from central_server import health
from central_server.database import open_store, reading
from central_server.wire import HealthReport
from demo.day import MINH_AN
from demo.enrolment import enrol_station
from demo.processes import PATIENCE_S, ROOT, run_or_fail
from demo.school import LIBRARY, fill
from kiosk.bootstrap.stores import read_store
from kiosk.config import load
from kiosk.domain.clock_trust import day_of
from kiosk.ports.store import Pruned
from tests.faults.preloaded import preloaded
from tests.faults.station_on_a_disk import until
from tests.faults.test_clock_process import AHEAD, BACK, EPOCH, LIBFAKETIME, SKIPPED, Station, knows, station_in

pytestmark = pytest.mark.slow(20)

BOOK = "TK.00001"
TELLS_OFTEN = "from kiosk.sync import heartbeat; heartbeat.LOOK_EVERY_S = 0.5"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """It knows the catalogue, and is not running."""
    if LIBFAKETIME is None:
        pytest.skip(SKIPPED)
    folder = tmp_path_factory.mktemp("old_card")
    (folder / "centre").mkdir()
    fill(folder / "centre")
    with station_in(folder, preloaded("unturned_waits.c", folder)) as made:
        enrol_station(made.config, made.server, LIBRARY, "tram-1")
        with made.sitting("+0d", "before") as kiosk:
            kiosk.wait_for("the catalogue", lambda line: line["says"] == "changes: caught up")
        yield made


def told(station: Station) -> HealthReport | None:
    store = open_store(station.server.data, create=False)
    try:
        with reading(store) as connection:
            [one] = health.known(connection, LIBRARY)
    finally:
        store.close()
    return one.report


def check(station: Station, wall: str) -> dict[str, Any]:
    """By a process whose clock says the same as the station's."""
    preload = {"LD_PRELOAD": f"{station.waits} {LIBFAKETIME}", "FAKETIME": wall, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    words = [sys.executable, "-m", "provisioning", "check", "--json", "--config", str(station.config)]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **preload}, stdout=subprocess.PIPE, check=False, timeout=PATIENCE_S
    )
    parts: dict[str, Any] = json.loads(done.stdout)["parts"]
    return parts


def test_a_station_tells_whether_somebody_vouches_for_its_clock(station: Station) -> None:
    pinned = load(station.config).data / "centre.pub"
    centre = pinned.read_text()
    pinned.write_text("A" * 43)  # another's: what this centre says of the time is not believed
    with station.sitting(EPOCH, "unsure", more=TELLS_OFTEN):
        until(lambda: (report := told(station)) is not None and not report.clock_trusted)
        report = told(station)
        assert report is not None
        assert (report.running, report.clock_trusted, report.time_by) == (True, False, None)
        assert report.parts["clock"] == "look"
        found = check(station, EPOCH)["clock"]
        assert (found["state"], found["facts"]["trusted"]) == ("look", False)
        assert "1970" in found["what"]
    pinned.write_text(centre)
    with station.sitting(EPOCH, "sure", more=TELLS_OFTEN) as kiosk:
        knows(kiosk)
        until(lambda: (report := told(station)) is not None and report.clock_trusted)
        report = told(station)
        assert report is not None
        assert (report.time_by, report.parts["clock"]) == ("centre", "good")
        found = check(station, EPOCH)["clock"]
        assert (found["state"], found["facts"]["by"]) == ("good", "centre")
        assert day_of(time.time_ns() // 1_000_000).strftime("%d/%m/%Y") in found["what"], "as the station, not the wall"


def test_an_old_card_is_brought_in_by_its_own_order(station: Station) -> None:
    """Lent, and in the next boot brought back, by a clock that was turned back meanwhile."""
    station.server.stop()
    with station.sitting(AHEAD, "first") as kiosk:
        station.card(kiosk, MINH_AN)
        station.lend(kiosk, BOOK)
    with station.sitting(BACK, "second") as kiosk:
        station.scanner.scan(BOOK)
        kiosk.act("ReturnRecorded")
    kinds = ["check_out", "check_in"]
    data = load(station.config).data
    walls = [body["at"]["wall_ms"] for body in _bodies(station) if body["kind"] in kinds]
    assert walls == sorted(walls, reverse=True), "by time the return comes first"
    old = station.folder / "old"
    shutil.copytree(data, old)
    for file in data.glob("store.*"):
        file.unlink()
    station.server.start()
    preload = {"LD_PRELOAD": f"{station.waits} {LIBFAKETIME}", "FAKETIME": EPOCH, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    words = [sys.executable, "-m", "provisioning", "bring-in", "--from", str(old), "--config", str(station.config)]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **preload}, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    ledger = json.loads(run_or_fail("central_server", "ledger", "--json", *station.server.where, "--library", LIBRARY))
    came = [(one["kind"], one["verdict"]) for one in ledger["operations"] if one["barcode"] == BOOK]
    assert came == [(kind, "accepted") for kind in kinds]
    assert [loan["open"] for loan in ledger["loans"]] == [False], "it came back"
    assert ledger["disputes"] == 0


def _bodies(station: Station) -> list[dict[str, Any]]:
    history = read_store(load(station.config)).history()
    return [json.loads(one[0].body) for one in history if not isinstance(one, Pruned) and one[0]]
