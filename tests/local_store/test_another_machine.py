"""A card is put into another machine: nothing opens, nothing changes, and the recovery code brings all of it in."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.ports.errors import OtherMachine, StoreBroken, StoreDamaged
from local_store import open_store
from local_store.recovery_code import code_of, key_of
from local_store.station import StationStore
from tests.local_store.backing_up import ledger, second_medium
from tests.local_store.shelf import BUILD_MS, CATALOGUE, ITEMS, lend
from tests.local_store.test_damage import contents, stores_aside
from tests.local_store.test_restoring import killed_at

ONE, OTHER = bytes(range(1, 33)), bytes(range(101, 133))


def station_in(folder: Path, secret: bytes | None, backups: Path | None = None) -> StationStore:
    return StationStore(folder, "hoa-sen", "tram-1", BUILD_MS, backups, lambda: secret)


def lent_at(station: StationStore) -> list[str]:
    """With a loan in its log only: it was not closed."""
    store = station.open()
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        lend(work, ITEMS[0])
        work.commit()
    held = ledger(store)
    lying = station.data.with_name("lying")
    shutil.copytree(station.data, lying)
    store.close()
    shutil.rmtree(station.data)
    lying.rename(station.data)
    return held


@pytest.fixture
def home(tmp_path: Path) -> StationStore:
    return station_in(tmp_path / "card", ONE)


@pytest.mark.parametrize("secret", [OTHER, None])
def test_opens_nothing_and_changes_nothing_in_another_machine(home: StationStore, secret: bytes | None) -> None:
    held = lent_at(home)
    before = contents(home.data)
    there = replace(home, machine_secret=lambda: secret)
    for act in (there.open, there.read, there.make_new, there.mend, lambda: there.recover(None)):
        with pytest.raises(StoreBroken) as said:
            act()
        assert not isinstance(said.value, StoreDamaged)
    with pytest.raises(OtherMachine):
        there.open()
    assert contents(home.data) == before
    store = home.open()
    assert ledger(store) == held, "and at home it goes on"
    store.close()


def test_control_opens_anywhere_when_the_key_is_not_sealed(tmp_path: Path) -> None:
    held = lent_at(station_in(tmp_path / "card", None))
    store = station_in(tmp_path / "card", OTHER).open()
    assert ledger(store) == held
    store.close()


def test_control_sets_the_store_aside_when_a_wrong_key_is_not_told_from_damage(home: StationStore) -> None:
    """As a key derived from the machine's secret without a seal would be."""
    lent_at(home)
    with pytest.raises(StoreDamaged):
        open_store(replace(home.config(), key=OTHER))
    assert len(stores_aside(home.data)) == 1


@pytest.mark.parametrize("secret", [OTHER, None])
def test_goes_on_in_another_machine_with_the_recovery_code(home: StationStore, secret: bytes | None) -> None:
    held = lent_at(home)
    code = code_of(home.config().key)
    there = replace(home, machine_secret=lambda: secret)
    before = contents(home.data)
    with pytest.raises(StoreDamaged):
        there.bind(bytes(32))
    assert contents(home.data) == before, "a wrong code"
    key = key_of(code)
    assert key is not None
    assert there.bind(key) is (secret is not None)
    assert there.is_bound() is (secret is not None)
    store = there.open()
    assert ledger(store) == held
    store.close()
    assert code_of(there.config().key) == code, "the paper stays as it is"
    assert stores_aside(home.data) == []
    assert (home.data / "store.key.of-another-machine").exists()


def test_restores_a_backup_on_the_card_of_another_machine(home: StationStore, tmp_path: Path) -> None:
    """A Raspberry Pi that died: its stick and its code, on a new card, and on its own card in a new Pi."""
    held = lent_at(home)
    with second_medium(home.data) as stick:
        home = replace(home, backups=stick)
        home.back_up(home.read(), None, lambda: True)
        key = home.config().key
        for folder in (tmp_path / "new", home.data):
            there = station_in(folder, OTHER, stick)
            there.restore(there.newest_backup(stick, key), key)
            store = there.open()
            assert ledger(store) == held
            store.close()
            assert (there.is_bound(), there.config().key) == (True, key)
    assert len(stores_aside(home.data)) == 1, "kept, as after every restore"


def test_binds_a_card_from_before_there_was_a_seal(tmp_path: Path) -> None:
    home = station_in(tmp_path / "card", None)
    home.data.mkdir()
    (home.data / "store.key").write_bytes(ONE)
    held = lent_at(home)
    here = replace(home, machine_secret=lambda: OTHER)
    assert not here.is_bound()
    assert here.bind(here.config().key)
    with pytest.raises(OtherMachine):
        home.open()
    store = here.open()
    assert (ledger(store), here.config().key) == (held, ONE)
    store.close()


def test_is_bound_here_or_not_at_all_whenever_the_power_goes(home: StationStore, tmp_path: Path) -> None:
    held = lent_at(home)
    key = home.config().key
    found = []
    for step in range(1, 100):
        folder = tmp_path / f"step{step}"
        shutil.copytree(home.data, folder)
        there = replace(home, data=folder, machine_secret=lambda: OTHER)
        was_killed = killed_at(step, lambda there=there: there.bind(key))  # type: ignore[misc]
        found.append(not there.is_anothers())
        if not found[-1]:
            assert there.bind(key), "and once more"
        store = there.open()
        assert ledger(store) == held
        store.close()
        assert stores_aside(folder) == []
        if not was_killed:
            break
    assert found == sorted(found)
    assert set(found) == {False, True}
