"""A disk that is full, or read-only, for real: a small file system under the station's own process.

The protections: a failed commit is told and not beeped; a reserve is given back when something else filled the disk.
Each control takes one away.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.station_on_a_disk import (
    HOME,
    IT_IS_FULL,
    IT_MENDS,
    SWALLOWS,
    TELLS_WHAT_IS_SHOWN,
    on_a_small_disk,
    until,
)

pytestmark = pytest.mark.slow


def test_lends_on_from_the_reserve_rests_when_it_is_used_up_and_recovers_without_hands(tmp_path: Path) -> None:
    with on_a_small_disk(tmp_path, program=("-c", TELLS_WHAT_IS_SHOWN)) as (station, disk):
        reserve = disk.seen / "store.reserve"
        with station.running():
            until(reserve.exists)
            station.card()
            assert station.lend()
            disk.fill()
            assert [station.lend() for _ in range(5)] == [True] * 5
            assert len(station.said("the reserve was given back")) == 1
            assert not reserve.exists()
            _, status = station.ask("status", "--json")
            assert status["disk"]["low"]
            assert not status["disk"]["reserve_kept"]
            disk.fill()
            station.lend_until_it_rests(at_most=300)
            assert station.said("store: K-05")
            station.scan_in_vain()
            station.shows_that_it_rests("K-05", IT_IS_FULL)
            assert station.ask("status", "--json")[1]["running"]["staff_code"] == "K-05"
            disk.clear()
            station.wait_until_well()
            station.shows(HOME)
            station.card()
            assert station.lend()
        station.must_hold_what_it_promised()
        with station.running():
            until(reserve.exists)
        station.must_hold_what_it_promised()


def test_control_without_a_reserve_stops_lending_as_soon_as_something_else_fills_the_disk(tmp_path: Path) -> None:
    with on_a_small_disk(tmp_path, reserve_mb=0) as (station, disk):
        with station.running():
            station.card()
            assert station.lend()
            disk.fill()
            station.lend_until_it_rests(at_most=1)
        disk.clear()
        station.must_hold_what_it_promised()


def test_control_that_swallows_a_failed_commit_promises_what_it_does_not_hold(tmp_path: Path) -> None:
    with on_a_small_disk(tmp_path, reserve_mb=0, program=("-c", SWALLOWS + TELLS_WHAT_IS_SHOWN)) as (station, disk):
        with station.running():
            station.card()
            disk.fill()
            assert all(station.lend() for _ in range(5))
        disk.clear()
        with pytest.raises(AssertionError, match="what beeped is there"):
            station.must_hold_what_it_promised()


def test_rests_on_a_disk_that_is_read_only_and_opens_by_itself_once_it_is_not(tmp_path: Path) -> None:
    with on_a_small_disk(tmp_path, program=("-c", TELLS_WHAT_IS_SHOWN)) as (station, disk):
        disk.remount("ro")
        with station.running():
            until(lambda: station.said("store: K-03"))
            station.scan_in_vain()
            station.shows_that_it_rests("K-03", IT_MENDS)
            disk.remount("rw")
            station.wait_until_well()
            station.shows(HOME)
            station.card()
            assert station.lend()
        station.must_hold_what_it_promised()


def test_opens_with_the_reserve_when_the_disk_was_full_before_it_began(tmp_path: Path) -> None:
    with on_a_small_disk(tmp_path) as (station, disk):
        with station.running():
            until((disk.seen / "store.reserve").exists)
        disk.fill()
        with station.running():
            station.card()
            assert station.lend()
        station.must_hold_what_it_promised()
