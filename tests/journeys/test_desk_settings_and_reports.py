"""What the library chooses at the desk holds at once and reaches the centre; so does what is reported."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from kiosk.domain.requests import FaultAbout, ItemSource
from kiosk.session.desk_states import Act, AtSettings, RowKind
from kiosk.session.inputs import Button, Touched
from kiosk.session.states import Borrowing
from tests.journeys.librarian import School

pytestmark = pytest.mark.slow(15)

GIAU = "HS260005"
SCHOOL_BOOK = "SGK.000451"  # of a type of which it may have one more
LIMIT = "limits.hs.total"


def setting(school: School, name: str) -> dict[str, Any]:
    found = json.loads(school.command("settings", "list", "--json"))["settings"]
    return dict(next(one for one in found if one["name"] == name))


def test_a_limit_is_raised_and_the_next_book_is_lent_at_once(school: School) -> None:
    desk, other = school.desk(), school.desk("tram-2")
    desk.show_card(GIAU)
    for number in range(1, 6):
        desk.scan(f"TK.0000{number}")
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and len(doing.rows) == 5)
    desk.scan(SCHOOL_BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and doing.notice)
    desk.post(Touched(Button.DISMISS, time.monotonic()))
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()

    desk.open()
    desk.press(Act.SETTINGS)
    desk.choose(LIMIT)
    said = {line.id: (line.title, line.text) for line in desk.lines()}
    assert said[LIMIT] == ("Số cuốn giữ cùng lúc", "5")
    assert said["policy.hs.STK.days"] == ("Số ngày mượn", "14")
    assert [line.title for line in desk.lines() if not line.id][:3] == [
        "Học sinh",
        "Giáo viên",
        "Học sinh, sách tham khảo",
    ]
    desk.wait(lambda: desk.says("Học sinh: 5"))
    desk.press(Act.STEP, "6")
    desk.find(lambda page: page.draft == "6")
    desk.press(Act.STEP, "7")
    desk.press(Act.CHANGE, "7")
    desk.find(lambda page: page.kept == LIMIT)
    desk.back()
    desk.to_reader(GIAU)
    desk.press(Act.LEND_TO)
    desk.scan(SCHOOL_BOOK)
    desk.find(lambda page: page.rows and page.rows[0].kind is RowKind.LENT and not page.rows[0].against_rules)
    desk.lock()

    other.wait(lambda: other.store(lambda work: work.rules().limits["hs"].total) == 7)
    assert setting(school, LIMIT)["value"] == "7"
    _, there = school.agrees()
    assert {row["verdict"] for row in there["operations"]} == {"accepted"}
    assert all(one["override_reason"] is None for one in school.told() if one["kind"] == "check_out")


def test_what_the_centre_has_fixed_cannot_be_changed_here(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.press(Act.SETTINGS)
    desk.choose(LIMIT)
    desk.press(Act.STEP, "6")
    desk.find(lambda page: page.draft == "6")
    school.command("settings", "fix", LIMIT, "4")
    desk.find(lambda page: any(line.id == LIMIT and line.fixed for line in page.lines))  # the open page follows
    assert desk.says("Trung tâm đã định")
    assert not any(desk.offers(act, "6") for act in (Act.STEP, Act.CHANGE))
    desk.touch_anyway(Act.CHANGE, "6")  # of a screen that is a moment old
    desk.lock()
    assert desk.store(lambda work: work.rules().limits["hs"].total) == 4
    _, there = school.agrees()
    assert there["operations"] == []
    assert setting(school, LIMIT) == setting(school, LIMIT) | {"value": "4", "fixed": True}


def test_closed_days_language_and_quiet_are_chosen(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.press(Act.SETTINGS)
    desk.choose("session.language")
    desk.press(Act.CHANGE, "en")
    desk.find(lambda page: page.kept == "session.language")
    desk.choose("closed")
    desk.press(Act.WRITE_DAYS)
    desk.type("20/11/2026")
    page = desk.find(lambda page: isinstance(page, AtSettings) and page.kept == "closed")
    assert {line.id: line.value for line in page.lines}["closed"] in ("2026-11-20", "")
    desk.lock()
    desk.wait(lambda: desk.state.language == "en")
    school.agrees()
    assert setting(school, "closed")["value"] == "2026-11-20"


def test_a_fault_a_wish_and_a_source_reach_the_centre(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.press(Act.REPORT)
    desk.press(Act.FAULT, FaultAbout.PREMISES)
    desk.type("Den goc doc hong")
    desk.find(lambda page: page.sent is Act.FAULT)
    desk.press(Act.FAULT, FaultAbout.ITEM)
    desk.scan("TK.00001")
    desk.type("Rach bia")
    desk.find(lambda page: page.sent is Act.FAULT and len(page.lines) == 2)
    desk.press(Act.SUGGEST)
    desk.type("Truyen co tich")
    desk.find(lambda page: page.sent is Act.SUGGEST)
    desk.press(Act.SOURCE)
    desk.scan("TK.00002")
    desk.press(Act.SOURCE, ItemSource.DONATION)
    desk.find(lambda page: page.sent is Act.SOURCE and len(page.lines) == 4)
    desk.lock()
    school.agrees()
    asked = json.loads(school.command("requests", "--all", "--json"))["requests"]
    assert sorted(one["kind"] for one in asked) == ["fault_report", "fault_report", "item_source", "suggestion"]
    said = json.dumps(asked, ensure_ascii=False)
    for words in ("Den goc doc hong", "premises", "Rach bia", "TK.00001", "Truyen co tich", "donation", "TK.00002"):
        assert words in said, words
