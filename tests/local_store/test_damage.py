"""A store that cannot be trusted is set aside, whole and said so; nothing begins again by itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from kiosk.domain.operations import OperationId
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.store import Store
from local_store import StoreConfig, files, make_new_store, open_store, read_store
from local_store.tables import REVISIONS
from tests.local_store.shelf import CATALOGUE, ITEMS, KEY, LAN, config_in, lend, new_store, write_operation

PAGE = 4096
FRAME = 24 + PAGE  # in the log: a header, whose first four bytes are the page's number, and the page
WRONG_KEY = bytes(32)


def used_store(folder: Path, loans: int = 3, *, unclean: bool = False) -> StoreConfig:
    """A store with some loans; `unclean`: as a power cut leaves it, with the newest of them only in the log."""
    home = folder / "home"
    home.mkdir()
    store = open_store(new_store(config_in(home)))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        for n in range(loans):
            lend(work, ITEMS[n])
        work.commit()
    lying = folder / "lying"
    lying.mkdir()
    if not unclean:
        store.close()
    for name in ("store.db", "store.db-wal"):
        if (home / name).exists():
            shutil.copy(home / name, lying / name)
    store.close()
    return config_in(lying)


def contents(folder: Path, start: str = "store.db") -> dict[str, bytes]:
    """By what follows `start` in the name. The index of a log (-shm) and an empty log hold nothing of their own."""
    found = {
        path.name.removeprefix(start): path.read_bytes()
        for path in folder.iterdir()
        if path.name.startswith(start) and not path.name.endswith(("-shm", ".lock", ".made"))
    }
    if not found.get("-wal", b"log"):
        del found["-wal"]
    return found


def stores_aside(folder: Path) -> list[Path]:
    return files.stores_set_aside(folder / "store.db")


def name_aside(folder: Path) -> str:
    (path,) = stores_aside(folder)
    return path.name


def flip(path: Path, page: int) -> None:
    data = bytearray(path.read_bytes())
    data[(page - 1) * PAGE + 100] ^= 1
    path.write_bytes(data)


def rewrite(config: StoreConfig, statement: str) -> None:
    connection = sqlcipher.connect(str(config.path))
    connection.execute(f"PRAGMA key = \"x'{config.key.hex()}'\"")
    connection.execute(statement)
    connection.commit()
    connection.close()


def _garbage(config: StoreConfig) -> StoreConfig:
    config.path.write_bytes(os.urandom(config.path.stat().st_size))
    return config


def _empty(config: StoreConfig) -> StoreConfig:
    config.path.write_bytes(b"")
    return config


def _cut_short(config: StoreConfig) -> StoreConfig:
    os.truncate(config.path, config.path.stat().st_size // 2 - 100)
    return config


def _first_page_flipped(config: StoreConfig) -> StoreConfig:
    flip(config.path, 1)
    return config


def _wrong_key(config: StoreConfig) -> StoreConfig:
    return StoreConfig(config.path, WRONG_KEY, config.library_id, config.device_id, config.build_ms)


def _other_library(config: StoreConfig) -> StoreConfig:
    return config_in(config.path.parent, library="tran-phu")


def _other_device(config: StoreConfig) -> StoreConfig:
    return config_in(config.path.parent, device="tram-2")


def _newer_schema(config: StoreConfig) -> StoreConfig:
    """Which does not vouch for this program: tests/local_store/test_expand_only.py has those that do."""
    rewrite(config, "UPDATE alembic_version SET version_num = '9999'")
    rewrite(config, "UPDATE meta SET value = '9999' WHERE key = 'compatible_from'")
    return config


def _without_revision(config: StoreConfig) -> StoreConfig:
    rewrite(config, "DELETE FROM alembic_version")
    return config


def _without_owner(config: StoreConfig) -> StoreConfig:
    rewrite(config, "DELETE FROM meta WHERE key = 'device'")
    return config


def _not_ours(config: StoreConfig) -> StoreConfig:
    config.path.unlink()
    rewrite(config, "CREATE TABLE something (else_ TEXT)")
    return config


def _not_encrypted(config: StoreConfig) -> StoreConfig:
    config.path.unlink()
    connection = sqlite3.connect(config.path)
    connection.execute("CREATE TABLE loan (id TEXT)")
    connection.close()
    return config


CASES = {
    _garbage: "not a database",
    _empty: "cut off",
    _cut_short: "malformed",
    _first_page_flipped: "not a database",
    _wrong_key: "not a database",
    _without_revision: "no schema revision",
    _without_owner: "names no device",
    _not_ours: "not a station's store",
    _not_encrypted: "not a database",
}


@pytest.mark.parametrize(("damage", "says"), CASES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_sets_a_store_aside_byte_for_byte_when_it_cannot_be_opened(
    tmp_path: Path, damage: Callable[[StoreConfig], StoreConfig], says: str
) -> None:
    config = damage(used_store(tmp_path))
    folder, before = config.path.parent, contents(config.path.parent)
    with pytest.raises(StoreDamaged, match=says) as said:
        open_store(config)
    aside = name_aside(folder)
    assert f"set aside as {aside}" in str(said.value)
    assert contents(folder, aside) == before
    assert not config.path.exists()

    with pytest.raises(StoreDamaged, match="a person must decide"):
        open_store(config)
    assert contents(folder, aside) == before

    make_new_store(config)
    store = open_store(config)
    with store.unit_of_work() as work:
        assert work.origin.predecessor is None
    store.close()
    assert contents(folder, aside) == before


NOT_FOR_THIS_PROGRAM = {
    _other_library: "belongs to library 'hoa-sen', and 'tran-phu' is configured",
    _other_device: "belongs to device 'tram-1', and 'tram-2' is configured",
    _newer_schema: f"schema revision '9999', newer than this program's '{REVISIONS[-1]}'",
}


@pytest.mark.parametrize(("change", "says"), NOT_FOR_THIS_PROGRAM.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_leaves_a_whole_store_alone_when_it_is_not_for_this_program(
    tmp_path: Path, change: Callable[[StoreConfig], StoreConfig], says: str
) -> None:
    config = change(used_store(tmp_path))
    before = contents(config.path.parent)
    for opens in (open_store, read_store):
        with pytest.raises(StoreBroken, match=says) as said:
            opens(config)
        assert not isinstance(said.value, StoreDamaged)
        assert contents(config.path.parent) == before


@pytest.mark.parametrize("typo", [_other_library, _other_device])
def test_opens_with_every_loan_once_the_name_of_the_station_is_corrected(
    tmp_path: Path, typo: Callable[[StoreConfig], StoreConfig]
) -> None:
    right = used_store(tmp_path, unclean=True)
    with pytest.raises(StoreBroken, match="is configured"):
        open_store(typo(right))
    store = open_store(right)
    assert len(list(store.ledger())) == 3
    store.check()
    store.close()


def test_brings_a_store_back_whole_when_it_was_set_aside_by_mistake(tmp_path: Path) -> None:
    right = used_store(tmp_path, unclean=True)
    before = contents(right.path.parent)
    assert before["-wal"], "some loans are only in the log"
    with pytest.raises(StoreDamaged):
        open_store(_wrong_key(right))
    aside = name_aside(right.path.parent)
    assert contents(right.path.parent, aside) == before
    for path in sorted(right.path.parent.iterdir()):
        if path.name.startswith(aside):
            path.rename(path.with_name(path.name.replace(aside, "store.db")))
    store = open_store(right)
    assert len(list(store.ledger())) == 3
    store.check()
    store.close()


def test_keeps_two_stores_apart_that_were_set_aside_in_the_same_second(tmp_path: Path) -> None:
    config = used_store(tmp_path)
    os.utime(config.path, (1_000_000_000, 1_000_000_000))
    first = contents(config.path.parent)
    with pytest.raises(StoreDamaged):
        open_store(_wrong_key(config))
    make_new_store(config)
    os.utime(config.path, (1_000_000_000, 1_000_000_000))
    with pytest.raises(StoreDamaged, match=r"damaged-20010909T014640Z-2$"):
        open_store(_wrong_key(config))
    assert contents(config.path.parent, "store.db.damaged-20010909T014640Z")[""] == first[""]


def test_decides_nothing_when_a_log_lies_without_its_store(tmp_path: Path) -> None:
    config = used_store(tmp_path, unclean=True)
    config.path.unlink()
    log = contents(config.path.parent)["-wal"]
    with pytest.raises(StoreDamaged, match="log was here without the store"):
        open_store(config)
    make_new_store(config)
    open_store(config).close()
    assert log in contents(config.path.parent).values()


def test_makes_no_new_store_over_one_that_is_there(tmp_path: Path) -> None:
    config = used_store(tmp_path)
    before = contents(config.path.parent)
    with pytest.raises(StoreBroken, match="a store already"):
        make_new_store(config)
    assert contents(config.path.parent) == before


def much_used_store(folder: Path) -> StoreConfig:
    """With flipped bits in pages of settled operations, which no opening reads."""
    config = used_store(folder)
    store = open_store(config)
    with store.unit_of_work() as work:
        for _ in range(1_000):
            write_operation(work)
        work.settle([Verdict(operation.id, VerdictKind.ACCEPTED) for _, operation in work.pending(900)])
        work.commit()
    store.close()
    middle = config.path.stat().st_size // PAGE // 2
    for page in range(middle, middle + 6):  # operations and their audit lie mixed
        flip(config.path, page)
    return config


def read_all_operations(store: Store) -> None:
    epoch = str(next(store.ledger())["epoch"])
    with store.unit_of_work() as work:
        for seq in range(1, 1_001):
            work.act(OperationId(epoch, seq))


def test_says_so_when_damage_shows_in_use_and_sets_aside_at_the_next_opening(tmp_path: Path) -> None:
    config = much_used_store(tmp_path)
    before = contents(config.path.parent)
    store = open_store(config)
    with pytest.raises(StoreDamaged):
        read_all_operations(store)
    with pytest.raises(StoreDamaged):
        store.unit_of_work()
    store.close()
    with pytest.raises(StoreDamaged, match="set aside as"):
        open_store(config)
    assert contents(config.path.parent, name_aside(config.path.parent))[""] == before[""]
    assert not (config.path.parent / "store.db.suspect").exists()


def test_loses_nothing_in_an_unclean_stop_and_knows_of_it(tmp_path: Path) -> None:
    store = open_store(used_store(tmp_path, unclean=True))
    assert store.left_unclean
    store.check()
    with store.unit_of_work() as work:
        assert len(work.open_loans_of_patron(LAN.id)) == 3
    store.close()
    clean = tmp_path / "clean"
    clean.mkdir()
    store = open_store(used_store(clean))
    assert not store.left_unclean
    store.close()


def test_takes_no_page_for_damage_that_the_log_writes_again(tmp_path: Path) -> None:
    """A checkpoint overwrites pages of the file and leaves them torn when the power goes; the log still has them."""
    config = used_store(tmp_path, unclean=True)
    log = config.path.with_name("store.db-wal").read_bytes()
    page = int.from_bytes(log[-FRAME : -FRAME + 4], "big")
    flip(config.path, page)
    store = open_store(config)
    store.check()
    with store.unit_of_work() as work:
        assert len(work.open_loans_of_patron(LAN.id)) == 3
    store.close()


def test_only_reads_when_asked_to_read(tmp_path: Path) -> None:
    config = used_store(tmp_path)
    before = contents(config.path.parent)
    reader = read_store(config)
    assert len(list(reader.ledger())) == 3
    assert [row["open"] for row in reader.loans_ledger()] == [True] * 3
    assert list(reader.to_check()) == []
    with pytest.raises(StoreDamaged):
        read_store(_wrong_key(config))
    assert contents(config.path.parent) == before
    with pytest.raises(StoreBroken, match="no store"):
        read_store(config_in(tmp_path))
    assert not (tmp_path / "store.db").exists()


def test_reads_beside_a_running_station(tmp_path: Path) -> None:
    config = used_store(tmp_path)
    store = open_store(config)
    with store.unit_of_work() as work:
        write_operation(work)
        work.commit()
        assert len(list(read_store(config).ledger())) == 4
    store.close()


def test_shows_no_key_in_its_configuration(tmp_path: Path) -> None:
    assert KEY.hex() not in repr(config_in(tmp_path))
    assert repr(KEY) not in repr(config_in(tmp_path))
    with pytest.raises(ValueError, match="32 bytes"):
        config_in(tmp_path, key=b"short")
