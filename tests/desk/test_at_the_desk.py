"""Lending, taking back and voiding in the name of somebody of the staff, on a real store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.domain import blocks as b
from kiosk.domain.model import Patron
from kiosk.domain.requests import BlockPatron
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import Gone, PatronRecord
from kiosk.ports.store import ToCheck
from kiosk.session.desk_states import Act, ReaderLine
from kiosk.session.effects import Ask, CheckIn, CheckOut, Renew, SetPin, StoreEffect, TakeBack, TickOff
from kiosk.session.inputs import DeskClosed, LoanRecorded, LoanRefused, NotTakenBack, ReturnRecorded, TakenBack

if TYPE_CHECKING:
    from tests.desk.conftest import Library

STAFF = Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN)
LAN = ByStaff(STAFF)
BECAUSE = ByStaff(STAFF, "for_class")
IN_HOUSE = "TK.00006"


def bodies(library: Library) -> list[dict[str, Any]]:
    with library.store.unit_of_work() as work:
        return [json.loads(operation.body) for _, operation in work.pending(100)]


def lend(library: Library, barcode: str, patron: str = "p1", by: ByStaff | None = LAN) -> Any:
    return library.ask(CheckOut(7, 9, patron, barcode, by))


def test_writes_down_who_did_it_and_no_reason_where_none_was_needed(library: Library) -> None:
    answer = lend(library, "TK.00001", by=BECAUSE)
    assert isinstance(answer, LoanRecorded)
    assert not answer.against_rules
    (body,) = bodies(library)
    assert (body["actor"], body["staff"], body["override_reason"]) == ("librarian", STAFF.id, None)


def test_a_reader_alone_is_no_staff(library: Library) -> None:
    lend(library, "TK.00001", by=None)
    (body,) = bodies(library)
    assert body["actor"] == "patron"
    assert "staff" not in body


def test_lends_against_the_rules_with_a_reason_and_writes_it_down(library: Library) -> None:
    refused = lend(library, IN_HOUSE)
    assert isinstance(refused, LoanRefused)
    assert refused.blocks == (b.InHouseOnly(),)
    assert bodies(library) == []
    answer = lend(library, IN_HOUSE, by=BECAUSE)
    assert isinstance(answer, LoanRecorded)
    assert answer.against_rules
    assert bodies(library)[0]["override_reason"] == "for_class"


def test_lends_to_a_blocked_reader_whose_card_has_ended_only_with_a_reason(library: Library) -> None:
    refused = lend(library, "TK.00001", "p3")
    assert isinstance(refused, LoanRefused)
    assert {type(block) for block in refused.blocks} == {b.PatronBlocked, b.CardExpired}
    assert isinstance(lend(library, "TK.00001", "p3", BECAUSE), LoanRecorded)


@pytest.mark.parametrize("by", [LAN, BECAUSE])
def test_a_book_of_another_reader_stays_refused_until_it_was_taken_back(library: Library, by: ByStaff) -> None:
    lend(library, "TK.00001", "p2")
    refused = lend(library, "TK.00001", "p1", by)
    assert isinstance(refused, LoanRefused)
    assert refused.blocks == (b.OnLoanToAnother(),)
    taken = library.ask(CheckIn(7, 9, "TK.00001", by=LAN))
    assert isinstance(taken, ReturnRecorded)
    assert taken.had == ReaderLine("p2", "Gia Hân", "7A1")
    assert isinstance(lend(library, "TK.00001", "p1"), LoanRecorded)
    assert [(body["kind"], body["staff"]) for body in bodies(library)[1:]] == [
        ("check_in", STAFF.id),
        ("check_out", STAFF.id),
    ]


def test_tells_nobody_but_the_desk_who_had_a_book(library: Library) -> None:
    lend(library, "TK.00001", "p2")
    taken = library.ask(CheckIn(7, 9, "TK.00001"))
    assert isinstance(taken, ReturnRecorded)
    assert taken.had is None


def test_renews_an_overdue_book_only_with_a_reason(library: Library) -> None:
    library.lent_elsewhere("i1", "p1", days_ago=20, due_in=-6)
    refused = library.ask(Renew(7, 9, "p1", "TK.00001", LAN))
    assert b.LoanOverdue in {type(block) for block in refused.blocks}  # type: ignore[union-attr]
    renewed = library.ask(Renew(7, 9, "p1", "TK.00001", BECAUSE))
    assert isinstance(renewed, LoanRecorded)
    assert (renewed.renewed, renewed.against_rules) == (True, True)


def test_voids_however_long_ago_while_a_reader_has_a_minute(library: Library) -> None:
    lent = lend(library, "TK.00001")
    library.clock.advance(3600)
    late = library.ask(TakeBack(7, 9, lent.operation, "p1"))
    assert isinstance(late, NotTakenBack)
    voided = library.ask(TakeBack(7, 9, lent.operation, "p1", LAN))
    assert isinstance(voided, TakenBack)
    assert library.open_loans() == []
    assert bodies(library)[-1]["staff"] == STAFF.id
    assert ToCheck.VOIDED not in [row["why"] for row in library.store.to_check()]


def test_voids_nothing_that_has_gone_on_since(library: Library) -> None:
    lent = lend(library, "TK.00001", "p2")
    library.ask(CheckIn(7, 9, "TK.00001"))
    assert isinstance(library.ask(TakeBack(7, 9, lent.operation, "p2", LAN)), NotTakenBack)


ACTS = (
    CheckOut(7, 9, "p1", "TK.00001", LAN),
    CheckIn(7, 9, "TK.00002", by=LAN),
    Ask(7, 9, "p1", BlockPatron(True), LAN),
    SetPin(7, 9, "p1", "4719", LAN),
    TickOff(7, 9, Act.SHELVED, "", LAN, "TK.00004"),
)


@pytest.mark.parametrize("now", [None, Staff(STAFF.id, Role.MAINTAINER), Staff("another", Role.LIBRARIAN)])
@pytest.mark.parametrize("act", ACTS, ids=lambda act: type(act).__name__)
def test_who_is_of_the_staff_no_longer_does_nothing_more_at_an_open_desk(
    library: Library, act: StoreEffect, now: Staff | None
) -> None:
    """The list says so while they stand there; also if it says another role, which has another desk."""
    library.apply(PatronRecord(Patron("gv-7f1c", "Thu Thuỷ", "", "gv", None, False, staff=now), ()))
    assert isinstance(library.ask(act), DeskClosed)
    assert bodies(library) == []
    with library.store.unit_of_work() as work:
        patron = work.patron("p1")
        assert patron is not None
        assert (patron.blocked, work.pin("p1")) == (False, None)
    library.apply(Gone("patron", "gv-7f1c"))
    assert isinstance(library.ask(act), DeskClosed)
