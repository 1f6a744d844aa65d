"""What is scanned at the desk while something is looked up: it waits, and comes after it."""

from __future__ import annotations

import pytest

from gallery.desk_books import DE_MEN, HAI_VAN_DAM, KINH_VAN_HOA
from gallery.desk_readers import FULL, LATE_BOOKS, SHELVE
from kiosk.domain.operations import OperationId
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import Act, AtReader, AtWork, DeskPage, DeskProblem, Finding, Menu, ReaderLine, Work
from kiosk.session.effects import CheckOut, OpenBook, OpenReader, Play, TickOff
from kiosk.session.inputs import Asked, BookOpened, DeskActDone, ReadersFound
from kiosk.session.scans import MOST_HELD
from tests.session.desk_play import Desk


def found(desk: Desk, text: str, *readers: ReaderLine, more: bool = False) -> Desk:
    return desk.answered(ReadersFound, text, readers, more)


@pytest.mark.parametrize("page", [Finding("an", (FULL.line,)), AtWork(Work.OVERDUE, LATE_BOOKS, "l-2")])
def test_a_scan_while_a_chosen_reader_is_opened_comes_after_them(page: DeskPage) -> None:
    desk = Desk(page)
    desk = desk.line("p-1") if isinstance(page, Finding) else desk.touch(Act.OPEN_READER)
    assert desk.asked(OpenReader)
    assert desk.book(HAI_VAN_DAM.barcode).is_quiet
    desk.opened()
    assert desk.reader.reader == FULL
    assert desk.asked(OpenBook).barcode == HAI_VAN_DAM.barcode


def test_a_card_and_a_book_scanned_quickly_at_the_tiles() -> None:
    desk = Desk(Menu()).card("HS-000417").book(KINH_VAN_HOA.barcode)
    assert desk.opened().reader == AtReader(FULL, KINH_VAN_HOA.barcode), "they have it"


def test_a_book_scanned_while_its_borrower_is_opened_is_lent_to_them() -> None:
    desk = found(Desk(Finding(lends=True)).type("a"), "a", FULL.line).line("p-1").book(HAI_VAN_DAM.barcode)
    checks_out = desk.opened().asked(CheckOut)
    assert (checks_out.patron_id, checks_out.barcode) == ("p-1", HAI_VAN_DAM.barcode)


def test_behind_a_reader_who_is_gone_a_book_is_nobodys_and_the_next_card_counts() -> None:
    desk = found(Desk(Finding(lends=True)).type("a"), "a", FULL.line).line("p-1")
    desk.book(HAI_VAN_DAM.barcode).opened(None)
    assert desk.is_quiet
    assert desk.page == Finding(lends=True, problem=DeskProblem.READER_GONE)
    desk.card("HS-1").book("TK.00001").card("HS-2").opened(None)
    assert desk.asked(OpenReader).card == "HS-2"


def test_a_double_scan_changes_nothing_that_was_done() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.LINK_CARD).card("HS-900").card("HS-900").done()
    assert desk.asked(OpenReader).card == "HS-900"
    assert desk.opened().reader.done is Act.LINK_CARD
    desk = Desk(AtReader(FULL)).touch(Act.PLACE_HOLD).book(DE_MEN.barcode).book(DE_MEN.barcode)
    desk.answered(BookOpened, DE_MEN, None).answered(Asked, OperationId("e", 1), "r-1").opened()
    assert desk.is_quiet
    assert (desk.reader.done, desk.reader.problem) == (Act.PLACE_HOLD, None)


def test_more_than_hands_can_scan_is_heard_to_be_left_off() -> None:
    desk = Desk(Menu()).card("HS-000417")
    for _ in range(MOST_HELD):
        assert desk.book("TK.00001").effects == ()
    assert desk.book("TK.00001").effects == (Play(Sound.ATTENTION),)


def test_a_pile_for_the_hold_shelf_is_scanned_quickly() -> None:
    desk = Desk(AtWork(Work.TO_SHELVE, SHELVE)).book("TK.00012").book("TK.00012").book("PM.001208")
    desk.answered(DeskActDone, Act.SHELVED, True)
    (ticks,) = [effect for effect in desk.effects if isinstance(effect, TickOff)]
    assert ticks.barcode == "PM.001208"
    assert isinstance(desk.page, AtWork)
    assert desk.page.problem is None
