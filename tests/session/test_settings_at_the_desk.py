"""The settings' page and what is reported: what a touch asks for, and what the page says then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gallery.desk import LAN, at_desk
from gallery.desk_settings import ASKED, LINES
from gallery.samples import RULES
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import (
    ChangeSettings,
    FaultAbout,
    ItemSource,
    NoteSource,
    ReportFault,
    Suggest,
    Wish,
)
from kiosk.domain.staff import ByStaff
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import (
    Act,
    AtSettings,
    DeskProblem,
    Menu,
    Reporting,
    Supervising,
    Writing,
)
from kiosk.session.effects import Ask, Effect, ListRequests, ListSettings, OpenBook, Play
from kiosk.session.inputs import (
    ActTouched,
    Asked,
    BookOpened,
    Button,
    Input,
    LineTouched,
    NotAsked,
    RequestsListed,
    Scanned,
    SettingsListed,
    Touched,
    Typed,
)
from kiosk.session.machine import step
from kiosk.session.notices import BookShown
from kiosk.session.states import State
from kiosk.session.supervised.settings import BAD_DAYS
from kiosk.session.supervised.typing import DONE

BY = ByStaff(LAN.staff)
TODAY = date(2026, 11, 23)
DE_MEN = BookShown("TK.00001", "t1", "Dế Mèn phiêu lưu ký", "Tô Hoài")


class Desk:
    """The desk, played by hand."""

    def __init__(self, page: object = None) -> None:
        self.state: State = at_desk(page or Menu())
        self.at = 110.0

    def feed(self, happened: Input) -> tuple[Effect, ...]:
        self.state, effects = step(self.state, happened, RULES)
        return effects

    def touch(self, act: Act, value: str = "") -> tuple[Effect, ...]:
        return self.feed(ActTouched(act, self.at, value))

    def line(self, name: str) -> None:
        assert self.feed(LineTouched(name, self.at)) == ()

    def scan(self, text: str, kind: CodeKind = CodeKind.ITEM) -> tuple[Effect, ...]:
        return self.feed(Scanned(Code(text, frozenset({kind})), self.at))

    def write(self, text: str) -> tuple[Effect, ...]:
        for key in text:
            self.feed(Typed(key, self.at))
        return self.feed(Typed(DONE, self.at))

    @property
    def page(self) -> object:
        assert isinstance(self.state.doing, Supervising)
        return self.state.doing.page

    @property
    def settings(self) -> AtSettings:
        assert isinstance(self.page, AtSettings), self.page
        return self.page

    @property
    def reporting(self) -> Reporting:
        assert isinstance(self.page, Reporting), self.page
        return self.page

    def open_settings(self) -> None:
        (ask,) = self.touch(Act.SETTINGS)
        assert isinstance(ask, ListSettings)
        self.feed(SettingsListed(ask.visit, ask.request, LINES, self.at, TODAY))

    def open_reports(self) -> None:
        (ask,) = self.touch(Act.REPORT)
        assert isinstance(ask, ListRequests)
        self.feed(RequestsListed(ask.visit, ask.request, ASKED, self.at))

    def asks(self, effects: tuple[Effect, ...], wish: Wish) -> Ask:
        (ask,) = effects
        assert ask == Ask(self.state.visit, self.state.request, None, wish, BY)
        return ask

    def asked(self, ask: Ask) -> tuple[Effect, ...]:
        return self.feed(Asked(ask.visit, ask.request, OperationId("e", 1), "r-9", self.at))


@pytest.fixture
def desk() -> Desk:
    return Desk()


# ---- settings


def test_a_number_is_gone_to_step_by_step_and_asked_for_once(desk: Desk) -> None:
    desk.open_settings()
    desk.line("sound.volume")
    for value in ("61", "62", "72"):
        assert desk.touch(Act.STEP, value) == ()
    assert desk.settings.draft == "72"
    ask = desk.asks(desk.touch(Act.CHANGE, "72"), ChangeSettings({"sound.volume": "72"}))
    assert desk.touch(Act.CHANGE, "72") == (), "a second touch asks nothing twice"
    reads = desk.asked(ask)
    assert any(isinstance(one, ListSettings) for one in reads), "what holds is read anew"
    assert (desk.settings.kept, desk.settings.draft) == ("sound.volume", None)


@pytest.mark.parametrize("value", ["101", "-1", "", "none", "mười"])
def test_no_key_leads_beyond_the_bounds(desk: Desk, value: str) -> None:
    desk.open_settings()
    desk.line("sound.volume")
    assert desk.touch(Act.STEP, value) == ()
    assert desk.settings.draft is None


def test_a_choice_is_one_touch_and_the_one_that_holds_none(desk: Desk) -> None:
    desk.open_settings()
    desk.line("card_proof")
    assert desk.touch(Act.CHANGE, "pin_on_camera") == ()
    desk.asks(desk.touch(Act.CHANGE, "pin"), ChangeSettings({"card_proof": "pin"}))


def test_what_the_centre_has_fixed_has_no_way(desk: Desk) -> None:
    desk.open_settings()
    desk.line("session.idle_s")
    assert desk.touch(Act.STEP, "60") == ()
    assert desk.touch(Act.CHANGE, "60") == ()
    assert desk.settings.draft is None


def test_what_was_fixed_meanwhile_is_said(desk: Desk) -> None:
    desk.open_settings()
    desk.line("card_proof")
    (ask,) = desk.touch(Act.CHANGE, "pin")
    assert isinstance(ask, Ask)
    reads = desk.feed(NotAsked(ask.visit, ask.request, desk.at, DeskProblem.NOT_DONE))
    assert any(isinstance(one, ListSettings) for one in reads)
    assert desk.settings.refused


def test_another_line_drops_what_was_not_kept(desk: Desk) -> None:
    desk.open_settings()
    desk.line("sound.volume")
    desk.touch(Act.STEP, "61")
    desk.line("card_proof")
    assert desk.settings.draft is None
    desk.line("card_proof")
    assert desk.settings.chosen is None
    assert desk.touch(Act.CHANGE, "pin") == (), "nothing is chosen"


def test_days_that_are_written_come_to_those_that_are_there(desk: Desk) -> None:
    desk.open_settings()
    desk.line("closed")
    assert desk.touch(Act.WRITE_DAYS) == ()
    assert not any(isinstance(one, Ask) for one in desk.write("30/02/2027"))
    page = desk.page
    assert isinstance(page, Writing)
    assert page.problem == BAD_DAYS
    desk.feed(Typed("clear", desk.at))
    wish = ChangeSettings({"closed": "2026-11-20, 2027-02-04..2027-02-14, 24/12/2026-26/12/2026"})
    ask = desk.asks(desk.write("24/12/2026-26/12/2026"), wish)
    assert desk.settings.chosen == "closed"
    desk.asked(ask)
    assert desk.settings.kept == "closed"


def test_nothing_written_changes_nothing(desk: Desk) -> None:
    desk.open_settings()
    desk.line("closed")
    desk.touch(Act.WRITE_DAYS)
    assert desk.write("") == ()
    assert desk.settings.chosen == "closed"


def test_days_are_no_text_of_another_setting(desk: Desk) -> None:
    desk.open_settings()
    desk.line("sound.volume")
    assert desk.touch(Act.WRITE_DAYS) == ()
    assert isinstance(desk.page, AtSettings)


# ---- what is reported


def test_a_fault_of_the_room_is_written_and_sent(desk: Desk) -> None:
    desk.open_reports()
    assert desk.touch(Act.FAULT, "premises") == ()
    ask = desk.asks(desk.write("Ddefn horng"), ReportFault(FaultAbout.PREMISES, "Đèn hỏng", None))
    reads = desk.asked(ask)
    assert any(isinstance(one, ListRequests) for one in reads)
    assert desk.reporting.sent is Act.FAULT
    assert desk.reporting.wants is None


def test_a_damaged_book_is_scanned_first(desk: Desk) -> None:
    desk.open_reports()
    assert desk.touch(Act.FAULT, "item") == ()
    (ask,) = desk.scan("TK.00001")
    assert ask == OpenBook(desk.state.visit, desk.state.request, "TK.00001")
    desk.feed(BookOpened(desk.state.visit, desk.state.request, DE_MEN, None, desk.at))
    assert isinstance(desk.page, Writing)
    desk.asks(desk.write("long gays"), ReportFault(FaultAbout.ITEM, "long gáy", "TK.00001"))


def test_a_book_that_is_scanned_while_a_report_is_on_its_way_is_looked_up_after_it(desk: Desk) -> None:
    desk.open_reports()
    desk.touch(Act.FAULT, "premises")
    ask = desk.asks(desk.write("x"), ReportFault(FaultAbout.PREMISES, "x", None))
    assert desk.scan("TK.00001") == ()
    answered = desk.asked(ask)
    assert answered[-1] == OpenBook(desk.state.visit, desk.state.request, "TK.00001")


def test_a_book_that_is_scanned_while_something_is_written_is_heard_and_changes_nothing(desk: Desk) -> None:
    desk.open_reports()
    desk.touch(Act.FAULT, "premises")
    desk.feed(Typed("a", desk.at))
    before = desk.page
    assert desk.scan("TK.00001") == (Play(Sound.ATTENTION),)
    assert desk.page == before


def test_a_fault_of_the_room_is_none_of_the_book_that_was_scanned_before(desk: Desk) -> None:
    desk.open_reports()
    desk.scan("TK.00001")
    desk.feed(BookOpened(desk.state.visit, desk.state.request, DE_MEN, None, desk.at))
    assert desk.reporting.book == DE_MEN
    desk.touch(Act.FAULT, "station")
    desk.asks(desk.write("x"), ReportFault(FaultAbout.STATION, "x", None))


def test_a_wish_for_a_book(desk: Desk) -> None:
    desk.open_reports()
    desk.touch(Act.SUGGEST)
    ask = desk.asks(desk.write("Nguwowif"), Suggest("Người"))
    desk.asked(ask)
    assert desk.reporting.sent is Act.SUGGEST


@pytest.mark.parametrize("source", list(ItemSource))
def test_where_a_book_comes_from(desk: Desk, source: ItemSource) -> None:
    desk.open_reports()
    desk.touch(Act.SOURCE)
    assert desk.touch(Act.SOURCE, source) == (), "of which book?"
    desk.scan("TK.00001")
    desk.feed(BookOpened(desk.state.visit, desk.state.request, DE_MEN, None, desk.at))
    ask = desk.asks(desk.touch(Act.SOURCE, source), NoteSource("TK.00001", source))
    desk.asked(ask)
    assert (desk.reporting.sent, desk.reporting.book) == (Act.SOURCE, None)


def test_a_label_in_no_list_and_a_code_that_is_none_of_ours(desk: Desk) -> None:
    desk.open_reports()
    desk.scan("TK.99999")
    desk.feed(BookOpened(desk.state.visit, desk.state.request, None, None, desk.at))
    assert desk.reporting.problem is DeskProblem.UNKNOWN_ITEM
    desk.scan("9786042134621", CodeKind.ISBN)
    assert desk.reporting.problem is DeskProblem.NO_CODE_OF_OURS
    desk.touch(Act.REPORT)
    assert desk.reporting == Reporting(lines=ASKED)


def test_a_keyboard_that_was_left_reports_nothing(desk: Desk) -> None:
    desk.open_reports()
    desk.touch(Act.FAULT, "premises")
    desk.feed(Typed("a", desk.at))
    desk.feed(Touched(Button.DISMISS, desk.at))
    assert replace(desk.reporting, wants=None, about="") == Reporting(lines=ASKED)
    assert desk.reporting.sent is None


def test_an_unknown_word_is_no_fault(desk: Desk) -> None:
    desk.open_reports()
    assert desk.touch(Act.FAULT, "the moon") == ()
    assert desk.touch(Act.SOURCE, "stolen") == ()
    assert isinstance(desk.page, Reporting)


def test_what_was_asked_for_before_can_be_read(desk: Desk) -> None:
    desk.open_reports()
    desk.line("r-3")
    assert desk.reporting.chosen == "r-3"
    desk.touch(Act.SOURCE)
    assert (desk.reporting.chosen, desk.reporting.wants) == (None, Act.SOURCE)
    desk.line("r-3")
    assert desk.reporting.wants is None
