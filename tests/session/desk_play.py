"""The librarian's desk, played by hand: inputs in, what is asked kept."""

from __future__ import annotations

from typing import TypeVar

from gallery.desk import LAN
from gallery.desk_readers import FULL
from gallery.samples import RULES
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import Wish
from kiosk.domain.staff import ByStaff
from kiosk.session.desk_states import Act, AtReader, DeskPage, Finding, ReaderShown, Supervising
from kiosk.session.effects import Ask, Effect, OpenReader, Play
from kiosk.session.inputs import ActTouched, Answer, Asked, Input, LineTouched, ReaderOpened, Scanned, Typed
from kiosk.session.machine import step
from kiosk.session.states import State

A = TypeVar("A")


class Desk:
    """Opened at `page` by cô Lan, whose card is GV-000009."""

    def __init__(self, page: DeskPage) -> None:
        self.state = State(Supervising(LAN, 100.0, page, card="GV-000009", since=90.0), visit=3, request=7)
        self.at = 101.0
        self.effects: tuple[Effect, ...] = ()

    def feed(self, *inputs: Input) -> Desk:
        for happened in inputs:
            self.state, self.effects = step(self.state, happened, RULES)
        return self

    def touch(self, act: Act, value: str = "") -> Desk:
        return self.feed(ActTouched(act, self.at, value))

    def line(self, id_: str) -> Desk:
        return self.feed(LineTouched(id_, self.at))

    def type(self, *keys: str) -> Desk:
        return self.feed(*(Typed(key, self.at) for key in keys))

    def card(self, text: str) -> Desk:
        return self.scan(text, CodeKind.CARD)

    def book(self, text: str) -> Desk:
        return self.scan(text, CodeKind.ITEM)

    def scan(self, text: str, *kinds: CodeKind) -> Desk:
        return self.feed(Scanned(Code(text, frozenset(kinds)), self.at))

    def asked(self, kind: type[A]) -> A:
        (one,) = [effect for effect in self.effects if not isinstance(effect, Play)]
        assert isinstance(one, kind), one
        return one

    def wish(self) -> Wish:
        ask = self.asked(Ask)
        assert (ask.patron_id, ask.by) == ("p-1", ByStaff(LAN.staff))
        return ask.wish

    def answered(self, answer: type[Answer], *values: object) -> Desk:
        """To what was asked last."""
        return self.feed(answer(self.state.visit, self.state.request, *values, self.at))  # type: ignore[call-arg,arg-type]

    def opened(self, reader: ReaderShown | None = FULL) -> Desk:
        return self.answered(ReaderOpened, reader)

    def done(self) -> Desk:
        """The act is recorded, and the reader read anew."""
        self.answered(Asked, OperationId("e", 1), "r-1")
        assert self.asked(OpenReader).patron_id == "p-1"
        return self.opened()

    @property
    def page(self) -> DeskPage:
        assert isinstance(self.state.doing, Supervising), self.state
        return self.state.doing.page

    @property
    def reader(self) -> AtReader:
        assert isinstance(self.page, AtReader), self.page
        return self.page

    @property
    def finding(self) -> Finding:
        assert isinstance(self.page, Finding), self.page
        return self.page

    @property
    def is_quiet(self) -> bool:
        """Nothing was asked."""
        return all(isinstance(effect, Play) for effect in self.effects)
