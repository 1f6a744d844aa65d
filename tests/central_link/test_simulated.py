"""What the simulated centre does on demand; what it does by itself is in the contract."""

from __future__ import annotations

import threading

import pytest

from central_link.simulated import Failure, SimulatedCentral
from kiosk.ports.central import ChangePage, Gone, VerdictKind
from kiosk.ports.errors import CursorLost, Refused, Unreachable
from tests.sync.chains import Chain

GONE = Gone("title", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")


@pytest.mark.parametrize(
    ("failure", "recorded"),
    [(Failure.LOST_BEFORE, 0), (Failure.LOST_AFTER, 2), (Failure.WRONG_ANSWER, 2)],
)
def test_loses_one_request_or_its_answer_when_told_to(failure: Failure, recorded: int) -> None:
    central = SimulatedCentral()
    operations = Chain().check_ins(2)
    central.fail_next(failure)
    with pytest.raises(Unreachable):
        central.send(operations)
    assert len(central.received()) == recorded
    again = VerdictKind.DUPLICATE if recorded else VerdictKind.ACCEPTED
    assert [verdict.kind for verdict in central.send(operations)] == [again, again]


@pytest.mark.parametrize("failure", [Failure.REFUSED_400, Failure.REFUSED_413, Failure.REFUSED_500])
def test_refuses_one_request_when_told_to(failure: Failure) -> None:
    central = SimulatedCentral()
    operations = Chain().check_ins(2)
    central.fail_next(None, failure)
    central.send(operations[:1])
    with pytest.raises(Refused) as caught:
        central.send(operations)
    assert caught.value.status == failure.value
    assert len(central.received()) == 1
    assert len(central.send(operations)) == 2


def test_records_nothing_of_a_request_that_holds_a_refused_operation() -> None:
    central = SimulatedCentral()
    operations = Chain().check_ins(3)
    central.refuse(operations[2].id, 413)
    with pytest.raises(Refused, match="413"):
        central.send(operations)
    assert central.received() == ()


def test_disputes_what_it_is_told_to_and_keeps_it() -> None:
    central = SimulatedCentral()
    operations = Chain().check_ins(2)
    central.dispute(operations[1].id, "unknown_item")
    assert [verdict.reason for verdict in central.send(operations)] == [None, "unknown_item"]
    assert central.disputes() == {operations[1].id: "unknown_item"}
    assert list(central.received()) == operations
    assert [verdict.reason for verdict in central.send(operations)] == [None, "unknown_item"]


def test_forgets_every_cursor_as_after_a_restored_backup() -> None:
    central = SimulatedCentral()
    central.publish(GONE)
    cursor = central.changes("", 10, 0.0).cursor
    central.forget_cursors()
    with pytest.raises(CursorLost):
        central.changes(cursor, 10, 0.0)
    assert central.changes("", 10, 0.0).changes == (GONE,)


def test_ends_an_answer_that_is_waited_for_when_it_goes_offline() -> None:
    central = SimulatedCentral()
    ended: list[ChangePage | Unreachable] = []

    def wait() -> None:
        try:
            ended.append(central.changes("", 10, 3_600.0))
        except Unreachable as error:
            ended.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    thread.join(0.05)
    central.set_online(False)
    thread.join(20.0)
    assert [type(end) for end in ended] == [Unreachable]
