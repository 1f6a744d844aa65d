"""A station that rests can still speak: its centre hears with which code. The station's own process on a disk that is
full, or with another machine's card, and the real server process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.school_tables import FREE_LENDING
from central_server import health
from central_server.database import Store, open_store, reading
from central_server.wire import HealthReport
from demo.processes import Server
from demo.school import LIBRARY, SAMPLES
from local_store.key_file import seal_key
from tests.central_link.stand_in import enrolled
from tests.central_server.support import bring, let_in
from tests.faults.station_on_a_disk import BOOKS, Station, fill_store, on_a_small_disk, until
from tests.local_store.shelf import KEY

pytestmark = pytest.mark.slow

LOOKS_OFTEN = """
import sys
from kiosk.sync import heartbeat
heartbeat.LOOK_EVERY_S = 0.5
{more}
from kiosk.__main__ import main
sys.exit(main())
"""
TELLS_WHEN_THE_STORE_IS_OPEN = """
from kiosk.bootstrap.kiosk import Kiosk
tell = Kiosk._tell_health
Kiosk._tell_health = lambda self: self._when_open(lambda: tell(self))
"""


def program(more: str = "") -> tuple[str, str]:
    return "-c", LOOKS_OFTEN.format(more=more)


@contextmanager
def centre(folder: Path, station: Station, seen: Path) -> Iterator[Store]:
    """That knows `station`, whose data are `seen` there, and has told it nothing yet."""
    store = open_store(folder / "centre")
    bring(store, "circulation", FREE_LENDING, folder)
    bring(store, "calendar", (SAMPLES / "calendar.toml").read_text("utf-8"), folder)
    bring(store, "titles", "Mã đầu sách,Nhan đề,Loại\nD1,Dế Mèn phiêu lưu ký,STK\n", folder)
    bring(store, "items", "Số ĐKCB,Mã đầu sách\n" + "".join(f"TK.{n:05},D1\n" for n in range(BOOKS)), folder)
    bring(store, "patrons", "Số thẻ,Họ và tên,Loại bạn đọc\nHS000123,Trần Thu Lan,hs\n", folder)
    let_in(store, enrolled(seen), LIBRARY, "tram-1")
    server = Server(folder / "centre")
    server.start()
    station.config.write_text(station.config.read_text().replace("http://127.0.0.1:9", server.url))
    try:
        yield store
    finally:
        server.stop()
        store.close()


def told(store: Store) -> HealthReport | None:
    with reading(store) as connection:
        [one] = health.known(connection, LIBRARY)
    return one.report


def hears(store: Store, code: str | None) -> HealthReport:
    until(lambda: (report := told(store)) is not None and report.staff_code == code)
    report = told(store)
    assert report is not None
    return report


def another_machines(folder: Path, more: str = "") -> Station:
    data = folder / "station"
    data.mkdir()
    fill_store(data)
    seal_key(data / "store.key", KEY, lambda: bytes(range(32)))
    return Station(folder, data, program=program(more))


@pytest.mark.long
def test_the_centre_hears_that_the_card_is_full_and_that_there_is_room_again(tmp_path: Path) -> None:
    with on_a_small_disk(tmp_path, reserve_mb=0, program=program()) as (station, disk):
        for file in disk.seen.glob("store.db*"):
            file.unlink()
        with centre(tmp_path, station, disk.seen) as store, station.running() as kiosk:
            kiosk.wait_for("the catalogue", lambda line: line["says"] == "changes: caught up")
            assert hears(store, None).running
            station.card()
            assert station.lend()
            disk.fill()
            station.lend_until_it_rests(at_most=300)
            report = hears(store, "K-05")
            assert (report.running, report.parts["disk"]) == (True, "look"), report.parts
            disk.clear()
            station.wait_until_well()
            station.card()
            assert station.lend()
            hears(store, None)


def test_the_centre_hears_that_a_station_has_another_machines_card(tmp_path: Path) -> None:
    station = another_machines(tmp_path)
    with centre(tmp_path, station, station.data) as store, station.running():
        report = hears(store, "K-07")
        assert report.running
        assert station.ask("status", "--json")[1]["running"]["staff_code"] == "K-07"


def test_control_who_waits_for_its_store_tells_nothing(tmp_path: Path) -> None:
    station = another_machines(tmp_path, TELLS_WHEN_THE_STORE_IS_OPEN)
    with centre(tmp_path, station, station.data) as store, station.running():
        until(lambda: station.said("store: K-07"))
        time.sleep(3)
        assert told(store) is None
