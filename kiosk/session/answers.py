"""What an answer changes. Only answers to this visit come here."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import CodeKind
from kiosk.domain.operations import OperationId
from kiosk.ports.devices import Sound
from kiosk.session import my_books, scans, visits
from kiosk.session.effects import Effect, Play
from kiosk.session.inputs import (
    AlreadyYours,
    Answer,
    BooksListed,
    CodeResolved,
    ItemNotFound,
    LoanRecorded,
    LoanRefused,
    NobodyHasIt,
    NotRenewed,
    NotTakenBack,
    PatronFound,
    PatronNotFound,
    ReturnRecorded,
    TakenBack,
)
from kiosk.session.notices import (
    CannotTakeBack,
    CardFirst,
    CardHasBlocks,
    CardOrBook,
    NoPinYet,
    Notice,
    NotLent,
    ReturnOffered,
    UnknownCard,
    UnknownCode,
    UnknownItem,
)
from kiosk.session.states import Borrowing, Home, PatronShown, Proving, Returning, Row, RowKind, SessionRules, State

Step = tuple[State, tuple[Effect, ...]]

_ATTENTION = (Play(Sound.ATTENTION),)
_OK = (Play(Sound.OK),)


def answered(state: State, answer: Answer, rules: SessionRules) -> Step:
    match answer:
        case PatronFound():
            return _card_shown(state, answer, rules)
        case PatronNotFound(at=at):
            # Also in the middle of somebody's visit: the scans that follow belong to this stranger, not to them.
            return visits.go_home(state, rules, UnknownCard(), at), _ATTENTION
        case CodeResolved():
            return _resolved(state, answer, rules)
        case LoanRecorded() | AlreadyYours() | LoanRefused() | ItemNotFound() if isinstance(state.doing, Borrowing):
            return _about_a_loan(state, state.doing, answer)
        case NotRenewed() if isinstance(state.doing, Borrowing):
            return my_books.not_renewed(state, state.doing, answer)
        case BooksListed() if isinstance(state.doing, Borrowing):
            return my_books.listed(state, state.doing, answer), ()
        case ReturnRecorded():
            return _returned(state, answer, rules)
        case NobodyHasIt(barcode=barcode, book=book, at=at):
            return visits.with_notice(state, ReturnOffered(barcode, book), at), _ATTENTION
        case TakenBack(operation=operation, loans_now=loans_now):
            return _without(state, operation, loans_now), _OK
        case NotTakenBack(operation=operation, at=at):
            state = _stays(state, operation)
            return _with_notice(state, CannotTakeBack(isinstance(state.doing, Returning)), at), _ATTENTION
        case _:
            return state, ()


def _with_notice(state: State, notice: Notice, at: float) -> State:
    """Whose turn it is has just been asked, perhaps: what was asked before that does not take the question away."""
    return visits.active(state, at) if scans.asked_which(state) else visits.with_notice(state, notice, at)


def _card_shown(state: State, answer: PatronFound, rules: SessionRules) -> Step:
    """Where the library wants a PIN, it is asked for once, before the visit begins."""
    to_books = isinstance(state.doing, Home) and state.doing.notice == CardFirst(to_my_books=True)
    if not answer.asks_pin:
        return begin_borrowing(state, answer, rules, to_books=to_books)
    if not answer.has_pin:
        return visits.go_home(state, rules, NoPinYet(), answer.at), _ATTENTION
    same = isinstance(state.doing, Home | Returning)
    return visits.turn_to(state, Proving(answer, answer.at, to_books), rules, same_reader=same), _OK


def begin_borrowing(state: State, answer: PatronFound, rules: SessionRules, *, to_books: bool) -> Step:
    patron = PatronShown(answer.patron_id, answer.card, answer.name, answer.limit, answer.staff)
    doing = Borrowing(patron, answer.loans_now, active_at=answer.at, card_at=answer.at)
    begun = visits.turn_to(state, doing, rules, same_reader=isinstance(state.doing, Home | Returning | Proving))
    if to_books:
        asking, asks = my_books.ask(begun)
        return asking, (*_OK, *asks)
    if answer.blocks:
        return visits.with_notice(begun, CardHasBlocks(answer.blocks), answer.at), _ATTENTION
    return begun, _OK


def _resolved(state: State, answer: CodeResolved, rules: SessionRules) -> Step:
    if answer.known_card and answer.known_item:
        return visits.with_notice(state, CardOrBook(answer.text, answer.as_item), answer.at), _ATTENTION
    if answer.known_card or answer.known_item:
        kind = CodeKind.CARD if answer.known_card else CodeKind.ITEM
        return scans.scanned_as(state, answer.text, kind, answer.at, rules, as_item=answer.as_item)
    # It may have been a stranger's card: as with one that is not known, the visit before it is over.
    return visits.go_home(state, rules, UnknownCode(), answer.at), _ATTENTION


def _about_a_loan(
    state: State, doing: Borrowing, answer: LoanRecorded | AlreadyYours | LoanRefused | ItemNotFound
) -> Step:
    match answer:
        case LoanRecorded(operation=operation, book=book, due_on=due_on, due_in_days=days, at=at):
            kind = RowKind.RENEWED if answer.renewed else RowKind.LENT
            row = Row(kind, book, at, operation, due_on, days)
            doing = replace(doing, rows=(row, *doing.rows), loans_now=answer.loans_now, active_at=at, warned=False)
            if answer.renewed:
                return my_books.renewed(state, doing, answer)
            return my_books.closed(replace(state, doing=doing)), _OK  # a list that came before would be without it
        case AlreadyYours(book=book, due_on=due_on, due_in_days=days, at=at):
            row = Row(RowKind.ALREADY_YOURS, book, at, due_on=due_on, due_in_days=days)
            return replace(state, doing=replace(doing, rows=(row, *doing.rows))), _OK
        case LoanRefused(book=book, blocks=blocks, at=at):
            # No longer asked: after what the notice advises, the same book may be tried again.
            doing = replace(doing, asked=doing.asked - {book.barcode})
            return _with_notice(replace(state, doing=doing), NotLent(book, blocks), at), _ATTENTION
        case ItemNotFound(barcode=barcode, at=at):
            doing = replace(doing, asked=doing.asked - {barcode})
            return _with_notice(replace(state, doing=doing), UnknownItem(barcode), at), _ATTENTION


def _returned(state: State, answer: ReturnRecorded, rules: SessionRules) -> Step:
    kind = RowKind.RETURNED if answer.in_catalogue else RowKind.NOT_IN_CATALOGUE
    row = Row(kind, answer.book, answer.at, answer.operation, held_at=answer.held_at)
    sound = _ATTENTION if answer.held_at or not answer.in_catalogue else _OK
    match state.doing:
        case Home():  # a book on loan, scanned without a card: it is back
            doing = Returning(answer.at, frozenset({answer.book.barcode}), (row,))
            return visits.turn_to(state, doing, rules, same_reader=True), sound
        case Returning() as doing:
            return replace(state, doing=replace(doing, rows=(row, *doing.rows))), sound
        case Borrowing() as doing:
            # Returned by one tap in the middle of borrowing: now it may be scanned and borrowed.
            asked = doing.asked - {answer.book.barcode}
            return replace(state, doing=replace(doing, rows=(row, *doing.rows), asked=asked)), sound
        case _:
            return state, ()


def _without(state: State, operation: OperationId, loans_now: int) -> State:
    match state.doing:
        case Borrowing() as doing:
            gone, rows = _split(doing.rows, operation)
            doing = replace(doing, rows=rows, asked=doing.asked - gone, loans_now=loans_now, taking_off=False)
            return my_books.closed(replace(state, doing=doing))
        case Returning() as doing:
            gone, rows = _split(doing.rows, operation)
            return replace(state, doing=replace(doing, rows=rows, asked=doing.asked - gone))
        case _:
            return state


def _stays(state: State, operation: OperationId) -> State:
    match state.doing:
        case Borrowing() | Returning() as doing:
            rows = tuple(replace(row, leaving=False) if row.operation == operation else row for row in doing.rows)
            return replace(state, doing=replace(doing, rows=rows))
        case _:
            return state


def _split(rows: tuple[Row, ...], operation: OperationId) -> tuple[frozenset[str], tuple[Row, ...]]:
    gone = frozenset(row.book.barcode for row in rows if row.operation == operation)
    return gone, tuple(row for row in rows if row.operation != operation)
