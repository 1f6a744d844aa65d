"""Pushing, against the simulated centre."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from central_link.simulated import Failure, SimulatedCentral
from kiosk.domain.operations import Operation
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.sync.outbox import PATIENCE, Outbox, Outcome, PushRun, _Run
from tests.sync.chains import Chain
from tests.sync.memory_store import MemoryStore


class Desk:
    """A store with a backlog, a centre, and the outbox between them."""

    def __init__(self, backlog: int, batch: int = 500) -> None:
        self.chain = Chain()
        self.operations = self.chain.check_ins(backlog)
        self.ids = [operation.id for operation in self.operations]
        self.store = MemoryStore()
        self.store.record(*self.operations)
        self.central = SimulatedCentral(batch)
        self.told: list[int] = []
        self.stop = threading.Event()
        self.outbox = Outbox(self.central, self.store, self.told.append)

    def push(self) -> PushRun:
        return self.outbox.push(self.stop)

    def at_centre(self) -> list[Operation]:
        return list(self.central.received())


class AsksOnce(Outbox):
    """Sets aside what was refused alone as soon as a later one is taken."""

    def _send_once_more(self, run: _Run) -> None:
        while run.refused:
            self._set_aside(run.refused.pop(0)[1].id, run)


def test_sends_everything_in_order_in_batches_of_what_the_centre_takes() -> None:
    desk = Desk(backlog=25, batch=10)
    assert desk.push() == PushRun(Outcome.DRAINED, taken=25)
    assert desk.at_centre() == desk.operations
    assert desk.central.sent == 3
    assert desk.store.pending == []
    assert desk.told == [10, 10, 5]


def test_asks_nothing_of_the_centre_when_there_is_nothing_to_send() -> None:
    desk = Desk(backlog=0)
    assert desk.push() == PushRun(Outcome.NOTHING)
    assert desk.central.sent == 0


def test_settles_a_batch_in_one_commit() -> None:
    desk = Desk(backlog=20, batch=10)
    desk.push()
    assert desk.store.commits == 2


@pytest.mark.parametrize("failure", [Failure.LOST_BEFORE, Failure.LOST_AFTER, Failure.WRONG_ANSWER])
def test_changes_nothing_and_sends_again_when_no_answer_is_known(failure: Failure) -> None:
    desk = Desk(backlog=25, batch=10)
    desk.central.fail_next(None, failure)
    run = desk.push()
    assert (run.outcome, run.taken) == (Outcome.UNREACHABLE, 10)
    assert desk.store.pending == desk.ids[10:]

    assert desk.push() == PushRun(Outcome.DRAINED, taken=15)
    assert desk.at_centre() == desk.operations
    verdicts = {verdict.kind for verdict in desk.store.tables.settled.values()}
    known_there = {VerdictKind.DUPLICATE} if failure is not Failure.LOST_BEFORE else set()
    assert verdicts == {VerdictKind.ACCEPTED} | known_there


@pytest.mark.parametrize("status", [400, 413, 500])
@pytest.mark.parametrize("bad", [0, 11, 23])
def test_sets_only_the_cause_aside_when_a_request_is_refused(status: int, bad: int) -> None:
    desk = Desk(backlog=25, batch=25)
    desk.central.refuse(desk.ids[bad], status)
    assert desk.push().outcome is Outcome.DRAINED
    assert desk.store.tables.set_aside == {desk.ids[bad]: "request_refused"}
    assert [operation.id for operation in desk.at_centre()] == desk.ids[:bad] + desk.ids[bad + 1 :]
    assert desk.store.pending == []
    assert sum(desk.told) == 25


def test_isolates_a_cause_among_500_with_few_requests() -> None:
    desk = Desk(backlog=500)
    desk.central.refuse(desk.ids[333])
    desk.push()
    assert list(desk.store.tables.set_aside) == [desk.ids[333]]
    assert desk.central.sent <= 20  # one, two for each of nine halvings, and the cause once more


@pytest.mark.parametrize("batch", [1, 2])
def test_a_fault_of_a_moment_sets_nothing_aside(batch: int) -> None:
    desk = Desk(backlog=2, batch=batch)
    desk.central.fail_next(*[Failure.REFUSED_500] * batch)  # until the first stands alone, and is refused
    assert desk.push() == PushRun(Outcome.DRAINED, taken=2)
    assert desk.store.tables.set_aside == {}
    assert desk.at_centre() == desk.operations[::-1]


def test_control_without_a_second_try_a_fault_of_a_moment_sets_a_good_operation_aside() -> None:
    desk = Desk(backlog=2, batch=2)
    desk.central.fail_next(Failure.REFUSED_500, Failure.REFUSED_500)
    assert AsksOnce(desk.central, desk.store, desk.told.append).push(desk.stop) == PushRun(Outcome.DRAINED, taken=1)
    assert desk.store.tables.set_aside == {desk.ids[0]: "request_refused"}


def test_sends_what_was_refused_with_what_came_meanwhile_in_its_order() -> None:
    desk = Desk(backlog=1)
    later = desk.chain.check_in("TK.99999")

    class OnceAtFault(SimulatedCentral):
        def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
            if not self.sent:
                self.fail_next(Failure.REFUSED_500)
                desk.store.record(later)
            return super().send(operations)

    central = OnceAtFault()
    assert Outbox(central, desk.store, desk.told.append).push(desk.stop) == PushRun(Outcome.DRAINED, taken=2)
    assert list(central.received()) == [*desk.operations, later], "out of order the later one would be a gap"
    assert central.sent == 2


def test_sets_nothing_aside_when_the_server_refuses_everything() -> None:
    desk = Desk(backlog=300)
    desk.central.refuse_everything(500)
    run = desk.push()
    assert (run.outcome, run.taken, run.detail) == (Outcome.REFUSED, 0, "status 500: simulated")
    assert desk.store.tables.set_aside == {}
    assert desk.store.pending == desk.ids


def test_spares_a_server_that_refuses_everything_when_the_backlog_is_long() -> None:
    desk = Desk(backlog=3_000)
    desk.central.refuse_everything(500)
    desk.push()
    assert desk.central.sent < 60


def test_sends_the_whole_backlog_in_order_when_the_server_is_well_again() -> None:
    desk = Desk(backlog=300)
    desk.central.refuse_everything(500)
    for _ in range(5):
        desk.push()
    desk.central.refuse_everything(None)
    assert desk.push().outcome is Outcome.DRAINED
    assert desk.at_centre() == desk.operations
    assert desk.store.tables.set_aside == {}


def test_sets_nothing_aside_when_only_earlier_operations_were_taken() -> None:
    desk = Desk(backlog=8)
    desk.central.refuse(desk.ids[7])
    run = desk.push()
    assert (run.outcome, run.taken) == (Outcome.REFUSED, 7)
    assert desk.store.tables.set_aside == {}
    assert desk.store.pending == [desk.ids[7]]


def test_sets_the_last_one_aside_when_a_later_loan_is_taken() -> None:
    desk = Desk(backlog=8)
    desk.central.refuse(desk.ids[7])
    desk.push()
    later = desk.chain.check_in("TK.99999")
    desk.store.record(later)
    assert desk.push().outcome is Outcome.DRAINED
    assert desk.store.tables.set_aside == {desk.ids[7]: "request_refused"}
    assert desk.at_centre()[-1] == later


def test_sends_what_was_set_aside_again_when_the_store_is_opened_again() -> None:
    desk = Desk(backlog=5)
    desk.central.refuse(desk.ids[2])
    desk.push()
    desk.central.refuse_nothing()
    desk.store.reopen()
    assert desk.push() == PushRun(Outcome.DRAINED, taken=1)
    assert desk.store.pending == []
    assert desk.store.tables.set_aside == {}


@pytest.mark.parametrize("bad", [PATIENCE - 1, PATIENCE, PATIENCE + 1, 10 * PATIENCE])
@pytest.mark.parametrize("good", [1, 2, 30])
def test_gets_past_a_long_row_of_refused_operations(bad: int, good: int) -> None:
    desk = Desk(backlog=bad + good, batch=50)
    for operation_id in desk.ids[:bad]:
        desk.central.refuse(operation_id)
    assert desk.push().outcome is Outcome.DRAINED
    assert list(desk.store.tables.set_aside) == desk.ids[:bad]
    assert {operation.id for operation in desk.at_centre()} == set(desk.ids[bad:])
    assert len(desk.at_centre()) == good


def test_keeps_a_disputed_operation_as_settled_with_its_reason() -> None:
    desk = Desk(backlog=3)
    desk.central.dispute(desk.ids[1], "already_on_loan")
    assert desk.push() == PushRun(Outcome.DRAINED, taken=3)
    assert desk.store.tables.settled[desk.ids[1]] == Verdict(desk.ids[1], VerdictKind.DISPUTED, "already_on_loan")


def test_sends_again_when_the_verdicts_could_not_be_made_durable() -> None:
    desk = Desk(backlog=6)

    class Breaks(SimulatedCentral):
        def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
            verdicts = super().send(operations)
            desk.store.broken = True
            return verdicts

    link = Breaks()
    outbox = Outbox(link, desk.store, desk.told.append)
    assert outbox.push(desk.stop).outcome is Outcome.STORE_BROKEN
    desk.store.broken = False
    assert desk.store.pending == desk.ids
    assert desk.told == []


def test_sends_nothing_more_when_told_to_stop() -> None:
    desk = Desk(backlog=25, batch=10)
    desk.outbox._told = lambda _: desk.stop.set()
    assert desk.push() == PushRun(Outcome.STOPPED, taken=10)
    assert desk.store.pending == desk.ids[10:]
    assert desk.central.sent == 1
