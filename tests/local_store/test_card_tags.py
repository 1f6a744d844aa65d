"""No card number is in a store, its log, its backups or what the station says; and cards are found all the same."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.ports.central import PatronRecord
from kiosk.session.effects import CheckIn, CheckOut, IdentifyPatron
from kiosk.session.inputs import PatronFound
from kiosk.upkeep.logs import JsonLines
from local_store import SqlStore, StoreConfig, card_tags, open_store
from local_store.card_tags import CardTags, tag_of
from local_store.prepared import Database
from tests.local_store.backing_up import back_up, second_medium
from tests.local_store.decrypted import files_with, plain_files
from tests.local_store.older_schema import TO_0009
from tests.local_store.shelf import CATALOGUE, ITEMS, LAN, MINH, StillClock, config_in, new_store
from tests.local_store.test_schema import inside

NUMBERS = tuple(f"HS{number:06}" for number in range(812_000, 812_040))
"""Of no other thing in a store."""


@pytest.fixture
def said(tmp_path: Path) -> Iterator[Path]:
    """All that the station's code says, down to the smallest."""
    path = tmp_path / "kiosk.log"
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield path
    root.removeHandler(handler)
    root.setLevel(before)
    handler.close()


def a_day(config: StoreConfig) -> SqlStore:
    """Every reader is known, has a card changed, comes, borrows and returns; the centre then tells all of it again."""
    store = open_store(config)
    desk = Desk(Tools(StillClock(), os.urandom))
    readers = [replace(LAN, id=f"{LAN.id[:-4]}{number:04}") for number in range(20)]

    def told(cursor: str, shift: int) -> None:
        with store.unit_of_work() as work:
            cards = [(NUMBERS[2 * at], NUMBERS[2 * at + shift]) for at in range(20)]
            work.apply([*CATALOGUE, *map(PatronRecord, readers, cards)], cursor)
            work.commit()

    told("1", 0)
    told("2", 1)
    for at, number in enumerate(NUMBERS):
        with store.unit_of_work() as work:
            found = desk.answer(IdentifyPatron(1, at, number), work)
        assert isinstance(found, PatronFound)
        assert found.patron_id == readers[at // 2].id
        with store.unit_of_work() as work:
            desk.answer(CheckOut(1, at, found.patron_id, ITEMS[at % 6].barcode), work)
        with store.unit_of_work() as work:
            desk.answer(CheckIn(1, at, ITEMS[at % 6].barcode), work)
    with store.unit_of_work() as work:
        work.begin_resync()
        work.commit()
    told("3", 1)
    return store


def test_holds_no_card_number_after_a_day(tmp_path: Path, said: Path) -> None:
    config = new_store(config_in(tmp_path))
    store = a_day(config)
    numbers = list(NUMBERS)
    with second_medium(tmp_path) as stick:
        backup = back_up(config, stick, store=store).path
        assert files_with(config, numbers) == {}, "store, its log as it lies, what was said"
        assert len(said.read_text()) > 100
        names = plain_files(config).keys()
        assert {"store.db", "store.db-wal", "kiosk.log"} <= names
        assert files_with(replace(config, path=backup), numbers) == {}
    store.close()
    assert files_with(config, numbers) == {}


def test_control_finds_the_numbers_of_a_station_that_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_tags, "tag_of", lambda _pepper, number: number)
    config = new_store(config_in(tmp_path))
    a_day(config).close()
    assert files_with(config, list(NUMBERS)) == {"store.db": list(NUMBERS)}


def test_gives_another_tag_in_another_store(tmp_path: Path) -> None:
    tags = set()
    for name in "ab":
        (tmp_path / name).mkdir()
        config = config_in(tmp_path / name)
        open_store(config).close()
        with inside(config) as connection:
            tags.add(CardTags(Database(connection)).of("HS000123"))
    assert len(tags) == 2
    assert {len(tag) for tag in tags} == {64}


AS_IT_WAS = (
    *TO_0009,
    "DROP TABLE card_tag",
    "DELETE FROM meta WHERE key = 'card_pepper'",
    "CREATE TABLE patron_card (number TEXT NOT NULL PRIMARY KEY, patron_id TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX patron_card_by_patron ON patron_card (patron_id)",
    "UPDATE alembic_version SET version_num = '0008'",
)


def test_takes_the_numbers_out_of_an_older_store_and_loses_no_card(tmp_path: Path) -> None:
    config = new_store(config_in(tmp_path))
    store = open_store(config)
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        work.commit()
    store.close()
    with inside(config) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in AS_IT_WAS:
            connection.execute(statement)
        more = [(number, MINH.id) for number in NUMBERS]
        connection.executemany("INSERT INTO patron_card VALUES (?, ?)", [("HS000123", LAN.id), *more])
        assert files_with(config, ["HS000123", NUMBERS[0]]), "the control: they are there before"
    assert files_with(config, ["HS000123", NUMBERS[0]])
    with closing(open_store(config)) as store:
        with store.unit_of_work() as work:
            assert work.patron_by_card("HS000123") == LAN
            assert {work.patron_by_card(number) for number in NUMBERS} == {MINH}
        assert files_with(config, ["HS000123", *NUMBERS]) == {}, "nor in its log, nor in its free pages"
        store.check()


def test_tags_as_rfc_4231_does() -> None:
    """Its test case 2."""
    want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert tag_of(b"Jefe", "what do ya want for nothing?") == want
