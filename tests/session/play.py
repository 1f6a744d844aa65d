"""A session played by hand: inputs in, what it asks kept."""

from datetime import date

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.operations import OperationId
from kiosk.session.effects import CheckIn, CheckOut, Effect, IdentifyPatron
from kiosk.session.inputs import (
    Input,
    LoanRecorded,
    PatronFound,
    ReturnRecorded,
    Scanned,
)
from kiosk.session.machine import step
from kiosk.session.notices import (
    BookShown,
)
from kiosk.session.states import Borrowing, Finished, Resting, Returning, SessionRules, State

RULES = SessionRules()
DUE = date(2026, 12, 7)


def code(text: str, *kinds: CodeKind) -> Code:
    return Code(text, frozenset(kinds))


def card(text: str, at: float) -> Scanned:
    return Scanned(code(text, CodeKind.CARD), at)


def item(text: str, at: float) -> Scanned:
    return Scanned(code(text, CodeKind.ITEM), at)


def book(barcode: str) -> BookShown:
    return BookShown(barcode, f"title of {barcode}", "Dế Mèn phiêu lưu ký", "Tô Hoài")


class Play_:
    """Plays a session: feeds inputs, keeps what it asked for."""

    def __init__(self) -> None:
        self.state = State()
        self.asked: list[Effect] = []
        self.seq = 0

    def feed(self, happened: Input) -> tuple[Effect, ...]:
        self.state, effects = step(self.state, happened, RULES)
        self.asked += effects
        return effects

    def one(self, happened: Input, kind: type) -> Effect:
        effects = [effect for effect in self.feed(happened) if isinstance(effect, kind)]
        assert len(effects) == 1, effects
        return effects[0]

    def identify(self, ask: Effect, at: float, patron: str = "p1", loans_now: int = 0) -> None:
        assert isinstance(ask, IdentifyPatron)
        self.feed(PatronFound(ask.visit, ask.request, patron, ask.card, "Minh An", loans_now, 5, (), at))

    def begin(self, at: float = 0.0, number: str = "HS1", patron: str = "p1") -> None:
        self.identify(self.one(card(number, at), IdentifyPatron), at, patron)

    def lend(self, barcode: str, at: float) -> OperationId:
        ask = self.one(item(barcode, at), CheckOut)
        return self.lent(ask, at)

    def operation(self) -> OperationId:
        self.seq += 1
        return OperationId("e", self.seq)

    def lent(self, ask: Effect, at: float) -> OperationId:
        assert isinstance(ask, CheckOut)
        operation = self.operation()
        self.feed(LoanRecorded(ask.visit, ask.request, operation, book(ask.barcode), DUE, None, self.seq, False, at))
        return operation

    def return_one(self, ask: Effect, at: float, held_at: str | None = None) -> OperationId:
        assert isinstance(ask, CheckIn)
        operation = self.operation()
        self.feed(ReturnRecorded(ask.visit, ask.request, operation, book(ask.barcode), True, held_at, at))
        return operation

    @property
    def borrowing(self) -> Borrowing:
        assert isinstance(self.state.doing, Borrowing), self.state
        return self.state.doing

    @property
    def returning(self) -> Returning:
        assert isinstance(self.state.doing, Returning), self.state
        return self.state.doing

    @property
    def notice(self) -> object:
        assert not isinstance(self.state.doing, Resting | Finished)
        return self.state.doing.notice
