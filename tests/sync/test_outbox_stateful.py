"""However the link fails, every operation is at the centre exactly once, or waits, or is kept for a librarian."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from central_link.simulated import Failure, SimulatedCentral
from kiosk.domain.operations import Operation, OperationId
from kiosk.ports.central import Capabilities, ChangePage, Verdict, VerdictKind
from kiosk.ports.errors import Refused
from kiosk.sync.outbox import PATIENCE, Outbox, Outcome, _Row, _Run
from tests.sync.chains import Chain
from tests.sync.memory_store import MemoryStore
from tests.sync.test_outbox import AsksOnce

pytestmark = pytest.mark.slow

MOST_REFUSED = PATIENCE // 2  # so few that the newest is never sent ahead: then the order must be kept


class Witness:
    """The link, what was taken in the present run, and how often each was refused alone in it. After `breaks_after`
    sendings the store breaks."""

    def __init__(self, central: SimulatedCentral, store: MemoryStore, batch: int) -> None:
        self._central = central
        self._store = store
        self.batch = batch
        self.taken: list[OperationId] = []
        self.refused_alone: Counter[OperationId] = Counter()
        self.breaks_after: int | None = None

    @property
    def capabilities(self) -> Capabilities:
        return replace(self._central.capabilities, batch=self.batch)

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        try:
            verdicts = self._central.send(operations)
        except Refused:
            if len(operations) == 1:
                self.refused_alone[operations[0].id] += 1
            raise
        self.taken += [verdict.id for verdict in verdicts]
        if self.breaks_after is not None:
            self.breaks_after -= 1
            self._store.broken = self.breaks_after < 0
        return verdicts

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        raise NotImplementedError


class Sync(RuleBasedStateMachine):
    outbox_made: type[Outbox] = Outbox

    def __init__(self) -> None:
        super().__init__()
        self.chain = Chain()
        self.store = MemoryStore()
        self.central = SimulatedCentral()
        self.recorded: list[OperationId] = []
        self.refused: set[OperationId] = set()
        self.to_dispute: set[OperationId] = set()
        self.overtaken: set[OperationId] = set()
        """Refused alone, and a later one reached the centre: set aside if its answer came back, else sent again."""

    @rule(count=st.integers(1, 12))
    def record(self, count: int) -> None:
        operations = self.chain.check_ins(count)
        self.store.record(*operations)
        self.recorded += [operation.id for operation in operations]

    @rule(failures=st.lists(st.sampled_from([None, *Failure]), max_size=4))
    def fail_next(self, failures: list[Failure | None]) -> None:
        self.central.fail_next(*failures)

    @precondition(lambda self: self.recorded and len(self.refused) < MOST_REFUSED)
    @rule(data=st.data(), status=st.sampled_from([400, 413, 500]))
    def refuse_one(self, data: st.DataObject, status: int) -> None:
        operation = data.draw(st.sampled_from(self.recorded))
        self.refused.add(operation)
        self.central.refuse(operation, status)

    @rule(status=st.sampled_from([None, 400, 500]))
    def refuse_everything(self, status: int | None) -> None:
        self.central.refuse_everything(status)

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def dispute_one(self, data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(self.recorded))
        self.to_dispute.add(operation)
        self.central.dispute(operation, "already_on_loan")

    @rule(online=st.booleans())
    def set_online(self, online: bool) -> None:
        self.central.set_online(online)

    @rule()
    def open_again(self) -> None:
        self.store.reopen()

    @rule(batch=st.integers(1, 20), breaks_after=st.none() | st.integers(0, 3))
    def push(self, batch: int, breaks_after: int | None) -> None:
        aside_before = set(self.store.tables.set_aside)
        link = Witness(self.central, self.store, batch)
        link.breaks_after = breaks_after
        told: list[int] = []
        waiting = len(self.store.pending)
        self.outbox_made(link, self.store, told.append).push(threading.Event())
        self.store.broken = False
        for operation in set(self.store.tables.set_aside) - aside_before:
            assert any(self._place(taken) > self._place(operation) for taken in link.taken), "given up without a proof"
            assert link.refused_alone[operation] > 1, "given up without a second try"
        there = [self._place(operation.id) for operation in self.central.received()]
        self.overtaken |= {one for one in link.refused_alone if any(place > self._place(one) for place in there)}
        assert sum(told) == waiting - len(self.store.pending)

    def _place(self, operation: OperationId) -> int:
        return self.recorded.index(operation)

    @invariant()
    def nothing_is_lost(self) -> None:
        tables = self.store.tables
        assert [operation.id for operation in tables.outbox] == self.recorded
        assert len(tables.settled) + len(tables.set_aside) + len(self.store.pending) == len(self.recorded)

    @invariant()
    def what_is_settled_is_at_the_centre_once(self) -> None:
        received = [operation.id for operation in self.central.received()]
        assert len(received) == len(set(received))
        assert set(self.store.tables.settled) <= set(received)

    @invariant()
    def what_the_centre_disputes_is_known_here(self) -> None:
        for operation, verdict in self.store.tables.settled.items():
            if verdict.kind is VerdictKind.DISPUTED:
                assert verdict.reason == self.central.disputes()[operation]

    @invariant()
    def the_order_is_kept(self) -> None:
        places = [
            self._place(operation.id) for operation in self.central.received() if operation.id not in self.overtaken
        ]
        assert places == sorted(places)

    def teardown(self) -> None:
        self.central.set_online(True)
        self.central.refuse_nothing()
        self.store.reopen()
        last = Outbox(Witness(self.central, self.store, 500), self.store, lambda _: None).push(threading.Event())
        assert last.outcome in (Outcome.DRAINED, Outcome.NOTHING)
        assert {operation.id for operation in self.central.received()} == set(self.recorded)
        assert len(self.central.received()) == len(self.recorded)
        assert set(self.store.tables.settled) == set(self.recorded)


class DropsWhatIsRefused(Outbox):
    """The fault that this test is about: a refused operation is taken out of the outbox."""

    def _taken(self, part: Sequence[_Row], run: _Run) -> bool:
        if super()._taken(part, run):
            return True
        if len(part) == 1:
            tables = self._on_store.tables  # type: ignore[attr-defined]
            tables.outbox = [operation for operation in tables.outbox if operation.id != part[0][1].id]
        return False


class GivesUpAtOnce(Outbox):
    """Sets an operation aside as soon as it is refused alone, whatever the server does with the others."""

    def _taken(self, part: Sequence[_Row], run: _Run) -> bool:
        run.taken_place = 1_000_000
        return super()._taken(part, run)


class SkipsWhatIsLost(Outbox):
    """Believes that what was sent was taken, though no answer came."""

    def _taken(self, part: Sequence[_Row], run: _Run) -> bool:
        verdicts = [Verdict(operation.id, VerdictKind.ACCEPTED) for _, operation in part]
        try:
            return super()._taken(part, run)
        except Exception:
            self._settle(verdicts)
            raise


_QUICK = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def test_every_operation_arrives_once_or_is_kept_however_the_link_fails() -> None:
    run_state_machine_as_test(Sync, settings=_QUICK)


@pytest.mark.parametrize("faulty", [DropsWhatIsRefused, GivesUpAtOnce, AsksOnce, SkipsWhatIsLost])
def test_control_a_faulty_outbox_is_caught(faulty: type[Outbox]) -> None:
    class Faulty(Sync):
        outbox_made = faulty

    only_look = settings(_QUICK, max_examples=300, phases=[Phase.generate], derandomize=True, database=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Faulty, settings=only_look)
