import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from kiosk.ports.desk_store import PinRecord
from kiosk.ports.errors import StoreBroken, StoreDamaged, StoreFull
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import UnitOfWork
from kiosk.runtime.store_worker import FIRST, LATER, STORE_BROKEN, STORE_DAMAGED, STORE_FULL, StoreWorker
from local_store.engine import SqlStore, StoreConfig, open_store

PATIENCE_S = 20.0


class Rig:
    def __init__(self, folder: Path) -> None:
        self.told: SimpleQueue[str] = SimpleQueue()
        self.config = StoreConfig(folder / "store.db", bytes(32), "hoa-sen", "tram-1", 0)
        self.fault: Callable[[], None] = lambda: None
        self.reserves = 0
        self.bytes_free: int | None = 10**9
        self.worker = StoreWorker(self._open, self.told.put, lambda: self.told.put("well"), self, time.monotonic, 0.05)
        self.thread = threading.Thread(target=self.worker.run)

    # the spare room: as often as there is a reserve

    def free(self) -> int | None:
        return self.bytes_free

    def keep(self) -> bool:
        return self.reserves > 0

    def give_back(self) -> bool:
        self.reserves -= 1
        return self.reserves >= 0

    def _open(self) -> SqlStore:
        self.fault()
        return open_store(self.config)

    def next(self) -> str:
        return self.told.get(timeout=PATIENCE_S)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.worker.stop()
    made.thread.join(PATIENCE_S)
    assert not made.thread.is_alive()


def raising(error: Exception) -> Callable[..., None]:
    def fault(*_: object) -> None:
        raise error

    return fault


def test_says_that_it_is_well_once_the_store_is_open(rig: Rig) -> None:
    rig.thread.start()
    assert rig.next() == "well"
    assert rig.worker.call(lambda work: work.outbox_counts().pending) == 0


def test_keeps_trying_to_open_and_recovers_by_itself(rig: Rig) -> None:
    rig.fault = raising(StoreBroken("disk away"))
    rig.thread.start()
    assert rig.next() == STORE_BROKEN
    with pytest.raises(StoreBroken):
        rig.worker.call(lambda work: work.cursor())
    rig.fault = lambda: None
    assert rig.next() == "well"
    assert rig.worker.call(lambda work: work.cursor()) == ""


def test_says_damaged_when_the_store_is_not_whole(rig: Rig) -> None:
    rig.config.path.write_bytes(b"no store" * 1000)
    rig.thread.start()
    assert rig.next() == STORE_DAMAGED
    time.sleep(0.3)
    assert rig.told.empty(), "it is said once, and nothing new is made behind a person's back"
    assert not rig.config.path.exists()
    assert rig.worker.is_damaged()


def test_is_damaged_only_when_an_opening_says_so(rig: Rig) -> None:
    """Until then it is not set aside, and there is nothing to mend it from."""
    rig.thread.start()
    assert rig.next() == "well"
    rig.fault = raising(StoreBroken("disk away"))
    rig.worker.submit(raising(StoreDamaged("a page")), lambda _: None)
    assert rig.next() == STORE_DAMAGED
    assert not rig.worker.is_damaged()
    assert rig.next() == STORE_BROKEN
    assert not rig.worker.is_damaged()
    rig.fault = raising(StoreDamaged("all of it"))
    assert rig.next() == STORE_DAMAGED
    assert rig.worker.is_damaged()
    rig.fault = lambda: None
    assert rig.next() == "well"
    assert not rig.worker.is_damaged()


def test_tries_to_open_nothing_while_it_is_mended(rig: Rig) -> None:
    """It would find the files taken, and say that the disk is at fault."""
    opened = 0

    def damaged() -> None:
        nonlocal opened
        opened += 1
        raise StoreDamaged("all of it")

    rig.fault = damaged
    rig.thread.start()
    assert rig.next() == STORE_DAMAGED

    def mend() -> bool:
        before = opened
        time.sleep(0.3)
        rig.fault = lambda: None
        return opened == before

    assert rig.worker.mend(mend)
    assert rig.next() == "well"


def test_rests_when_a_loan_cannot_be_made_durable_and_drops_nothing_durable(rig: Rig) -> None:
    rig.thread.start()
    assert rig.next() == "well"
    answers: SimpleQueue[object] = SimpleQueue()
    rig.worker.submit(raising(StoreBroken("disk full")), answers.put)
    assert rig.next() == STORE_BROKEN
    assert rig.next() == "well"
    assert answers.empty()
    rig.worker.submit(lambda work: work.cursor(), answers.put)
    assert answers.get(timeout=PATIENCE_S) == ""


def test_lets_a_reader_go_ahead_of_sync(rig: Rig) -> None:
    order: list[str] = []
    gate = threading.Event()

    def wait(_: UnitOfWork) -> None:
        gate.wait(PATIENCE_S)

    def job(name: str) -> Callable[[UnitOfWork], None]:
        return lambda _work: order.append(name)

    done: SimpleQueue[None] = SimpleQueue()
    rig.thread.start()
    rig.worker.submit(wait, lambda _: None)
    for name in ("sync 1", "sync 2"):
        rig.worker.submit(job(name), done.put, LATER)
    rig.worker.submit(job("loan"), done.put, FIRST)
    gate.set()
    for _ in range(3):
        done.get(timeout=PATIENCE_S)
    assert order == ["loan", "sync 1", "sync 2"]


def test_answers_a_beat_even_while_the_store_is_broken(rig: Rig) -> None:
    rig.fault = raising(StoreBroken("disk away"))
    rig.thread.start()
    rig.next()
    answered = threading.Event()
    rig.worker.ping(answered.set)
    assert answered.wait(PATIENCE_S)


def test_answers_a_beat_in_the_middle_of_a_long_opening(rig: Rig) -> None:
    answered, opening, go_on = threading.Event(), threading.Event(), threading.Event()

    def long() -> None:
        opening.set()
        while not go_on.is_set():
            rig.worker.answer_pings()
            time.sleep(0.01)

    rig.fault = long
    rig.thread.start()
    assert opening.wait(PATIENCE_S)
    rig.worker.ping(answered.set)
    assert answered.wait(PATIENCE_S)
    go_on.set()
    assert rig.next() == "well"


def test_hands_the_error_of_a_waiting_job_to_whoever_waits(rig: Rig) -> None:
    rig.thread.start()
    rig.next()
    with pytest.raises(StoreDamaged):
        rig.worker.call(raising(StoreDamaged("a page")))
    assert rig.next() == STORE_DAMAGED


def test_leaves_nobody_waiting_after_its_end(rig: Rig) -> None:
    rig.thread.start()
    rig.next()
    rig.worker.stop()
    rig.thread.join(PATIENCE_S)
    with pytest.raises(StoreBroken):
        rig.worker.call(lambda work: work.cursor())


class FullUntil:
    """A job that finds no room for the first `times`."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, work: UnitOfWork) -> str:
        self.left -= 1
        if self.left >= 0:
            raise StoreFull("no room")
        return "done"


@pytest.mark.parametrize("waits", [True, False])
def test_gives_the_reserve_back_and_does_the_job_when_there_is_no_room(rig: Rig, waits: bool) -> None:
    rig.reserves = 1
    rig.thread.start()
    assert rig.next() == "well"
    if waits:
        assert rig.worker.call(FullUntil(1)) == "done"
    else:
        rig.worker.submit(FullUntil(1), rig.told.put)
        assert rig.next() == "done"
    assert rig.told.empty(), "nobody in front notices"


def test_says_full_when_there_is_no_reserve_left_and_is_well_when_there_is_room(rig: Rig) -> None:
    rig.reserves = 1
    rig.thread.start()
    assert rig.next() == "well"
    with pytest.raises(StoreFull):
        rig.worker.call(FullUntil(2))
    assert rig.next() == STORE_FULL
    assert rig.next() == "well"


def test_gives_nothing_back_for_another_fault(rig: Rig) -> None:
    rig.reserves = 1
    rig.thread.start()
    assert rig.next() == "well"
    rig.worker.submit(raising(StoreBroken("input/output error")), lambda _: None)
    assert rig.next() == STORE_BROKEN
    assert rig.reserves == 1


def test_says_full_whatever_the_store_says_when_there_is_no_room(rig: Rig) -> None:
    rig.bytes_free = 4_096
    rig.thread.start()
    assert rig.next() == "well"
    rig.worker.submit(raising(StoreBroken("input/output error")), lambda _: None)
    assert rig.next() == STORE_FULL


def test_what_is_done_in_steps_is_durable_step_by_step(rig: Rig) -> None:
    """The first step stays, whatever becomes of the second one; then the station rests and nothing is answered."""
    rig.thread.start()
    assert rig.next() == "well"
    answers: SimpleQueue[object] = SimpleQueue()

    def two_steps(on_store: OnStore) -> str:
        on_store(lambda work: (work.put_pin("p1", PinRecord("sealed", 1)), work.commit()))
        raise StoreBroken("disk away")

    rig.worker.submit_steps(two_steps, answers.put)
    assert rig.next() == STORE_BROKEN
    assert rig.next() == "well"
    assert answers.empty()
    assert rig.worker.call(lambda work: work.pin("p1")) == PinRecord("sealed", 1)
    rig.worker.submit_steps(lambda _: "done", answers.put)
    assert answers.get(timeout=PATIENCE_S) == "done"


def test_a_step_that_finds_no_room_runs_again_by_itself_and_none_before_it(rig: Rig) -> None:
    """The right PIN would be looked at twice, and come too soon."""
    rig.reserves = 1
    rig.thread.start()
    assert rig.next() == "well"
    ran: list[str] = []
    answers: SimpleQueue[object] = SimpleQueue()

    def counted(work: UnitOfWork) -> None:
        ran.append("counted")
        work.put_pin("p1", PinRecord("sealed", 1))
        work.commit()

    def ended(work: UnitOfWork) -> None:
        ran.append("ended")
        if ran.count("ended") == 1:
            raise StoreFull("no room")
        work.put_pin("p1", PinRecord("sealed"))
        work.commit()

    def in_steps(on_store: OnStore) -> str:
        on_store(counted)
        on_store(ended)
        return "done"

    rig.worker.submit_steps(in_steps, answers.put)
    assert answers.get(timeout=PATIENCE_S) == "done"
    assert ran == ["counted", "ended", "ended"]
    assert rig.worker.call(lambda work: work.pin("p1")) == PinRecord("sealed")
