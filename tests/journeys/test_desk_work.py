"""The work lists: what waits is seen, what is done is gone, and two stations agree on it."""

from __future__ import annotations

import time

import pytest

from demo.office import Office
from demo.school import LIBRARY
from kiosk.domain.requests import RequestState
from kiosk.session.desk_states import Act, CheckLine, Counts, RowKind, Supervising, ToCheck, Work
from kiosk.session.inputs import Button, Touched
from kiosk.session.states import Borrowing, Home, Returning
from tests.journeys.librarian import GAM, LOAN, Desk, School

pytestmark = pytest.mark.slow(20)

GIAU, QUYNH, HAU, PUPIL_OF_9 = "HS260005", "HS260006", "HS260016", "HS230001"
BOOK = "TK.00001"


def lends_to(desk: Desk, card: str, barcode: str) -> None:
    desk.to_reader(card)
    desk.press(Act.LEND_TO)
    desk.scan(barcode)
    desk.find(lambda page: page.rows and page.rows[0].kind is RowKind.LENT)
    desk.back()


def counts(desk: Desk) -> Counts:
    assert isinstance(desk.state.doing, Supervising)
    return desk.state.doing.counts


def waits(desk: Desk, work: Work, many: int) -> None:
    """From the tiles, which are counted when they come."""
    desk.wait(lambda: counts(desk).work.get(work) == many)


def test_a_dispute_is_settled_by_one_tap_and_the_other_station_is_told_who_was_first(school: School) -> None:
    desk, other = school.desk(), school.desk("tram-2")
    school.server.stop()
    desk.open()
    lends_to(desk, GIAU, BOOK)
    other.open(GAM)
    lends_to(other, QUYNH, BOOK)
    desk.lock()
    other.lock()
    school.server.start()
    for one in (desk, other):
        one.kiosk.sync.try_now()
        one.wait(lambda one=one: one.store(lambda work: list(work.open_disputes())))
    for one, who in ((desk, LOAN), (other, GAM)):
        one.open(who)
        waits(one, Work.DISPUTES, 1)
        one.to_work(Work.DISPUTES)
        (line,) = one.find(lambda page: page.lines).lines
        assert {line.held.here, line.came.here} == {True, False}
    (line,) = desk.find(lambda page: page.lines).lines
    first, second = line.ways[0], line.ways[1]
    assert first != second
    school.server.stop()  # each says it before it has heard of the other
    desk.choose(line.id)
    desk.wait(lambda: desk.says(desk.name_of(GIAU), desk.name_of(QUYNH)))
    desk.press(Act.SETTLE, first)
    desk.find(lambda page: page.done == 1 and page.lines[0].asked is RequestState.WAITING)
    other.choose(line.id)
    other.press(Act.SETTLE, second)
    other.find(lambda page: page.done == 1 and page.lines[0].asked is RequestState.WAITING)
    school.server.start()
    desk.kiosk.sync.try_now()
    desk.wait(lambda: not desk.store(lambda work: list(work.open_disputes())))
    other.kiosk.sync.try_now()

    asked = [
        one.store(lambda work: {it.id for it in work.requests_of_nobody("settlement") if it.here})
        for one in (desk, other)
    ]

    def answers() -> list[RequestState]:
        """Of what was said at each, as the second one was told."""
        found = {it.id: it.state for it in other.store(lambda work: work.requests_of_nobody("settlement"))}
        return [found.get(one, RequestState.WAITING) for (one,) in asked]

    other.wait(lambda: RequestState.WAITING not in answers())
    assert sorted(answers()) == [RequestState.DECLINED, RequestState.GRANTED]
    late = (desk, other)[answers().index(RequestState.DECLINED)]
    on_time = other if late is desk else desk
    late.find(lambda page: page.lines[0].settled)  # the open lists follow, without a touch
    on_time.find(lambda page: page.gone == {line.id} and page.lines[0].id == line.id)
    on_time.wait(lambda: on_time.says("đã xong"))
    for one in (desk, other):
        one.back()
        one.to_work(Work.DISPUTES)
        if one is late:
            one.find(lambda page: page.lines and page.lines[0].settled)
            one.choose(line.id)
            one.wait(lambda: late.says("Người khác"))
        else:
            one.find(lambda page: page.lines == ())
    for one in (desk, other):
        one.lock()
    _, there = school.agrees()
    assert there["disputes"] == 0
    assert sum(row["kind"] == "settlement" for row in there["operations"]) == 2


def test_what_readers_left_to_check_is_ticked_off(school: School) -> None:
    desk = school.desk()
    desk.show_card(GIAU)
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and doing.rows)
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()
    desk.post(Touched(Button.RETURN, time.monotonic()))
    desk.scan("TK.99999")
    desk.wait(lambda: isinstance(doing := desk.state.doing, Returning) and doing.rows)
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Returning) and len(doing.rows) == 2)
    desk.button(Button.UNDO_RETURN)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Returning) and len(doing.rows) == 1)
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()

    desk.open()
    waits(desk, Work.TO_CHECK, 2)
    desk.to_work(Work.TO_CHECK)
    lines = desk.find(lambda page: len(page.lines) == 2).lines
    assert {line.why for line in lines} == {ToCheck.UNKNOWN_ITEM, ToCheck.VOIDED}
    for done, line in enumerate(lines, 1):
        desk.choose(line.id)
        desk.press(Act.CHECKED)
        desk.find(lambda page, done=done: page.done == done and len(page.lines) == 2 - done)
    desk.back()
    waits(desk, Work.TO_CHECK, 0)
    desk.lock()
    _, there = school.agrees()
    assert [row["kind"] for row in there["operations"]].count("checked") == 2
    assert {one["data"]["why"] for one in school.told() if one["kind"] == "checked"} == {"unknown_item", "voided"}


def test_a_return_that_somebody_should_see_keeps_its_reader_until_then(school: School) -> None:
    school.command("settings", "set", "self_return", "to_check")
    desk = school.desk()
    desk.show_card(GIAU)
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and doing.rows)
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()
    desk.post(Touched(Button.RETURN, time.monotonic()))
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Returning) and doing.rows)
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()
    desk.open()
    waits(desk, Work.TO_CHECK, 1)
    desk.to_work(Work.TO_CHECK)
    (line,) = desk.find(lambda page: page.lines).lines
    assert line.why is ToCheck.RETURNED
    assert line.reader.name == desk.name_of(GIAU)
    desk.choose(line.id)
    desk.press(Act.CHECKED)
    desk.find(lambda page: page.done == 1 and not page.lines)
    desk.lock()
    _, there = school.agrees()
    assert [row["kind"] for row in there["operations"]] == ["check_out", "check_in", "checked"]


def test_calls_for_help_are_seen_and_ticked_off(school: School) -> None:
    desk = school.desk()
    for _ in range(2):  # once is enough
        desk.button(Button.HELP)
        desk.wait(lambda: isinstance(doing := desk.state.doing, Home) and doing.notice)
        desk.post(Touched(Button.DISMISS, time.monotonic()))
        desk.wait(lambda: isinstance(doing := desk.state.doing, Home) and not doing.notice)
    desk.open()
    waits(desk, Work.HELP, 1)
    desk.to_work(Work.HELP)
    (line,) = desk.find(lambda page: page.lines).lines
    assert isinstance(line, CheckLine)
    assert line.why is ToCheck.HELP
    assert desk.knows_of(desk.name_of(GIAU)) == [], "who called is not written down"
    desk.choose(line.id)
    desk.press(Act.CHECKED)
    desk.find(lambda page: page.done == 1 and not page.lines)
    desk.lock()
    _, there = school.agrees()
    assert [row["kind"] for row in there["operations"]] == ["help_call", "checked"]
    assert school.doors() == [("opened", 0, "librarian"), ("closed", 0, "librarian")]
    assert all(one["reader"] is None for one in school.told())


def test_the_overdue_list_is_by_class_and_leads_to_the_reader(school: School) -> None:
    office = Office(school.server, LIBRARY)
    desk = school.desk()
    nine = desk.store(lambda work: work.find_patrons("9A1", 1))[0]
    office.lend(GIAU, BOOK, days_ago=20, due_in=-3)
    office.lend("GV050011", "TK.00003", days_ago=50, due_in=-20)
    office.lend(QUYNH, "TK.00002", days_ago=30, due_in=-9)
    office.lend(QUYNH, "TK.00004", days_ago=3, due_in=9)
    desk.wait(lambda: len(desk.has(QUYNH)) == 2)
    desk.open()
    waits(desk, Work.OVERDUE, 3)
    desk.to_work(Work.OVERDUE)
    lines = desk.find(lambda page: page.lines).lines
    assert [line.reader.class_name for line in lines] == ["6A1", "6A1", ""]
    assert {line.days for line in lines} == {3, 9, 20}
    assert nine.class_name == "9A1"
    quynh = next(line for line in lines if line.days == 9)
    desk.choose(quynh.id)
    desk.press(Act.OPEN_READER)
    desk.find(lambda page: page.reader.line == quynh.reader and len(page.reader.loans) == 2)
    desk.lock()
    school.agrees()


def test_what_is_not_sent_is_told_and_goes_when_there_is_a_network(school: School) -> None:
    desk = school.desk()
    school.server.stop()
    desk.open()
    lends_to(desk, GIAU, BOOK)
    lends_to(desk, QUYNH, "TK.00002")
    waits(desk, Work.UNSENT, 3)
    desk.to_work(Work.UNSENT)
    lines = desk.find(lambda page: page.lines).lines
    unsent = {line.kind: (line.count, line.set_aside) for line in lines}
    assert unsent == {"check_out": (2, False), "desk": (1, False)}, "and that the desk was opened"
    school.server.start()
    desk.press(Act.SEND_NOW)
    desk.wait(desk.is_sent)
    desk.press(Act.WORK, Work.UNSENT)
    desk.find(lambda page: page.lines == ())
    desk.lock()
    school.agrees()
