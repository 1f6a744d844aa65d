"""One reader at the desk: what is touched and scanned for them, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.desk import LAN
from gallery.desk_books import GOC_SAN, HAI_VAN_DAM
from gallery.desk_readers import FULL, LOST
from gallery.samples import RULES
from kiosk.domain.barcodes import CodeKind
from kiosk.domain.blocks import Block, HeldForAnother, LoanOverdue, SchoolYearEnds
from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import (
    BlockCards,
    BlockPatron,
    CancelHold,
    ChangeItemStatus,
    LinkCard,
    PlaceHold,
    Wish,
    WriteNote,
)
from kiosk.domain.staff import ByStaff
from kiosk.session.desk_states import (
    CARD_LINE,
    Act,
    AtReader,
    DeskPage,
    DeskProblem,
    Finding,
    Lending,
    Menu,
    ReaderLine,
    Writing,
)
from kiosk.session.effects import Ask, OpenBook, OpenReader, Renew, ResolveCode, SetPin
from kiosk.session.inputs import (
    ActTouched,
    Asked,
    BookOpened,
    CodeResolved,
    DeskActDone,
    LineTouched,
    LoanRecorded,
    NotAsked,
    NotRenewed,
    Tick,
)
from kiosk.session.states import Home
from kiosk.session.supervised.readers import NO, YES
from kiosk.session.supervised.typing import CLEAR, DONE
from tests.session.desk_play import Desk
from tests.session.play import DUE

LATE = LoanOverdue(DUE)
BINH = ReaderLine("p-2", "Gia Bình", "6A1")
OTHER = replace(FULL, line=BINH, loans=(), holds=())


# ---- one reader: what needs a yes


@pytest.mark.parametrize(
    ("act", "wish"),
    [(Act.BLOCK, BlockPatron(True)), (Act.UNBLOCK, BlockPatron(False)), (Act.BLOCK_CARDS, BlockCards())],
)
def test_what_is_hard_to_undo_asks_for_a_yes(act: Act, wish: Wish) -> None:
    desk = Desk(AtReader(FULL, CARD_LINE)).touch(act)
    assert desk.is_quiet
    assert desk.reader.wants is act
    assert desk.touch(act, NO).is_quiet
    assert desk.reader == AtReader(FULL, CARD_LINE)
    assert desk.touch(act, YES).is_quiet, "a yes without its question is none"
    assert desk.touch(act, YES).wish() == wish
    assert desk.done().reader == AtReader(FULL, CARD_LINE, done=act)


def test_a_yes_to_another_question_is_none() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.BLOCK).touch(Act.BLOCK_CARDS, YES)
    assert desk.is_quiet
    assert desk.reader.wants is Act.BLOCK_CARDS


def test_one_act_at_a_time() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.BLOCK).touch(Act.BLOCK, YES)
    assert desk.wish() == BlockPatron(True)
    page = desk.page
    for happened in (ActTouched(Act.BLOCK, 102.0, YES), ActTouched(Act.NOTE, 102.0), LineTouched(CARD_LINE, 102.0)):
        assert (desk.feed(happened).effects, desk.page) == ((), page)
    assert (desk.card("HS-2").effects, desk.page) == ((), page)
    assert desk.answered(Asked, OperationId("e", 1), "r-1").opened().asked(OpenReader).card == "HS-2", "it comes after"


# ---- cards


def test_a_new_card_is_scanned_and_linked() -> None:
    desk = Desk(AtReader(FULL, CARD_LINE)).touch(Act.LINK_CARD)
    assert desk.reader.wants is Act.LINK_CARD
    assert desk.card("HS-900").wish() == LinkCard("HS-900")
    assert desk.done().reader == AtReader(FULL, CARD_LINE, done=Act.LINK_CARD)


def test_a_card_of_another_is_refused_plainly_and_the_next_one_can_be_scanned() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.LINK_CARD).card("HS-2")
    desk.feed(NotAsked(desk.state.visit, desk.state.request, 102.0, DeskProblem.CARD_OF_ANOTHER)).opened()
    assert desk.reader.problem is DeskProblem.CARD_OF_ANOTHER
    assert desk.card("HS-901").wish() == LinkCard("HS-901")


def test_a_book_is_no_card() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.LINK_CARD).book("TK.00140")
    assert desk.is_quiet
    assert desk.reader.problem is DeskProblem.NO_CODE_OF_OURS
    assert desk.reader.wants is Act.LINK_CARD


def test_the_card_of_who_is_at_the_desk_locks_it_and_is_linked_to_nobody() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.LINK_CARD).card("GV-000009")
    assert desk.is_quiet
    assert isinstance(desk.state.doing, Home)


# ---- PIN and note


def test_a_pin_is_typed_twice_and_kept() -> None:
    desk = Desk(AtReader(FULL, CARD_LINE)).touch(Act.SET_PIN)
    assert isinstance(desk.page, Writing)
    desk.type(*"4719", DONE, *"4719", DONE)
    ask = desk.asked(SetPin)
    assert (ask.patron_id, ask.pin, ask.by) == ("p-1", "4719", ByStaff(LAN.staff))
    desk.answered(DeskActDone, Act.SET_PIN, True)
    assert desk.asked(OpenReader).patron_id == "p-1"
    assert desk.opened().reader == AtReader(FULL, CARD_LINE, done=Act.SET_PIN)


def test_a_wait_ends() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.UNLOCK_PIN)
    ask = desk.asked(SetPin)
    assert (ask.patron_id, ask.pin) == ("p-1", None)
    assert desk.answered(DeskActDone, Act.UNLOCK_PIN, False).opened().reader.problem is DeskProblem.NOT_DONE


def test_a_note_begins_with_the_one_that_stands_there() -> None:
    desk = Desk(AtReader(replace(FULL, note="Hay quên"))).touch(Act.NOTE)
    assert isinstance(desk.page, Writing)
    assert desk.page.text == "Hay quên"
    assert desk.type(CLEAR, *"Ngoan", DONE).wish() == WriteNote("Ngoan")
    assert desk.done().reader.done is Act.NOTE


# ---- holds


def test_any_copy_tells_which_title_is_held() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.PLACE_HOLD)
    assert desk.reader.wants is Act.PLACE_HOLD
    assert desk.book("PM.001208").asked(OpenBook).barcode == "PM.001208"
    assert desk.answered(BookOpened, HAI_VAN_DAM, BINH).wish() == PlaceHold(HAI_VAN_DAM.title_id)
    assert desk.done().reader == AtReader(FULL, done=Act.PLACE_HOLD, book=HAI_VAN_DAM)


def test_no_title_no_hold() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.PLACE_HOLD).book("TK.99999").answered(BookOpened, None, None)
    assert desk.reader.problem is DeskProblem.UNKNOWN_ITEM
    assert desk.card("HS-2").is_quiet
    assert desk.reader.problem is DeskProblem.NO_CODE_OF_OURS
    assert desk.reader.wants is Act.PLACE_HOLD, "the next scan may be the book"


def test_a_hold_is_cancelled_by_its_own_id() -> None:
    desk = Desk(AtReader(FULL)).line(HAI_VAN_DAM.title_id).touch(Act.CANCEL_HOLD)
    assert desk.wish() == CancelHold("h-2")
    desk.answered(Asked, OperationId("e", 1), "r-1").opened(replace(FULL, holds=FULL.holds[:1]))
    assert (desk.reader.done, desk.reader.book, desk.reader.chosen) == (Act.CANCEL_HOLD, HAI_VAN_DAM, None)
    assert desk.touch(Act.CANCEL_HOLD).is_quiet


# ---- renewing


def renewing(*blocks: Block) -> Desk:
    desk = Desk(AtReader(FULL)).line(GOC_SAN.barcode).touch(Act.RENEW)
    assert desk.asked(Renew).by == ByStaff(LAN.staff)
    return desk.answered(NotRenewed, GOC_SAN.barcode, blocks)


def test_a_loan_is_renewed_for_them() -> None:
    desk = Desk(AtReader(FULL)).line(GOC_SAN.barcode).touch(Act.RENEW)
    ask = desk.asked(Renew)
    assert (ask.patron_id, ask.barcode) == ("p-1", GOC_SAN.barcode)
    recorded = LoanRecorded(ask.visit, ask.request, OperationId("e", 1), GOC_SAN, DUE, None, 2, True, 103.0)
    assert desk.feed(recorded).asked(OpenReader).patron_id == "p-1"
    assert desk.opened().reader == AtReader(FULL, GOC_SAN.barcode, done=Act.RENEW, book=GOC_SAN)


def test_what_the_rules_refuse_may_be_set_aside_with_a_reason() -> None:
    desk = renewing(LATE, HeldForAnother())
    refused = desk.reader.refused
    assert refused is not None
    assert (refused.book, refused.blocks, refused.stay, refused.renewing) == (
        GOC_SAN,
        (LATE, HeldForAnother()),
        (),
        True,
    )
    assert desk.touch(Act.OVERRIDE).is_quiet, "without a reason it is not set aside"
    desk = renewing(LATE).touch(Act.OVERRIDE, "teacher_asks")
    ask = desk.asked(Renew)
    assert (ask.barcode, ask.by) == (GOC_SAN.barcode, ByStaff(LAN.staff, "teacher_asks"))


def test_what_stays_is_not_set_aside() -> None:
    assert renewing(LATE, SchoolYearEnds()).touch(Act.OVERRIDE, "teacher_asks").is_quiet


def test_a_loan_that_has_ended_meanwhile_is_told() -> None:
    assert renewing().opened(replace(FULL, loans=())).reader.problem is DeskProblem.NOT_DONE


def test_a_book_at_home_is_lost_and_then_it_is_not() -> None:
    desk = Desk(AtReader(FULL)).line(GOC_SAN.barcode).touch(Act.MARK, "lost")
    ask = desk.asked(Ask)
    assert (ask.patron_id, ask.wish) == (None, ChangeItemStatus(GOC_SAN.barcode, ItemStatus.LOST)), (
        "no word of a reader"
    )
    assert ask.by == ByStaff(LAN.staff)
    desk.answered(Asked, OperationId("e", 1), "r-1").opened(LOST)
    assert desk.reader == AtReader(LOST, GOC_SAN.barcode)
    assert desk.touch(Act.MARK, "lost").effects == (), "it is already"
    assert desk.touch(Act.MARK, "burnt").effects == ()
    assert desk.touch(Act.MARK, "available").asked(Ask).wish == ChangeItemStatus(GOC_SAN.barcode, ItemStatus.AVAILABLE)


def test_nothing_chosen_nothing_lost() -> None:
    assert Desk(AtReader(FULL)).touch(Act.MARK, "lost").effects == ()


def test_nothing_chosen_nothing_renewed() -> None:
    assert Desk(AtReader(FULL)).touch(Act.RENEW).is_quiet
    assert Desk(AtReader(FULL, HAI_VAN_DAM.title_id)).touch(Act.RENEW).is_quiet


# ---- and else


def test_their_own_book_is_chosen_by_its_label() -> None:
    assert Desk(AtReader(FULL)).book(GOC_SAN.barcode).reader.chosen == GOC_SAN.barcode


def test_lending_to_them_begins() -> None:
    assert Desk(AtReader(FULL)).touch(Act.LEND_TO).page == Lending(FULL)


def test_a_card_that_nobody_has_leaves_the_reader_there() -> None:
    desk = Desk(AtReader(FULL)).card("HS-999").opened(None)
    assert desk.page == AtReader(FULL, asked=Act.OPEN_READER, problem=DeskProblem.UNKNOWN_CARD)


@pytest.mark.parametrize("well", [True, False])
def test_a_reader_who_was_taken_from_the_list_is_shown_no_longer(well: bool) -> None:
    """Erased at the centre, in the middle of an act: a plain sentence, and nothing of them stays."""
    desk = Desk(AtReader(FULL)).touch(Act.BLOCK).touch(Act.BLOCK, YES)
    desk = desk.answered(Asked, OperationId("e", 1), "r-1") if well else desk.answered(NotAsked)
    desk.opened(None)
    assert desk.page == Finding(problem=DeskProblem.READER_GONE)
    assert "Minh An" not in repr(desk.state)


def test_it_locks_by_itself_and_nothing_of_the_reader_stays() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.NOTE).type(*"Hay")
    desk.feed(Tick(101.0 + RULES.supervised_s))
    assert isinstance(desk.state.doing, Home)
    assert "Hay" not in repr(desk.state)
    assert "Minh An" not in repr(desk.state)


@pytest.mark.parametrize("page", [Menu(), Finding(), AtReader(OTHER)])
def test_a_code_that_may_be_either_is_what_it_is_known_as(page: DeskPage) -> None:
    def scanned() -> Desk:
        desk = Desk(page).scan("HS-000417", CodeKind.CARD, CodeKind.ITEM)
        assert desk.asked(ResolveCode).text == "HS-000417"
        return desk

    def resolved(*, card: bool, book: bool) -> Desk:
        desk = scanned()
        return desk.feed(
            CodeResolved(desk.state.visit, desk.state.request, "HS-000417", card, book, 102.0, as_item="000417")
        )

    for book in (True, False):
        desk = resolved(card=True, book=book)
        assert desk.asked(OpenReader).card == "HS-000417"
        assert desk.opened().page == AtReader(FULL)
    assert resolved(card=False, book=True).asked(OpenBook).barcode == "000417"
    told = resolved(card=False, book=False)
    assert told.is_quiet
    assert isinstance(told.page, AtReader | Finding)
    assert told.page.problem is DeskProblem.UNKNOWN_CARD


def test_a_code_that_may_be_either_is_what_is_wanted() -> None:
    desk = Desk(AtReader(FULL)).touch(Act.LINK_CARD).scan("TK.9", CodeKind.CARD, CodeKind.ITEM)
    assert desk.wish() == LinkCard("TK.9")
    desk = Desk(AtReader(FULL)).touch(Act.PLACE_HOLD).scan("TK.9", CodeKind.CARD, CodeKind.ITEM)
    assert desk.asked(OpenBook).barcode == "TK.9"
