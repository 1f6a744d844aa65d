"""Stations with real stores and real desks."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, cast
from uuid import uuid4

from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.clock_trust import Anchor, KeptTime, Moment, Voucher
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import Settle, Wish
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.errors import CursorLost, Unreachable
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import Stage
from kiosk.session.effects import Ask, CheckIn, CheckOut, Renew, StoreEffect, TakeBack
from kiosk.session.inputs import Answer, LoanRecorded, ReturnRecorded
from kiosk.sync.changes import Changes
from kiosk.sync.outbox import Outbox, Outcome
from kiosk.sync.resync import Resync
from local_store import StoreConfig, open_store
from local_store.store import SqlStore
from tests.properties.centre import LIBRARY, NOON_MS, Centre, Fate, Network, Told

HOUR_MS = 3_600_000
BARCODES = ("TK.1", "TK.2", "TK.3")
BUILD_MS = NOON_MS - 30 * 24 * HOUR_MS


LIBRARIAN = ByStaff(Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN))


@dataclass
class Clock:
    """The world's time as this station has it. Untrusted: it shows 1970, until the boot is dated."""

    world_ms: Callable[[], int]
    trusted: bool = True
    boot: str = field(default_factory=lambda: str(uuid4()))
    began_ms: int = 0

    def now(self) -> Moment:
        boottime_ms = self.world_ms() - self.began_ms
        return Moment(self.world_ms() if self.trusted else boottime_ms, self.boot, boottime_ms, self.trusted)

    def monotonic(self) -> float:
        return self.world_ms() / 1000

    def begin(self, *, trusted: bool) -> None:
        self.boot, self.trusted, self.began_ms = str(uuid4()), trusted, self.world_ms()


class Station:
    """A real store and a real desk. `last`: what was recorded last, to be taken back."""

    def __init__(self, centre: Centre, device: str, folder: Path, world_ms: Callable[[], int]) -> None:
        self.device, self.folder = device, folder
        self.clock = Clock(world_ms)
        self.clock.begin(trusted=True)
        self.link = Network(centre, device)
        self.last: tuple[OperationId, str | None] | None = None
        self.open()

    def open(self) -> None:
        self.store = opened(self.folder, self.device)
        self.desk = Desk(Tools(self.clock, secrets.token_bytes))
        self._outbox = Outbox(self.link, self.on_store, lambda _: None)
        self._changes = Changes(self.link, self.on_store, monotonic)
        self._resync = Resync(self.on_store, monotonic)
        self.last = None
        if self.clock.trusted:
            self._keep_time()

    @property
    def on_store(self) -> OnStore:
        def on_store(job: Any) -> Any:
            with self.store.unit_of_work() as work:
                return job(work)

        return cast(OnStore, on_store)

    def crash(self, *, trusted: bool) -> None:
        """The power goes: what is in the files is what there is, and the clock begins anew."""
        folder = self.folder.with_name(f"{self.device}-{uuid4().hex}")
        copy_files(self.folder, folder)
        self.store.close()
        self.folder = folder
        self.clock.begin(trusted=trusted)
        self.open()

    def ask(self, effect: StoreEffect) -> Answer:
        with self.store.unit_of_work() as work:
            answer = self.desk.answer(effect, work)
        if isinstance(answer, LoanRecorded) and not answer.renewed and isinstance(effect, CheckOut):
            self.last = answer.operation, effect.patron_id
        elif isinstance(answer, ReturnRecorded):
            self.last = answer.operation, None
        return answer

    def lend(self, patron: str, barcode: str) -> Answer:
        return self.ask(CheckOut(1, 1, patron, barcode))

    def renew(self, patron: str, barcode: str) -> Answer:
        return self.ask(Renew(1, 1, patron, barcode))

    def give_back(self, barcode: str) -> Answer:
        return self.ask(CheckIn(1, 1, barcode))

    def take_back(self) -> None:
        if self.last:
            operation, patron = self.last
            self.last = None
            self.ask(TakeBack(1, 1, operation, patron))

    def wish(self, wish: Wish, patron: str | None = None) -> Answer:
        return self.ask(Ask(1, 1, patron, wish, LIBRARIAN if patron is None else None))

    def settle(self, which: int, way: int) -> None:
        with self.store.unit_of_work() as work:
            found = work.open_disputes()
        if found:
            dispute = found[which % len(found)]
            self.wish(Settle(dispute.id, dispute.ways[way % len(dispute.ways)]))

    def set_clock(self) -> None:
        """Somebody vouches for the time: this boot is dated."""
        self.clock.trusted = True
        self._keep_time()

    def _keep_time(self) -> None:
        now = self.clock.now()
        anchor = Anchor(now.boot_id, now.boottime_ms, now.wall_ms, Voucher.CENTRE)
        with self.store.unit_of_work() as work:
            work.keep_time(KeptTime(now.wall_ms, anchor.by, anchor))
            work.commit()
        looked_at = 1
        while looked_at:
            with self.store.unit_of_work() as work:
                looked_at = self.desk.date_boots(2, work)
                work.commit()

    def push(self, fates: Sequence[Fate] = ()) -> Outcome:
        self.link.fates = list(fates)
        return self._outbox.push(threading.Event()).outcome

    def pull(self, fates: Sequence[Fate] = ()) -> bool:
        """Whether there is nothing more to know."""
        self.link.fates = list(fates)
        try:
            self._resync.go_on(threading.Event())
            never = threading.Event()
            page, _ = self._resync.hear(partial(self._changes.pull, stop=never), 0.0, never)
        except Unreachable:
            return False
        except CursorLost:
            self._resync.ask()
            return False
        return not page.more and self.on_store(lambda work: work.stage()) is Stage.FOLLOWING

    def ask_ahead(self) -> None:
        """For a page that comes when more has happened."""
        self.link.ask_ahead(self.on_store(lambda work: work.cursor()))

    def learn_all(self) -> None:
        while not self.pull():
            self.push()  # in a full resync everything is told again, too

    def told(self) -> Told:
        """As `Centre.told`, by what this station knows."""
        titles, items = self._titles_and_items()
        with self.store.unit_of_work() as work:
            waits = {hold.id for title in titles for hold in work.holds_on(title)}
            unsure = {loan.id for item in items for loan in work.open_loans_of_item(item) if loan.provisional}
        return waits, unsure

    def _titles_and_items(self) -> tuple[set[str], set[str]]:
        with self.store.unit_of_work() as work:
            items = [found for barcode in BARCODES if (found := work.item_by_barcode(barcode))]
        return {one.title_id for one in items}, {one.id for one in items}

    def ledger(self) -> dict[str, Any]:
        return {"operations": list(self.store.ledger()), "loans": list(self.store.loans_ledger())}


def opened(folder: Path, device: str) -> SqlStore:
    folder.mkdir(exist_ok=True)
    return open_store(StoreConfig(folder / "store.db", bytes(32), LIBRARY, device, BUILD_MS))


def copy_files(source: Path, target: Path) -> None:
    """The files of a store as they lie there now, also beside whoever has it open."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
