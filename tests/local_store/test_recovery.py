"""A damaged store and an older backup: every operation that can be read is carried over, and what is lost is said."""

from __future__ import annotations

import os
import random
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.clock_trust import Moment
from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.store import Stage, ToCheck
from kiosk.session.effects import CheckIn, CheckOut, StoreEffect, TakeBack
from kiosk.session.inputs import LoanRecorded, TakenBack
from kiosk.upkeep.audit import verify
from local_store import SqlStore, StoreConfig, files, open_store, read_store, salvage
from local_store.raw_pages import SIZE, USABLE, read_raw
from local_store.recovery import Recovered, recover
from local_store.restoring import restore
from tests.local_store.backing_up import back_up, ledger, second_medium
from tests.local_store.shelf import (
    BOOT,
    BUILD_MS,
    CATALOGUE,
    ITEMS,
    KEY,
    LAN,
    StillClock,
    config_in,
    new_store,
    opened_whole,
)

TURNS = 20
Row = dict[str, object]


@dataclass(frozen=True)
class Broken:
    """A store that is about to be damaged, a backup of it from before most of its loans, and what it held."""

    config: StoreConfig
    backup: Path
    operations: list[Row]
    loans: list[Row]

    @property
    def raw(self) -> bytearray:
        return bytearray(self.config.path.read_bytes())

    def pages_of(self, name: str) -> list[int]:
        """The numbers of the pages of a table with rowids; the root alone of another, or of an index."""
        raw, seen = read_raw(self.config.path, KEY), set[int]()
        roots = {row.values[1]: row.values[3] for row in raw._tree(1, set()) if row}
        list(raw._tree(int(str(roots[name])), seen))
        return sorted(seen)

    def leaf_of(self, place: int) -> int:
        """The page on which an operation stands."""
        raw = read_raw(self.config.path, KEY)
        pages = [number for number in self.pages_of("outbox") if raw.pages[number].content[0] == 0x0D]
        return next(number for number in pages if place in [row.rowid for row in raw._rows_of(raw.pages[number], 0)])

    def change(self, page: int, old: bytes, new: bytes) -> None:
        """What only whoever has the key can do, and damage hardly: other words in the right place."""
        raw = self.raw
        at = (page - 1) * SIZE
        iv = bytes(raw[at + USABLE : at + USABLE + 16])
        plain = read_raw(self.config.path, KEY).pages[page].content
        assert old in plain
        encryptor = Cipher(algorithms.AES(KEY), modes.CBC(iv)).encryptor()
        raw[at : at + USABLE] = encryptor.update(plain.replace(old, new)) + encryptor.finalize()
        self.config.path.write_bytes(raw)

    def overwrite(self, page: int, with_: bytes | None = None) -> None:
        raw = self.raw
        raw[(page - 1) * SIZE : page * SIZE] = with_ or os.urandom(SIZE)
        self.config.path.write_bytes(raw)

    def set_aside(self) -> None:
        """As a check and the next opening do."""
        (self.config.path.parent / "store.db.suspect").touch()
        with pytest.raises(StoreDamaged):
            open_store(self.config)

    def recover(self, backup: Path | None = None) -> Recovered:
        return recover(self.config, backup or self.backup, only_whole=False)


def turns(store: SqlStore, count: int) -> None:
    """Loans, returns and slips of the hand, as the desk writes them down; the last three loans stay open."""
    desk = Desk(Tools(StillClock(Moment(BUILD_MS + 3_600_000, BOOT, 5_000, trusted=True)), secrets.token_bytes))

    def ask(effect: StoreEffect) -> object:
        with store.unit_of_work() as work:
            return desk.answer(effect, work)

    for turn in range(count):
        barcode = ITEMS[turn % 3].barcode
        ask(CheckIn(1, 1, barcode, only_if_lent=True))
        lent = ask(CheckOut(1, 1, LAN.id, barcode))
        assert isinstance(lent, LoanRecorded)
        if turn % 5 == 4:
            assert isinstance(ask(TakeBack(1, 1, lent.operation, LAN.id)), TakenBack)
            assert isinstance(ask(CheckOut(1, 1, LAN.id, barcode)), LoanRecorded)


def used(folder: Path, *, closed: bool) -> Broken:
    """Half of what came after the backup is in the file, and the rest too when it was `closed`, else in the log."""
    home, lying = folder / "home", folder / "lying"
    home.mkdir()
    lying.mkdir()
    store = open_store(new_store(config_in(home)))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "57")
        work.commit()
    turns(store, 6)
    with second_medium(home) as stick:
        backup = folder / back_up(config_in(home), stick).path.name
        shutil.copy(stick / backup.name, backup)
    turns(store, TURNS)
    store.forget()  # what is there so far goes into the file
    turns(store, TURNS)
    held = Broken(config_in(lying), backup, list(store.ledger()), list(store.loans_ledger()))
    if closed:
        store.close()
    for name in ("store.db", "store.db-wal", "store.db.made"):
        if (home / name).exists():
            shutil.copy(home / name, lying / name)
    store.close()
    return held


@pytest.fixture(scope="module")
def all_in_one_file(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    return used(tmp_path_factory.mktemp("closed"), closed=True)


@pytest.fixture(scope="module")
def half_in_the_log(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    return used(tmp_path_factory.mktemp("unclosed"), closed=False)


def copy_of(broken: Broken, folder: Path) -> Broken:
    shutil.copytree(broken.config.path.parent, folder / "lying")
    return replace(broken, config=config_in(folder / "lying"))


@pytest.fixture
def broken(all_in_one_file: Broken, tmp_path: Path) -> Broken:
    return copy_of(all_in_one_file, tmp_path)


@pytest.fixture
def unclosed(half_in_the_log: Broken, tmp_path: Path) -> Broken:
    return copy_of(half_in_the_log, tmp_path)


def holds_everything(broken: Broken) -> None:
    store = opened_whole(broken.config)
    assert list(store.ledger()) == broken.operations
    assert list(store.loans_ledger()) == broken.loans
    assert verify(store.history(), "hoa-sen", "tram-1").fault is None
    with store.unit_of_work() as work:
        assert work.stage() is Stage.BEGINNING, "everything is told and asked for anew"
        assert work.origin.predecessor is not None
        assert work.origin.predecessor.hash.hex() == broken.operations[-1]["hash"]
        assert work.outbox_counts().pending == len(broken.operations)
    assert [row["why"] for row in store.to_check() if row["why"] == ToCheck.LOST] == []
    store.close()


@pytest.mark.parametrize("table", ["loan", "item", "patron", "audit", "meta", "title", "open_loan_by_item"])
def test_loses_nothing_when_other_pages_than_the_operations_are_overwritten(broken: Broken, table: str) -> None:
    for page in broken.pages_of(table):
        broken.overwrite(page)
    broken.set_aside()
    recovered = broken.recover()
    assert recovered.whole
    assert (recovered.missing, recovered.to_check) == (0, 0)
    assert recovered.carried > 2 * TURNS
    holds_everything(broken)


def test_control_the_backup_alone_knows_nothing_of_what_came_after_it(broken: Broken) -> None:
    broken.overwrite(broken.pages_of("item")[0])
    broken.set_aside()
    restore(broken.config, broken.backup, KEY)
    store = opened_whole(broken.config)
    assert len(ledger(store)) < len(broken.operations) - TURNS
    store.close()


def test_loses_nothing_but_does_not_claim_it_when_the_way_to_the_tables_is_lost(broken: Broken) -> None:
    broken.overwrite(1)
    broken.set_aside()
    recovered = broken.recover()
    assert not recovered.whole, "a page that nobody leads to might have held more"
    assert recovered.missing == 0
    holds_everything(broken)


def test_carries_over_without_any_backup_and_says_what_the_centre_must_tell(broken: Broken) -> None:
    broken.overwrite(broken.pages_of("item")[0])
    broken.set_aside()
    recovered = recover(broken.config, None, only_whole=False)
    assert (recovered.whole, recovered.carried) == (True, len(broken.operations))
    store = opened_whole(broken.config)
    assert list(store.ledger()) == broken.operations
    assert [row | {"item_barcode": None} for row in broken.loans] == list(store.loans_ledger())
    assert store.counts()["items"] == 0
    store.close()


def test_carries_over_from_the_log_what_never_reached_the_file(unclosed: Broken) -> None:
    unclosed.overwrite(2)
    files.set_aside(unclosed.config.path)
    recovered = unclosed.recover()
    assert recovered.whole
    holds_everything(unclosed)


def test_carries_over_what_follows_a_damaged_place_in_the_log(unclosed: Broken) -> None:
    """Where SQLite itself ends without a word, and whatever came later is gone."""
    log = unclosed.config.path.with_name("store.db-wal")
    raw = bytearray(log.read_bytes())
    raw[len(raw) // 4] ^= 1
    log.write_bytes(raw)
    files.set_aside(unclosed.config.path)
    recovered = unclosed.recover()
    assert not recovered.whole
    store = opened_whole(unclosed.config)
    kept = {str(row["hash"]) for row in store.ledger()}
    assert unclosed.operations[-1]["hash"] in kept
    assert len(kept) >= len(unclosed.operations) - 8, "at most the operations of one page"
    store.close()


def test_control_sqlite_drops_everything_after_a_damaged_place_in_the_log(unclosed: Broken) -> None:
    log = unclosed.config.path.with_name("store.db-wal")
    raw = bytearray(log.read_bytes())
    raw[len(raw) // 4] ^= 1
    log.write_bytes(raw)
    store = open_store(unclosed.config)
    assert len(ledger(store)) < len(unclosed.operations) - TURNS // 2
    store.close()


@pytest.mark.parametrize("damage", ["overwritten", "zeros", "one bit"])
def test_says_which_operations_are_lost_when_their_own_page_is_damaged(broken: Broken, damage: str) -> None:
    page = broken.leaf_of(len(broken.operations) - TURNS)
    if damage == "one bit":
        raw = broken.raw
        raw[(page - 1) * SIZE + USABLE - 500] ^= 1
        broken.config.path.write_bytes(raw)
    else:
        broken.overwrite(page, bytes(SIZE) if damage == "zeros" else None)
    broken.set_aside()
    recovered = broken.recover()
    store = opened_whole(broken.config)
    kept = list(store.ledger())
    lost = [row for row in broken.operations if row not in kept]
    assert kept == [row for row in broken.operations if row not in lost], "in their order, as they were"
    assert not recovered.whole
    assert recovered.missing == len(lost)
    assert 0 < len(lost) <= (1 if damage == "one bit" else 8)
    listed = [(row["epoch"], row["seq"]) for row in store.to_check() if row["why"] == ToCheck.LOST]
    assert listed == [(row["epoch"], row["seq"]) for row in lost]
    assert list(store.loans_ledger()) == broken.loans, "their own rows are still there"
    with store.unit_of_work() as work:
        assert work.outbox_counts().pending == len(kept)
    store.close()
    fault = verify(read_store(broken.config).history(), "hoa-sen", "tram-1").fault
    assert fault is not None
    assert fault.what == "the operation is missing"


def test_makes_the_loans_again_from_their_operations_when_both_their_pages_are_lost(broken: Broken) -> None:
    """Whatever the damaged rows of loans say is not believed: the operations are chained, they are not."""
    for page in broken.pages_of("loan"):
        broken.change(page, b"2026-12-07", b"2027-12-07")
    broken.set_aside()
    assert broken.recover().whole
    holds_everything(broken)


def test_believes_no_operation_whose_hash_does_not_follow(broken: Broken) -> None:
    page = broken.leaf_of(len(broken.operations) - TURNS)
    broken.change(page, b'"actor":"patron"', b'"actor":"pirate"')
    broken.set_aside()
    assert broken.recover().missing > 0
    store = opened_whole(broken.config)
    assert not [one for one, _ in store.history() if one and "pirate" in one.body]
    store.close()


def test_control_would_believe_it_without_the_chain(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    page = broken.leaf_of(len(broken.operations) - TURNS)
    broken.change(page, b'"actor":"patron"', b'"actor":"pirate"')
    broken.set_aside()
    monkeypatch.setattr(salvage, "_believed", lambda some, _: next(iter(some), None))
    broken.recover()
    store = opened_whole(broken.config)
    assert [one for one, _ in store.history() if one and "pirate" in one.body]
    store.close()


def test_joins_nothing_to_a_backup_of_another_store(broken: Broken, half_in_the_log: Broken) -> None:
    broken.overwrite(broken.pages_of("item")[0])
    broken.set_aside()
    before = sorted(path.name for path in broken.config.path.parent.iterdir())
    with pytest.raises(StoreBroken, match="not the one that the backup was made of"):
        broken.recover(half_in_the_log.backup)
    assert sorted(path.name for path in broken.config.path.parent.iterdir()) == before


def test_only_looks_when_it_is_not_to_do_it(broken: Broken) -> None:
    broken.overwrite(1)
    broken.set_aside()
    assert not recover(broken.config, broken.backup, only_whole=True).whole
    assert not recover(broken.config, broken.backup, only_whole=False, do=False).whole
    with pytest.raises(StoreDamaged, match="a person must decide"):
        open_store(broken.config)


def test_recovers_from_a_damaged_store_once_only(broken: Broken) -> None:
    """Else a store that is lost later would come back as it was then, and nobody would know."""
    broken.overwrite(broken.pages_of("item")[0])
    broken.set_aside()
    assert broken.recover().whole
    (kept,) = files.stores_set_aside(broken.config.path)
    assert ".recovered-" in kept.name
    broken.config.path.unlink()
    with pytest.raises(StoreBroken, match="no damaged store"):
        broken.recover()


def test_refuses_to_recover_beside_a_store_that_is_there(broken: Broken) -> None:
    with pytest.raises(StoreBroken, match="there is a store"):
        broken.recover()


@pytest.mark.parametrize("seed", range(4))
def test_reads_garbage_without_a_word(broken: Broken, seed: int) -> None:
    """Bytes at random places of every other page: whatever is kept is as it was."""
    noise = random.Random(seed)
    raw = broken.raw
    for _ in range(len(raw) // SIZE // 2):
        raw[noise.randrange(len(raw))] ^= noise.randrange(1, 256)
    broken.config.path.write_bytes(raw)
    files.set_aside(broken.config.path)
    recovered = broken.recover()
    store = opened_whole(broken.config)
    kept = list(store.ledger())
    assert all(row in broken.operations for row in kept)
    assert len(kept) + recovered.missing <= len(broken.operations)
    store.close()
