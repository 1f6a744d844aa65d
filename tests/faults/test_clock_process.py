"""The real process, its scanner and the real centre, while libfaketime turns the machine's wall clock.

libfaketime 0.9.10 turns CLOCK_REALTIME alone when FAKETIME_DONT_FAKE_MONOTONIC is set: CLOCK_BOOTTIME and adjtimex are
the machine's own. But a wait by CLOCK_MONOTONIC it takes for one by the wall clock, so that it ends at once or never:
unturned_waits.c, loaded before it, leaves waits to the C library. Only its build for threads (MT) reads its file under
a lock; the other one ends a station with SIGSEGV now and then. A boot's id comes from a file, so that a test begins
one.

Each book's loan is noted by a clock that is not turned, before its scan and after its beep: by that the station must
have dated it, to two seconds, and in the order in which it happened.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from demo.by_hand import GIA_HAN
from demo.day import MINH_AN
from demo.enrolment import enrol_station
from demo.processes import DemoFailed, Kiosk, Server, run, run_or_fail
from demo.school import LIBRARY, Scanner, fill, write_config
from kiosk.bootstrap.stores import open_store, read_store
from kiosk.config import load
from kiosk.domain.clock_trust import day_of
from kiosk.domain.due_dates import due_date
from kiosk.ports.store import Pruned
from tests.faults.preloaded import preloaded
from tests.faults.station_on_a_disk import until

pytestmark = pytest.mark.slow(30)

_STARTS = 6
LIBFAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
SKIPPED = "libfaketime is not installed: sudo apt-get install libfaketime"
EPOCH, BACK, AHEAD = "@1970-01-01 00:01:00", "-1095d", "+30d"
_CACHED_S = 2.5
SAME_MS = 2_000

RUN = """
import sys
from pathlib import Path
from devices.host import clock
clock.HostClock.__init__.__kwdefaults__["boot_id_file"] = Path({boot_id!r})
holds = Path({holds!r})
{hold_loans}
{more}
from kiosk.__main__ import main
sys.exit(main())
"""
HOLD_LOANS = """
import time
from kiosk.desk import Desk
from local_store.prepared import Database
answer, commit, lends = Desk.answer, Database.commit, False
def hold(moment):
    while (holds / moment).exists():
        (holds / (moment + ".there")).touch()
        time.sleep(0.01)
def held(self, effect, work):
    global lends
    lends = type(effect).__name__ == "CheckOut"
    if lends:
        hold("begun")
    try:
        return answer(self, effect, work)
    finally:
        lends = False
def held_before_it_is_durable(self):
    if lends:
        hold("written")
    commit(self)
Desk.answer, Database.commit = held, held_before_it_is_durable
"""
"""While `begun` or `written` lies there, a loan's transaction waits: nothing is decided, or all of it is written."""
BELIEVE_THE_WALL_CLOCK = """
from kiosk.domain.clock_trust import Moment
def now(self):
    return Moment(self._wall_ms(), self._known.boot_id, self._boottime_ms(), trusted=True)
clock.HostClock.now = now
"""


@dataclass
class Station:
    """A library of one station, started and stopped at will. `true_ms`: when each book was lent, from and to."""

    folder: Path
    server: Server
    scanner: Scanner
    config: Path
    waits: Path
    true_ms: dict[str, tuple[int, int]] = field(default_factory=dict)
    _says: str = ""

    @contextmanager
    def sitting(self, wall: str, boot: str, *, more: str = "") -> Iterator[Kiosk]:
        assert LIBFAKETIME is not None
        (self.folder / "boot_id").write_text(boot)
        self.wall_clock(wall)
        environment = {
            "LD_PRELOAD": f"{self.waits} {LIBFAKETIME}",
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "faketime"),
            "FAKETIME_CACHE_DURATION": "1",  # s; without a cache every look at a clock reads the file: ten times slower
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        folder = str(self.folder)
        program = ("-c", RUN.format(boot_id=f"{folder}/boot_id", holds=folder, hold_loans=HOLD_LOANS, more=more))
        log = self.folder / "station.log"
        for _ in range(_STARTS):
            kiosk = Kiosk(self.config, log, None, environment={**os.environ, **environment}, program=program)
            with _without_its_faults(kiosk):
                kiosk.wait_for("the scanner", lambda line: line["says"] == f"serial {self.scanner.device}: open")
                break
        else:
            pytest.skip("libfaketime ends the station with a fault of its own")
        try:
            yield kiosk
        finally:
            with _without_its_faults(kiosk):
                kiosk.stop()

    def wall_clock(self, says: str) -> None:
        """Whole at once, and read by the process when its cache is two seconds old."""
        half = self.folder / "faketime.half"
        half.write_text(says + "\n")
        half.rename(self.folder / "faketime")
        self._says = says
        time.sleep(_CACHED_S)

    def card(self, kiosk: Kiosk, number: str) -> None:
        self.scanner.scan(number)
        kiosk.act("PatronFound")

    def lend(self, kiosk: Kiosk, barcode: str) -> None:
        """Refused, it is waited for in vain: so nobody who borrows is called late."""
        before = now_ms()
        self.scanner.scan(barcode)
        line = kiosk.act("LoanRecorded")
        self.true_ms[barcode] = before, now_ms()
        assert abs(line["at"] - wall_s(self._says)) < 86_400, "the machine's clock was not turned"

    def begin_to_lend(self, barcode: str, wall: str, *, then: str = "") -> None:
        """The clock is turned when the loan's transaction is open and nothing is decided, and once more (`then`) when
        all of it is written but not durable."""
        for moment in ("begun", "written"):
            (self.folder / moment).touch()
        self.scanner.scan(barcode)
        until((self.folder / "begun.there").exists)
        self.wall_clock(wall)
        before = now_ms()
        (self.folder / "begun").unlink()
        if then:
            until((self.folder / "written.there").exists)
            self.true_ms[barcode] = before, now_ms()
            self.wall_clock(then)
        (self.folder / "written").unlink()
        self.true_ms.setdefault(barcode, (before, now_ms()))

    def status(self) -> dict[str, Any]:
        running: dict[str, Any] = json.loads(run("kiosk", "status", "--json", "--config", str(self.config)).stdout)[
            "running"
        ]
        return running

    def loans(self) -> dict[str, str]:
        """Barcodes and when they are due."""
        told = json.loads(run_or_fail("kiosk", "ledger", "--config", str(self.config)))
        return {loan["item_barcode"]: loan["due_on"] for loan in told["loans"] if loan["open"]}

    def at_the_centre(self) -> list[dict[str, Any]]:
        asked = ("central_server", "ledger", "--json", *self.server.where, "--library", LIBRARY)
        operations: list[dict[str, Any]] = json.loads(run_or_fail(*asked))["operations"]
        return operations

    def errors_ms(self) -> list[int]:
        """Of each loan in turn how far it is dated from when it happened."""
        return [_outside(at, *self.true_ms[barcode]) for barcode, at in self._dated() if barcode in self.true_ms]

    def inversions(self) -> int:
        """How many operations are dated before the one that stands before them in the chain."""
        return sum(later < earlier for (_, earlier), (_, later) in pairwise(self._dated()))

    def _dated(self) -> list[tuple[str, int]]:
        """Every operation in the order of the chain: its barcode, and when it happened by what the centre was told."""
        history = read_store(load(self.config)).history()
        bodies = [json.loads(one[0].body) for one in history if not isinstance(one, Pruned) and one[0]]
        began = {body["data"]["boot"]: body["data"]["began_ms"] for body in bodies if body["kind"] == "date_boot"}
        return [
            (body["data"].get("barcode", ""), at["wall_ms"] if at["trusted"] else began[at["boot"]] + at["boottime_ms"])
            for body in bodies
            for at in [body["at"]]
        ]

    def right(self, day: date) -> str:
        """When a book is due that is lent on `day`."""
        store = open_store(load(self.config))
        try:
            with store.unit_of_work() as work:
                due_on = due_date(day, 14, work.calendar())
        finally:
            store.close()
        assert due_on is not None
        return due_on.isoformat()


@contextmanager
def _without_its_faults(kiosk: Kiosk) -> Iterator[None]:
    """Where several threads begin or end at once, libfaketime itself may end the process."""
    try:
        yield
    except DemoFailed:
        if kiosk.process.poll() != -signal.SIGSEGV:
            raise


@contextmanager
def station_in(folder: Path, waits: Path) -> Iterator[Station]:
    """With its centre, which runs."""
    centre, scanner = Server(folder / "centre"), Scanner()
    centre.start()
    config = write_config(folder, centre, scanner=f'kind = "serial"\nport = "{scanner.device}"', quick=False)
    config.write_text(config.read_text().replace("battery_clock = true", "battery_clock = false"))
    yield Station(folder, centre, scanner, config, waits)
    centre.stop()
    scanner.close()


@pytest.fixture(scope="module")
def waits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return preloaded("unturned_waits.c", tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def after_one_sitting(waits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station that knows its centre and the catalogue, to be copied: it took a dozen processes."""
    if LIBFAKETIME is None:
        pytest.skip(SKIPPED)
    folder = tmp_path_factory.mktemp("first")
    (folder / "centre").mkdir()
    fill(folder / "centre")
    with station_in(folder, waits) as made:
        enrol_station(made.config, made.server, LIBRARY, "tram-1")
        assert (folder / "station" / "centre.pub").exists()
        with made.sitting("+0d", "first") as kiosk:
            kiosk.wait_for("the catalogue", lambda line: line["says"] == "changes: caught up")
    return folder


@pytest.fixture
def station(after_one_sitting: Path, waits: Path, tmp_path: Path) -> Iterator[Station]:
    shutil.copytree(after_one_sitting, tmp_path, dirs_exist_ok=True)
    with station_in(tmp_path, waits) as made:
        yield made


def knows(kiosk: Kiosk) -> None:
    kiosk.wait_for("the time", lambda line: line["says"] == "the time is known: centre")


def now_ms() -> int:
    """The machine's, of which nothing is faked here."""
    return time.time_ns() // 1_000_000


def today() -> date:
    return day_of(now_ms())


def _outside(at: int, first: int, last: int) -> int:
    return max(first - at, at - last, 0)


def called_late(kiosk: Kiosk) -> bool:
    return any("M-11" in line.get("code", "") for line in kiosk.said())


def wall_s(says: str) -> float:
    """What a clock says that is set so."""
    return 60 if says == EPOCH else time.time() + int(says.strip("+d")) * 86_400


@pytest.mark.long
def test_is_not_moved_by_jumps_in_the_middle_of_a_visit(station: Station) -> None:
    with station.sitting("+0d", "second") as kiosk:
        knows(kiosk)
        station.card(kiosk, MINH_AN)
        for number, wall in enumerate((BACK, EPOCH, AHEAD), start=1):
            station.wall_clock(wall)  # between the card and the book, and between two books
            station.lend(kiosk, f"TK.0000{number}")
        station.begin_to_lend("TK.00004", BACK, then=AHEAD)  # in the middle of a transaction
        kiosk.act("LoanRecorded")
        told = station.status()
        assert (told["clock_trusted"], told["time_by"]) == (True, "centre")
        kiosk.wait_until_sent()
        assert not called_late(kiosk)
    station.server.stop()
    with station.sitting(EPOCH, "second") as kiosk:  # the process is started anew in the same boot, and nobody is there
        station.card(kiosk, GIA_HAN)
        station.lend(kiosk, "TK.00011")
        assert station.status()["clock_trusted"]
        assert not called_late(kiosk)
    assert set(station.loans().values()) == {station.right(today())}
    errors = station.errors_ms()
    assert (len(errors), max(errors) <= SAME_MS, station.inversions()) == (5, True, 0), errors


@pytest.mark.parametrize("wall", [EPOCH, *(pytest.param(wall, marks=pytest.mark.long) for wall in (BACK, AHEAD))])
def test_dates_what_happened_before_it_knew_the_time(station: Station, wall: str) -> None:
    station.server.stop()
    with station.sitting(wall, "second") as kiosk:
        station.card(kiosk, MINH_AN)
        station.lend(kiosk, "TK.00001")
        station.wall_clock(AHEAD)
        station.lend(kiosk, "TK.00002")
        assert not station.status()["clock_trusted"]
        station.server.start()
        knows(kiosk)
        kiosk.wait_until_sent()
        station.lend(kiosk, "TK.00003")
        kiosk.wait_until_sent()
        assert not called_late(kiosk)
    assert station.loans() == dict.fromkeys(("TK.00001", "TK.00002", "TK.00003"), station.right(today()))
    came = [(one["kind"], one["verdict"]) for one in station.at_the_centre()]
    assert came == [(kind, "accepted") for kind in ("check_out", "check_out", "date_boot", "check_out")]
    errors = station.errors_ms()
    assert (len(errors), max(errors) <= SAME_MS, station.inversions()) == (3, True, 0), errors


@pytest.mark.parametrize(("wall", "is_late"), [(EPOCH, False), (BACK, False), (AHEAD, True)])
def test_control_a_station_that_believes_the_wall_clock_is_moved(station: Station, wall: str, is_late: bool) -> None:
    """Each of what is asked above says so: lateness, due date, error and order."""
    with station.sitting("+0d", "second", more=BELIEVE_THE_WALL_CLOCK) as kiosk:
        station.card(kiosk, MINH_AN)
        station.lend(kiosk, "TK.00001")
        station.begin_to_lend("TK.00002", wall)
        if is_late:
            kiosk.notice("M-11")  # what was lent a moment ago is called overdue
            assert called_late(kiosk)
            return
        kiosk.act("LoanRecorded")
    assert station.loans()["TK.00002"] < today().isoformat(), "due before it was lent"
    first, second = station.errors_ms()
    assert first <= SAME_MS < second
    assert station.inversions() == 1
