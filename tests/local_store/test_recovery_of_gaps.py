"""A damaged store that was pruned, and a backup from before the gaps or from after: what was pruned is not lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kiosk.domain.operations import Operation
from kiosk.ports.store import ToCheck, UnitOfWork
from kiosk.upkeep.audit import verify
from local_store import SqlStore, salvage
from local_store.raw_pages import RawRow
from local_store.recovery import recover
from tests.local_store.backing_up import back_up, second_medium
from tests.local_store.shelf import config_in, opened_whole
from tests.local_store.shelf import write_operation as write
from tests.local_store.test_recovery import Broken
from tests.upkeep.house import House

OPERATIONS, AFTER = 60, 5
STAY = {21, 22, 23, 24, *range(51, OPERATIONS + 1)}
"""The centre has the others, which leaves two gaps."""
HOLDS = {"older": 10, "between": 22, "newer": OPERATIONS}
"""What was written when the backup was: all of the first one's operations were pruned later."""


@pytest.fixture(params=HOLDS)
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Broken:
    """A store with gaps that is damaged, and a backup from before them but `newer`."""
    home, lying = tmp_path / "home", tmp_path / "lying"
    home.mkdir()
    lying.mkdir()
    house = House(home)
    house.keep()
    holds = HOLDS[request.param]
    written = [house.do(write) for _ in range(holds)]
    backup = copied_backup(house.store, home, tmp_path / request.param)
    written += [house.do(write) for _ in range(OPERATIONS - holds)]
    house.told(*(one for place, one in enumerate(written, start=1) if place not in STAY))
    house.later(401)
    if holds == OPERATIONS:
        backup = copied_backup(house.store, home, backup)
    for _ in range(AFTER):
        house.do(write)
    held = list(house.store.ledger())
    house.store.close()
    for name in ("store.db", "store.db.made"):
        shutil.copy(home / name, lying / name)
    found = Broken(config_in(lying), backup, held, [])
    found.overwrite(found.pages_of("item")[0])
    found.set_aside()
    return found


def copied_backup(store: SqlStore, home: Path, to: Path) -> Path:
    with second_medium(home) as stick:
        return Path(shutil.copy(back_up(config_in(home), stick, store=store).path, to))


def places(store: SqlStore) -> list[int]:
    return [row[0].place for row in store.history() if isinstance(row, tuple) and row[0]]


def test_carries_everything_over_and_misses_nothing_that_was_pruned(broken: Broken) -> None:
    recovered = broken.recover()
    assert (recovered.whole, recovered.missing, recovered.to_check) == (True, 0, 0)
    holds = HOLDS[broken.backup.name]
    stayed = {*STAY, *range(OPERATIONS + 1, OPERATIONS + AFTER + 1)}
    assert recovered.carried == len([place for place in stayed if place > holds])
    store = opened_whole(broken.config)
    assert places(store) == sorted(stayed if holds == OPERATIONS else stayed | set(range(1, holds + 1)))
    assert {row["hash"] for row in store.ledger()} >= {row["hash"] for row in broken.operations}
    assert list(store.to_check()) == []
    with store.unit_of_work() as work:
        write(work)
        work.commit()
    assert verify(store.history(), "hoa-sen", "tram-1").fault is None
    store.close()


@pytest.mark.parametrize("broken", ["between"], indirect=True)
def test_control_would_miss_what_was_pruned_when_it_knew_no_gap(
    broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = salvage._keep

    def without_gaps(found: salvage.Salvaged, raw: RawRow) -> None:
        keep(found, raw)
        found.pruned.clear()

    monkeypatch.setattr(salvage, "_keep", without_gaps)
    recovered = broken.recover()
    assert (recovered.whole, recovered.missing) == (False, 26)


def test_keeps_on_the_list_what_was_lost_when_what_is_old_goes(tmp_path: Path) -> None:
    """Also what was to check of it. Only what is about a pruned operation goes with it."""

    def to_check(work: UnitOfWork, barcode: str) -> Operation:
        written = write(work)
        work.put_on_list(ToCheck.UNKNOWN_ITEM, written.id, barcode)
        return written

    house = House(tmp_path)
    written = [house.do(lambda work: to_check(work, "TK.00001"))]
    written += [house.do(write) for _ in range(20)]
    lost = house.do(lambda work: to_check(work, "TK.00002"))
    written += [house.do(write) for _ in range(20)]
    house.store.close()
    broken = Broken(house.config, tmp_path / "none", [], [])
    broken.overwrite(broken.leaf_of(len(written) // 2 + 2))
    broken.set_aside()
    recovered = recover(house.config, None, only_whole=False)
    assert recovered.missing > 0
    house.store = opened_whole(house.config)
    before = list(house.store.to_check())
    assert [row["why"] for row in before] == ["unknown_item"] * 2 + ["lost"] * recovered.missing
    house.keep()
    house.told(*written)
    house.later(401)
    assert len(places(house.store)) == 1
    assert list(house.store.to_check()) == before[1:]
    assert (before[1]["seq"], before[1]["barcode"]) == (lost.id.seq, "TK.00002")
    house.store.close()
