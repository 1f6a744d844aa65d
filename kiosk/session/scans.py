"""What a scan asks, in each situation."""

from __future__ import annotations

from dataclasses import replace
from itertools import dropwhile

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.operations import OperationId
from kiosk.ports.devices import Sound
from kiosk.session import visits
from kiosk.session.effects import CheckIn, CheckOut, Effect, IdentifyPatron, Play, ResolveCode, TakeBack
from kiosk.session.inputs import Scanned
from kiosk.session.notices import (
    CardOrBook,
    CitizenCard,
    EnrolmentCodeShown,
    Notice,
    PublishersCode,
    ReturnOffered,
    UnknownCode,
    UnreadableScan,
)
from kiosk.session.states import Borrowing, Finished, Home, Returning, Row, RowKind, SessionRules, State

Step = tuple[State, tuple[Effect, ...]]

MAY_BE_EITHER = {True: CodeKind.CARD, False: CodeKind.ITEM}
MOST_HELD = 40
"""Scans kept while a card is looked up: more than hands can do in that time; beyond it something is broken."""


def from_the_next_card(held: tuple[Scanned, ...]) -> tuple[Scanned, ...]:
    """Of what was `held` behind a card that opened nothing."""
    return tuple(dropwhile(lambda scan: not scan.code.may_be(CodeKind.CARD), held))


def hold(state: State, scan: Scanned) -> Step:
    """Until what is being looked up is known."""
    if len(state.held) >= MOST_HELD:
        return state, (Play(Sound.ATTENTION),)
    return replace(state, held=(*state.held, scan)), ()


def scanned(state: State, scan: Scanned, rules: SessionRules) -> Step:
    if isinstance(state.doing, Finished):
        if _lies_there_still(state.doing, scan, rules):
            return state, ()
        state = visits.go_home(state, rules)
    if state.awaiting is not None:
        return hold(state, scan)
    code, at = scan.code, scan.at
    if code.may_be(CodeKind.CARD):
        state = replace(state, by_camera=scan.by_camera)
    if asked_which(state) and not code.may_be(CodeKind.CARD):
        # Whose turn it is has just been asked; until that is answered nobody's book is lent.
        return visits.active(state, at), (Play(Sound.ATTENTION),)
    if code.may_be(CodeKind.CARD) and code.may_be(CodeKind.ITEM):
        asking = visits.ask(visits.active(state, at))
        return replace(asking, awaiting=asking.request), (
            ResolveCode(asking.visit, asking.request, code.text, code.as_item),
        )
    if code.may_be(CodeKind.CARD):
        return scanned_as(state, code.text, CodeKind.CARD, at, rules)
    if code.may_be(CodeKind.ITEM):
        return scanned_as(state, code.text, CodeKind.ITEM, at, rules)
    return visits.with_notice(state, _wrong_code(code), at), (Play(Sound.ATTENTION),)


def scanned_as(
    state: State, text: str, kind: CodeKind, at: float, rules: SessionRules, *, as_item: str | None = None
) -> Step:
    if kind is CodeKind.CARD:
        return _card(state, text, at, rules)
    return _item(state, text if as_item is None else as_item, at, rules)


def asked_which(state: State) -> bool:
    return isinstance(state.doing, Borrowing) and isinstance(state.doing.notice, CardOrBook)


def _lies_there_still(finished: Finished, scan: Scanned, rules: SessionRules) -> bool:
    """A book that was just lent is never returned on its way past a camera while its day is being shown."""
    if scan.code.text == finished.card:
        return scan.at - finished.since < rules.same_card_ends_after_s
    return any(row.book.barcode == scan.code.item_text for row in finished.rows)


def take_back(state: State, operation: OperationId, at: float) -> Step:
    """A book of this visit is taken off again, or a return undone: recorded as a void, never erased."""
    match state.doing:
        case Borrowing() | Returning() as doing if any(_can_leave(row, operation) for row in doing.rows):
            patron_id = doing.patron.id if isinstance(doing, Borrowing) else None
            rows = tuple(replace(row, leaving=True) if row.operation == operation else row for row in doing.rows)
            asking = visits.ask(visits.active(replace(state, doing=replace(doing, rows=rows)), at))
            return asking, (TakeBack(asking.visit, asking.request, operation, patron_id),)
        case _:
            return state, ()


def return_from_home(state: State, barcode: str, at: float, rules: SessionRules) -> Step:
    """The reader has said that the book on offer is to be returned."""
    return ask_check_in(visits.turn_to(state, Returning(at), rules, same_reader=True), barcode, at)


def ask_check_in(state: State, barcode: str, at: float) -> Step:
    match state.doing:
        case Borrowing() | Returning() as doing:
            doing = replace(doing, asked=doing.asked | {barcode}, active_at=at, warned=False)
            asking = visits.ask(replace(state, doing=doing))
            return asking, (CheckIn(asking.visit, asking.request, barcode),)
        case _:
            return state, ()


def _can_leave(row: Row, operation: OperationId) -> bool:
    """A second touch while the first is being written asks nothing twice; a renewal is not taken off."""
    return row.operation == operation and not row.leaving and row.kind is not RowKind.RENEWED


def _wrong_code(code: Code) -> Notice:
    if code.may_be(CodeKind.CITIZEN_CARD):
        return CitizenCard()
    if code.may_be(CodeKind.ENROLMENT):
        return EnrolmentCodeShown()
    if code.may_be(CodeKind.ISBN):
        return PublishersCode(code.text)
    if code.may_be(CodeKind.UNREADABLE):
        return UnreadableScan()
    return UnknownCode()


def _card(state: State, card: str, at: float, rules: SessionRules) -> Step:
    doing = state.doing
    if isinstance(doing, Borrowing) and card == doing.patron.card:
        long_enough = at - doing.card_at >= rules.same_card_ends_after_s
        if (doing.rows or doing.books) and long_enough:
            return visits.finish(visits.active(state, at), rules, at), (Play(Sound.DONE),)
        doing = replace(doing, card_at=at, active_at=at, warned=False, notice=None)
        return replace(state, doing=doing), ()
    # Somebody else's turn, perhaps. Until the card is known every further scan is held: a quick hand scans its first
    # book before the answer, and that book must not land on the reader before.
    asking = visits.ask(visits.active(state, at))
    asks = IdentifyPatron(asking.visit, asking.request, card, state.by_camera)
    return replace(asking, awaiting=asking.request), (asks,)


def _item(state: State, barcode: str, at: float, rules: SessionRules) -> Step:
    match state.doing:
        case Home(notice=ReturnOffered(barcode=offered), since=since) if offered == barcode:
            # The same book again is the answer of a hand that has no touch: yes, return it.
            if at - since < rules.same_book_again_after_s:
                return state, ()
            return return_from_home(state, barcode, at, rules)
        case Home():
            asking = visits.ask(visits.with_notice(state, None, at))
            asking = replace(asking, awaiting=asking.request)
            return asking, (CheckIn(asking.visit, asking.request, barcode, only_if_lent=True),)
        case Borrowing() as doing:
            doing = replace(doing, active_at=at, warned=False, taking_off=False, books=None, notice=None)
            if barcode in doing.asked:
                return replace(state, doing=doing), ()
            asking = visits.ask(replace(state, doing=replace(doing, asked=doing.asked | {barcode})))
            return asking, (CheckOut(asking.visit, asking.request, doing.patron.id, barcode),)
        case Returning() as doing:
            doing = replace(doing, active_at=at, warned=False, notice=None)
            if barcode in doing.asked:
                return replace(state, doing=doing), ()
            return ask_check_in(replace(state, doing=doing), barcode, at)
        case _:
            return state, ()
