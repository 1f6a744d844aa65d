"""Both loops on their threads, against the simulated centre. Waits have a generous end and are never measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from threading import Event, Lock, Thread

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.ports.central import Standing
from kiosk.sync.engine import LONG_POLL_S, Signals, SyncEngine
from kiosk.sync.schedule import Schedule
from tests.sync.chains import Chain
from tests.sync.memory_store import MemoryStore
from tests.sync.test_changes import titles

PATIENCE_S = 20.0
ACTIVE, UNREACHABLE = Standing.ACTIVE, Standing.UNREACHABLE


class Never(Random):
    """A back-off that no test lives to see the end of."""

    def uniform(self, a: float, b: float) -> float:
        return 3_600.0


class Soon(Random):
    def uniform(self, a: float, b: float) -> float:
        return 0.01


def eventually(what: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < ends_at, "it never happened"
        time.sleep(0.005)


class Station:
    def __init__(self, random: Random, long_poll_s: float = LONG_POLL_S) -> None:
        self.central = SimulatedCentral()
        self.store = MemoryStore()
        self.chain = Chain()
        self._reports: list[tuple[Standing, int]] = []
        self._lock = Lock()
        self.engine = SyncEngine(
            self.central,
            self.store,
            Signals(Event(), Event(), Event()),
            self._report,
            monotonic=time.monotonic,
            random=random,
            long_poll_s=long_poll_s,
        )

    def _report(self, standing: Standing, pending: int) -> None:
        with self._lock:
            self._reports.append((standing, pending))

    @property
    def reported(self) -> tuple[Standing, int] | None:
        with self._lock:
            return self._reports[-1] if self._reports else None

    def record(self) -> None:
        self.store.record(self.chain.check_in("TK.00001"))
        self.engine.wake()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [Thread(target=self.engine.run_push), Thread(target=self.engine.run_pull)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.engine.stop()
            self.central.close()
            for thread in threads:
                thread.join(PATIENCE_S)
            assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def station() -> Station:
    return Station(Soon())


def test_sends_what_is_recorded_and_says_that_nothing_waits(station: Station) -> None:
    with station.running():
        station.record()
        eventually(lambda: len(station.central.received()) == 1 and station.reported == (ACTIVE, 0))


def test_says_how_many_wait_while_out_of_reach_and_sends_them_when_back(station: Station) -> None:
    station.central.set_online(False)
    with station.running():
        for _ in range(3):
            station.record()
        eventually(lambda: station.reported == (UNREACHABLE, 3))
        station.central.set_online(True)
        eventually(lambda: station.reported == (ACTIVE, 0))
    assert len(station.central.received()) == 3


def test_says_that_it_is_out_of_reach_when_nothing_waits_either(station: Station) -> None:
    with station.running():
        eventually(lambda: station.reported == (ACTIVE, 0))
        station.central.set_online(False)
        eventually(lambda: station.reported == (UNREACHABLE, 0))
        station.central.set_online(True)
        eventually(lambda: station.reported == (ACTIVE, 0))


def test_applies_what_the_centre_publishes_while_it_is_waited_for(station: Station) -> None:
    with station.running():
        eventually(lambda: station.central.asked >= 2)
        station.central.publish(*titles(0, 300))
        eventually(lambda: len(station.store.tables.changes) == 300)


def test_sends_at_once_when_the_changes_show_that_the_centre_is_back(station: Station) -> None:
    station.engine._push_schedule = Schedule(Never())
    station.central.set_online(False)
    with station.running():
        station.record()
        eventually(lambda: station.central.sent >= 1)
        eventually(lambda: station.central.asked >= 3)
        assert station.store.pending
        station.central.set_online(True)
        eventually(lambda: not station.store.pending)


def test_asks_for_changes_at_once_when_the_sending_shows_that_the_centre_is_back(station: Station) -> None:
    station.engine._pull_schedule = Schedule(Never())
    station.central.set_online(False)
    with station.running():
        station.record()
        eventually(lambda: station.reported == (UNREACHABLE, 1))
        station.central.publish(*titles(0, 3))
        station.central.set_online(True)
        eventually(lambda: len(station.store.tables.changes) == 3 and station.reported == (ACTIVE, 0))


def test_fetches_everything_again_when_a_resync_is_asked_for_out_of_reach(station: Station) -> None:
    station.central.publish(*titles(0, 10))
    with station.running():
        eventually(lambda: len(station.store.tables.changes) == 10)
        station.central.set_online(False)
        eventually(lambda: station.reported == (UNREACHABLE, 0))
        station.engine.request_resync()
        station.central.set_online(True)
        eventually(lambda: len(station.store.tables.changes) == 20)


def test_sends_while_everything_is_fetched_again() -> None:
    station = Station(Soon(), long_poll_s=0.01)
    station.central.publish(*titles(0, 3_000))
    with station.running():
        eventually(lambda: len(station.store.tables.changes) == 3_000)
        begun = Event()
        station.store.applying = lambda _: begun.set()
        station.engine.request_resync()
        assert begun.wait(PATIENCE_S)
        station.record()
        eventually(lambda: len(station.central.received()) == 1)
        eventually(lambda: len(station.store.tables.changes) == 6_000)


def test_begins_again_when_the_centre_was_restored(station: Station) -> None:
    station.central.publish(*titles(0, 10))
    with station.running():
        eventually(lambda: len(station.store.tables.changes) == 10)
        station.central.forget_cursors()
        eventually(lambda: len(station.store.tables.changes) == 20)
        station.record()
        eventually(lambda: station.reported == (ACTIVE, 0))


def test_ends_at_once_while_it_waits_for_changes_and_in_a_long_back_off() -> None:
    station = Station(Never())
    station.central.set_online(False)
    station.record()
    with station.running():
        eventually(lambda: station.central.sent >= 1 and station.central.asked >= 1)


def test_says_once_that_it_is_not_admitted_and_goes_on_when_it_is(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it tries, on both loops: one line for each change."""
    caplog.set_level("INFO", "kiosk.sync")
    refused = (Standing.NOT_ENROLLED, Standing.PENDING, Standing.REVOKED, Standing.PENDING)
    with station.running():
        for standing in refused:
            station.central.set_standing(standing)
            station.record()
            eventually(lambda standing=standing: station.reported and station.reported[0] is standing)
            tries = station.central.sent + station.central.asked
            eventually(lambda tries=tries: station.central.sent + station.central.asked > tries + 4)
        assert station.reported == (Standing.PENDING, 4)
        station.central.set_standing(ACTIVE)
        eventually(lambda: station.reported == (ACTIVE, 0))
    assert len(station.central.received()) == 4
    said = [line for line in caplog.messages if line.startswith("centre: ") and line != "centre: active"]
    assert said == [f"centre: {standing}: simulated: {standing}" for standing in refused]
    assert not [line for line in caplog.messages if "out of reach" in line]
