"""What every store does, whatever it is made of: what is said of a loan before and after an answer about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.domain.ids import erased_mark
from kiosk.domain.model import Loan
from kiosk.domain.operations import Operation
from kiosk.ports.central import Change, Gone, Verdict
from kiosk.ports.store import BEGINNING, WalkedTo
from tests.contracts.store_station import Station, accepted
from tests.local_store.shelf import CATALOGUE, ITEMS, LAN, lend, take_back, told


@pytest.fixture
def lent(station: Station) -> tuple[Loan, Operation]:
    """A loan of LAN of which nothing has been told."""
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        loan, operation = lend(work, ITEMS[0])
        work.commit()
    return loan, operation


def returned(station: Station, loan: Loan) -> Operation:
    with station.store.unit_of_work() as work:
        operation = take_back(work, ITEMS[0], loan)
        work.commit()
    return operation


def said(loan: Loan, number: int, *, is_open: bool = True) -> Change:
    return replace(told(loan, is_open=is_open), number=number)


def answer(operation: Operation, loan: Loan, number: int) -> Verdict:
    return replace(accepted(operation), loans={loan.id: number})


def held_by_lan(station: Station) -> list[str]:
    with station.store.unit_of_work() as work:
        return [loan.id for loan in work.open_loans_of_patron(LAN.id)]


def test_leaves_alone_what_was_said_before_the_answer(station: Station, lent: tuple[Loan, Operation]) -> None:
    loan, operation = lent
    station.settle(answer(operation, loan, 5))
    back = returned(station, loan)
    station.settle(answer(back, loan, 6))
    station.apply(said(loan, 5))
    assert held_by_lan(station) == []
    station.apply(Gone("loan", loan.id, number=5))
    assert [row["open"] for row in station.store.loans_ledger()] == [False]
    station.apply(said(loan, 6, is_open=False))
    station.apply(said(loan, 9))
    assert held_by_lan(station) == [loan.id]


@pytest.mark.parametrize(("number", "counts"), [(4, False), (5, True), (6, True)])
@pytest.mark.parametrize("is_gone", [False, True])
def test_holds_back_what_comes_before_the_answer_until_it_is_known_which_is_newer(
    station: Station, lent: tuple[Loan, Operation], number: int, counts: bool, is_gone: bool
) -> None:
    loan, operation = lent
    station.apply(Gone("loan", loan.id, number=number) if is_gone else said(loan, number, is_open=False))
    assert held_by_lan(station) == [loan.id]
    station.reopen()
    station.settle(answer(operation, loan, 5))
    assert held_by_lan(station) == ([] if counts else [loan.id])
    station.apply(said(loan, 7))
    assert held_by_lan(station) == [loan.id]


def test_holds_back_until_the_last_answer_has_come(station: Station, lent: tuple[Loan, Operation]) -> None:
    loan, operation = lent
    back = returned(station, loan)
    station.apply(said(loan, 5))
    station.settle(answer(operation, loan, 5))
    assert held_by_lan(station) == []
    station.settle(answer(back, loan, 6))
    assert held_by_lan(station) == []


def test_of_what_is_held_back_the_newest_counts(station: Station, lent: tuple[Loan, Operation]) -> None:
    loan, operation = lent
    station.apply(said(replace(loan, renewals=1), 6))
    station.apply(said(loan, 5, is_open=False))
    station.settle(answer(operation, loan, 5))
    with station.store.unit_of_work() as work:
        assert [one.renewals for one in work.open_loans_of_patron(LAN.id)] == [1]


def test_forgets_what_is_held_back_when_the_answer_knows_no_such_loan(
    station: Station, lent: tuple[Loan, Operation]
) -> None:
    """It was said by a centre that has been restored since."""
    loan, operation = lent
    back = returned(station, loan)
    station.apply(said(loan, 5))
    station.settle(answer(operation, loan, 5))
    station.settle(accepted(back))
    assert held_by_lan(station) == []


def test_believes_a_centre_that_counts_from_less_after_a_full_resync(
    station: Station, lent: tuple[Loan, Operation]
) -> None:
    loan, operation = lent
    station.settle(answer(operation, loan, 500))
    with station.store.unit_of_work() as work:
        work.begin_resync()
        work.commit()
    station.reopen()
    station.apply(said(loan, 5, is_open=False))
    assert held_by_lan(station) == []


def test_forgets_a_reader_who_is_erased_in_what_is_held_back_too(
    station: Station, lent: tuple[Loan, Operation]
) -> None:
    loan, operation = lent
    station.apply(said(replace(loan, renewals=1), 5))
    marks = {erased_mark(LAN.id)}
    with station.store.unit_of_work() as work:
        after: WalkedTo | None = BEGINNING
        while after is not None:
            after = work.erase(marks, after, 10)
        work.commit()
    station.settle(answer(operation, loan, 5))
    (row,) = station.store.loans_ledger()
    assert (row["patron"], row["renewals"]) == (None, 1)
