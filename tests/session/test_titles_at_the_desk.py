"""A title, looked up: found by its name or by a copy, and what is said of one of its copies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.desk import LAN
from gallery.desk_books import DE_MEN, KINH_VAN_HOA
from gallery.desk_readers import FULL, TITLE
from kiosk.domain.barcodes import CodeKind
from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import ChangeItemStatus
from kiosk.domain.staff import ByStaff
from kiosk.ports.devices import Sound
from kiosk.session.desk_inputs import TitleOpened
from kiosk.session.desk_states import Act, AtReader, AtTitle, DeskPage, DeskProblem, Finding, Menu
from kiosk.session.effects import Ask, FindReaders, OpenBook, OpenReader, OpenTitle, Play
from kiosk.session.inputs import Asked, BookOpened, Button, LineTouched, NotAsked, ReadersFound, Touched
from kiosk.session.supervised.typing import CLEAR, DONE
from tests.session.desk_play import Desk

HERE, LENT, LOST = (TITLE.items[n].barcode for n in range(3))
OTHER = replace(TITLE, book=replace(KINH_VAN_HOA, barcode=""), items=())


def found(desk: Desk, text: str, *titles: str) -> Desk:
    books = tuple(replace(DE_MEN, barcode="", title_id=one) for one in titles)
    return desk.feed(
        ReadersFound(desk.state.visit, desk.state.request, text, (FULL.line,)[: len(titles) - 1], False, 9.0, books)
    )


def at_title(desk: Desk) -> AtTitle:
    assert isinstance(desk.page, AtTitle), desk.page
    return desk.page


def opened(desk: Desk, chosen: str = "", title: object = TITLE) -> Desk:
    return desk.feed(TitleOpened(desk.state.visit, desk.state.request, title, 103.0, chosen))  # type: ignore[arg-type]


def test_titles_are_looked_for_with_readers_but_not_to_lend() -> None:
    assert Desk(Finding()).type("d").asked(FindReaders).titles
    assert not Desk(Finding(lends=True)).type("d").asked(FindReaders).titles


def test_a_title_is_opened_by_its_line_and_by_done_when_it_is_the_only_one() -> None:
    desk = found(Desk(Finding()).type("d"), "d", "t-1", "t-2")
    assert desk.type(DONE).is_quiet, "there are two, and a reader"
    assert desk.line("t-2").asked(OpenTitle).title_id == "t-2"
    desk = found(Desk(Finding()).type("d"), "d", "t-1")
    assert desk.type(DONE).asked(OpenTitle).title_id == "t-1"
    assert opened(desk).page == AtTitle(TITLE)
    assert Play(Sound.OK) in desk.effects


def test_what_was_found_is_gone_with_the_text() -> None:
    desk = found(Desk(Finding()).type("d"), "d", "t-1").type(CLEAR)
    assert desk.finding == Finding()
    assert desk.line("t-1").is_quiet


@pytest.mark.parametrize("page", [Menu(), Finding(), AtTitle(OTHER)])
def test_a_scanned_book_that_nobody_has_opens_its_title_at_that_copy(page: DeskPage) -> None:
    desk = Desk(page).book(HERE).answered(BookOpened, DE_MEN, None)
    asked = desk.asked(OpenTitle)
    assert (asked.title_id, asked.chosen) == (DE_MEN.title_id, HERE)
    assert opened(desk, HERE).page == AtTitle(TITLE, HERE)


def test_a_title_that_is_gone_is_told() -> None:
    desk = opened(Desk(Menu()).book(HERE).answered(BookOpened, DE_MEN, None), title=None)
    assert desk.page == Finding(problem=DeskProblem.TITLE_GONE)


@pytest.mark.parametrize(
    ("barcode", "status"),
    [(HERE, ItemStatus.LOST), (HERE, ItemStatus.DAMAGED), (LENT, ItemStatus.LOST), (LOST, ItemStatus.AVAILABLE)],
)
def test_a_copy_is_marked_and_the_title_read_anew(barcode: str, status: ItemStatus) -> None:
    desk = Desk(AtTitle(TITLE)).line(barcode).touch(Act.MARK, status)
    asked = desk.asked(Ask)
    assert (asked.patron_id, asked.wish, asked.by) == (None, ChangeItemStatus(barcode, status), ByStaff(LAN.staff))
    assert desk.touch(Act.MARK, status).is_quiet, "it is on its way"
    desk.answered(Asked, OperationId("e", 1), "r-1")
    assert Play(Sound.OK) in desk.effects
    assert desk.asked(OpenTitle).title_id == TITLE.book.title_id
    now = replace(TITLE, call_number="new")
    assert opened(desk, title=now).page == AtTitle(now, barcode)


@pytest.mark.parametrize(
    ("barcode", "status"), [(None, "lost"), (LOST, "lost"), (HERE, "available"), (HERE, "burnt"), ("TK.X", "lost")]
)
def test_nothing_is_marked_that_is_so_already_or_not_there(barcode: str | None, status: str) -> None:
    assert Desk(AtTitle(TITLE, barcode)).touch(Act.MARK, status).is_quiet


def test_what_was_not_done_is_told_over_what_is_recorded_now() -> None:
    desk = Desk(AtTitle(TITLE, HERE)).touch(Act.MARK, "lost")
    desk.feed(NotAsked(desk.state.visit, desk.state.request, 102.0, DeskProblem.UNKNOWN_ITEM))
    assert desk.asked(OpenTitle)
    assert opened(desk).page == AtTitle(TITLE, HERE, DeskProblem.UNKNOWN_ITEM)
    assert desk.line(HERE).page == AtTitle(TITLE)


def test_who_has_a_copy_is_another_touch() -> None:
    assert Desk(AtTitle(TITLE, HERE)).touch(Act.OPEN_READER).is_quiet
    desk = Desk(AtTitle(TITLE, LENT)).touch(Act.OPEN_READER)
    assert desk.asked(OpenBook).barcode == LENT
    assert desk.answered(BookOpened, DE_MEN, FULL.line).asked(OpenReader).patron_id == "p-1"
    assert desk.opened().page == AtReader(FULL)


def test_a_copy_of_this_title_is_chosen_by_a_scan_and_any_other_code_is_looked_up() -> None:
    desk = Desk(AtTitle(TITLE))
    assert desk.book(LOST).is_quiet
    assert at_title(desk).chosen == LOST
    assert desk.scan("9786042134621", CodeKind.ISBN).page == AtTitle(TITLE, LOST, DeskProblem.NO_CODE_OF_OURS)
    assert desk.card("HS-000417").asked(OpenReader).card == "HS-000417"
    assert desk.opened(None).page == Finding(problem=DeskProblem.UNKNOWN_CARD)


def test_a_title_that_comes_when_another_page_was_turned_to_is_not_shown() -> None:
    desk = found(Desk(Finding()).type("d"), "d", "t-1").line("t-1")
    late = TitleOpened(desk.state.visit, desk.state.request, TITLE, 103.0)
    desk.feed(Touched(Button.DISMISS, 102.0)).feed(late)
    assert desk.page == Menu()


def test_what_is_scanned_while_a_copy_is_marked_comes_after_it() -> None:
    desk = Desk(AtTitle(TITLE, HERE)).touch(Act.MARK, "lost")
    asked = desk.state.request
    assert desk.book("TK.00140").feed(LineTouched(LENT, 102.0)).is_quiet
    desk.feed(Asked(desk.state.visit, asked, OperationId("e", 1), "r-1", 102.0))
    assert opened(desk).asked(OpenBook).barcode == "TK.00140"
