"""Loans, pulls and a resync at once, with roll-backs in between: no acknowledged loan is ever missing.

The protection: one thread owns the writing connection and the others hand it jobs. The control takes it away: two
threads on one connection, which loses every loan that another's roll-back falls into.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from kiosk.domain.operations import OperationId
from kiosk.ports.central import Change, TitleRecord, Verdict, VerdictKind
from kiosk.ports.store import UnitOfWork
from local_store import SqlStore, open_store
from local_store.prepared import Database
from local_store.unit_of_work import SqlUnitOfWork
from tests.local_store.shelf import CATALOGUE, ITEMS, LAN, config_in, lend, new_id, new_store, take_back

pytestmark = pytest.mark.slow

PATIENCE_S = 60.0
ROUNDS = 20

Job = Callable[[Callable[[], AbstractContextManager[UnitOfWork]]], None]


class Hands(Protocol):
    """How a thread has its job done on the store: `ask` returns once it is on its way, `idle` once all are done."""

    def ask(self, job: Job) -> None: ...
    def idle(self) -> None: ...


class StoreThread:
    """As the kiosk does it: one thread works, whoever asks only queues."""

    def __init__(self, folder: Path) -> None:
        config = new_store(config_in(folder))
        self._opens = lambda: open_store(config)
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._opened: queue.Queue[SqlStore] = queue.Queue()
        self.failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.store = self._opened.get(timeout=PATIENCE_S)

    def ask(self, job: Job) -> None:
        self._jobs.put(job)

    def idle(self) -> None:
        done = threading.Event()
        self.ask(lambda _: done.set())
        assert done.wait(PATIENCE_S)

    def stop(self) -> None:
        self._jobs.put(None)
        self._thread.join(PATIENCE_S)
        assert self.failures == []

    def _run(self) -> None:
        store = self._opens()
        self._opened.put(store)
        while (job := self._jobs.get()) is not None:
            try:
                job(store.unit_of_work)
            except BaseException as failure:
                self.failures.append(failure)
        store.close()


class SharedDatabase(Database):
    """The writing connection as a pool hands it to two threads: begin, commit and roll-back are then the driver's,
    which joins a transaction that is open already, and says nothing when there is none left to commit."""

    def begin(self) -> None:
        if not self._connection.in_transaction:
            self.tell("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.commit()

    def roll_back(self) -> None:
        self._connection.rollback()


class SharedConnection:
    """The control: every thread works by itself, on the one connection."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(new_store(config_in(folder)))
        shared = SharedDatabase(self.store._database._connection)
        self._unit_of_work = lambda: SqlUnitOfWork(shared, self.store._origin, self.store._kept, lambda _: None)

    def ask(self, job: Job) -> None:
        job(self._unit_of_work)

    def idle(self) -> None:
        pass

    def stop(self) -> None:
        self.store.close()


@contextmanager
def many(*targets: Callable[[], None]) -> Iterator[None]:
    failures: list[BaseException] = []

    def guarded(target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(PATIENCE_S)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)


def missing(folder: Path, acknowledged: dict[str, OperationId]) -> set[str]:
    """The acknowledged loans of which the reopened store knows the loan or the operation no more."""
    store = open_store(config_in(folder))
    loans = {row["id"] for row in store.loans_ledger()}
    operations = {(row["epoch"], row["seq"], *row["loans"]) for row in store.ledger()}  # type: ignore[misc]
    store.check()
    store.close()
    return {
        loan_id
        for loan_id, id_ in acknowledged.items()
        if loan_id not in loans or (id_.epoch, id_.seq, loan_id) not in operations
    }


def roll_back_falls_into_a_loan(hands: Hands) -> dict[str, OperationId]:
    """A loan is written but not committed when another thread asks for a pull that rolls back. Returns what was
    acknowledged: the loans whose commit returned."""
    acknowledged: dict[str, OperationId] = {}
    for _ in range(ROUNDS):
        written, asked = threading.Event(), threading.Event()

        def loan(written: threading.Event = written, asked: threading.Event = asked) -> None:
            def job(unit_of_work: Callable[[], AbstractContextManager[UnitOfWork]]) -> None:
                with unit_of_work() as work:
                    lent, operation = lend(work, ITEMS[0])
                    written.set()
                    assert asked.wait(PATIENCE_S)
                    work.commit()
                    acknowledged[lent.id] = operation.id

            hands.ask(job)

        def pull(written: threading.Event = written, asked: threading.Event = asked) -> None:
            def job(unit_of_work: Callable[[], AbstractContextManager[UnitOfWork]]) -> None:
                with unit_of_work() as work:
                    work.apply(CATALOGUE, "lost")  # and no commit

            assert written.wait(PATIENCE_S)
            hands.ask(job)
            asked.set()

        with many(loan, pull):
            pass
        hands.idle()
    assert len(acknowledged) == ROUNDS
    return acknowledged


def test_keeps_a_loan_when_a_roll_back_falls_into_it(tmp_path: Path) -> None:
    hands = StoreThread(tmp_path)
    acknowledged = roll_back_falls_into_a_loan(hands)
    hands.stop()
    assert missing(tmp_path, acknowledged) == set()


def test_control_loses_every_such_loan_on_a_shared_connection(tmp_path: Path) -> None:
    hands = SharedConnection(tmp_path)
    acknowledged = roll_back_falls_into_a_loan(hands)
    hands.stop()
    assert missing(tmp_path, acknowledged) == set(acknowledged)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_keeps_every_loan_while_pull_resync_and_drain_interleave_with_roll_backs(tmp_path: Path, seed: int) -> None:
    hands = StoreThread(tmp_path)
    acknowledged: dict[str, OperationId] = {}
    over = threading.Event()
    titles: list[Change] = [TitleRecord(new_id(), f"Sách {n}", "", None, "", "") for n in range(600)]

    def in_store(job: Callable[[UnitOfWork], bool]) -> None:
        """`job` says whether to commit. Returns when it is done, as a thread of the kiosk waits for its answer."""
        done = threading.Event()

        def run(unit_of_work: Callable[[], AbstractContextManager[UnitOfWork]]) -> None:
            try:
                with unit_of_work() as work:
                    if job(work):
                        work.commit()
            finally:
                done.set()

        hands.ask(run)
        assert done.wait(PATIENCE_S)

    def desk() -> None:
        chance = random.Random(seed)
        for n in range(150):
            result: list[tuple[str, OperationId]] = []
            commits = chance.random() < 0.7

            def lends(
                work: UnitOfWork,
                result: list[tuple[str, OperationId]] = result,
                n: int = n,
                commits: bool = commits,
            ) -> bool:
                lent, operation = lend(work, ITEMS[n % len(ITEMS)], LAN)
                result.append((lent.id, operation.id))
                if chance.random() < 0.2:
                    take_back(work, ITEMS[n % len(ITEMS)], lent)
                return commits

            in_store(lends)
            if commits:
                acknowledged.update(result)
        over.set()

    def pull(changes: list[Change], seed_of_its_own: int) -> None:
        chance = random.Random(seed_of_its_own)
        at = 0
        while not over.is_set():
            step = chance.randrange(1, 100)

            def takes_a_page(work: UnitOfWork, at: int = at, step: int = step) -> bool:
                work.apply(changes[at : at + step], str(at))
                return chance.random() < 0.7

            in_store(takes_a_page)
            at = 0 if at + step >= len(changes) else at + step  # a lost cursor: from the beginning

    def push() -> None:
        chance = random.Random(seed + 99)

        def settles(work: UnitOfWork) -> bool:
            sent = [operation.id for _, operation in work.pending(20)]
            work.settle([Verdict(id_, chance.choice(list(VerdictKind)), None) for id_ in sent])
            return chance.random() < 0.5

        while not over.is_set():
            in_store(settles)

    def read() -> None:
        while not over.is_set():
            before = dict(acknowledged)
            seen = {row["id"] for row in hands.store.loans_ledger()}
            assert before.keys() <= seen

    with many(desk, lambda: pull(titles, seed + 1), lambda: pull(list(CATALOGUE), seed + 2), push, read):
        pass
    hands.stop()

    assert len(acknowledged) > 50
    assert missing(tmp_path, acknowledged) == set()
    store = open_store(config_in(tmp_path))
    rows = list(store.ledger())
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1)), "roll-backs leave no gap"
    store.close()
