"""A reader who is erased at the centre is found nowhere at the station, page by page and byte by byte."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TypeVar
from uuid import UUID

import pytest

from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.ids import erased_mark
from kiosk.domain.model import Patron
from kiosk.domain.requests import LinkCard, PlaceHold, Suggest
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import Gone, PatronRecord, Verdict, VerdictKind
from kiosk.ports.desk_store import PinRecord
from kiosk.ports.errors import StoreBroken
from kiosk.ports.store import Stage, UnitOfWork
from kiosk.session.effects import Ask, CheckIn, CheckOut, StoreEffect, TakeBack, UseInHouse
from kiosk.session.inputs import Answer, Asked, LoanRecorded
from kiosk.upkeep.audit import verify
from kiosk.upkeep.forgetting import forget_erased
from local_store import SqlStore, StoreConfig, engine, erasing, open_store
from tests.local_store.decrypted import files_with
from tests.local_store.shelf import (
    CATALOGUE,
    ITEMS,
    TITLE,
    StillClock,
    config_in,
    hold_by,
    new_id,
    new_store,
)

T = TypeVar("T")
NEVER = threading.Event()


@dataclass
class Life:
    """A reader of random name, class, cards and words, who did everything that a station records, and has a PIN and a
    note of the library."""

    config: StoreConfig
    store: SqlStore

    def __post_init__(self) -> None:
        name, room, card, second, words, note, pin = (f"Canary{os.urandom(8).hex()}" for _ in range(7))
        self.patron = Patron(new_id(), name, room, "hs", None, False, note=note, staff=Staff(new_id(), Role.LIBRARIAN))
        self.canaries = [name, room, card, second, words, self.patron.id, note, pin]
        self.card = card
        self.desk = Desk(Tools(StillClock(), os.urandom))
        self.on_store(lambda work: self._told(work, card))
        me = self.patron.id
        lent = self._do(CheckOut(1, 1, me, ITEMS[0].barcode))
        slip = self._do(CheckOut(1, 2, me, ITEMS[1].barcode))
        assert isinstance(lent, LoanRecorded)
        assert isinstance(slip, LoanRecorded)
        self._do(TakeBack(1, 3, slip.operation, me))
        self.on_store(lambda work: self._settled(work, Verdict(lent.operation, VerdictKind.DISPUTED, "unknown_patron")))
        self._do(CheckIn(1, 4, ITEMS[0].barcode))
        self._do(CheckOut(1, 5, me, ITEMS[2].barcode))
        self._do(UseInHouse(1, 6, ITEMS[3].barcode, me))
        for number, wish in enumerate((PlaceHold(TITLE.id), LinkCard(second), Suggest(words))):
            assert isinstance(self._do(Ask(1, 7 + number, me, wish)), Asked)
        self.on_store(lambda work: self.desk.visited(me, work))
        self.on_store(lambda work: self._pin_set(work, pin))

    def on_store(self, job: Callable[[UnitOfWork], T], /) -> T:
        with self.store.unit_of_work() as work:
            return job(work)

    def erased_at_the_centre(self) -> None:
        self.on_store(lambda work: self._applied(work, Gone("erased_reader", erased_mark(self.patron.id))))

    def forget(self) -> int:
        return forget_erased(self.on_store, self.store.forget, NEVER)

    def _do(self, effect: StoreEffect) -> Answer:
        return self.on_store(lambda work: self.desk.answer(effect, work))

    def _told(self, work: UnitOfWork, card: str) -> None:
        work.apply([*CATALOGUE, PatronRecord(self.patron, (card,)), hold_by(self.patron, 1)], "1")
        work.apply([PatronRecord(replace(self.patron, blocked=False), (card,))], "2")
        work.commit()

    def _pin_set(self, work: UnitOfWork, pin: str) -> None:
        work.put_pin(self.patron.id, PinRecord(pin))
        work.commit()

    def _settled(self, work: UnitOfWork, verdict: Verdict) -> None:
        work.settle([verdict])
        work.commit()

    def _applied(self, work: UnitOfWork, change: Gone) -> None:
        work.apply([change], "3")
        work.commit()


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    config = config_in(tmp_path)
    life = Life(config, open_store(new_store(config)))
    yield life
    life.store.close()


def verifies(life: Life) -> bool:
    return verify(life.store.history(), life.config.library_id, life.config.device_id).fault is None


def test_is_found_nowhere_when_erased_and_every_chain_verifies(life: Life) -> None:
    assert files_with(life.config, life.canaries) != {}
    life.erased_at_the_centre()
    ledger = list(life.store.ledger())
    assert life.forget() == 1
    assert files_with(life.config, life.canaries) == {}
    assert verifies(life)
    assert list(life.store.ledger()) == ledger
    assert life.forget() == 0
    life.store.close()
    assert files_with(life.config, life.canaries) == {}
    again = open_store(life.config)
    again.check()
    again.close()


def test_is_found_nowhere_when_erased_in_the_middle_of_a_resync(life: Life) -> None:
    """Which remembers, up to its end, whom the centre has named."""

    def named_again(work: UnitOfWork) -> None:
        work.begin_resync()
        work.go_to(Stage.HEARING)
        work.apply([PatronRecord(life.patron, ())], "2")
        work.commit()

    life.on_store(named_again)
    life.erased_at_the_centre()
    assert life.forget() == 1
    assert files_with(life.config, life.canaries) == {}


def test_is_found_before_in_the_store_itself_as_whoever_has_the_key_reads_it(life: Life) -> None:
    """The negative control of the looking: every canary is seen, but for the card's number, of which only a tag is
    kept; and none without the key."""
    life.store.close()
    seen = [canary for canary in life.canaries if canary != life.card]
    assert files_with(life.config, life.canaries) == {"store.db": seen}
    assert files_with(replace(life.config, key=bytes(32)), life.canaries) == {}


def test_is_still_found_in_the_log_when_it_is_not_cut(life: Life) -> None:
    life.erased_at_the_centre()
    assert forget_erased(life.on_store, lambda: True, NEVER) == 1
    assert "store.db-wal" in files_with(life.config, life.canaries)


def test_is_still_found_when_deleting_does_not_overwrite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pragmas = tuple(one.replace("secure_delete = ON", "secure_delete = OFF") for one in engine.WRITING)
    assert pragmas != engine.WRITING
    monkeypatch.setattr(engine, "WRITING", pragmas)
    config = config_in(tmp_path)
    life = Life(config, open_store(config))
    life.erased_at_the_centre()
    life.forget()
    assert "store.db" in files_with(config, life.canaries)
    life.store.close()


def test_begins_again_when_it_was_interrupted(life: Life) -> None:
    life.erased_at_the_centre()
    stop = threading.Event()
    steps = 0

    def on_store(job: Callable[[UnitOfWork], T], /) -> T:
        nonlocal steps
        steps += 1
        if steps == 4:
            stop.set()
        return life.on_store(job)

    assert forget_erased(on_store, life.store.forget, stop) == 0
    life.store.close()
    life.store = open_store(life.config)
    assert life.forget() == 1
    assert files_with(life.config, life.canaries) == {}


def test_keeps_the_reader_on_the_list_while_the_log_cannot_be_cut(life: Life) -> None:
    life.erased_at_the_centre()
    reading = life.store.history()
    next(reading)
    assert not life.store.forget()
    stop = threading.Event()

    def cannot() -> bool:
        stop.set()
        return life.store.forget()

    assert forget_erased(life.on_store, cannot, stop) == 0
    reading.close()  # type: ignore[attr-defined]
    assert life.forget() == 1
    assert files_with(life.config, life.canaries) == {}


def test_lets_a_broken_store_be_known(life: Life) -> None:
    life.erased_at_the_centre()

    def broken(job: Callable[[UnitOfWork], T], /) -> T:
        raise StoreBroken("the disk is full")

    with pytest.raises(StoreBroken):
        forget_erased(broken, life.store.forget, NEVER)
    assert life.forget() == 1


@pytest.mark.slow
@pytest.mark.parametrize("written_anew", [True, False], ids=["whole", "control"])
def test_leaves_no_copy_that_a_split_page_forgot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written_anew: bool
) -> None:
    """Deleting overwrites what is deleted, but not the copies of rows that moved when a page was split before."""
    if not written_anew:
        monkeypatch.setattr(erasing, "_WRITTEN_ANEW", ())
    chance = Random(8)  # one of the few in which such a copy stays
    config = config_in(tmp_path)
    records = [
        PatronRecord(
            Patron(
                str(UUID(int=chance.getrandbits(128))),
                f"N{chance.getrandbits(60):015x}" + "x" * chance.randint(0, 60),
                "7A",
                "hs",
                None,
                False,
            ),
            (f"C{chance.getrandbits(60):015x}",),
        )
        for _ in range(400)
    ]
    with closing(open_store(config)) as store:
        with store.unit_of_work() as work:
            for record in records:
                work.apply([record], "1")
            gone = [record for record in records if chance.random() < 0.5]
            work.apply([Gone("erased_reader", erased_mark(record.patron.id)) for record in gone], "2")
            work.commit()

        def on_store(job: Callable[[UnitOfWork], T], /) -> T:
            with store.unit_of_work() as work:
                return job(work)

        assert forget_erased(on_store, store.forget, NEVER) == len(gone)
        canaries = [canary for one in gone for canary in (one.patron.id, one.patron.shown_name[:16], one.cards[0])]
        assert bool(files_with(config, canaries)) is not written_anew
        with store.unit_of_work() as work:
            left = [record for record in records if record not in gone]
            assert [work.patron_by_card(record.cards[0]) for record in left] == [record.patron for record in left]
