"""What the simulated centre does on demand; what it does by itself is in the contract."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest

from central_link.simulated import Failure, SimulatedCentral
from kiosk.domain.clock_trust import Moment
from kiosk.domain.model import Hold
from kiosk.domain.operations import Actor, ChainEnd, Operation, OperationKind, Reader, next_operation
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import ChangePage, Gone, HoldRecord, SettingTold, VerdictKind
from kiosk.ports.errors import CursorLost, Refused, Unreachable
from tests.local_store.shelf import BOOT, new_id
from tests.sync.chains import WALL_MS, Chain

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


class DeskChain(Chain):
    """What somebody of the staff does, in one epoch."""

    def by_staff(self, kind: OperationKind, data: dict[str, Any], patron: str | None = None) -> Operation:
        operation = next_operation(
            self._origin,
            self.end,
            kind,
            data,
            moment=Moment(WALL_MS, BOOT, 1_000, trusted=True),
            actor=Actor.LIBRARIAN,
            reader=Reader(patron, bytes(16)) if patron else None,
            policy_version="",
            by=ByStaff(Staff(GONE.id, Role.LIBRARIAN)),
        )
        self.end = ChainEnd(operation.id, operation.hash)
        return operation


PATRON = "9b2d7f10-0f6c-4f0e-8a55-1d1c2a7c6b02"
OF_A_READER = {
    OperationKind.CARD_BLOCK: {},
    OperationKind.PATRON_BLOCK: {"blocked": True},
    OperationKind.PATRON_NOTE: {"private": None},
}
OF_NOBODY = {
    OperationKind.ITEM_STATUS: {"barcode": "TK.00001", "status": "damaged"},
    OperationKind.ITEM_SOURCE: {"barcode": "TK.00001", "source": "donation"},
}


@pytest.mark.parametrize("kind", [*OF_A_READER, *OF_NOBODY])
def test_grants_what_the_staff_asks_for_and_nobody_else(kind: OperationKind) -> None:
    central, chain = SimulatedCentral(), DeskChain()
    patron = PATRON if kind in OF_A_READER else None
    data = (OF_A_READER | OF_NOBODY)[kind]
    asked = chain.by_staff(kind, {"request": new_id(), **data}, patron)
    unasked = chain.write(kind, {"request": new_id(), **data}, patron)
    assert [verdict.kind for verdict in central.send([asked, unasked])] == [VerdictKind.ACCEPTED] * 2
    granted, waits = central.changes("", 10, 0).changes
    assert isinstance(granted, RequestRecord)
    assert isinstance(waits, RequestRecord)
    assert (granted.state, granted.by, granted.patron_id) == (RequestState.GRANTED, "rule", patron)
    assert waits.state is RequestState.WAITING


def test_tells_of_the_settings_that_the_staff_has_chosen() -> None:
    central = SimulatedCentral()
    values = {"session.idle_s": "90", "sound.volume": "0.7"}
    central.send([DeskChain().by_staff(OperationKind.SETTINGS, {"request": new_id(), "values": values})])
    *told, granted = central.changes("", 10, 0).changes
    assert told == [SettingTold(name, value) for name, value in values.items()]
    assert isinstance(granted, RequestRecord)
    assert granted.state is RequestState.GRANTED


def test_tells_that_a_book_stands_on_the_hold_shelf() -> None:
    central, chain = SimulatedCentral(), DeskChain()
    hold = new_id()
    shelved = {"hold": hold, "barcode": "TK.00001", "day": "2026-11-23"}
    written = [
        chain.write(OperationKind.PLACE_HOLD, {"request": hold, "title": GONE.id}, PATRON),
        chain.by_staff(OperationKind.HOLD_SHELVED, shelved, PATRON),
        chain.by_staff(OperationKind.HOLD_SHELVED, shelved | {"hold": new_id()}, PATRON),
        chain.by_staff(OperationKind.CHECKED, {"operation": {"epoch": "", "seq": 0}, "why": "lost"}),
        chain.write(OperationKind.HELP_CALL, {"day": "2026-11-23"}),
    ]
    assert [verdict.kind for verdict in central.send(written)] == [VerdictKind.ACCEPTED] * 5
    assert [one.hold for one in central.changes("", 10, 0).changes if isinstance(one, HoldRecord)] == [
        Hold(hold, GONE.id, PATRON, ""),
        Hold(hold, GONE.id, PATRON, "", date(2026, 11, 23)),
    ]
