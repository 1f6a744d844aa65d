"""A station whose store is damaged while it runs: with a backup it goes on by itself, without one a person decides."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.bootstrap import stores
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import KioskConfig, load
from kiosk.runtime import chores
from kiosk.runtime.diary import Diary
from kiosk.session.states import Home, Resting
from local_store import files
from tests.local_store.backing_up import back_up, ledger, second_medium
from tests.local_store.shelf import CATALOGUE, ITEMS, lend
from tests.local_store.test_damage import PAGE
from tests.runtime.station import STATION

PATIENCE_S = 30.0


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def station(folder: Path, stick: Path | None) -> KioskConfig:
    path = folder / "kiosk.toml"
    path.write_text(STATION + (f'[backup]\nfolder = "{stick}"\n' if stick else ""))
    return load(path)


def used(config: KioskConfig, stick: Path) -> list[str]:
    """A loan, a backup, two more loans."""
    store = stores.open_store(config)
    for numbers in ((0,), (1, 2)):
        with store.unit_of_work() as work:
            work.apply(CATALOGUE, "57")
            for number in numbers:
                lend(work, ITEMS[number])
            work.commit()
        if numbers == (0,):
            back_up(stores.station_store(config).config(), stick, store=store)
    held = ledger(store)
    store.close()
    return held


def damage(config: KioskConfig, page: int) -> None:
    """And a check has just found it."""
    path = config.data / "store.db"
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE + 100)
        file.write(b"damage")
    files.Suspicion(path).raise_it()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "MEND_AFTER_S", 0.05)


def impatient(config: KioskConfig) -> Kiosk:
    kiosk = Kiosk(config, lambda _: None)
    kiosk.store._retry_s = 0.1
    kiosk.start()
    return kiosk


def doing(kiosk: Kiosk) -> object:
    return kiosk._state.doing


@pytest.mark.slow
def test_goes_on_by_itself_with_every_loan_when_nothing_can_be_missing(tmp_path: Path) -> None:
    with second_medium(tmp_path) as stick:
        config = station(tmp_path, stick)
        held = used(config, stick)
        damage(config, 6)
        kiosk = impatient(config)
        try:
            assert kiosk.store.opened.wait(PATIENCE_S)
            until(lambda: isinstance(doing(kiosk), Home))
            assert ledger(stores.read_store(config)) == held
        finally:
            kiosk.stop()
    entry = Diary(config.data / "upkeep.json").read()["recovery"]
    assert entry is not None
    assert entry["well"] is True
    assert len(files.stores_set_aside(config.data / "store.db")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("why", ["no backup", "something may be missing"])
def test_rests_until_a_person_decides_when_it_cannot(tmp_path: Path, why: str) -> None:
    with second_medium(tmp_path) as stick:
        config = station(tmp_path, stick)
        used(config, stick)
        if why == "no backup":
            config = station(tmp_path, None)
        damage(config, 6 if why == "no backup" else 1)
        kiosk = impatient(config)
        try:
            diary = Diary(config.data / "upkeep.json")
            until(lambda: diary.read()["recovery"] is not None)
            until(lambda: isinstance(doing(kiosk), Resting) and doing(kiosk).code == "K-04")  # type: ignore[attr-defined]
            assert not (config.data / "store.db").exists()
        finally:
            kiosk.stop()
    entry = diary.read()["recovery"]
    assert entry is not None
    assert ("a person must decide" in str(entry["why"])) == (why != "no backup")
