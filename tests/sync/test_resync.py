"""A full resync on the real store, against a centre restored from an old backup, killed wherever one can be."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypeVar

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.domain.operations import Operation
from kiosk.ports.central import CentralLink, Change, ChangePage, Verdict
from kiosk.ports.chunks import LONGEST_HOLD_S
from kiosk.ports.errors import CursorLost
from kiosk.ports.store import Stage, ToTellAgain, UnitOfWork
from kiosk.sync import changes as changes_module
from kiosk.sync.changes import Changes
from kiosk.sync.outbox import Outbox, Outcome
from kiosk.sync.resync import Heard, Resync
from local_store import SqlStore, open_store
from local_store.unit_of_work import SqlUnitOfWork
from tests.local_store.shelf import CATALOGUE, ITEMS, LAN, config_in, lend, loan_of, new_store, told
from tests.sync.test_changes import titles

T = TypeVar("T")


class Killed(BaseException):
    """The power, at a commit: before it, or after it."""


class Station:
    """Sync on the real store, without threads; `commits_left` until it is killed, in either half of a commit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.store: SqlStore = open_store(new_store(config_in(folder)))
        self.commits_left: float = float("inf")
        self.looks: list[tuple[bool, bool]] = []
        self.stop = threading.Event()

    def on_store(self, job: Callable[[UnitOfWork], T]) -> T:
        with self.store.unit_of_work() as work:
            real = SqlUnitOfWork.commit

            def commit() -> None:
                self.commits_left -= 0.5
                if self.commits_left < 0:
                    raise Killed
                real(work)
                self.commits_left -= 0.5
                if self.commits_left < 0:
                    raise Killed

            work.commit = commit  # type: ignore[method-assign]
            done = job(work)
        with self.store.unit_of_work() as work:  # a reader in front, between any two steps
            card, book = work.patron_by_card("HS000123"), work.item_by_barcode(ITEMS[0].barcode)
            self.looks.append((card is not None, book is not None))
        return done

    def ask(self) -> None:
        Resync(self.on_store, monotonic).ask()

    def sync(self, central: SimulatedCentral | RestoredMeanwhile) -> None:
        """As the two loops do, until nothing is left to be done."""
        resync, changes = Resync(self.on_store, monotonic), Changes(central, self.on_store, monotonic)
        for _ in range(200):
            outcome = Outbox(central, self.on_store, lambda _: None).push(self.stop).outcome
            assert outcome in (Outcome.DRAINED, Outcome.NOTHING)
            resync.go_on(self.stop)
            try:
                page, _ = resync.hear(partial(changes.pull, stop=self.stop), 0.0, self.stop)
            except CursorLost:
                resync.ask()
                continue
            if not page.more and self.stage() is Stage.FOLLOWING:
                return
        raise AssertionError("it never ended")

    def stage(self) -> Stage:
        return self.on_store(lambda work: work.stage())

    def lend(self, number: int) -> str:
        def job(work: UnitOfWork) -> str:
            loan, _ = lend(work, ITEMS[number])
            work.commit()
            return loan.id

        return self.on_store(job)

    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(config_in(self._folder))
        self.commits_left = float("inf")

    def open_loans(self) -> set[str]:
        return {loan.id for loan in self.on_store(lambda work: work.open_loans_of_patron(LAN.id))}


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    there = Station(tmp_path)
    yield there
    there.store.close()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_module, "PAGE", 7)


def resync_of(station: Station, central: CentralLink) -> tuple[Resync, Changes]:
    return Resync(station.on_store, monotonic), Changes(central, station.on_store, monotonic)


def centre(*more: Change) -> SimulatedCentral:
    central = SimulatedCentral(batch=2)
    central.publish(*CATALOGUE, *more)
    return central


def test_tells_a_restored_centre_what_it_lost_and_drops_what_it_no_longer_has(station: Station) -> None:
    elsewhere = loan_of(ITEMS[3])
    station.sync(centre(*titles(0, 20), told(elsewhere)))
    before = centre(*titles(0, 20), told(elsewhere))
    station.sync(before)
    loans = {station.lend(number) for number in range(3)}
    station.sync(before)
    assert len(before.received()) == 3
    restored = centre(*titles(0, 5))  # a backup from before the loans, in which 15 titles and a loan are missing
    restored.forget_cursors()
    station.sync(restored)
    assert [one.id for one in restored.received()] == [one.id for one in before.received()]
    assert station.open_loans() == loans
    assert station.store.counts()["titles"] == 6


def test_goes_on_wherever_it_is_killed_and_no_card_or_book_is_missing_for_a_moment(station: Station) -> None:
    old, new = centre(*titles(0, 9)), centre(*titles(3, 9))
    station.sync(old)
    loans = {station.lend(0)}
    station.sync(old)
    new.forget_cursors()
    loans.add(station.lend(1))
    station.ask()
    station.looks.clear()
    kills = 0
    for commits in itertools.count():
        station.commits_left = commits / 2 + 0.25  # later each time: it always gets a little further
        try:
            station.sync(new)
        except Killed:
            kills += 1
            station.reopen()
            continue
        break
    assert kills > 10
    assert set(station.looks) == {(True, True)}
    assert station.open_loans() == loans
    assert station.store.counts()["titles"] == 10
    assert len(new.received()) == 2
    with station.store.unit_of_work() as work:
        assert not work.forget_mentioned(1), "nothing is left of it"


def test_does_not_end_with_a_page_from_before_the_last_was_told_again(station: Station) -> None:
    central = centre()
    station.sync(central)
    station.lend(0)
    station.sync(central)
    station.ask()
    resync, changes = resync_of(station, central)
    outbox = Outbox(central, station.on_store, lambda _: None)

    def pull(wait_s: float) -> Heard:
        heard = changes.pull(wait_s, station.stop)
        if not heard[0].more:  # which is the last that there is; but then the telling changes what there is
            outbox.push(station.stop)
        return heard

    resync.go_on(station.stop)
    while resync.hear(pull, 0.0, station.stop)[0].more:
        pass
    assert station.stage() is Stage.HEARING
    resync.hear(pull, 0.0, station.stop)
    assert station.stage() is Stage.TAKING_AWAY


def test_control_a_sweep_that_does_not_wait_for_what_is_told_again_loses_a_loan(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = centre(), centre()
    station.sync(old)
    station.lend(0)
    station.sync(old)
    new.forget_cursors()
    monkeypatch.setattr(SqlUnitOfWork, "to_tell_again", lambda *_: ToTellAgain(0, ()))
    station.sync(new)
    assert station.open_loans() == set()


def test_tells_a_centre_everything_that_is_restored_before_the_first_page_comes(station: Station) -> None:
    """With no cursor yet, nobody notices that it is another one."""
    before, restored = centre(), centre()
    station.sync(before)
    station.lend(0)
    station.sync(before)
    station.ask()
    Resync(station.on_store, monotonic).go_on(station.stop)
    station.lend(1)
    Outbox(before, station.on_store, lambda _: None).push(station.stop)
    station.sync(restored)
    assert len(restored.received()) == 2


class RestoredMeanwhile:
    """A centre that is restored once more, and heard so, while its answer to what is told again is on its way."""

    def __init__(self, station: Station, first: SimulatedCentral, second: SimulatedCentral) -> None:
        self._station = station
        self._now = first
        self._next: SimulatedCentral | None = second
        self.capabilities = first.capabilities

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        verdicts = self._now.send(operations)
        resync, changes = resync_of(self._station, self)
        if self._next and self._station.stage() is Stage.HEARING and len(self._now.received()) > 2:
            self._now, self._next = self._next, None
            with pytest.raises(CursorLost):
                changes.pull(0.0, self._station.stop)
            resync.ask()
            resync.go_on(self._station.stop)
            resync.hear(partial(changes.pull, stop=self._station.stop), 0.0, self._station.stop)
        return verdicts

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        return self._now.changes(cursor, limit, wait_s)


def restored_in_the_middle_of_telling(station: Station) -> tuple[set[str], SimulatedCentral]:
    """The loans, and the centre that there is in the end."""
    before, first, second = centre(), centre(), centre()
    station.sync(before)
    loans = {station.lend(number) for number in range(5)}
    station.sync(before)
    station.sync(RestoredMeanwhile(station, first, second))
    assert len(first.received()) == 4, "the rest is told to the second one"
    return loans, second


def test_takes_no_answer_of_a_centre_for_one_of_the_next(station: Station) -> None:
    loans, last = restored_in_the_middle_of_telling(station)
    assert len(last.received()) == 5
    assert station.open_loans() == loans


def test_control_a_late_answer_that_is_noted_down_loses_loans(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SqlUnitOfWork.told_again

    def whenever_it_comes(work: SqlUnitOfWork, told: ToTellAgain, verdicts: Sequence[Verdict]) -> None:
        real(work, replace(told, resync=work._resync.progress.resyncs), verdicts)

    monkeypatch.setattr(SqlUnitOfWork, "told_again", whenever_it_comes)
    loans, last = restored_in_the_middle_of_telling(station)
    assert len(last.received()) == 1
    assert len(station.open_loans() & loans) < len(loans)


def test_begins_again_when_it_is_asked_for_in_the_middle(station: Station) -> None:
    central = centre(*titles(0, 30))
    station.sync(central)
    station.ask()
    resync, changes = resync_of(station, central)
    resync.go_on(station.stop)
    changes.pull(0.0, station.stop)
    assert station.stage() is Stage.HEARING
    station.ask()
    assert station.stage() is Stage.BEGINNING
    station.sync(central)
    assert station.store.counts()["titles"] == 31


def test_tells_again_in_ever_smaller_requests_when_they_are_refused_as_a_whole(station: Station) -> None:
    central = SimulatedCentral(batch=8)
    central.publish(*CATALOGUE)
    station.sync(central)
    for number in range(6):
        station.lend(number)
    station.sync(central)
    station.ask()
    bad = central.received()[4].id
    central.refuse(bad, 413)
    resync, changes = resync_of(station, central)
    resync.go_on(station.stop)
    resync.hear(partial(changes.pull, stop=station.stop), 0.0, station.stop)
    outbox = Outbox(central, station.on_store, lambda _: None)
    assert outbox.push(station.stop).outcome is Outcome.REFUSED
    assert station.on_store(lambda work: [one.id for _, one in work.to_tell_again(1).rows]) == [bad]
    station.lend(0)
    assert outbox.push(station.stop).taken == 1, "what is new does not wait for it"
    central.refuse_nothing()
    assert outbox.push(station.stop).outcome is Outcome.DRAINED
    assert not station.on_store(lambda work: work.to_tell_again(1).rows)


def test_each_step_holds_the_store_for_20_ms_at_most(station: Station) -> None:
    """With a clock of its own: each row costs a tenth of a millisecond."""
    station.sync(centre(*titles(0, 600)))
    station.ask()
    now = 0.0
    holds: list[float] = []

    def clock() -> float:
        return now

    resync = Resync(station.on_store, clock)
    real = SqlUnitOfWork.take_away

    def take_away(work: SqlUnitOfWork, after: object, limit: int) -> object:
        nonlocal now
        now += limit * 0.000_1
        holds.append(limit * 0.000_1)
        return real(work, after, limit)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlUnitOfWork, "take_away", take_away)
        station.on_store(lambda work: (work.go_to(Stage.TAKING_AWAY), work.commit()))
        resync.go_on(station.stop)
    assert len(holds) > 5
    assert max(holds) <= LONGEST_HOLD_S
