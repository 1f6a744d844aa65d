"""All of the store is read after an unclean stop, or when somebody could not read it: never before the first frame, and
not at all after a clean stop. The real process with its window; its log tells the order.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.station_on_a_disk import Station, fill_store, until

pytestmark = pytest.mark.slow

FIRST_FRAME = "first_frame_s"
READ = "all of a store is read"
AT_ONCE = """
import sys
from kiosk.runtime import chores
chores.CHECK_AFTER_S = 0.0
{more}
from kiosk.__main__ import main
sys.exit(main())
"""
WAITS_FOR_NOTHING = """
from kiosk.bootstrap.kiosk import Kiosk
Kiosk._opening_takes_long = lambda self: None
start = Kiosk.start
def opened_first(self):
    start(self)
    assert self.store.opened.wait(60)
Kiosk.start = opened_first
"""
"""The control. That its window is slower than its store is no matter of luck."""


def station_with(folder: Path, more: str = "") -> Station:
    data = folder / "data"
    data.mkdir()
    fill_store(data)
    return Station(folder, data, program=("-c", AT_ONCE.format(more=more)))


def killed(station: Station) -> None:
    with station.running():
        station.card()
        assert station.lend()
        station.kill()


def suspected(station: Station) -> None:
    (station.data / "store.db.suspect").touch()


def what_came(station: Station, *, until_read: bool) -> list[str]:
    """In a run with a loan in it."""
    with station.running() as kiosk:
        if until_read:
            until(lambda: any(line["says"] == READ for line in kiosk.said()))
        station.card()
        assert station.lend()
    lines = [line.get("figure") or line["says"] for line in station.kiosk.said()]
    return [line for line in lines if line in (FIRST_FRAME, READ)]


@pytest.mark.parametrize("happened", [killed, suspected])
def test_reads_all_of_the_store_after_the_first_frame(tmp_path: Path, happened: Callable[[Station], None]) -> None:
    station = station_with(tmp_path)
    happened(station)
    assert what_came(station, until_read=True) == [FIRST_FRAME, READ]
    assert not (station.data / "store.db.suspect").exists()
    station.must_hold_what_it_promised()


def test_does_not_read_it_after_a_clean_stop(tmp_path: Path) -> None:
    station = station_with(tmp_path)  # which was closed in good order
    assert what_came(station, until_read=False) == [FIRST_FRAME]


def test_control_reads_it_before_when_the_opening_waits_for_nothing(tmp_path: Path) -> None:
    station = station_with(tmp_path, WAITS_FOR_NOTHING)
    suspected(station)
    assert what_came(station, until_read=True) == [READ, FIRST_FRAME]
