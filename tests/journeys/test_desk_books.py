"""What a librarian does with books: lends for somebody, sets rules aside, returns, renews, voids, marks."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from demo.office import Office
from demo.school import LIBRARY
from kiosk.domain.blocks import InHouseOnly, NoMoreRenewals, OnLoanToAnother, RenewedTooSoon, TooManyLoans
from kiosk.domain.model import ItemStatus
from kiosk.session.desk_states import Act, DeskProblem, Lending, Menu, RowKind, Supervising
from kiosk.session.inputs import Button
from kiosk.session.states import Borrowing
from tests.journeys.librarian import LOAN, Desk, School

pytestmark = pytest.mark.slow(15)

GIAU, QUYNH, HAU = "HS260005", "HS260006", "HS260016"


def lends(desk: Desk, barcode: str, kind: RowKind = RowKind.LENT) -> None:
    desk.scan(barcode)
    desk.find(lambda page: page.rows and (page.rows[0].book.barcode, page.rows[0].kind) == (barcode, kind))


def refused(desk: Desk, barcode: str) -> Any:
    desk.scan(barcode)
    return desk.find(lambda page: page.refused and page.refused.book.barcode == barcode).refused


def blocks(of: Any) -> set[type]:
    return {type(block) for block in of.blocks}


def typed(name: str) -> str:
    """Without its accents, as somebody in a hurry types it."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def of_kind(school: School, kind: str) -> list[dict[str, Any]]:
    return [one for one in school.told() if one["kind"] == kind]


def test_lends_by_card_and_by_name_and_sets_the_limit_aside_with_a_reason(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.press(Act.LEND)
    desk.page(Lending)
    desk.scan("TK.00001")
    desk.find(lambda page: page.problem is DeskProblem.CARD_FIRST)
    desk.scan(GIAU)
    desk.find(lambda page: page.reader)
    for number in range(1, 6):
        lends(desk, f"TK.0000{number}")
    assert blocks(refused(desk, "TK.00006")) == {TooManyLoans}
    assert desk.has(GIAU) == [f"TK.0000{number}" for number in range(1, 6)]
    desk.press(Act.OVERRIDE, "teacher_asks")
    desk.find(lambda page: page.rows and page.rows[0].against_rules)
    assert len(desk.has(GIAU)) == 6

    desk.choose("TK.00006")
    desk.press(Act.VOID)
    desk.find(lambda page: all(row.book.barcode != "TK.00006" for row in page.rows))
    assert len(desk.has(GIAU)) == 5

    desk.press(Act.NEXT_READER)
    desk.press(Act.FIND)
    patron = desk.patron(QUYNH)
    assert patron is not None
    desk.type(typed(patron.shown_name), done=False)
    desk.choose(patron.id)
    desk.find(lambda page: isinstance(page, Lending) and page.reader and page.reader.line.patron_id == patron.id)
    lends(desk, "TK.00007")
    assert blocks(refused(desk, "TC.0012")) == {InHouseOnly}
    desk.press(Act.OVERRIDE, "for_class")
    desk.find(lambda page: page.rows[0].book.barcode == "TC.0012" and page.rows[0].against_rules)
    desk.lock()

    _, there = school.agrees()
    assert {row["verdict"] for row in there["operations"]} == {"accepted"}
    staff = desk.patron(LOAN)
    assert staff is not None
    assert staff.staff is not None
    told = school.told()
    assert {(one["actor"], one.get("staff")) for one in told} == {("librarian", staff.staff.id)}
    reasons = {one["data"]["barcode"]: one["override_reason"] for one in told if one["kind"] == "check_out"}
    assert {book: why for book, why in reasons.items() if why} == {"TK.00006": "teacher_asks", "TC.0012": "for_class"}
    assert len(of_kind(school, "void")) == 1
    assert sum(row["open"] for row in there["loans"]) == 7


def test_a_book_that_another_has_is_returned_first_and_nobody_can_set_that_aside(school: School) -> None:
    desk = school.desk()
    desk.show_card(GIAU)
    desk.scan("TK.00001")
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and doing.rows)
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()

    desk.open()
    desk.to_reader(QUYNH)
    desk.press(Act.LEND_TO)
    of = refused(desk, "TK.00001")
    assert blocks(of) == {OnLoanToAnother} == {type(block) for block in of.stay}
    assert not any(desk.offers(Act.OVERRIDE, why) for why in ("teacher_asks", "for_class", "parents_know"))
    assert desk.knows_of(desk.name_of(GIAU)) == [], "who has it is nobody's business here"
    desk.touch_anyway(Act.OVERRIDE, "teacher_asks")
    desk.press(Act.RETURN_FIRST)
    desk.find(lambda page: page.rows and page.rows[0].kind is RowKind.LENT)
    assert (desk.has(GIAU), desk.has(QUYNH)) == ([], ["TK.00001"])
    desk.lock()
    _, there = school.agrees()
    assert [row["kind"] for row in there["operations"]] == ["check_out", "check_in", "check_out"]
    assert [one["override_reason"] for one in school.told()] == [None] * 3
    assert [row["open"] for row in there["loans"]] == [False, True]


def test_returns_a_pile_voids_a_slip_and_receives_an_unknown_book(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.to_reader(GIAU)
    desk.press(Act.LEND_TO)
    for barcode in ("TK.00001", "TK.00002", "TK.00003"):
        lends(desk, barcode)
    desk.back()
    desk.page(Menu)
    desk.press(Act.RETURN)
    for barcode in ("TK.00001", "TK.00002", "TK.00003"):
        desk.scan(barcode)
        desk.find(lambda page, barcode=barcode: page.rows and page.rows[0].book.barcode == barcode)
        assert desk.says(desk.name_of(GIAU)), "at the desk it is told who had it"
    desk.scan("TK.99999")
    desk.find(lambda page: page.rows[0].kind is RowKind.NOT_IN_CATALOGUE)
    desk.scan("TK.99999")  # a double scan
    desk.choose("TK.00002")
    desk.press(Act.VOID)
    desk.find(lambda page: len(page.rows) == 3)
    assert desk.has(GIAU) == ["TK.00002"]
    desk.back()
    desk.wait(lambda: isinstance(doing := desk.state.doing, Supervising) and doing.counts.returned >= 2)
    desk.lock()
    here, there = school.agrees()
    kinds = [row["kind"] for row in here["operations"]]
    assert kinds == ["check_out"] * 3 + ["check_in"] * 4 + ["void"]
    assert [row["item_barcode"] for row in there["loans"] if row["open"]] == ["TK.00002"]


def test_renews_from_the_readers_page_and_once_more_with_a_reason(school: School) -> None:
    office = Office(school.server, LIBRARY)
    office.lend(GIAU, "TK.00001", days_ago=5, due_in=2)
    office.lend(GIAU, "TT.00031", days_ago=5, due_in=2)
    desk = school.desk()
    desk.wait(lambda: len(desk.has(GIAU)) == 2)
    desk.open()
    desk.to_reader(GIAU)
    desk.choose("TK.00001")
    desk.press(Act.RENEW)
    desk.find(lambda page: page.done is Act.RENEW)
    desk.choose("TK.00001")
    desk.press(Act.RENEW)
    of = desk.find(lambda page: page.refused).refused
    assert RenewedTooSoon in {type(block) for block in of.stay}
    assert not desk.offers(Act.OVERRIDE, "parents_know")
    desk.choose("TT.00031")
    desk.press(Act.RENEW)
    assert blocks(desk.find(lambda page: page.refused).refused) == {NoMoreRenewals}
    desk.press(Act.OVERRIDE, "parents_know")
    desk.find(lambda page: page.done is Act.RENEW)
    desk.lock()
    _, there = school.agrees()
    assert {row["item_barcode"]: row["renewals"] for row in there["loans"]} == {"TK.00001": 1, "TT.00031": 1}
    assert [(one["kind"], one["override_reason"]) for one in school.told()] == [
        ("renew", None),
        ("renew", "parents_know"),
    ]


def status(desk: Desk, barcode: str) -> ItemStatus:
    item = desk.store(lambda work: work.item_by_barcode(barcode))
    assert item is not None
    return item.status


def test_says_that_a_book_is_damaged_lost_and_found(school: School) -> None:
    desk, other = school.desk(), school.desk("tram-2")
    desk.open()
    desk.to_reader(GIAU)
    desk.press(Act.LEND_TO)
    lends(desk, "TK.00001")
    lends(desk, "TK.00002")
    desk.back()
    desk.press(Act.RETURN)
    desk.scan("TK.00001")
    desk.find(lambda page: page.rows)
    desk.choose("TK.00001")
    desk.press(Act.MARK, ItemStatus.DAMAGED)
    desk.wait(lambda: status(desk, "TK.00001") is ItemStatus.DAMAGED)
    desk.wait(lambda: status(other, "TK.00001") is ItemStatus.DAMAGED)
    desk.press(Act.MARK, ItemStatus.AVAILABLE)
    desk.wait(lambda: status(other, "TK.00001") is ItemStatus.AVAILABLE)

    desk.back()
    desk.to_reader(GIAU)
    desk.choose("TK.00002")
    desk.press(Act.MARK, ItemStatus.LOST)
    desk.wait(lambda: status(other, "TK.00002") is ItemStatus.LOST)
    desk.back()
    desk.press(Act.RETURN)
    desk.scan("TK.00002")
    desk.find(lambda page: page.rows)
    desk.choose("TK.00002")
    desk.press(Act.MARK, ItemStatus.AVAILABLE)
    desk.wait(lambda: status(other, "TK.00002") is ItemStatus.AVAILABLE)
    desk.lock()
    school.agrees()
