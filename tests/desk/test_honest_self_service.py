"""Honest self-service, as the library has chosen it: whose card it is, and what becomes of a book that comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kiosk.domain.blocks import OnLoanToAnother, TooManyToday
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import SettingTold
from kiosk.ports.store import ToCheck
from kiosk.session.desk_states import Act, CheckLine, PinProblem, Work
from kiosk.session.effects import CheckIn, CheckOut, IdentifyPatron, ListWork, ProveCard, SetPin, TakeBack, TickOff
from kiosk.session.inputs import (
    CardProved,
    DeskActDone,
    LoanRecorded,
    LoanRefused,
    PatronFound,
    PinRefused,
    ReturnRecorded,
    TakenBack,
    WorkListed,
)
from tests.desk.conftest import RULES

if TYPE_CHECKING:
    from tests.desk.conftest import Library

LAN = ByStaff(Staff("5ca1ab1e-0000-4000-8000-000000000001", Role.LIBRARIAN))
PIN = "4711"


def chosen(library: Library, name: str, value: str) -> None:
    library.apply(SettingTold(name, value))


def shown(library: Library, *, by_camera: bool) -> PatronFound:
    answer = library.ask(IdentifyPatron(7, 9, "HS1", by_camera))
    assert isinstance(answer, PatronFound)
    return answer


def sent_returns(library: Library) -> list[dict[str, object]]:
    """What each return says beside its book."""
    with library.store.unit_of_work() as work:
        bodies = [json.loads(one.body) for _, one in work.pending(99)]
    known = {"barcode", "item", "loans"}
    data = [body["data"] for body in bodies if body["kind"] == "check_in"]
    return [{name: value for name, value in one.items() if name not in known} for one in data]


def to_check(library: Library) -> list[CheckLine]:
    answer = library.ask(ListWork(7, 9, Work.TO_CHECK))
    assert isinstance(answer, WorkListed)
    return [line for line in answer.lines if isinstance(line, CheckLine)]


def lent(library: Library, barcode: str = "TK.00001", patron: str = "p1") -> LoanRecorded:
    answer = library.ask(CheckOut(7, 9, patron, barcode))
    assert isinstance(answer, LoanRecorded), answer
    return answer


def returned(library: Library, barcode: str = "TK.00001", by: ByStaff | None = None) -> ReturnRecorded:
    answer = library.ask(CheckIn(7, 9, barcode, by=by))
    assert isinstance(answer, ReturnRecorded)
    return answer


# ---- whose card it is


@pytest.mark.parametrize(
    ("policy", "of_a_scanner", "of_a_camera"),
    [(None, False, False), ("none", False, False), ("pin", True, True), ("pin_on_camera", False, True)],
)
def test_asks_for_a_pin_as_the_library_has_chosen(
    library: Library, policy: str | None, of_a_scanner: bool, of_a_camera: bool
) -> None:
    if policy is not None:
        chosen(library, "card_proof", policy)
    assert shown(library, by_camera=False).asks_pin is of_a_scanner
    assert shown(library, by_camera=True).asks_pin is of_a_camera


def test_says_whether_a_pin_is_set_here(library: Library) -> None:
    chosen(library, "card_proof", "pin")
    assert not shown(library, by_camera=False).has_pin
    assert isinstance(library.ask(SetPin(7, 9, "p1", PIN, LAN)), DeskActDone)
    assert shown(library, by_camera=False).has_pin


def test_a_wrong_pin_of_a_reader_waits_as_at_the_desk(library: Library) -> None:
    library.ask(SetPin(7, 9, "p1", PIN, LAN))
    assert library.ask(ProveCard(7, 9, "p1", PIN)) == CardProved(7, 9, library.clock.monotonic())
    waits = []
    for _ in range(4):
        refused = library.ask(ProveCard(7, 9, "p1", "9999"))
        assert isinstance(refused, PinRefused)
        assert refused.problem is PinProblem.WRONG
        waits.append(refused.wait_s)
        if refused.wait_s:
            break
    assert waits[0] == 0
    assert waits[-1] == 5, "three are free"
    early = library.ask(ProveCard(7, 9, "p1", PIN))
    assert isinstance(early, PinRefused)
    assert early.problem is PinProblem.TOO_SOON, "not even the right one is looked at"
    library.clock.advance(5.1)
    assert isinstance(library.ask(ProveCard(7, 9, "p1", PIN)), CardProved)
    nobody = library.ask(ProveCard(7, 9, "p2", PIN))
    assert isinstance(nobody, PinRefused)
    assert nobody.problem is PinProblem.NONE_SET, "another reader's is none of theirs"


# ---- what becomes of a book that comes back


def test_a_return_is_done_at_once_where_the_library_has_not_chosen_otherwise(library: Library) -> None:
    lent(library)
    returned(library)
    assert to_check(library) == []
    assert sent_returns(library) == [{}]


def test_a_return_by_a_reader_alone_waits_for_somebody_to_see_the_book(library: Library) -> None:
    chosen(library, "self_return", "to_check")
    lent(library)
    back = returned(library)
    (line,) = to_check(library)
    assert (line.operation, line.why, line.book.barcode) == (back.operation, ToCheck.RETURNED, "TK.00001")
    assert line.reader is not None
    assert line.reader.name == "Minh An", "whom to ask is known still"
    assert library.open_loans() == [], "for the reader it is back"
    assert sent_returns(library) == [{"to_check": True}], "the centre knows that nobody has seen it"
    done = library.ask(TickOff(7, 9, Act.CHECKED, line.id, LAN))
    assert isinstance(done, DeskActDone)
    assert done.well
    assert to_check(library) == []
    assert library.operations()[-1]["kind"] == "checked"


def test_what_the_staff_takes_back_they_have_seen(library: Library) -> None:
    chosen(library, "self_return", "to_check")
    lent(library)
    returned(library, by=LAN)
    assert to_check(library) == []
    assert sent_returns(library) == [{}]


def test_a_return_that_was_taken_back_is_not_looked_for(library: Library) -> None:
    chosen(library, "self_return", "to_check")
    lent(library)
    back = returned(library)
    assert isinstance(library.ask(TakeBack(7, 9, back.operation, None)), TakenBack)
    (line,) = to_check(library)
    assert line.why is ToCheck.VOIDED


def test_a_book_that_somebody_looked_for_in_vain_is_its_readers_again(library: Library) -> None:
    chosen(library, "self_return", "to_check")
    lent(library)
    returned(library)
    assert library.open_loans() == []
    library.clock.advance(3 * 86_400)
    (line,) = to_check(library)
    assert isinstance(library.ask(TakeBack(7, 9, line.operation, None, LAN)), TakenBack)
    assert library.open_loans() == ["TK.00001"]
    assert to_check(library) == [], "seen, and said"


def test_a_book_of_another_reader_is_lent_to_nobody_before_it_is_returned(library: Library) -> None:
    """And no reader alone returns it by borrowing it: that is for the staff, in two acts that both are recorded."""
    lent(library)
    refused = library.ask(CheckOut(7, 9, "p2", "TK.00001"))
    assert isinstance(refused, LoanRefused)
    assert [type(block) for block in refused.blocks] == [OnLoanToAnother]
    by_staff = library.ask(CheckOut(7, 9, "p2", "TK.00001", replace(LAN, reason="record_is_wrong")))
    assert isinstance(by_staff, LoanRefused), "no reason sets that aside"
    assert library.open_loans() == ["TK.00001"]
    returned(library, by=LAN)
    lent(library, patron="p2")
    assert [one["kind"] for one in library.operations()] == ["check_out", "check_in", "check_out"]


def test_a_card_borrows_no_more_in_one_day_than_the_library_allows(library: Library) -> None:
    library.apply(replace(RULES, limits={"hs": replace(RULES.limits["hs"], total=5)}))
    chosen(library, "limits.hs.per_day", "2")
    lent(library, "TK.00001")
    lent(library, "TK.00002")
    refused = library.ask(CheckOut(7, 9, "p1", "TK.00003"))
    assert isinstance(refused, LoanRefused)
    assert any(isinstance(block, TooManyToday) for block in refused.blocks)
    library.clock.advance(86_400)
    lent(library, "TK.00003")


def test_a_return_that_ends_several_loans_is_listed_for_that_and_to_be_seen(library: Library) -> None:
    """So that its readers stay known until somebody has seen the book."""
    chosen(library, "self_return", "to_check")
    library.lent_elsewhere("i1", "p1")
    library.lent_elsewhere("i1", "p2")
    returned(library)
    assert [line.why for line in to_check(library)] == [ToCheck.SEVERAL_LOANS, ToCheck.RETURNED]
