"""Files of the store that are missing, cut off or exchanged: a promised loan is never quietly forgotten."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.store import ToCheck
from local_store import StoreConfig, make_new_store, open_store, read_store
from local_store.connections import connector
from local_store.files import SameFiles
from tests.local_store.shelf import (
    CATALOGUE,
    ITEMS,
    LAN,
    config_in,
    lend,
    store_with_a_loan,
    write_operation,
)
from tests.local_store.test_damage import contents, name_aside, used_store

# a store that is gone


def test_makes_no_new_store_in_place_of_one_that_is_gone_until_a_person_decides(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    open_store(config).close()
    config.path.unlink()
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="the store is gone; a person must decide"):
            open_store(config)
    assert not config.path.exists()
    make_new_store(config)
    open_store(config).close()


def test_opens_a_store_that_was_gone_and_has_been_brought_back(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    open_store(config).close()
    away = config.path.rename(tmp_path / "away")
    with pytest.raises(StoreDamaged):
        open_store(config)
    away.rename(config.path)
    open_store(config).close()


def test_remembers_a_store_from_its_next_opening_when_the_power_failed_before_the_mark(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    open_store(config).close()
    (tmp_path / "store.db.made").unlink()
    open_store(config).close()
    config.path.unlink()
    with pytest.raises(StoreDamaged, match="gone"):
        open_store(config)


def test_builds_the_first_store_when_the_power_failed_while_it_was_being_built(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from local_store import files, open_store
from tests.local_store.shelf import config_in
files.sync_file = lambda _: os.kill(os.getpid(), 9)  # whole, but still under its other name
open_store(config_in(Path({str(tmp_path)!r})))
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == -9
    assert sorted(os.listdir(tmp_path)) == ["store.db.lock", "store.db.new"]
    open_store(config_in(tmp_path)).close()


def test_makes_no_store_by_connecting_to_one_that_has_just_gone(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    open_store(config).close()
    reader = read_store(config)
    config.path.unlink()
    with pytest.raises(StoreBroken):
        list(reader.ledger())
    with pytest.raises(sqlcipher.OperationalError, match="unable to open"):
        connector(config.path, config.key)().execute("SELECT 1 FROM sqlite_master")
    assert not config.path.exists()


# files that are exchanged under a running station


def _delete(config: StoreConfig) -> None:
    config.path.unlink()


def _delete_log(config: StoreConfig) -> None:
    config.path.with_name("store.db-wal").unlink()


def _delete_all(config: StoreConfig) -> None:
    for path in config.path.parent.iterdir():
        path.unlink()


def _delete_folder(config: StoreConfig) -> None:
    shutil.rmtree(config.path.parent)


def _replace(config: StoreConfig) -> None:
    shutil.copy(config.path, config.path.with_name("copy"))
    config.path.with_name("copy").rename(config.path)


def _replace_log(config: StoreConfig) -> None:
    log = config.path.with_name("store.db-wal")
    shutil.copy(log, config.path.with_name("copy"))
    config.path.with_name("copy").rename(log)


@pytest.mark.parametrize("lose", [_delete, _delete_log, _delete_all, _delete_folder, _replace, _replace_log])
def test_takes_no_loan_when_its_files_were_deleted_or_replaced(
    tmp_path: Path, lose: Callable[[StoreConfig], None]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    store = store_with_a_loan(config_in(folder))
    lose(config_in(folder))
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="deleted or replaced"):
            store.unit_of_work()
    store.close()


@pytest.mark.parametrize("lose", [_delete, _delete_log, _delete_all, _delete_folder, _replace, _replace_log])
def test_control_would_take_the_loan_without_looking_at_its_files(
    tmp_path: Path, lose: Callable[[StoreConfig], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SameFiles, "check", lambda _: None)
    folder = tmp_path / "data"
    folder.mkdir()
    store = open_store(config_in(folder))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        work.commit()
    lose(config_in(folder))
    with store.unit_of_work() as work:
        lend(work, ITEMS[0])
        work.commit()
    store.close()


def test_takes_up_again_with_every_loan_when_only_the_log_was_deleted(tmp_path: Path) -> None:
    store = store_with_a_loan(config_in(tmp_path))
    _delete_log(config_in(tmp_path))
    with pytest.raises(StoreDamaged):
        store.unit_of_work()
    store.close()
    store = open_store(config_in(tmp_path))
    with store.unit_of_work() as work:
        assert len(work.open_loans_of_patron(LAN.id)) == 1
    store.close()


@pytest.mark.slow
def test_goes_on_when_sqlite_itself_empties_and_refills_its_log(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    store = open_store(config)
    script = f"""
from pathlib import Path
from local_store import read_store
from tests.local_store.shelf import config_in
list(read_store(config_in(Path({str(tmp_path)!r}))).ledger())
"""
    log = tmp_path / "store.db-wal"
    sizes = []
    store._database.tell("PRAGMA wal_autocheckpoint = 20")
    store._database.tell("PRAGMA journal_size_limit = 50000")
    for how in ("PASSIVE", "FULL", "RESTART", "TRUNCATE", "TRUNCATE"):
        for _ in range(20):
            with store.unit_of_work() as work:
                for _ in range(5):
                    write_operation(work)
                work.commit()
        sizes.append(log.stat().st_size)
        store._database.tell(f"PRAGMA wal_checkpoint({how})")
        sizes.append(log.stat().st_size)
        assert len(list(store.ledger())) % 100 == 0
        assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 0
    assert 0 in sizes
    with store.unit_of_work() as work:
        assert work.outbox_counts().pending == 500
    store.close()


# a database without a whole page


@pytest.mark.parametrize("size", [0, 1, 511])
def test_keeps_the_log_byte_for_byte_when_the_store_is_cut_off_within_a_page(tmp_path: Path, size: int) -> None:
    config = used_store(tmp_path, unclean=True)
    os.truncate(config.path, size)
    before = contents(config.path.parent)
    assert before["-wal"]
    with pytest.raises(StoreDamaged, match="cut off"):
        read_store(config)
    assert contents(config.path.parent) == before
    with pytest.raises(StoreDamaged, match=r"cut off .* set aside as"):
        open_store(config)
    assert contents(config.path.parent, name_aside(config.path.parent)) == before
    with pytest.raises(StoreDamaged, match="a person must decide"):
        open_store(config)


@pytest.mark.parametrize("size", [600, 5_000, None])
def test_writes_nothing_into_a_store_that_was_not_closed_when_asked_to_read(tmp_path: Path, size: int | None) -> None:
    config = used_store(tmp_path, unclean=True)
    if size is not None:
        os.truncate(config.path, size)
    before = contents(config.path.parent)
    if size is None:
        assert len(list(read_store(config).ledger())) == 3
    else:
        with pytest.raises(StoreDamaged):
            read_store(config)
    assert contents(config.path.parent) == before


def test_takes_a_store_for_cleanly_closed_when_only_a_reader_left_an_empty_log(tmp_path: Path) -> None:
    config = used_store(tmp_path)
    list(read_store(config).ledger())
    store = open_store(config)
    assert not store.left_unclean
    store.close()


def test_reads_what_a_librarian_should_check_without_opening_the_store_for_work(tmp_path: Path) -> None:
    store = open_store(config_in(tmp_path))
    with store.unit_of_work() as work:
        operation = write_operation(work)
        work.put_on_list(ToCheck.VOIDED, operation.id, "TK.00001")
        work.commit()
    store.close()
    row = {"why": "voided", "epoch": operation.id.epoch, "seq": 1, "barcode": "TK.00001"}
    assert list(read_store(config_in(tmp_path)).to_check()) == [row]
