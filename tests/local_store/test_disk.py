"""When the disk says no: nothing half, nothing renamed, and the memory beside it right."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from kiosk.domain.operations import ChainEnd
from kiosk.ports.errors import StoreBroken, StoreDamaged
from local_store import make_new_store, open_store
from tests.local_store.shelf import CATALOGUE, ITEMS, LAN, RULES, config_in, lend, new_store, write_operation


@contextmanager
def no_file_grows() -> Iterator[None]:
    """As a full disk: the operating system refuses every byte beyond what is there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_leaves_nothing_of_a_loan_when_the_disk_is_full_and_goes_on_when_it_is_not(tmp_path: Path) -> None:
    store = open_store(config_in(tmp_path))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        first = write_operation(work)
        work.commit()
    with store.unit_of_work() as work:
        lend(work, ITEMS[0])
        work.apply([RULES.__class__("never", {}, {})], "2")
        with no_file_grows(), pytest.raises(StoreBroken) as said:
            work.commit()
    assert not isinstance(said.value, StoreDamaged)
    with store.unit_of_work() as work:
        assert work.last_operation() == ChainEnd(first.id, first.hash)
        assert work.rules() == RULES
        assert work.outbox_counts().pending == 1
        assert list(work.open_loans_of_patron(LAN.id)) == []
        loan, operation = lend(work, ITEMS[0])
        assert operation.id.seq == 2
        work.commit()
    store.close()
    store = open_store(config_in(tmp_path))
    with store.unit_of_work() as work:
        assert list(work.open_loans_of_patron(LAN.id)) == [loan]
        assert [sent for _, sent in work.pending(10)] == [first, operation]
    store.check()
    store.close()


def test_fails_a_probe_while_the_disk_is_full(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    for _ in range(2):
        with store.unit_of_work() as work:
            work.probe()
            with no_file_grows(), pytest.raises(StoreBroken):
                work.commit()
    with store.unit_of_work() as work:
        work.probe()
        work.commit()
    store.close()


def test_renames_nothing_when_the_disk_is_at_fault(tmp_path: Path) -> None:
    open_store(config_in(tmp_path)).close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with no_file_grows(), pytest.raises(StoreBroken) as said:
        open_store(config_in(tmp_path))
    assert not isinstance(said.value, StoreDamaged)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: after[name] for name in before} == before
    assert not [name for name in after if "damaged" in name]
    open_store(config_in(tmp_path)).close()


def test_leaves_no_half_store_when_the_disk_is_full_at_the_first_start(tmp_path: Path) -> None:
    with no_file_grows(), pytest.raises(StoreBroken):
        open_store(config_in(tmp_path))
    assert not config_in(tmp_path).path.exists()
    assert not (tmp_path / "store.db.made").exists()
    open_store(config_in(tmp_path)).close()
    assert sorted(os.listdir(tmp_path)) == ["store.db", "store.db.lock", "store.db.made"]


@pytest.mark.parametrize("place", ["missing/folder", "a_file/store"])
def test_says_that_the_store_is_broken_when_there_is_no_place_for_it(tmp_path: Path, place: str) -> None:
    (tmp_path / "a_file").touch()
    with pytest.raises(StoreBroken):
        open_store(config_in(tmp_path / place))
    with pytest.raises(StoreBroken):
        make_new_store(config_in(tmp_path / place))


def test_says_that_the_store_is_broken_when_a_folder_has_its_name(tmp_path: Path) -> None:
    config_in(tmp_path).path.mkdir()
    with pytest.raises(StoreBroken) as said:
        open_store(config_in(tmp_path))
    assert not isinstance(said.value, StoreDamaged)
    assert config_in(tmp_path).path.is_dir()


def test_keeps_its_files_to_its_own_account(tmp_path: Path) -> None:
    store = open_store(config_in(tmp_path))
    with store.unit_of_work() as work:
        work.probe()
        work.commit()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()
    assert {"store.db", "store.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_syncs_each_commit_and_wipes_what_is_deleted(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    asked = ("journal_mode", "synchronous", "secure_delete")
    found = [store._database.tell(f"PRAGMA {name}")[0][0] for name in asked]
    store.close()
    assert found == ["wal", 2, 1]


def test_writes_nothing_through_a_reading_connection(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    with store._readers.connect() as connection, pytest.raises(DBAPIError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM meta")
    store.close()


def test_gives_the_store_to_one_process_at_a_time(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    for opens in (open_store, make_new_store):
        with pytest.raises(StoreBroken, match="another process"):
            opens(config_in(tmp_path))
    store.close()
    store.close()
    open_store(config_in(tmp_path)).close()


def test_frees_the_store_when_its_process_is_killed(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from local_store import open_store
from tests.local_store.shelf import config_in, write_operation
with open_store(config_in(Path({str(tmp_path)!r}))).unit_of_work() as work:
    write_operation(work)
    work.commit()
    os.kill(os.getpid(), 9)
"""
    ended = subprocess.run([sys.executable, "-c", script], timeout=60, check=False)
    assert ended.returncode == -9
    store = open_store(config_in(tmp_path))
    assert store.left_unclean
    assert len(list(store.ledger())) == 1
    store.close()


def test_gives_the_writing_connection_to_one_thread_only(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    raised: list[BaseException] = []

    def elsewhere() -> None:
        try:
            store.unit_of_work()
        except RuntimeError as error:
            raised.append(error)

    def ask_elsewhere() -> None:
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()

    with store.unit_of_work() as work:
        write_operation(work)
        ask_elsewhere()
        work.commit()
    ask_elsewhere()
    assert [str(error) for error in raised] == ["the writing connection belongs to another thread"] * 2
    assert len(list(store.ledger())) == 1
    with store.unit_of_work(), pytest.raises(RuntimeError, match="inside another"):
        store.unit_of_work()
    store.close()
