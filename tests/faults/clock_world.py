"""A station whose clocks a test turns, and the truth beside it: what time it is, when each thing happened, what is due.

The machine's wall clock says whatever it is set to; CLOCK_BOOTTIME counts what passes in a boot; the kernel calls its
clock synchronised from a time sync until somebody sets it. Everything above is the station's own: clock, desk, store.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from devices.host.clock import HostClock
from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.blocks import OverdueLoans
from kiosk.domain.clock_trust import Anchor, Moment, Voucher, day_of
from kiosk.domain.due_dates import Calendar, due_date
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import ItemStatus, Patron
from kiosk.ports.central import ItemRecord, PatronRecord
from kiosk.session.effects import CheckOut, IdentifyPatron
from kiosk.session.inputs import LoanRecorded, LoanRefused, PatronFound
from local_store.engine import SqlStore, StoreConfig, open_store
from tests.local_store.shelf import new_store

BUILD_MS = 1_795_392_000_000
START_MS = BUILD_MS + 20 * 86_400_000
DAY_MS = 86_400_000
DAYS = 14
BOOKS = 60
SAME_MS = 2_000
CALENDAR = Calendar("1", frozenset({6}))
RULES = CirculationRules("1", {"hs": PatronLimits(BOOKS, 1)}, {("hs", "STK"): LoanPolicy(DAYS, BOOKS, 1)})


class BelievingClock(HostClock):
    """The negative control: the wall clock is the time, and somebody vouched for it once."""

    def now(self) -> Moment:
        wall_ms, boottime_ms = self._wall_ms(), self._boottime_ms()
        return Moment(wall_ms, self._known.boot_id, boottime_ms, trusted=True)


class World:
    """Raises AssertionError as soon as the station says something wrong of the time."""

    def __init__(self, folder: Path, clock: type[HostClock] = HostClock, *, battery: bool = False) -> None:
        self._folder = folder
        self._kind = clock
        self._battery = battery
        self.true_ms = START_MS
        self.boots = 0
        self._lent: dict[str, date] = {}  # barcode: when it is truly due
        self._happened: list[int] = []  # of each operation
        self._noise = itertools.count(1)
        (folder / "nothing").mkdir(parents=True)
        self._config = new_store(StoreConfig(folder / "store.db", bytes(32), "hoa-sen", "tram-1", BUILD_MS))
        self._store = self._open()
        with self._store.unit_of_work() as work:
            items = [ItemRecord(f"i{n}", "t", f"TK.{n:05}", "STK", ItemStatus.AVAILABLE) for n in range(BOOKS)]
            patron = PatronRecord(Patron("p", "Minh An", "7A1", "hs", None, False), ("HS1",))
            work.apply([RULES, CALENDAR, patron, *items], "c")
            work.commit()
        self.boot(off_ms=0, wall_ms=START_MS)

    @classmethod
    @contextmanager
    def on(cls, folder: Path, clock: type[HostClock] = HostClock, *, battery: bool = False) -> Iterator[World]:
        world = cls(folder, clock, battery=battery)
        try:
            yield world
        finally:
            world._store.close()

    # ---- what happens to the machine

    def boot(self, off_ms: int, wall_ms: int) -> None:
        """After `off_ms` without power it wakes up and believes `wall_ms`; a battery knows better."""
        self.true_ms += off_ms
        self._began_ms = self.true_ms
        self._ahead_ms = 0 if self._battery else wall_ms - self.true_ms
        self._synchronised = False
        self.boots += 1
        (self._folder / "boot_id").write_text(f"boot-{self.boots}")
        self.restart()

    def restart(self) -> None:
        """The process alone."""
        self._store.close()
        self._store = self._open()
        self.clock = self._kind(
            self._battery,
            BUILD_MS,
            boot_id_file=self._folder / "boot_id",
            synchronized_file=self._folder / "nothing" / "here",
            wall_ns=lambda: (self.true_ms + self._ahead_ms) * 1_000_000,
            boottime_ms=lambda: self.true_ms - self._began_ms,
            monotonic=lambda: (self.true_ms - self._began_ms) / 1000,
            kernel_is_synchronised=lambda: self._synchronised,
        )
        self.clock.now()
        if self._store.kept_time is not None:
            self.clock.remember(self._store.kept_time)
        self._desk = Desk(Tools(self.clock, lambda size: next(self._noise).to_bytes(size, "big")))
        self._check_clock()

    def passes(self, ms: int) -> None:
        self.true_ms += ms
        self._check_clock()

    def jumps(self, ms: int) -> None:
        """Somebody sets the wall clock; not in the two seconds after a power-on or a time sync."""
        self._keep_time()
        self._ahead_ms += ms
        self._synchronised = False
        self._check_clock()

    def jumps_to(self, wall_ms: int) -> None:
        self.jumps(wall_ms - self.true_ms - self._ahead_ms)

    def time_sync(self) -> None:
        self._ahead_ms = 0
        self._synchronised = True
        self._check_clock()

    def centre(self, wrong_ms: int = 0) -> None:
        """It tells the time, right to half of the longest round trip."""
        said = Anchor(f"boot-{self.boots}", self.true_ms - self._began_ms, self.true_ms + wrong_ms, Voucher.CENTRE)
        self.clock.told(said)
        self._check_clock()

    # ---- what happens at the station

    def lend(self) -> None:
        """Unless a book is overdue, and truly so."""
        barcode = f"TK.{len(self._lent):05}"
        answer = self._ask(CheckOut(1, 1, "p", barcode))
        if isinstance(answer, LoanRefused):
            self.look()
            return
        assert isinstance(answer, LoanRecorded)
        right = self._due_from(day_of(self.true_ms))
        self._lent[barcode] = right
        self._happened.append(self.true_ms)
        if self.clock.now().trusted:
            assert (answer.due_on, answer.due_in_days) == (right, None), "the due date is not the right one"
        else:
            assert answer.due_in_days is not None, "a date is said that nobody vouches for"

    def look(self) -> None:
        """A card is shown: nobody may be called late who is not."""
        found = self._ask(IdentifyPatron(1, 1, "HS1"))
        assert isinstance(found, PatronFound)
        late = sum(block.count for block in found.blocks if isinstance(block, OverdueLoans))
        truly = sum(due < day_of(self.true_ms) for due in self._lent.values())
        assert late <= truly, f"{late} are called overdue, {truly} are"

    def chores(self, steps: int = 1_000, rows: int = 3) -> None:
        """What the time thread does; killed after so many `steps`."""
        self._keep_time()
        for _ in range(steps):
            with self._store.unit_of_work() as work:
                if not self._desk.date_boots(rows, work):
                    return
                work.commit()

    def settle(self) -> None:
        """At last the time is known, and everything that can be dated is: it must be right."""
        self.time_sync()
        self.passes(10_000)
        self.chores()
        with self._store.unit_of_work() as work:
            bodies = [json.loads(operation.body) for _, operation in work.pending(10_000)]
            loans = {work.item(loan.item_id).barcode: loan for loan in work.open_loans_of_patron("p")}  # type: ignore[union-attr]
            assert work.boot_to_date() is None
        dated = {body["data"]["boot"]: body["data"] for body in bodies if body["kind"] == "date_boot"}
        lent = [body["at"] for body in bodies if body["kind"] == "check_out"]
        for at, true_ms in zip(lent, self._happened, strict=True):
            boot = dated.get(at["boot"], {"began_ms": None, "before_ms": None})
            if at["trusted"]:
                assert abs(at["wall_ms"] - true_ms) <= SAME_MS, "an act is dated wrongly"
            elif boot["began_ms"] is not None:
                assert abs(boot["began_ms"] + at["boottime_ms"] - true_ms) <= SAME_MS, "a boot is dated wrongly"
            else:
                assert true_ms <= boot["before_ms"] + SAME_MS
        for barcode, loan in loans.items():
            assert not loan.provisional
            assert loan.due_on >= self._lent[barcode], "a reader has less time than the rules give"
        named = [loan["loan"] for body in bodies if body["kind"] == "date_boot" for loan in body["data"]["loans"]]
        assert len(named) == len(set(named)), "dated twice"
        self.look()

    # ----

    def _keep_time(self) -> None:
        kept = self.clock.to_keep()
        if kept.anchor is not None:
            with self._store.unit_of_work() as work:
                work.keep_time(kept)
                assert work.time_floor_ms() <= self.true_ms + SAME_MS, "the floor lies in the future"
                work.commit()

    def _check_clock(self) -> None:
        moment = self.clock.now()
        assert not moment.trusted or abs(moment.wall_ms - self.true_ms) <= SAME_MS, "it is sure of a wrong time"

    def _due_from(self, day: date) -> date:
        due_on = due_date(day, DAYS, CALENDAR)
        assert due_on is not None
        return due_on

    def _ask(self, effect: CheckOut | IdentifyPatron) -> object:
        with self._store.unit_of_work() as work:
            return self._desk.answer(effect, work)

    def _open(self) -> SqlStore:
        return open_store(self._config)


class Unlooked(World):
    """Nobody compares its clock itself: a wrong one is seen by what comes of it."""

    def _check_clock(self) -> None:
        pass
