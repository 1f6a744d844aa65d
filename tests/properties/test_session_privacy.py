"""Any order of scans, answers, touches and timeouts: nobody sees another's books, and nothing is asked twice."""

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
from kiosk.domain.blocks import HeldForAnother, OnLoanToAnother, TooManyLoans
from kiosk.domain.operations import OperationId
from kiosk.session.books import HoldShown, LoanShown
from kiosk.session.effects import (
    CallHelp,
    CheckIn,
    CheckOut,
    IdentifyPatron,
    ListBooks,
    Play,
    Renew,
    ResolveCode,
    StoreEffect,
    TakeBack,
)
from kiosk.session.inputs import (
    AlreadyYours,
    BooksListed,
    Button,
    CodeResolved,
    HelpCalled,
    Input,
    ItemNotFound,
    LoanRecorded,
    LoanRefused,
    NobodyHasIt,
    NotRenewed,
    NotTakenBack,
    PatronFound,
    PatronNotFound,
    RenewTouched,
    ReturnRecorded,
    Scanned,
    StoreFailed,
    StoreRecovered,
    TakenBack,
    TakeOffTouched,
    Tick,
    Touched,
)
from kiosk.session.machine import step, wakes_at
from kiosk.session.notices import BookShown, CardOrBook, NotLent
from kiosk.session.states import Borrowing, Finished, Home, Look, Resting, Returning, RowKind, SessionRules, State

RULES = SessionRules()
PATRONS = {"HS1": "p1", "HS2": "p2"}
ITEMS = ["TK.1", "TK.2", "TK.3"]
DUE = date(2026, 12, 7)


def shown(barcode: str) -> BookShown:
    return BookShown(barcode, barcode, "name", "author")


def at_home(patron_id: str) -> tuple[LoanShown, ...]:
    """What a patron has already; one of them is scanned as well. Whose it is is in the title's id."""
    books = [BookShown(barcode, patron_id, "name", "author") for barcode in ("TK.3", "TK.4", "TK.5")]
    return tuple(LoanShown(book, DUE, None, 14, 1) for book in books)


class Session(RuleBasedStateMachine):
    in_flight: Bundle[StoreEffect] = Bundle("in_flight")

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.at = 0.0
        self.seq = 0
        self.loans: dict[OperationId, str] = {}  # whom the store lent to
        self.open_check_outs: set[tuple[int, str]] = set()  # (visit, barcode) asked, also to renew; not refused, voided
        self.taken_back: set[OperationId] = set()
        self.called: set[int] = set()  # visits
        self.turn: str | None = None  # the patron whose card was shown last; None: a stranger's
        self.doubt: int | None = None  # the last code that may have been a card, until it is told
        self.doubts = 0
        self.looked_up = 0  # the doubt that the store is asked about
        self.told: dict[int, str] = {}  # what each doubt came to
        self.claims: dict[str, list[tuple[str | None, int | None]]] = {}  # barcode → turn and doubt at its scans

    def feed(self, happened: Input) -> MultipleResults[StoreEffect]:
        before = self.state
        self.state, effects = step(before, happened, RULES)
        if isinstance(before.doing, Borrowing | Finished) and self.state.visit != before.visit:
            told_or_shown = isinstance(self.state.doing, Finished) or getattr(self.state.doing, "notice", None)
            still_theirs = told_or_shown and not isinstance(before.doing, Finished)
            assert self.as_it_begins() or still_theirs, "the next reader got what the one before had chosen"
        if isinstance(self.state.doing, Finished) and self.state.doing is not before.doing:
            assert isinstance(before.doing, Borrowing), "only a reader's own visit is shown at its end"
            assert set(self.state.doing.rows) <= set(before.doing.rows)
        asked = [effect for effect in effects if not isinstance(effect, Play)]
        for ask in asked:
            if isinstance(ask, CheckOut | Renew):
                assert (ask.visit, ask.barcode) not in self.open_check_outs, "asked twice"
                self.open_check_outs.add((ask.visit, ask.barcode))
                if isinstance(self.state.doing, Borrowing):  # else ended by a scan that was held behind this one
                    assert ask.patron_id == self.state.doing.patron.id, "lent to somebody else"
                if isinstance(ask, CheckOut):
                    self.check_owner(ask)
            if isinstance(ask, ListBooks):
                assert isinstance(self.state.doing, Borrowing)
                assert ask.patron_id == self.state.doing.patron.id, "another's books"
            if isinstance(ask, CallHelp):
                assert ask.visit not in self.called, "called twice"
                self.called.add(ask.visit)
            if isinstance(ask, TakeBack):
                assert ask.operation not in self.taken_back, "taken back twice"
                self.taken_back.add(ask.operation)
        return multiple(*asked)

    def check_owner(self, ask: CheckOut) -> None:
        if ask.barcode not in ITEMS:
            return  # the doubtful code itself
        claims = self.claims[ask.barcode]
        while claims:
            turn, doubt = claims.pop(0)
            if (ask.patron_id == turn) if doubt is None or self.told.get(doubt) == "book" else self.told.get(doubt):
                return
        raise AssertionError("lent to the one before, or before it was told whose turn it is")

    @rule(seconds=st.sampled_from([0.05, 0.5, 2.0, 3.5, 20.0, 31.0, 50.0]))
    def time_passes(self, seconds: float) -> None:
        self.at += seconds

    @rule(target=in_flight)
    def tick(self) -> MultipleResults[StoreEffect]:
        return self.feed(Tick(self.at))

    # Answered at once: a visit needs these before anything else can go wrong.
    @rule(target=in_flight, number=st.sampled_from([*PATRONS]), wish=st.booleans(), wait=st.sampled_from([0.1, 3.5]))
    def arrives(self, number: str, wish: bool, wait: float) -> MultipleResults[StoreEffect]:
        self.at += wait
        if wish and isinstance(self.state.doing, Home):
            self.feed(Touched(Button.MY_BOOKS, self.at))
        return self.at_once(self.card_scanned(number))

    @rule(target=in_flight, barcode=st.sampled_from(ITEMS))
    def borrows(self, barcode: str) -> MultipleResults[StoreEffect]:
        return self.at_once(self.item_scanned(barcode))

    @rule(target=in_flight)
    def looks_at_books(self) -> MultipleResults[StoreEffect]:
        return self.at_once(self.feed(Touched(Button.MY_BOOKS, self.at)))

    def at_once(self, asked: MultipleResults[StoreEffect]) -> MultipleResults[StoreEffect]:
        if any(isinstance(ask, IdentifyPatron | ListBooks | CheckOut) for ask in asked.values):
            (ask,) = asked.values
            return self.at_once(self.answered(ask, 3))
        return asked

    @rule(target=in_flight, number=st.sampled_from([*PATRONS, "HS9"]))
    def card(self, number: str) -> MultipleResults[StoreEffect]:
        return self.card_scanned(number)

    def card_scanned(self, number: str) -> MultipleResults[StoreEffect]:
        self.turn, self.doubt = PATRONS.get(number), None
        before = self.state
        asked = self.feed(Scanned(Code(number, frozenset({CodeKind.CARD})), self.at))
        match before.doing:
            case Borrowing(rows=(), books=None) as doing if doing.patron.card == number and before.awaiting is None:
                assert self.state.visit == before.visit, "a visit ended before it brought anything"
        return asked

    @rule(target=in_flight, barcode=st.sampled_from(ITEMS))
    def item(self, barcode: str) -> MultipleResults[StoreEffect]:
        return self.item_scanned(barcode)

    def item_scanned(self, barcode: str) -> MultipleResults[StoreEffect]:
        waiting = self.claims.get(barcode, []) if self.state.awaiting is not None else []
        self.claims[barcode] = [*waiting, (self.turn, self.doubt)]
        return self.feed(Scanned(Code(barcode, frozenset({CodeKind.ITEM})), self.at))

    @rule(target=in_flight, kinds=st.sampled_from([{CodeKind.ISBN}, {CodeKind.UNKNOWN}]))
    def other_code(self, kinds: set[CodeKind]) -> MultipleResults[StoreEffect]:
        return self.feed(Scanned(Code("??", frozenset(kinds)), self.at))

    @precondition(lambda self: self.state.awaiting is None)
    @rule(target=in_flight, text=st.sampled_from(["HS1", "HS9"]))
    def card_or_book(self, text: str) -> MultipleResults[StoreEffect]:
        """Perhaps a stranger's card: from here on nobody may be lent a book before it is told whose turn it is."""
        self.doubts += 1
        self.doubt = self.looked_up = self.doubts
        return self.feed(Scanned(Code(text, frozenset({CodeKind.CARD, CodeKind.ITEM})), self.at))

    @rule(target=in_flight, button=st.sampled_from(Button))
    def touch(self, button: Button) -> MultipleResults[StoreEffect]:
        before = self.state
        asked = self.feed(Touched(button, self.at))
        self.learn(asked)
        match before.doing:
            case Borrowing(notice=CardOrBook(text=text)) if button is Button.IT_IS_A_CARD and before.awaiting is None:
                if self.doubt is not None:  # it is the card of the one in front: there is nothing to ask
                    self.told[self.doubt] = "card"
                    self.turn, self.doubt = PATRONS.get(text), None
        return asked

    def learn(self, asked: MultipleResults[StoreEffect]) -> None:
        """What the session took the doubtful code for."""
        for ask in asked.values:
            if self.doubt is not None and isinstance(ask, IdentifyPatron):
                self.told[self.doubt] = "card"
                self.turn, self.doubt = PATRONS.get(ask.card), None
            elif self.doubt is not None and isinstance(ask, CheckOut | CheckIn) and ask.barcode not in ITEMS:
                self.told[self.doubt], self.doubt = "book", None

    @rule(target=in_flight, place=st.integers(0, 3))
    def touch_take_off(self, place: int) -> MultipleResults[StoreEffect]:
        rows = self.state.doing.rows if isinstance(self.state.doing, Borrowing | Returning) else ()
        known = [row.operation for row in rows if row.operation] or [OperationId("x", 9)]
        return self.feed(TakeOffTouched(known[place % len(known)], self.at))

    @rule(target=in_flight, place=st.integers(0, 3))
    def touch_renew(self, place: int) -> MultipleResults[StoreEffect]:
        loans = (
            self.state.doing.books.loans if isinstance(self.state.doing, Borrowing) and self.state.doing.books else ()
        )
        barcodes = [*(loan.book.barcode for loan in loans), "TK.9"]
        return self.feed(RenewTouched(barcodes[place % len(barcodes)], self.at))

    @rule()
    def store_breaks_and_recovers(self) -> None:
        self.feed(StoreFailed("K-03", self.at))
        self.feed(StoreRecovered(self.at))
        assert isinstance(self.state.doing, Home)

    @rule(target=in_flight, ask=consumes(in_flight), choice=st.integers(0, 3))
    def answer(self, ask: StoreEffect, choice: int) -> MultipleResults[StoreEffect]:
        return self.answered(ask, choice)

    @rule(target=in_flight, ask=consumes(in_flight))
    def good_answer(self, ask: StoreEffect) -> MultipleResults[StoreEffect]:
        return self.answered(ask, 3)

    def answered(self, ask: StoreEffect, choice: int) -> MultipleResults[StoreEffect]:
        if isinstance(ask, ResolveCode) and ask.request == self.state.awaiting:
            # Known as one thing only: that is what it was, also for the scans that were held meanwhile.
            meaning = {1: "card", 2: "book"}.get(choice)
            if meaning:
                self.told[self.looked_up] = meaning
        told, awaited = self.answer_to(ask, choice), ask.request == self.state.awaiting
        asked = self.feed(told)
        match told:
            case PatronNotFound() | CodeResolved(known_card=False, known_item=False) if awaited:
                acts = [other for other in asked.values if isinstance(other, CheckIn | CheckOut)]
                assert not acts, "what was scanned behind a stranger's card belongs to nobody"
        if isinstance(ask, ResolveCode):
            self.learn(asked)
        return asked

    def answer_to(self, ask: StoreEffect, choice: int) -> Input:
        key = (ask.visit, ask.request)
        operation = OperationId("e", self.seq + 1)
        match ask:
            case IdentifyPatron(card=card) if card in PATRONS:
                return PatronFound(*key, PATRONS[card], card, PATRONS[card], 0, 5, (), self.at)
            case IdentifyPatron():
                return PatronNotFound(*key, self.at)
            case ResolveCode(text=text):
                return CodeResolved(*key, text, bool(choice & 1), bool(choice & 2), self.at)
            case CheckOut(barcode=barcode) if choice == 0:
                self.open_check_outs.discard((ask.visit, barcode))
                return LoanRefused(*key, shown(barcode), (OnLoanToAnother(), TooManyLoans(5)), self.at)
            case CheckOut(barcode=barcode) if choice == 1:
                self.open_check_outs.discard((ask.visit, barcode))
                return ItemNotFound(*key, barcode, self.at)
            case CheckOut(barcode=barcode) if choice == 2:
                return AlreadyYours(*key, shown(barcode), DUE, None, self.at)
            case CheckOut(barcode=barcode, patron_id=patron_id):
                self.seq += 1
                self.loans[operation] = patron_id
                return LoanRecorded(*key, operation, shown(barcode), DUE, None, 1, False, self.at)
            case Renew(barcode=barcode) if choice < 2:
                self.open_check_outs.discard((ask.visit, barcode))
                return NotRenewed(*key, barcode, (HeldForAnother(),) if choice else (), self.at)
            case Renew(barcode=barcode, patron_id=patron_id):
                self.seq += 1
                self.loans[operation] = patron_id
                return LoanRecorded(*key, operation, shown(barcode), DUE, None, 3, True, self.at)
            case ListBooks(patron_id=patron_id):
                hold = HoldShown(BookShown("", patron_id, "name", "author"), 1, True, "shelf")
                return BooksListed(*key, at_home(patron_id), (hold,), self.at)
            case CallHelp():
                self.seq += 1
                return HelpCalled(*key, operation, self.at)
            case CheckIn(barcode=barcode, only_if_lent=True) if choice == 0:
                return NobodyHasIt(*key, barcode, shown(barcode), self.at)
            case CheckIn(barcode=barcode):
                self.seq += 1
                self.open_check_outs.discard((ask.visit, barcode))  # returned: may be borrowed in this visit again
                return ReturnRecorded(*key, operation, shown(barcode), True, None, self.at)
            case TakeBack(operation=taken) if choice == 0:
                self.taken_back.discard(taken)
                return NotTakenBack(*key, taken, self.at)
            case TakeBack(operation=taken):
                rows = self.state.doing.rows if isinstance(self.state.doing, Borrowing | Returning) else ()
                for row in rows:
                    if row.operation == taken:
                        self.open_check_outs.discard((ask.visit, row.book.barcode))
                return TakenBack(*key, taken, 0, self.at)

    @invariant()
    def shows_only_what_is_mine(self) -> None:
        doing = self.state.doing
        if isinstance(doing, Borrowing):
            lent = [row for row in doing.rows if row.kind in (RowKind.LENT, RowKind.RENEWED)]
            assert all(row.operation and self.loans[row.operation] == doing.patron.id for row in lent)
            assert len({row.operation for row in lent}) == len(lent)
            if doing.books:
                listed = (*doing.books.loans, *doing.books.holds)
                assert {one.book.title_id for one in listed} <= {doing.patron.id}, "another's books"
                assert self.state.awaiting is not None or self.doubt is not None or self.turn == doing.patron.id
        if isinstance(doing, Finished):
            owners = {self.loans[row.operation] for row in doing.rows if row.operation}
            assert len(owners) == 1, "somebody's books, and there are some"
            assert all(row.kind in (RowKind.LENT, RowKind.RENEWED) for row in doing.rows)
        if isinstance(doing, Home | Returning):
            assert not isinstance(doing.notice, NotLent), "a refusal belongs to somebody"
        if isinstance(doing, Home | Returning | Finished):
            assert not any(name in repr(doing) for name in PATRONS.values())

    @invariant()
    def always_ends(self) -> None:
        if isinstance(self.state.doing, Borrowing | Returning | Finished) and self.state.awaiting is None:
            due = wakes_at(self.state, RULES)
            assert due is not None
            assert due <= self.at + RULES.warn_after_s + RULES.end_after_warning_s

    def as_it_begins(self) -> bool:
        chosen = self.state.language, self.state.look, self.state.aiming, self.state.help_called
        return chosen == (RULES.language, Look.USUAL, False, False)

    @invariant()
    def leaves_nothing_chosen_behind(self) -> None:
        doing = self.state.doing
        if isinstance(doing, Home) and self.state.awaiting is None and wakes_at(self.state, RULES) is None:
            assert self.as_it_begins()
        assert isinstance(doing, Resting) or not (self.state.aiming and doing.notice), "the camera hides a notice"

    @invariant()
    def holds_scans_only_while_it_awaits(self) -> None:
        assert not self.state.held or self.state.awaiting is not None


_QUICK = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_whatever_happens_in_whatever_order() -> None:
    run_state_machine_as_test(Session, settings=_QUICK)


@pytest.mark.slow
def test_whatever_happens_in_whatever_order_often() -> None:
    run_state_machine_as_test(Session, settings=settings(_QUICK, max_examples=600))
