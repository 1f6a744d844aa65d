"""The store against a small model in memory, with roll-backs and reopenings wherever Hypothesis likes them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kiosk.domain.model import Loan
from kiosk.domain.operations import ChainEnd, Operation, OperationKind
from kiosk.ports.central import Change, Gone, LoanRecord, PatronRecord, Verdict, VerdictKind
from kiosk.ports.store import OutboxCounts, UnitOfWork
from local_store import open_store
from tests.local_store.shelf import (
    CALENDAR,
    CATALOGUE,
    ITEMS,
    LAN,
    LENT,
    MINH,
    RULES,
    TITLE,
    config_in,
    lend,
    new_store,
    take_back,
    told,
    write_operation,
)

PATRONS = (LAN, MINH)
UNSETTLED = ("pending", "set_aside")
NUMBERS = st.integers(0, 5)


@dataclass
class Sent:
    operation: Operation
    loans: tuple[str, ...]
    state: str = "pending"
    reason: str | None = None


@dataclass
class Model:
    loans: dict[str, tuple[Loan, bool]] = field(default_factory=dict)  # and whether it is open
    outbox: list[Sent] = field(default_factory=list)
    last: ChainEnd | None = None
    cursor: str = "1"
    rules_version: str = RULES.version
    class_name: str = LAN.class_name
    renewed: dict[str, date] = field(default_factory=dict)
    as_of: dict[str, int] = field(default_factory=dict)  # the number of the last answer about a loan
    held: dict[str, LoanRecord | Gone] = field(default_factory=dict)  # back, until there is an answer

    def hear(self, loan_id: str, change: LoanRecord | Gone) -> None:
        if self.has_to_tell(loan_id):
            before = self.held.get(loan_id)
            if before is None or change.number >= before.number:
                self.held[loan_id] = change
        elif change.number >= self.as_of.get(loan_id, 0):
            self.believe(loan_id, change)

    def believe(self, loan_id: str, change: LoanRecord | Gone) -> None:
        if isinstance(change, Gone):
            for known in (self.loans, self.renewed, self.as_of):
                known.pop(loan_id, None)
            return
        loan, (known, _) = change.loan, self.loans.get(loan_id, (change.loan, True))
        is_repeated = known.provisional and loan.due_on == known.due_on
        self.loans[loan_id] = replace(loan, item_type="STK", provisional=is_repeated), change.open
        self.as_of.setdefault(loan_id, change.number)

    def answered(self, loans: Mapping[str, int]) -> None:
        self.as_of.update({loan_id: number for loan_id, number in loans.items() if number})
        for loan_id, number in loans.items():
            if not self.has_to_tell(loan_id) and (change := self.held.pop(loan_id, None)) and number:
                self.hear(loan_id, change)

    def add(self, operation: Operation, *loans: str) -> None:
        self.outbox.append(Sent(operation, loans))
        self.last = ChainEnd(operation.id, operation.hash)

    def has_to_tell(self, loan_id: str) -> bool:
        return any(sent.state in UNSETTLED and loan_id in sent.loans for sent in self.outbox)

    def open_loans(self) -> list[Loan]:
        return [loan for loan, is_open in self.loans.values() if is_open]


Step = Callable[[UnitOfWork, Model], None]


class StoreAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="store-"))
        self.store = open_store(new_store(config_in(self.folder)))
        self.model = Model()
        self.epochs: list[str] = []
        with self.store.unit_of_work() as work:
            work.apply(CATALOGUE, "1")
            work.commit()

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def work(self, *steps: Step, commits: bool) -> None:
        after = deepcopy(self.model)
        with self.store.unit_of_work() as work:
            for step in steps:
                step(work, after)
            if commits:
                work.commit()
                self.model = after

    @rule(item=st.sampled_from(ITEMS), patron=st.sampled_from(PATRONS), commits=st.booleans())
    def check_out(self, item: object, patron: object, commits: bool) -> None:
        def step(work: UnitOfWork, model: Model) -> None:
            loan, operation = lend(work, item, patron)  # type: ignore[arg-type]
            model.loans[loan.id] = (loan, True)
            model.as_of[loan.id] = 0  # nothing was told of it yet
            model.add(operation, loan.id)

        self.work(step, commits=commits)

    @precondition(lambda self: self.model.loans)
    @rule(data=st.data(), reopens=st.booleans(), commits=st.booleans())
    def check_in(self, data: st.DataObject, reopens: bool, commits: bool) -> None:
        loan, _ = data.draw(st.sampled_from(list(self.model.loans.values())))
        item = next(item for item in ITEMS if item.id == loan.item_id)

        def returned(work: UnitOfWork, model: Model) -> None:
            model.add(take_back(work, item, loan), loan.id)
            model.loans[loan.id] = (model.loans[loan.id][0], False)

        def taken_back(work: UnitOfWork, model: Model) -> None:
            work.reopen_loans([loan.id])
            model.add(write_operation(work, OperationKind.VOID, loans=(loan.id,)), loan.id)
            model.loans[loan.id] = (model.loans[loan.id][0], True)

        self.work(returned, *([taken_back] if reopens else []), commits=commits)

    @precondition(lambda self: self.model.loans)
    @rule(data=st.data(), days=st.integers(0, 9), unsure=st.booleans(), commits=st.booleans())
    def renew(self, data: st.DataObject, days: int, unsure: bool, commits: bool) -> None:
        loan_id = data.draw(st.sampled_from(list(self.model.loans)))

        def step(work: UnitOfWork, model: Model) -> None:
            loan, is_open = model.loans[loan_id]
            due_on, on = loan.due_on + timedelta(days=days), LENT + timedelta(days=days)
            longer = replace(loan, due_on=due_on, renewals=loan.renewals + 1, provisional=unsure)
            work.extend_loan(loan_id, due_on, longer.renewals, on, unsure)
            model.loans[loan_id] = (longer, is_open)
            model.renewed[loan_id] = on

        self.work(step, commits=commits)

    @rule(data=st.data(), number=st.integers(0, 1_000), commits=st.booleans())
    def apply(self, data: st.DataObject, number: int, commits: bool) -> None:
        changes: list[Change] = []
        after = deepcopy(self.model)
        for loan_id, is_open, gone in data.draw(
            st.lists(
                st.tuples(st.sampled_from([*self.model.loans, "elsewhere"]), st.booleans(), st.booleans()), max_size=4
            )
        ):
            known = after.loans.get(loan_id, (Loan(loan_id, ITEMS[0].id, MINH.id, LENT, LENT, 0, "STK"), True))[0]
            due_on = known.due_on + timedelta(days=data.draw(st.integers(0, 1)))
            said = told(replace(known, due_on=due_on, provisional=False), is_open=is_open)
            change = replace(Gone("loan", loan_id) if gone else said, number=data.draw(NUMBERS))
            changes.append(change)
            after.hear(loan_id, change)
        if data.draw(st.booleans()):
            changes += [replace(RULES, version=str(number)), PatronRecord(replace(LAN, class_name=str(number)), ("1",))]
            after.rules_version = after.class_name = str(number)
        after.cursor = str(number)

        def step(work: UnitOfWork, model: Model) -> None:
            # One by one: of several changes to one loan in one call only the last is looked at.
            for change in changes:
                work.apply([change], after.cursor)
            work.apply(data.draw(st.sampled_from([[], [TITLE], [CALENDAR, *ITEMS]])), after.cursor)
            model.__dict__.update(after.__dict__)

        self.work(step, commits=commits)

    @precondition(lambda self: self.model.outbox)
    @rule(data=st.data(), commits=st.booleans())
    def settle(self, data: st.DataObject, commits: bool) -> None:
        places = data.draw(st.lists(st.integers(0, len(self.model.outbox) - 1), max_size=4))
        kinds = [data.draw(st.sampled_from(VerdictKind)) for _ in places]
        numbers = dict.fromkeys((loan for place in places for loan in self.model.outbox[place].loans), 0)
        numbers |= {loan_id: data.draw(NUMBERS) for loan_id in numbers}  # the same in the whole answer

        def step(work: UnitOfWork, model: Model) -> None:
            verdicts = []
            for place, kind in zip(places, kinds, strict=True):
                sent = model.outbox[place]
                reason = "gap" if kind is VerdictKind.DISPUTED else None
                told_of = {loan_id: numbers[loan_id] for loan_id in sent.loans if numbers[loan_id]}
                verdicts.append(Verdict(sent.operation.id, kind, reason, told_of))
                if sent.state in UNSETTLED:
                    sent.state = "disputed" if kind is VerdictKind.DISPUTED else "settled"
                    sent.reason = reason
            work.settle(verdicts)
            model.answered(numbers)

        self.work(step, commits=commits)

    @precondition(lambda self: self.model.outbox)
    @rule(data=st.data(), commits=st.booleans())
    def set_aside(self, data: st.DataObject, commits: bool) -> None:
        place = data.draw(st.integers(0, len(self.model.outbox) - 1))

        def step(work: UnitOfWork, model: Model) -> None:
            sent = model.outbox[place]
            work.set_aside(sent.operation.id, "request_refused")
            if sent.state == "pending":
                sent.state, sent.reason = "set_aside", "request_refused"

        self.work(step, commits=commits)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(config_in(self.folder))
        self.model.last = None
        for sent in self.model.outbox:
            if sent.state == "set_aside":
                sent.state, sent.reason = "pending", None

    @invariant()
    def they_agree(self) -> None:
        model = self.model
        rows = [(row["hash"], row["state"], row["reason"]) for row in self.store.ledger()]
        assert rows == [(sent.operation.hash.hex(), sent.state, sent.reason) for sent in model.outbox]
        states = [sent.state for sent in model.outbox]
        with self.store.unit_of_work() as work:
            assert work.outbox_counts() == OutboxCounts(
                *(states.count(state) for state in ("pending", "disputed", "settled", "set_aside"))
            )
            pending = [operation for _, operation in work.pending(1_000)]
            assert pending == [sent.operation for sent in model.outbox if sent.state == "pending"]
            assert work.last_operation() == model.last
            assert work.cursor() == model.cursor
            assert work.rules().version == model.rules_version
            patron = work.patron(LAN.id)
            assert patron is not None
            assert patron.class_name == model.class_name
            for loan_id, (loan, _) in model.loans.items():
                assert work.loan(loan_id) == loan
                assert work.renewed_on(loan_id) == model.renewed.get(loan_id)
            for patron in PATRONS:
                expected = {loan.id for loan in model.open_loans() if loan.patron_id == patron.id}
                assert {loan.id for loan in work.open_loans_of_patron(patron.id)} == expected
            for item in ITEMS:
                expected = {loan.id for loan in model.open_loans() if loan.item_id == item.id}
                assert {loan.id for loan in work.open_loans_of_item(item.id)} == expected
        known = {row["id"]: row["open"] for row in self.store.loans_ledger()}
        assert known == {loan_id: is_open for loan_id, (_, is_open) in model.loans.items()}


_QUICK = settings(max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_holds_what_a_model_in_memory_holds() -> None:
    run_state_machine_as_test(StoreAgainstModel, settings=_QUICK)


@pytest.mark.slow
def test_holds_what_a_model_in_memory_holds_often() -> None:
    run_state_machine_as_test(StoreAgainstModel, settings=settings(_QUICK, max_examples=40))
