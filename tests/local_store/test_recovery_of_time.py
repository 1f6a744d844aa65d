"""A damaged store of a station that did not know the time for a while: what it dated stays dated, the rest will be."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.clock_trust import Anchor, KeptTime, Moment, Voucher
from kiosk.domain.operations import chain_hash
from kiosk.ports.errors import StoreBroken
from kiosk.session.effects import CheckIn, CheckOut
from local_store import SqlStore, open_store, recovery
from local_store.raw_pages import SIZE
from local_store.recovery import recover
from tests.local_store.backing_up import back_up, second_medium
from tests.local_store.shelf import BUILD_MS, CATALOGUE, ITEMS, LAN, StillClock, config_in, new_store, opened_whole
from tests.local_store.test_recovery import Broken

HOUR_MS = 3_600_000
SURE_MS = BUILD_MS + 3 * HOUR_MS
BEGAN_MS = BUILD_MS + 50 * HOUR_MS
DARK = Moment(0, "dark", HOUR_MS, trusted=False)
LIGHT = Moment(BEGAN_MS + 2 * HOUR_MS, "dark", 2 * HOUR_MS, trusted=True)


@dataclass
class Shelf:
    """A store and its clock; `backup`: as it was when that was asked for last."""

    folder: Path
    clock: StillClock = field(default_factory=lambda: StillClock(Moment(SURE_MS, "before", HOUR_MS, trusted=True)))

    def __post_init__(self) -> None:
        self.config = config_in(self.folder / "home")
        self.config.path.parent.mkdir()
        self.desk = Desk(Tools(self.clock, secrets.token_bytes))
        self.use(open_store(new_store(self.config)))
        with self.store.unit_of_work() as work:
            work.apply(CATALOGUE, "57")
            work.commit()
        self.know()

    def use(self, store: SqlStore) -> None:
        self.store = store

    def know(self) -> None:
        now = self.clock.moment
        with self.store.unit_of_work() as work:
            anchor = Anchor(now.boot_id, now.boottime_ms, now.wall_ms, Voucher.CENTRE)
            work.keep_time(KeptTime(now.wall_ms, Voucher.CENTRE, anchor))
            work.commit()

    def lend(self, *numbers: int) -> None:
        for number in numbers:
            with self.store.unit_of_work() as work:
                self.desk.answer(CheckOut(1, 1, LAN.id, ITEMS[number].barcode), work)

    def date(self, limit: int = 100, steps: int = 100) -> None:
        """As the station's own thread does, once the time is known."""
        self.clock.moment = LIGHT
        self.know()
        for _ in range(steps):
            with self.store.unit_of_work() as work:
                if not self.desk.date_boots(limit, work):
                    return
                work.commit()

    def back_up(self) -> None:
        with second_medium(self.folder) as stick:
            self.backup = Path(shutil.copy(back_up(self.config, stick, store=self.store).path, self.folder / "backup"))

    def broken(self) -> Broken:
        held = Broken(self.config, self.backup, list(self.store.ledger()), list(self.store.loans_ledger()))
        self.store.close()
        held.overwrite(held.pages_of("item")[0])
        return held

    def recovered(self, broken: Broken) -> None:
        broken.set_aside()
        assert broken.recover().whole
        self.use(opened_whole(self.config))

    def told(self) -> list[dict[str, Any]]:
        with self.store.unit_of_work() as work:
            bodies = [json.loads(operation.body) for _, operation in work.pending(1_000)]
        return [body["data"] for body in bodies if body["kind"] == "date_boot"]

    def provisional(self) -> list[bool]:
        with self.store.unit_of_work() as work:
            return [loan.provisional for loan in work.open_loans_of_patron(LAN.id)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def dated_loans(told: Sequence[dict[str, Any]]) -> list[str]:
    return [loan["loan"] for data in told for loan in data["loans"]]


def test_carries_over_what_dated_a_boot_though_its_page_is_damaged(shelf: Shelf) -> None:
    """Its body is as it was written, by the chain; only a bit of the page's authentication code is not."""
    shelf.back_up()
    shelf.clock.moment = DARK
    shelf.lend(0, 1, 2)
    shelf.date()
    broken = shelf.broken()
    raw = broken.raw
    raw[broken.leaf_of(4) * SIZE - 1] ^= 1
    shelf.config.path.write_bytes(raw)
    broken.set_aside()
    recovered = broken.recover()
    assert (recovered.carried, recovered.missing) == (4, 0)
    shelf.use(opened_whole(shelf.config))
    assert list(shelf.store.ledger()) == broken.operations
    assert list(shelf.store.loans_ledger()) == broken.loans
    assert shelf.provisional() == [False] * 3
    shelf.store.close()


def test_tells_a_person_of_what_it_cannot_make_sense_of(shelf: Shelf) -> None:
    """Whatever it is: a station that began anew for it would do so for ever."""
    shelf.back_up()
    shelf.lend(0)
    ((body,),) = shelf.store._database.tell("SELECT body FROM outbox")
    odd = json.dumps({**json.loads(body), "at": {}})
    shelf.store._database.tell(f"UPDATE outbox SET body = '{odd}', hash = x'{chain_hash(bytes(32), odd).hex()}'")
    broken = shelf.broken()
    broken.set_aside()
    before = sorted(path.name for path in shelf.config.path.parent.iterdir())
    with pytest.raises(StoreBroken, match=r"makes no sense: KeyError in .*\.py, line \d+"):
        recover(shelf.config, shelf.backup, only_whole=True)
    assert sorted(path.name for path in shelf.config.path.parent.iterdir()) == before


def test_dates_a_boot_that_was_undated_when_the_store_was_damaged(shelf: Shelf) -> None:
    shelf.back_up()
    shelf.clock.moment = DARK
    shelf.lend(0, 1)
    shelf.recovered(shelf.broken())
    assert shelf.provisional() == [True, True]
    shelf.date()
    (data,) = shelf.told()
    assert (data["boot"], data["began_ms"], len(data["loans"])) == ("dark", BEGAN_MS, 2)
    assert shelf.provisional() == [False, False]
    shelf.store.close()


def test_gives_it_the_bounds_that_are_known_when_the_boot_is_over(shelf: Shelf) -> None:
    shelf.back_up()
    shelf.clock.moment = DARK
    shelf.lend(0)
    shelf.recovered(shelf.broken())
    shelf.clock.moment = Moment(BEGAN_MS + HOUR_MS, "light", HOUR_MS, trusted=True)
    shelf.know()
    with shelf.store.unit_of_work() as work:
        shelf.desk.date_boots(100, work)
        work.commit()
    (data,) = shelf.told()
    assert (data["boot"], data["began_ms"], data["after_ms"], data["before_ms"]) == ("dark", None, SURE_MS, BEGAN_MS)
    shelf.store.close()


def test_control_a_loan_stays_provisional_for_ever_when_no_boot_is_looked_for(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery.undated_boots, "look_for_undated", lambda *_: None)
    shelf.back_up()
    shelf.clock.moment = DARK
    shelf.lend(0)
    shelf.recovered(shelf.broken())
    shelf.date()
    assert (shelf.told(), shelf.provisional()) == ([], [True])
    shelf.store.close()


@pytest.mark.parametrize("in_backup", [0, 1, 3])
def test_dates_no_boot_twice(shelf: Shelf, in_backup: int) -> None:
    """Also where the backup holds that it is undated."""
    shelf.clock.moment = DARK
    shelf.lend(*range(in_backup))
    shelf.back_up()
    shelf.lend(*range(in_backup, 3))
    shelf.date()
    shelf.recovered(shelf.broken())
    shelf.date()
    assert len(shelf.told()) == 1
    assert shelf.store._database.tell("SELECT * FROM undated_boot") == []
    shelf.store.close()


@pytest.mark.parametrize("in_backup", [0, 3])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_goes_on_where_dating_was_stopped(shelf: Shelf, in_backup: int, steps: int) -> None:
    shelf.clock.moment = DARK
    shelf.lend(*range(in_backup))
    shelf.back_up()
    shelf.lend(*range(in_backup, 5))
    with shelf.store.unit_of_work() as work:
        shelf.desk.answer(CheckIn(1, 1, ITEMS[0].barcode, only_if_lent=False), work)
    shelf.date(limit=2, steps=steps)
    assert len(shelf.told()) == steps
    shelf.recovered(shelf.broken())
    shelf.date(limit=2)
    named = dated_loans(shelf.told())
    assert len(named) == len(set(named)) == 5
    assert shelf.provisional() == [False] * 4
    shelf.store.close()
