"""Readers, looked up at the desk: by what is typed, by a card, or by a book that somebody has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.desk_books import KINH_VAN_HOA
from gallery.desk_readers import FULL
from kiosk.domain.barcodes import CodeKind
from kiosk.domain.blocks import LoanOverdue
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import (
    Act,
    AtReader,
    DeskPage,
    DeskProblem,
    Finding,
    Lending,
    Menu,
    ReaderLine,
)
from kiosk.session.effects import FindReaders, OpenBook, OpenReader, Play
from kiosk.session.inputs import (
    BookOpened,
    Button,
    ReaderOpened,
    ReadersFound,
    Touched,
)
from kiosk.session.supervised.typing import CLEAR, DELETE, DONE
from tests.session.desk_play import Desk
from tests.session.play import DUE

LATE = LoanOverdue(DUE)
BINH = ReaderLine("p-2", "Gia Bình", "6A1")
OTHER = replace(FULL, line=BINH, loans=(), holds=())


def found(desk: Desk, text: str, *readers: ReaderLine, more: bool = False) -> Desk:
    return desk.answered(ReadersFound, text, readers, more)


# ---- looking up


def test_each_key_looks_for_what_stands_there_by_telex() -> None:
    desk = Desk(Finding())
    assert desk.type("d", "d").asked(FindReaders).text == "đ"
    assert desk.type("a", "s").asked(FindReaders).text == "đá"
    found(desk, "đá", BINH, more=True)
    assert desk.finding == Finding("đá", (BINH,), more=True)
    assert desk.type(DELETE).asked(FindReaders).text == "đ"


def test_answers_for_what_stands_there_no_more_are_not_shown() -> None:
    desk = Desk(Finding()).type("a")
    first = desk.asked(FindReaders)
    desk.type("n")
    desk.feed(ReadersFound(first.visit, first.request, "a", (BINH,), False, 102.0))
    assert desk.finding == Finding("an")
    found(desk, "an", FULL.line)
    desk.feed(ReadersFound(first.visit, first.request, "a", (BINH,), False, 102.0))
    assert desk.finding.readers == (FULL.line,)


def test_nothing_typed_looks_for_nobody() -> None:
    desk = found(Desk(Finding()).type("a"), "a", BINH)
    assert desk.type(CLEAR).is_quiet
    assert desk.finding == Finding()
    assert desk.type(" ").is_quiet


@pytest.mark.parametrize(("lends", "page"), [(False, AtReader(FULL)), (True, Lending(FULL))])
def test_a_line_opens_its_reader_or_lends_to_them(lends: bool, page: DeskPage) -> None:
    desk = found(Desk(Finding(lends=lends)).type("a"), "a", FULL.line, BINH)
    assert desk.line("p-1").asked(OpenReader).patron_id == "p-1"
    assert desk.opened().page == page


def test_done_opens_the_only_one() -> None:
    desk = found(Desk(Finding()).type("a"), "a", FULL.line, BINH)
    assert desk.type(DONE).is_quiet
    found(desk.type("n"), "an", FULL.line)
    assert desk.type(DONE).asked(OpenReader).patron_id == "p-1"
    assert desk.type(DONE).is_quiet, "it is on its way"


def test_a_line_that_is_not_there_opens_nobody() -> None:
    assert found(Desk(Finding()).type("a"), "a", BINH).line("p-1").is_quiet


@pytest.mark.parametrize("page", [Menu(), Finding(), Finding("an", (BINH,)), AtReader(OTHER)])
def test_a_card_opens_its_reader(page: DeskPage) -> None:
    desk = Desk(page).card("HS-000417")
    assert desk.asked(OpenReader).card == "HS-000417"
    assert desk.opened().page == AtReader(FULL)
    assert Play(Sound.OK) in desk.effects


@pytest.mark.parametrize("page", [Menu(), Finding(), Finding("an", (BINH,))])
def test_a_card_that_nobody_has_is_told_where_one_can_type(page: DeskPage) -> None:
    desk = Desk(page).card("HS-999").opened(None)
    assert desk.page == Finding(problem=DeskProblem.UNKNOWN_CARD)
    assert desk.type("a").finding.problem is None


@pytest.mark.parametrize("page", [Menu(), Finding(), AtReader(OTHER)])
def test_a_book_opens_who_has_it(page: DeskPage) -> None:
    desk = Desk(page).book("TK.00140")
    assert desk.asked(OpenBook).barcode == "TK.00140"
    assert desk.answered(BookOpened, KINH_VAN_HOA, FULL.line).asked(OpenReader).patron_id == "p-1"
    assert desk.opened().page == AtReader(FULL)


def test_to_lend_a_book_that_nobody_has_is_told() -> None:
    desk = Desk(Finding(lends=True)).book("TK.00140").answered(BookOpened, KINH_VAN_HOA, None)
    assert desk.page == Finding(lends=True, problem=DeskProblem.NOBODY_HAS_IT, book=KINH_VAN_HOA)


@pytest.mark.parametrize("page", [Menu(), Finding(), Finding("an", (BINH,))])
def test_a_book_that_nobody_knows_is_told(page: DeskPage) -> None:
    desk = Desk(page).book("TK.99999").answered(BookOpened, None, None)
    assert desk.page == Finding(problem=DeskProblem.UNKNOWN_ITEM)


def test_a_code_that_is_neither_is_told() -> None:
    desk = Desk(Menu()).scan("9786042134621", CodeKind.ISBN)
    assert desk.page == Finding(problem=DeskProblem.NO_CODE_OF_OURS)


def test_a_reader_from_the_list_who_is_gone_meanwhile_is_told() -> None:
    desk = found(Desk(Finding()).type("a"), "a", FULL.line).line("p-1").opened(None)
    assert desk.page == Finding(problem=DeskProblem.READER_GONE)


def test_a_reader_who_comes_when_another_page_was_turned_to_is_not_shown() -> None:
    """Back was touched, and lending begun: whoever was looked up before is not who stands here."""
    desk = Desk(Menu()).card("HS-000417")
    late = ReaderOpened(desk.state.visit, desk.state.request, FULL, 103.0)
    assert desk.touch(Act.LEND).page == Menu(), "the card that was scanned comes first"
    desk.feed(Touched(Button.DISMISS, 102.0)).touch(Act.LEND).feed(late)
    assert desk.page == Lending()
    desk.feed(Touched(Button.DISMISS, 104.0), late)
    assert desk.page == Menu()
