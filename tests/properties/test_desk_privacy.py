"""Any order of scans, touches, keys, answers and waits at the desk: once it is locked nothing of a reader is left, and
no act is ever done for another reader than the one on the page."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.blocks import HeldForAnother, OnLoanToAnother
from kiosk.domain.operations import OperationId
from kiosk.domain.staff import Role, Staff
from kiosk.session.books import HoldShown, LoanShown
from kiosk.session.desk_inputs import TitleOpened
from kiosk.session.desk_states import (
    CARD_LINE,
    Act,
    AtReader,
    CheckLine,
    Counts,
    DeskProblem,
    DisputeLine,
    Entering,
    ItemShown,
    Lending,
    OverdueLine,
    ReaderLine,
    ReaderShown,
    ShelveLine,
    StaffShown,
    Supervising,
    TitleShown,
    ToCheck,
    VersionShown,
    Work,
    WorkLine,
    Writing,
)
from kiosk.session.effects import (
    Ask,
    CheckIn,
    CheckOut,
    CountWork,
    FindReaders,
    ListRequests,
    ListSettings,
    ListWork,
    OpenBook,
    OpenReader,
    OpenTitle,
    Play,
    Renew,
    ResolveCode,
    Serve,
    SetPin,
    StoreEffect,
    TakeBack,
    TickOff,
)
from kiosk.session.inputs import (
    ActTouched,
    Asked,
    BookOpened,
    Button,
    CodeResolved,
    DeskActDone,
    Input,
    ItemNotFound,
    LineTouched,
    LoanRecorded,
    LoanRefused,
    NotAsked,
    NotRenewed,
    NotTakenBack,
    ReaderOpened,
    ReadersFound,
    RequestsListed,
    ReturnRecorded,
    Scanned,
    SettingsListed,
    StoreFailed,
    StoreRecovered,
    TakenBack,
    Tick,
    Touched,
    Typed,
    WorkCounted,
    WorkListed,
)
from kiosk.session.machine import step, wakes_at
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import BookShown
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised.readers import NO, YES
from kiosk.session.supervised.typing import DONE

RULES = SessionRules()
LAN = StaffShown(Staff("staff-1", Role.LIBRARIAN), "lan", "cô Lan")
CARD = "GV1"
CARDS = {"HS1": "p1", "HS2": "p2"}
BOOKS = ("TK.1", "TK.2", "TK.3")
DUE = date(2026, 12, 7)
NOTE = "thư của mẹ"
DIGITS = "471947194719"
OF_READERS = ("Reader-", "HS1", "HS2", NOTE, "TK.", "4719")
"""What must be in no state once the desk is locked."""


def everything_in(state: State) -> str:
    """Also what a repr leaves out."""
    return str(asdict(state))


def line(patron_id: str) -> ReaderLine:
    return ReaderLine(patron_id, f"Reader-{patron_id}", "6A2")


def book(barcode: str) -> BookShown:
    return BookShown(barcode, f"t-{barcode}", "name", "author")


def reader(patron_id: str) -> ReaderShown:
    loans = (LoanShown(book("TK.1"), DUE, None, 14, 1), LoanShown(book("TK.2"), DUE, None, -2, 1))
    holds = (HoldShown(book("TK.3"), 1, True, "", f"h-{patron_id}"),)
    return ReaderShown(line(patron_id), "hs", 5, loans, holds, (), False, None, NOTE)


def title(title_id: str) -> TitleShown:
    items = (ItemShown("TK.1", is_lent=True), ItemShown("TK.2"), ItemShown("TK.3", marked="lost"))
    return TitleShown(BookShown("", title_id, "name", "author"), "", "", items)


def lines_of(work: Work) -> tuple[WorkLine, ...]:
    match work:
        case Work.DISPUTES:
            version = VersionShown(True, "tram-1", "check_out", "Reader-p1", 1)
            return (DisputeLine("d1", "already_on_loan", book("TK.1"), version, version, ("first_over",), 1),)
        case Work.TO_CHECK:
            return (CheckLine("1", OperationId("e", 1), ToCheck.RETURNED, book("TK.1"), line("p1"), 1),)
        case Work.OVERDUE:
            return (OverdueLine("l1", line("p2"), book("TK.2"), DUE, 3),)
        case Work.TO_SHELVE:
            return (ShelveLine("h1", line("p1"), book("TK.3"), ""),)
        case _:
            return ()


LINES = ("p1", "p2", *BOOKS, *(f"t-{one}" for one in BOOKS), CARD_LINE, "d1", "1", "l1", "h1")
VALUES = {
    Act.WORK: tuple(work.value for work in Work),
    Act.OVERRIDE: ("", "teacher_asks"),
    Act.SETTLE: ("first_over",),
    Act.MARK: ("damaged",),
    Act.LINK_CARD: ("", NO),
    Act.BLOCK: ("", YES, NO),
}
_OF_OTHERS = {Act.DEVICE, Act.FAULT, Act.SUGGEST, Act.SETTINGS, Act.CHANGE, Act.SOURCE}
ACTS = [(act, value) for act in Act if act not in _OF_OTHERS for value in VALUES.get(act, ("",))]
"""Those of the pages that show readers."""


class AtTheDesk(RuleBasedStateMachine):
    in_flight: Bundle[StoreEffect] = Bundle("in_flight")

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.at = 100.0
        self.seq = 0
        self.opens()

    @precondition(lambda self: not isinstance(self.state.doing, Supervising))
    @rule()
    def opens(self) -> None:
        doing = Supervising(LAN, self.at, card=CARD, since=self.at)
        self.state = replace(State(doing), visit=self.state.visit + 1, request=self.state.request)

    def feed(self, happened: Input) -> MultipleResults[StoreEffect]:
        before = self.state
        self.state, effects = step(before, happened, RULES)
        asked = [effect for effect in effects if not isinstance(effect, Play | Serve)]
        for ask in asked:
            self.check(ask)
        return multiple(*asked)

    def check(self, ask: StoreEffect) -> None:
        """Whoever it is done for is on the page, or beneath what is typed, also when it was scanned before them."""
        patron_id = getattr(ask, "patron_id", None)
        if patron_id is None or isinstance(ask, OpenReader) or isinstance(self.state.doing, Entering):
            return
        assert isinstance(self.state.doing, Supervising)
        page = self.state.doing.page
        beneath = page.beneath if isinstance(page, Writing) else page
        assert isinstance(beneath, AtReader | Lending), beneath
        assert beneath.reader is not None
        assert beneath.reader.line.patron_id == patron_id, "for another reader"

    @rule(seconds=st.sampled_from([0.05, 2.0, 31.0, 119.0, 121.0]))
    def time_passes(self, seconds: float) -> None:
        self.at += seconds

    @rule(target=in_flight)
    def tick(self) -> MultipleResults[StoreEffect]:
        return self.feed(Tick(self.at))

    @rule(target=in_flight, number=st.sampled_from([*CARDS, "HS9", CARD]))
    def card(self, number: str) -> MultipleResults[StoreEffect]:
        return self.scan(number, CodeKind.CARD)

    @rule(target=in_flight, barcode=st.sampled_from(BOOKS))
    def item(self, barcode: str) -> MultipleResults[StoreEffect]:
        return self.scan(barcode, CodeKind.ITEM)

    @rule(target=in_flight, text=st.sampled_from(["HS1", "TK.1"]))
    def card_or_item(self, text: str) -> MultipleResults[StoreEffect]:
        return self.scan(text, CodeKind.CARD, CodeKind.ITEM)

    def scan(self, text: str, *kinds: CodeKind) -> MultipleResults[StoreEffect]:
        if not isinstance(self.state.doing, Supervising):
            return multiple()  # what is scanned before a locked desk, test_session_privacy plays
        return self.feed(Scanned(Code(text, frozenset(kinds)), self.at))

    @rule(target=in_flight, act=st.sampled_from(ACTS))
    def act(self, act: tuple[Act, str]) -> MultipleResults[StoreEffect]:
        return self.feed(ActTouched(act[0], self.at, act[1]))

    @rule(target=in_flight, act=st.sampled_from([Act.BLOCK, Act.UNBLOCK, Act.BLOCK_CARDS]))
    def act_and_yes(self, act: Act) -> MultipleResults[StoreEffect]:
        self.feed(ActTouched(act, self.at))
        return self.feed(ActTouched(act, self.at, YES))

    @rule(target=in_flight, number=st.sampled_from([*CARDS]))
    def looks_at_a_reader(self, number: str) -> MultipleResults[StoreEffect]:
        """Answered at once: most pages need a reader."""
        self.feed(Touched(Button.DISMISS, self.at))
        asked = self.card(number)
        for ask in asked.values:
            asked = self.feed(self.answer_to(ask, 3))
        return asked

    @rule(target=in_flight, how=st.sampled_from(["key", "card", "wait", "device"]))
    def leaves(self, how: str) -> MultipleResults[StoreEffect]:
        if not isinstance(self.state.doing, Supervising):
            return multiple()
        match how:
            case "key":
                return self.feed(Touched(Button.LOCK, self.at))
            case "card":
                self.at += 4
                return self.card(CARD)
            case "wait":
                self.at += 121
                return self.feed(Tick(self.at))
        asked = self.feed(ActTouched(Act.DEVICE, self.at))
        assert isinstance(self.state.doing, Maintaining)
        return asked

    @rule(target=in_flight, text=st.sampled_from([NOTE, DIGITS, "a"]), end=st.booleans())
    def types(self, text: str, end: bool) -> MultipleResults[StoreEffect]:
        asked: list[StoreEffect] = []
        for key in (*text, *((DONE,) if end else ())):
            if isinstance(self.state.doing, Supervising):
                asked += self.feed(Typed(key, self.at)).values
        return multiple(*asked)

    @rule(target=in_flight, id_=st.sampled_from(LINES))
    def touch_line(self, id_: str) -> MultipleResults[StoreEffect]:
        return self.feed(LineTouched(id_, self.at))

    @rule(target=in_flight, button=st.sampled_from([Button.DISMISS, Button.DONE, Button.HELP]))
    def touch(self, button: Button) -> MultipleResults[StoreEffect]:
        if not isinstance(self.state.doing, Supervising):
            return multiple()
        return self.feed(Touched(button, self.at))

    @rule()
    def store_breaks_and_recovers(self) -> None:
        self.feed(StoreFailed("K-03", self.at))
        self.feed(StoreRecovered(self.at))
        assert not isinstance(self.state.doing, Supervising)

    @rule(target=in_flight, ask=consumes(in_flight), choice=st.integers(0, 3))
    def answer(self, ask: StoreEffect, choice: int) -> MultipleResults[StoreEffect]:
        before = self.state
        asked = self.feed(self.answer_to(ask, choice))
        if ask.visit != before.visit:
            assert self.state == before, "a late answer changes nothing"
            assert not asked.values
        return asked

    def answer_to(self, ask: StoreEffect, choice: int) -> Input:
        key = (ask.visit, ask.request)
        self.seq += 1
        operation = OperationId("e", self.seq)
        match ask:
            case OpenReader(patron_id=patron_id, card=card):
                found = CARDS.get(card or "", patron_id)
                return ReaderOpened(*key, reader(found) if found and choice else None, self.at)
            case OpenBook(barcode=barcode):
                has = line("p2") if choice & 1 else None
                return BookOpened(*key, book(barcode) if choice else None, has if choice else None, self.at)
            case OpenTitle(title_id=title_id, chosen=chosen):
                return TitleOpened(*key, title(title_id) if choice else None, self.at, chosen)
            case ResolveCode(text=text):
                return CodeResolved(*key, text, bool(choice & 1), bool(choice & 2), self.at)
            case FindReaders(text=text):
                titles = (replace(book("TK.1"), barcode=""),)[:choice]
                return ReadersFound(*key, text, (line("p1"), line("p2"))[:choice], False, self.at, titles)
            case ListWork(work=work):
                return WorkListed(*key, work, lines_of(work), self.at)
            case CountWork():
                return WorkCounted(*key, Counts(1, 1, 1, dict.fromkeys(Work, 1)), self.at)
            case TickOff(act=act):
                return DeskActDone(*key, act, choice > 0, self.at)
            case SetPin(pin=pin):
                return DeskActDone(*key, Act.SET_PIN if pin else Act.UNLOCK_PIN, choice > 0, self.at)
            case Ask() if choice == 0:
                return NotAsked(*key, self.at, DeskProblem.CARD_OF_ANOTHER)
            case Ask():
                return Asked(*key, operation, "r", self.at)
            case Renew(barcode=barcode) if choice < 2:
                return NotRenewed(*key, barcode, (HeldForAnother(),) if choice else (), self.at)
            case CheckOut(barcode=barcode) if choice == 0:
                return LoanRefused(*key, book(barcode), (OnLoanToAnother(),), self.at)
            case CheckOut(barcode=barcode) if choice == 1:
                return ItemNotFound(*key, barcode, self.at)
            case CheckOut(barcode=barcode) | Renew(barcode=barcode):
                return LoanRecorded(*key, operation, book(barcode), DUE, None, 1, False, self.at)
            case CheckIn(barcode=barcode):
                return ReturnRecorded(*key, operation, book(barcode), True, None, self.at, had=line("p1"))
            case TakeBack(operation=taken) if choice == 0:
                return NotTakenBack(*key, taken, self.at)
            case TakeBack(operation=taken):
                return TakenBack(*key, taken, 0, self.at)
            case ListSettings():
                return SettingsListed(*key, (), self.at)
            case ListRequests():
                return RequestsListed(*key, (), self.at)
        raise AssertionError(ask)

    @invariant()
    def nothing_of_a_reader_is_left_once_it_is_locked(self) -> None:
        if not isinstance(self.state.doing, Supervising):
            said = everything_in(self.state)
            assert not any(word in said for word in OF_READERS), said

    @invariant()
    def keeps_no_number_of_a_card(self) -> None:
        """Not even at the desk, but for the one that locks it, and what waits for a moment until something is known."""
        if self.state.awaiting is None:
            assert self.state.held == ()
        said = everything_in(replace(self.state, held=()))
        assert not any(number in said for number in (*CARDS, "HS9"))

    @invariant()
    def always_locks(self) -> None:
        if isinstance(self.state.doing, Supervising) and self.state.awaiting is None:
            due = wakes_at(self.state, RULES)
            assert due is not None
            assert due <= self.at + RULES.supervised_s


_QUICK = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_whatever_happens_at_the_desk() -> None:
    run_state_machine_as_test(AtTheDesk, settings=_QUICK)


@pytest.mark.slow
def test_whatever_happens_at_the_desk_often() -> None:
    run_state_machine_as_test(AtTheDesk, settings=settings(_QUICK, max_examples=400))
