"""What a school does at its station in one boot: readers come, and borrow, renew, return and err as readers do.

A boot is a process of its own, so that it can end as the power ends it.
"""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import TypeVar

from benchmarks import rig
from central_link.registry import StationFiles, make_link
from kiosk.bootstrap import stores
from kiosk.config import KeepConfig, KioskConfig
from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.clock_trust import Anchor, KeptTime, Moment, Voucher
from kiosk.domain.ids import time_ordered_id
from kiosk.domain.operations import ChainEnd
from kiosk.domain.requests import PlaceHold
from kiosk.ports.chunks import LARGEST_CHUNK
from kiosk.ports.store import UnitOfWork
from kiosk.session import inputs
from kiosk.session.effects import Ask, CheckIn, CheckOut, IdentifyPatron, OneStep, Renew, TakeBack, UseInHouse
from kiosk.sync.outbox import Outbox, Outcome
from kiosk.upkeep.housekeeping import keep_house
from local_store import SqlStore

T = TypeVar("T")

_BETWEEN_ACTS_MS = 4_000
_WRONG_YEAR_MS = 3 * 365 * 86_400_000


@dataclass
class SimulatedClock:
    """kiosk.ports.host.Clock of one boot: the true time, or one that nobody vouches for."""

    true_ms: int
    boot_id: str
    trusted: bool
    boottime_ms: int = 20_000

    def passes(self, ms: int) -> None:
        self.true_ms += ms
        self.boottime_ms += ms

    def now(self) -> Moment:
        wrong_ms = 0 if self.trusted else _WRONG_YEAR_MS
        return Moment(self.true_ms - wrong_ms, self.boot_id, self.boottime_ms, self.trusted)

    def monotonic(self) -> float:
        return self.boottime_ms / 1000


@dataclass(frozen=True)
class BootPlan:
    """`acts`: operations to be written. `sudden`: the power goes in the middle of the next."""

    began_ms: int
    acts: int
    trusted: bool
    sudden: bool
    seed: str


@dataclass
class Seen:
    """What the people in front of the station know: each operation that it confirmed, and how it answered them."""

    told: list[tuple[str, int]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    written_bytes: int = 0
    ended_ms: int = 0

    def add(self, later: Seen) -> None:
        self.told += later.told
        self.answers += later.answers
        self.written_bytes += later.written_bytes
        self.ended_ms = later.ended_ms


@dataclass(frozen=True)
class School:
    readers: int
    books: int


def boot(config: KioskConfig, school: School, plan: BootPlan) -> Seen:
    """The station's life from one switching on to the next. Raises RuntimeError when it ends otherwise than planned."""
    here, there = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=_live, args=(config, school, plan, there))
    process.start()
    there.close()
    seen = Seen()
    try:
        while True:
            seen = here.recv()
    except EOFError:
        pass
    process.join()
    if process.exitcode != (-signal.SIGKILL if plan.sudden else 0):
        raise RuntimeError(f"the station ended with {process.exitcode}")
    return seen


def _live(config: KioskConfig, school: School, plan: BootPlan, tell: Connection) -> None:
    boot_id = time_ordered_id(plan.began_ms, secrets.token_bytes(10))
    clock = SimulatedClock(plan.began_ms, boot_id, plan.trusted)
    store = stores.open_store(config)
    station = _Station(store, clock, school, Random(plan.seed))
    station.upkeep(config.keep)
    station.try_to_send(config)
    while len(station.seen.told) < plan.acts:
        station.somebody_comes()
    if not plan.sudden:
        store.close()
    station.seen.written_bytes = _written_bytes()
    station.seen.ended_ms = clock.true_ms
    tell.send(station.seen)
    if plan.sudden:
        station.power_goes()


class _Station:
    def __init__(self, store: SqlStore, clock: SimulatedClock, school: School, random: Random) -> None:
        self._store, self._clock, self._school, self._random = store, clock, school, random
        self._desk = Desk(Tools(clock, secrets.token_bytes))
        self._last: ChainEnd | None = None
        self.seen = Seen()

    def upkeep(self, keep: KeepConfig) -> None:
        """What a station does by itself, as kiosk.runtime.chores has it; here whenever it is switched on."""

        def keep_time(work: UnitOfWork) -> None:
            now = self._clock.now()
            anchor = Anchor(now.boot_id, now.boottime_ms, now.wall_ms, Voucher.TIME_SYNC)
            work.keep_time(KeptTime(now.wall_ms, Voucher.TIME_SYNC, anchor))
            work.commit()

        def date_boots(work: UnitOfWork) -> int:
            looked_at = self._desk.date_boots(LARGEST_CHUNK, work)
            work.commit()
            return looked_at

        if self._clock.trusted:
            self._work(keep_time)
            while self._work(date_boots):
                pass
            keep_for = timedelta(keep.reader_days), timedelta(keep.history_days)
            keep_house(self._work, self._store.forget, self._clock, keep_for, threading.Event())

    def try_to_send(self, config: KioskConfig) -> None:
        """There is no network."""
        files = StationFiles(config.folder, config.data)
        link = make_link(config.central, config.station.library, config.station.device, files)
        run = Outbox(link, self._work, lambda _: None).push(threading.Event())
        link.close()
        if run.outcome not in (Outcome.UNREACHABLE, Outcome.NOTHING):
            raise RuntimeError(f"nobody is there, and yet: {run}")

    def somebody_comes(self) -> None:
        random = self._random
        self._clock.passes(random.randrange(10_000, 60_000))
        found = self._ask(IdentifyPatron(0, 0, rig.card(random.randrange(self._school.readers))))
        if not isinstance(found, inputs.PatronFound):
            return
        reader = found.patron_id
        if self._work(lambda work: self._desk.visited(reader, work)):
            self._told()
        for code in self._work(lambda work: _books_of(work, reader)):
            if random.random() < 0.55:
                self._brings_back(code)
            elif random.random() < 0.5:
                self._ask(Renew(0, 0, reader, code))
        for _ in range(random.randint(1, 3)):
            self._takes(reader, rig.barcode(random.randrange(self._school.books)))

    def power_goes(self) -> None:
        """In the middle of a write that nobody was told of."""
        with self._store.unit_of_work() as work:
            work.probe()
            os.kill(os.getpid(), signal.SIGKILL)

    def _takes(self, reader: str, code: str) -> None:
        answer = self._ask(CheckOut(0, 0, reader, code))
        match answer:
            case inputs.LoanRefused(blocks=blocks):
                reasons = {block.code for block in blocks}
                if reasons == {"S-23"}:  # "return it first": one tap
                    self._brings_back(code)
                    self._ask(CheckOut(0, 0, reader, code))
                elif "S-21" in reasons:  # read here only
                    self._ask(UseInHouse(0, 0, code, reader))
                elif "S-24" in reasons and self._random.random() < 0.2:
                    self._ask(Ask(0, 0, reader, PlaceHold(answer.book.title_id)))
            case inputs.LoanRecorded(renewed=False) if self._random.random() < 0.02:
                self._ask(TakeBack(0, 0, answer.operation, reader))

    def _brings_back(self, code: str) -> None:
        answer = self._ask(CheckIn(0, 0, code))
        if isinstance(answer, inputs.ReturnRecorded) and self._random.random() < 0.01:
            self._ask(TakeBack(0, 0, answer.operation, None))

    def _ask(self, effect: OneStep) -> inputs.Answer:
        self._clock.passes(self._random.randrange(1_000, _BETWEEN_ACTS_MS))
        before = self._last
        answer = self._work(lambda work: self._desk.answer(effect, work))
        self.seen.answers[type(answer).__name__] += 1
        if isinstance(answer, inputs.LoanRefused | inputs.NotRenewed):
            self.seen.answers.update(block.code for block in answer.blocks)
        if self._last != before:
            self._told()
        return answer

    def _told(self) -> None:
        assert self._last is not None
        self.seen.told.append((self._last.id.epoch, self._last.id.seq))

    def _work(self, job: Callable[[UnitOfWork], T]) -> T:
        with self._store.unit_of_work() as work:
            done = job(work)
            self._last = work.last_operation()
            return done


def _books_of(work: UnitOfWork, reader: str) -> list[str]:
    items = (work.item(loan.item_id) for loan in work.open_loans_of_patron(reader))
    return [item.barcode for item in items if item]


def _written_bytes() -> int:
    """By this process, as handed to the disk."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))
