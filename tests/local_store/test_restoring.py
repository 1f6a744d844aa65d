"""Bringing a backup in: the old store or the new one, whole, whenever the power goes; and nothing is deleted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.store import Stage
from local_store import StoreConfig, files, open_store
from local_store.restoring import restore
from tests.local_store.backing_up import back_up, ledger, second_medium
from tests.local_store.shelf import (
    ITEMS,
    KEY,
    LAN,
    config_in,
    lend,
    opened_whole,
    store_with_a_loan,
)
from tests.local_store.test_damage import contents, flip, stores_aside

NEW_CARD_KEY = bytes(range(32, 64))


@dataclass(frozen=True)
class Case:
    """A store that was not closed, the newest loan only in its log, and a backup from before that loan."""

    config: StoreConfig
    backup: Path
    old: list[str]
    new: list[str]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    home, lying = tmp_path / "home", tmp_path / "lying"
    home.mkdir()
    lying.mkdir()
    store = store_with_a_loan(config_in(home))
    new = ledger(store)
    with second_medium(home) as stick:
        backup = tmp_path / back_up(config_in(home), stick).path.name
        shutil.copy(stick / backup.name, backup)
    with store.unit_of_work() as work:
        lend(work, ITEMS[1])
        work.commit()
    old = ledger(store)
    for name in ("store.db", "store.db-wal", "store.db.made"):
        shutil.copy(home / name, lying / name)
    store.close()
    return Case(config_in(lying), backup, old, new)


def test_brings_the_backup_in_and_sets_the_present_store_aside(case: Case) -> None:
    folder, before = case.config.path.parent, contents(case.config.path.parent)
    restore(case.config, case.backup, KEY)
    (aside,) = files.stores_set_aside(case.config.path)
    assert contents(folder, aside.name) == before
    store = opened_whole(case.config)
    assert ledger(store) == case.new
    with store.unit_of_work() as work:
        assert work.stage() is Stage.BEGINNING, "everything is told and asked for anew"
        assert work.origin.predecessor is not None
        assert work.origin.predecessor.hash.hex() == case.new[-1]
        assert len(work.open_loans_of_patron(LAN.id)) == 1
    store.close()


def test_brings_a_backup_to_a_card_on_which_there_never_was_a_store(case: Case, tmp_path: Path) -> None:
    """With the key of that card: the store of the old one is written with another."""
    (tmp_path / "card").mkdir()
    config = config_in(tmp_path / "card", key=NEW_CARD_KEY)
    restore(config, case.backup, KEY)
    assert files.stores_set_aside(config.path) == []
    store = opened_whole(config)
    assert ledger(store) == case.new
    store.close()
    with pytest.raises(StoreDamaged):
        open_store(config_in(tmp_path / "card"))


@pytest.mark.parametrize("fault", ["flipped", "another station's", "another key", "gone"])
def test_touches_nothing_when_the_backup_is_not_good(case: Case, fault: str) -> None:
    config, key, before = case.config, KEY, contents(case.config.path.parent)
    match fault:
        case "flipped":
            flip(case.backup, 20)
        case "another station's":
            config = config_in(config.path.parent, device="tram-2")
        case "another key":
            key = NEW_CARD_KEY
        case _:
            case.backup.unlink()
    with pytest.raises(StoreBroken):
        restore(config, case.backup, key)
    assert contents(config.path.parent) == before


def test_touches_nothing_while_the_station_runs(case: Case) -> None:
    store = open_store(case.config)
    before = contents(case.config.path.parent)
    with pytest.raises(StoreBroken, match="another process"):
        restore(case.config, case.backup, KEY)
    assert contents(case.config.path.parent) == before
    store.close()


# the power goes


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Does `work` in a process that dies before its file operation `step`; False: it came to its end."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, _: object) -> None:
            nonlocal left
            if event in ("os.rename", "os.remove", "os.chmod", "open", "fsync"):
                left -= 1
                if left == 0:
                    os._exit(9)

        sync = os.fsync
        os.fsync = lambda handle: (sys.audit("fsync"), sync(handle))[1]  # type: ignore[assignment]
        try:
            sys.addaudithook(count)
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 9), "it failed"
    return status == 9


def whole_after_each_kill(case: Case, tmp_path: Path, work: Callable[[Case], None]) -> list[str]:
    """ "old" or "new" for each step at which it was killed and the station then started; or what was wrong."""
    found: list[str] = []
    for step in range(1, 500):
        folder = tmp_path / f"step{step}"
        shutil.copytree(case.config.path.parent, folder)
        here = Case(config_in(folder), case.backup, case.old, case.new)
        if not killed_at(step, lambda here=here: work(here)):  # type: ignore[misc]
            return found
        try:
            store = opened_whole(here.config)
        except StoreBroken as error:
            found.append(str(error))
            continue
        held = ledger(store)
        found.append("old" if held == case.old else "new" if held == case.new else "another")
        store.close()
        restore(here.config, here.backup, KEY)
        store = opened_whole(here.config)
        assert ledger(store) == case.new
        store.close()
        held_aside = [whole_aside(path, tmp_path / f"aside{step}-{path.name}") for path in stores_aside(folder)]
        assert case.old in [kept[: len(case.old)] for kept in held_aside], "the old store is still there"
    raise AssertionError("it never came to its end")


def whole_aside(path: Path, folder: Path) -> list[str]:
    folder.mkdir()
    for ending in ("", "-wal"):
        if path.with_name(path.name + ending).exists():
            shutil.copy(path.with_name(path.name + ending), folder / f"store.db{ending}")
    store = open_store(config_in(folder))
    try:
        return ledger(store)
    finally:
        store.close()


@pytest.mark.slow
def test_leaves_the_old_store_or_the_new_one_whole_wherever_it_is_killed(case: Case, tmp_path: Path) -> None:
    found = whole_after_each_kill(case, tmp_path, lambda here: restore(here.config, here.backup, KEY))
    assert set(found) == {"old", "new"}
    assert found == sorted(found, reverse=True), "old until it was decided, new from then on"
    assert found.count("new") > 3


def test_control_leaves_neither_without_the_rename_that_decides(case: Case, tmp_path: Path) -> None:
    def copied_over(here: Case) -> None:
        files.set_aside(here.config.path)
        shutil.copyfile(here.backup, here.config.path)

    found: list[str] = []
    for step in range(1, 50):
        folder = tmp_path / f"control{step}"
        shutil.copytree(case.config.path.parent, folder)
        here = Case(config_in(folder), case.backup, case.old, case.new)
        if not killed_at(step, lambda here=here: copied_over(here)):  # type: ignore[misc]
            break
        try:
            store = opened_whole(here.config)
        except StoreBroken as error:
            found.append(str(error))
        else:
            held = ledger(store)
            found.append("old" if held == case.old else "new" if held == case.new else "another")
            store.close()
    assert set(found) - {"old", "new"}, "somewhere it is neither"


def test_is_durable_before_it_decides_and_decides_before_it_sets_aside(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that a power cut needs, which a kill does not show."""
    order: list[str] = []
    rename, sync = os.rename, os.fsync

    def renamed(source: Path, target: Path) -> None:
        order.append(f"{Path(source).name} -> {Path(target).name.split('2026')[0]}")
        rename(source, target)

    def synced(handle: int) -> None:
        order.append("sync " + Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        sync(handle)

    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr(os, "fsync", synced)
    restore(case.config, case.backup, KEY)
    folder = case.config.path.parent.name
    assert order == [
        "sync store.db.new",
        "store.db.new -> store.db.restored",
        f"sync {folder}",
        "store.db -> store.db.replaced-",
        "store.db-wal -> store.db.replaced-",
        f"sync {folder}",
        "store.db.restored -> store.db",
        f"sync {folder}",
    ]
