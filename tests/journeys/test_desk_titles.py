"""A book is looked up by its title: one that lies nowhere and that nobody has is marked as lost, and found again."""

from __future__ import annotations

import time

import pytest

from kiosk.domain.blocks import NotForLoan
from kiosk.domain.model import ItemStatus
from kiosk.session.desk_states import Act, AtReader, AtTitle, Finding, Lending
from kiosk.session.inputs import Button, LineTouched
from tests.journeys.librarian import Desk, School

pytestmark = pytest.mark.slow(15)

GIAU = "HS260005"
WORDS, NAME = "de men phieu luu", "Dế Mèn phiêu lưu ký"
COPY = "TK.00001"


def opens(desk: Desk) -> None:
    """Types a title without its accents, and touches the one that is found."""
    desk.press(Act.FIND)
    desk.type(WORDS, done=False)
    page = desk.find(lambda page: page.text == WORDS and page.readers is not None)
    assert isinstance(page, Finding)
    (title,) = page.titles
    assert title.name == NAME
    desk.wait(lambda: any(line.title == NAME for line in desk.lines()))
    desk.post(LineTouched(title.title_id, time.monotonic()))
    desk.page(AtTitle)


def marked(desk: Desk) -> dict[str, str]:
    page = desk.page(AtTitle)
    return {item.barcode: item.marked for item in page.title.items}


def said_of_items(school: School, device: str) -> list[str]:
    told = [one for one in school.told(device) if one["kind"] == "item_status"]
    assert all((one["reader"], one["data"]["barcode"]) == (None, COPY) for one in told)
    return [one["data"]["status"] for one in told]


def test_a_lost_book_that_nobody_has_is_marked_without_a_scan(school: School) -> None:
    desk, other = school.desk(), school.desk("tram-2")
    school.server.stop()
    desk.open()
    opens(desk)
    assert COPY in marked(desk)
    desk.choose(COPY)
    desk.press(Act.MARK, ItemStatus.LOST)
    desk.wait(lambda: marked(desk)[COPY] == "lost")
    assert desk.says("đã ghi là mất")
    desk.back()

    desk.to_reader(GIAU)
    desk.press(Act.LEND_TO)
    desk.scan(COPY)
    refused = desk.find(lambda page: page.refused).refused
    assert [type(block) for block in refused.blocks] == [NotForLoan], "it holds at once, without a network"
    desk.lock()

    school.server.start()
    desk.kiosk.sync.try_now()
    other.wait(lambda: other.store(lambda work: work.item_by_barcode(COPY)).status is ItemStatus.LOST)
    other.open()
    other.scan(COPY)  # it was found: nobody has it, so its title is shown, and this copy
    page = other.find(lambda page: isinstance(page, AtTitle) and page.chosen == COPY)
    assert isinstance(page, AtTitle)
    other.press(Act.MARK, ItemStatus.AVAILABLE)
    other.wait(lambda: marked(other)[COPY] == "")
    other.lock()
    desk.wait(lambda: desk.store(lambda work: work.item_by_barcode(COPY)).status is ItemStatus.AVAILABLE)
    school.agrees()
    assert said_of_items(school, "tram-1") == ["lost"]
    assert said_of_items(school, "tram-2") == ["available"]


def test_who_has_a_copy_is_told_only_when_it_is_asked_for(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.to_reader(GIAU)
    desk.press(Act.LEND_TO)
    desk.page(Lending)
    desk.scan(COPY)
    desk.wait(lambda: desk.has(GIAU) == [COPY])
    desk.back()
    opens(desk)
    desk.choose(COPY)
    assert desk.says("đang cho mượn")
    assert desk.knows_of(desk.name_of(GIAU)) == []
    desk.press(Act.OPEN_READER)
    page = desk.page(AtReader)
    assert page.reader.line.name == desk.name_of(GIAU)
    desk.button(Button.LOCK)
    desk.is_home()
    assert desk.knows_of(NAME, COPY) == []
    assert said_of_items(school, "tram-1") == []
