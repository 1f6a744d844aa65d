"""The disk under the station's own process answers errors, and pages of it are overwritten.

A small library before the C library's (failing_disk.c) answers for the store's files alone. The protection: a failed
commit is told and not beeped. The control swallows it.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Sequence
from pathlib import Path

import pytest

from local_store import files
from tests.faults.preloaded import preloaded
from tests.faults.station_on_a_disk import (
    BOOKS,
    HOME,
    IT_IS_FULL,
    IT_MENDS,
    IT_WAITS,
    SWALLOWS,
    TELLS_WHAT_IS_SHOWN,
    Station,
    fill_store,
    until,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return preloaded("failing_disk.c", tmp_path_factory.mktemp("library"))


def station_on(folder: Path, library: Path | None, program: Sequence[str] = ("-m", "kiosk")) -> Station:
    data = folder / "data"
    data.mkdir()
    fill_store(data)
    also = {"LD_PRELOAD": str(library), "FAILING_DISK": str(folder / "fails")} if library else {}
    return Station(folder, data, program=program, also=also)


IMPATIENT = """
import sys
from kiosk.runtime.store_worker import StoreWorker
begin = StoreWorker.__init__
StoreWorker.__init__ = lambda self, *args, **named: begin(self, *args, **named | {{"retry_s": 0.5}})
{more}
from kiosk.__main__ import main
sys.exit(main())
"""
BELIEVES_SQLITE = "from local_store import files; files.read_through = lambda path: None"
FAULTS = (
    ("an I/O error on writing", errno.EIO, "w", "K-03", IT_MENDS),
    ("an I/O error on syncing", errno.EIO, "s", "K-03", IT_MENDS),
    ("a disk turned read-only by the kernel", errno.EROFS, "wst", "K-03", IT_MENDS),
    ("no room, whatever is given back", errno.ENOSPC, "w", "K-05", IT_IS_FULL),
    ("no quota", errno.EDQUOT, "w", "K-03", IT_MENDS),
)


@pytest.mark.long
def test_rests_at_each_error_and_lends_again_by_itself_when_it_is_over(tmp_path: Path, failing_disk: Path) -> None:
    station = station_on(tmp_path, failing_disk, ("-c", TELLS_WHAT_IS_SHOWN))
    with station.running():
        station.card()
        for what, number, calls, code, why in FAULTS:
            assert station.lend(), what
            fails(tmp_path, number, calls)
            assert not station.lend(), what
            assert station.said("store: K-")[-1].startswith(f"store: {code} "), what
            station.scan_in_vain()
            station.shows_that_it_rests(code, why)
            (tmp_path / "fails").unlink()
            station.wait_until_well()
            station.shows(HOME)
            station.card()
        assert station.lend()
    station.must_hold_what_it_promised()


def fails(folder: Path, number: int, calls: str) -> None:
    (folder / "fails.half").write_text(f"{number} {calls}")
    os.rename(folder / "fails.half", folder / "fails")


def test_rests_while_it_cannot_read_and_loses_nothing_when_it_can_again(tmp_path: Path, failing_disk: Path) -> None:
    """Nothing while it runs, and from its start on the first page only. What the disk does not give is no damage:
    nothing is set aside."""
    station = station_on(tmp_path, failing_disk, ("-c", IMPATIENT.format(more="")))
    with station.running():
        station.card()
        assert station.lend()
        fails(tmp_path, errno.EIO, "r")
        station.lend_until_it_rests(at_most=BOOKS // 2)  # what it has read before it still knows
        until(lambda: station.said("store: K-03"))
        station.scan_in_vain()
        until(lambda: station.ask("status", "--json")[1]["running"]["staff_code"] == "K-03")
        (tmp_path / "fails").unlink()
        station.wait_until_well()
        station.card()
        assert station.lend()
    fails(tmp_path, errno.EIO, "R")
    with station.running():
        until(lambda: station.said("store: K-03"))
        station.scan_in_vain()
        (tmp_path / "fails").unlink()
        station.wait_until_well()
        station.card()
        assert station.lend()
    assert files.stores_set_aside(station.data / "store.db") == []
    station.must_hold_what_it_promised()


def test_control_takes_for_damage_what_the_disk_does_not_give_when_it_does_not_read_for_itself(
    tmp_path: Path, failing_disk: Path
) -> None:
    station = station_on(tmp_path, failing_disk, ("-c", IMPATIENT.format(more=BELIEVES_SQLITE)))
    fails(tmp_path, errno.EIO, "R")
    with station.running():
        until(lambda: station.said("store: K-04"))
    assert len(files.stores_set_aside(station.data / "store.db")) == 1


def test_control_that_swallows_an_error_promises_what_it_does_not_hold(tmp_path: Path, failing_disk: Path) -> None:
    station = station_on(tmp_path, failing_disk, ("-c", SWALLOWS + TELLS_WHAT_IS_SHOWN))
    with station.running():
        station.card()
        (tmp_path / "fails").write_text(f"{errno.EIO} w")
        assert station.lend()
        station.shows("borrow-vi")
        (tmp_path / "fails").unlink()
    with pytest.raises(AssertionError, match="what beeped is there"):
        station.must_hold_what_it_promised()


def test_control_meets_no_error_when_none_is_asked_for(tmp_path: Path, failing_disk: Path) -> None:
    """Of the library itself: it is there, and leaves all other files alone."""
    station = station_on(tmp_path, failing_disk)
    with station.running():
        maps = Path(f"/proc/{station.kiosk.process.pid}/maps").read_text()
        assert failing_disk.name in maps
        station.card()
        assert all(station.lend() for _ in range(3))
    station.must_hold_what_it_promised()


def test_keeps_what_it_promised_when_it_is_killed_while_the_disk_fails(tmp_path: Path, failing_disk: Path) -> None:
    station = station_on(tmp_path, failing_disk)
    with station.running():
        station.card()
        assert station.lend()
        (tmp_path / "fails").write_text(f"{errno.EIO} w")
        assert not station.lend()
        station.kill()
    (tmp_path / "fails").unlink()
    with station.running():
        station.card()
        assert station.lend()
    station.must_hold_what_it_promised()


def test_rests_when_no_file_may_grow_and_recovers(tmp_path: Path) -> None:
    station = station_on(tmp_path, None)
    with station.running():
        station.card()
        assert all(station.lend() for _ in range(10))
        log_of_the_store = (station.data / "store.db-wal").stat().st_size
        pid = station.kiosk.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        assert station.log.stat().st_size < log_of_the_store // 2
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (log_of_the_store // 2, before[1]))
        station.lend_until_it_rests(at_most=0)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        station.wait_until_well()
        station.card()
        assert station.lend()
    station.must_hold_what_it_promised()


PAGE = 4096


def put_in_place_of(store: Path, pages: bytes, of: bytes | None = None) -> None:
    """`pages` into the file, but for the first, which SQLite reads at each turn; only where those `of` stand."""
    with store.open("r+b") as file:
        for at in range(PAGE, len(pages), PAGE):
            file.seek(at)
            if of is None or file.read(PAGE) == of[at : at + PAGE]:
                file.seek(at)
                file.write(pages[at : at + PAGE])


def test_waits_for_a_person_when_pages_are_overwritten_and_keeps_every_promised_loan(tmp_path: Path) -> None:
    """Under it while it runs. What was set aside holds all that beeped, once the right pages are back."""
    station = station_on(tmp_path, None, ("-c", TELLS_WHAT_IS_SHOWN))
    store = station.data / "store.db"
    whole = store.read_bytes()
    garbage = os.urandom(len(whole))
    with station.running():
        station.card()
        assert all(station.lend() for _ in range(5))
        put_in_place_of(store, garbage)
        station.lend_until_it_rests(at_most=BOOKS)
        assert station.said("store: K-04")
        station.scan_in_vain()
        station.shows_that_it_rests("K-04", IT_WAITS)
        until(lambda: not store.exists())
    (aside,) = files.stores_set_aside(store)
    put_in_place_of(aside, whole, of=garbage)
    for moved in sorted(aside.parent.glob(f"{aside.name}*")):
        moved.rename(str(moved).replace(aside.name, store.name))
    station.must_hold_what_it_promised()
