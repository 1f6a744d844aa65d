"""A station whose store is damaged while it runs: with a backup it goes on by itself, without one a person decides."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.host.usb_stick import BACKUPS_ON_STICK
from kiosk.bootstrap import stores
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import KioskConfig, load
from kiosk.ports.errors import StoreBroken
from kiosk.ports.store import UnitOfWork
from kiosk.runtime import chores
from kiosk.runtime import nightly as looks
from kiosk.runtime.diary import Diary
from kiosk.session.states import Home, Resting
from kiosk.upkeep import nightly
from local_store import SqlStore, files
from local_store.raw_pages import read_raw
from tests.local_store.backing_up import back_up, ledger, second_medium
from tests.local_store.shelf import CATALOGUE, ITEMS, lend, write_operation
from tests.local_store.test_damage import PAGE
from tests.provisioning.root_rig import NamedSticks, serving
from tests.runtime.station import STATION

PATIENCE_S = 30.0


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def station(folder: Path, stick: Path | None) -> KioskConfig:
    path = folder / "kiosk.toml"
    alone = STATION.replace('kind = "simulated"', 'kind = "native_rest"\nurl = "http://127.0.0.1:9"')
    path.write_text(alone + (f'[backup]\nfolder = "{stick}"\n' if stick else ""))
    return load(path)


def used(config: KioskConfig, stick: Path) -> None:
    """Much that happened and a loan, a backup, two more loans."""
    store = stores.open_store(config)
    with store.unit_of_work() as work:
        for _ in range(40):
            write_operation(work)
        work.commit()
    for numbers in ((0,), (1, 2)):
        with store.unit_of_work() as work:
            work.apply(CATALOGUE, "57")
            for number in numbers:
                lend(work, ITEMS[number])
            work.commit()
        if numbers == (0,):
            back_up(stores.station_store(config).config(), stick, store=store)
    store.close()


def damage(config: KioskConfig, table: str) -> None:
    """Of the table's first page, and nobody knows of it yet. Nothing may have been written to it in this run: that
    stands in the log."""
    store = stores.station_store(config)
    raw = read_raw(store.path, store.config().key)
    page = next(row.values[3] for row in raw._tree(1, set()) if row and row.values[:2] == ["table", table])
    with store.path.open("r+b") as file:
        file.seek((int(str(page)) - 1) * PAGE + 100)
        file.write(b"damage")


def checks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only once it has been on for long enough; and once."""
    for name in ("SETTLED_S", "BY_DAY_AFTER_S", "UNTRUSTED_AFTER_S"):
        monkeypatch.setattr(nightly, name, 0.0)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "MEND_AFTER_S", 0.05)
    monkeypatch.setattr(looks, "LOOK_EVERY_S", 0.05)


def impatient(config: KioskConfig, shown: list[object] | None = None) -> Kiosk:
    kiosk = Kiosk(config, lambda state: shown.append(state.doing) if shown is not None else None)
    kiosk.store._retry_s = 0.1
    kiosk.start()
    assert kiosk.store.opened.wait(PATIENCE_S)
    return kiosk


def lends(kiosk: Kiosk, number: int) -> bool:
    """Whether a loan becomes durable now."""

    def job(work: UnitOfWork) -> None:
        lend(work, ITEMS[number])
        work.commit()

    try:
        kiosk.store.call(job)
    except StoreBroken:
        return False
    return True


def found(config: KioskConfig, job: str = "check") -> object:
    """What became of the last one; None: nothing yet."""
    entry = Diary(config.data / "upkeep.json").read()[job]
    return entry and entry["well"]


def doing(kiosk: Kiosk) -> object:
    return kiosk._state.doing


@pytest.mark.slow
def test_goes_on_by_itself_with_every_loan_when_nothing_can_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of the day finds it: the station rests, mends itself, and lends again, in one run."""
    with second_medium(tmp_path) as stick:
        config = station(tmp_path, stick)
        used(config, stick)
        shown: list[object] = []
        kiosk = impatient(config, shown)
        try:
            assert lends(kiosk, 3)
            held = ledger(stores.read_store(config))
            damage(config, "item")
            checks_at_once(monkeypatch)
            until(lambda: found(config, "recovery"))
            assert ledger(stores.read_store(config)) == held
            until(lambda: lends(kiosk, 4))
            until(lambda: isinstance(doing(kiosk), Home))
        finally:
            kiosk.stop()
    assert {one.code for one in shown if isinstance(one, Resting)} == {"K-04"}
    assert len(files.stores_set_aside(config.data / "store.db")) == 1


@pytest.mark.slow
def test_control_lends_on_from_a_store_that_is_known_to_be_damaged_when_a_check_only_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqlStore, "_found_damaged", lambda *_: None)
    with second_medium(tmp_path) as stick:
        config = station(tmp_path, stick)
        used(config, stick)
        kiosk = impatient(config)
        try:
            damage(config, "item")
            checks_at_once(monkeypatch)
            until(lambda: found(config) is False)
            time.sleep(0.5)
            assert lends(kiosk, 4)
            assert isinstance(doing(kiosk), Home)
            assert found(config, "recovery") is None
        finally:
            kiosk.stop()


@pytest.mark.slow
@pytest.mark.parametrize("label", ["TXBACKUP", "PHOTOS"])
def test_mends_itself_with_the_stick_of_the_daily_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    """kiosk.toml names no folder: it is mounted for that, to be read only, and no other."""
    with second_medium(tmp_path) as stick:
        config = station(tmp_path, None)
        (stick / BACKUPS_ON_STICK).mkdir()
        used(config, stick / BACKUPS_ON_STICK)
        sticks = NamedSticks(tmp_path, stick, label)
        sticks.plug_into(stores, monkeypatch)
        with serving(sticks.fake):
            kiosk = impatient(config)
            try:
                held = ledger(stores.read_store(config))
                damage(config, "item")
                checks_at_once(monkeypatch)
                until(lambda: found(config, "recovery") is not None)
                if label == "TXBACKUP":
                    until(lambda: isinstance(doing(kiosk), Home))
                    assert ledger(stores.read_store(config)) == held
                    assert "--options=ro," in sticks.fake.asked.read_text()
            finally:
                kiosk.stop()
    assert found(config, "recovery") is (label == "TXBACKUP")
    assert sticks.fake.asked.exists() is (label == "TXBACKUP")


@pytest.mark.slow
@pytest.mark.parametrize("why", ["no backup", "something may be missing"])
def test_rests_until_a_person_decides_when_it_cannot(tmp_path: Path, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with second_medium(tmp_path) as stick:
        config = station(tmp_path, stick)
        used(config, stick)
        if why == "no backup":
            config = station(tmp_path, None)
        kiosk = impatient(config)
        try:
            damage(config, "item" if why == "no backup" else "outbox")
            checks_at_once(monkeypatch)
            diary = Diary(config.data / "upkeep.json")
            until(lambda: diary.read()["recovery"] is not None)
            until(lambda: isinstance(doing(kiosk), Resting) and doing(kiosk).code == "K-04")  # type: ignore[attr-defined]
            assert not lends(kiosk, 4)
            assert not (config.data / "store.db").exists()
        finally:
            kiosk.stop()
    entry = diary.read()["recovery"]
    assert entry is not None
    assert ("a person must decide" in str(entry["why"])) == (why != "no backup")
    assert "there is a store" not in str(entry["why"]), "it was set aside first"
