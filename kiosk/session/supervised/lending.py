"""Mượn giúp: lending for a reader who stands here. The rules hold; what they refuse may be set aside with a reason, as
far as kiosk.domain.overrides allows."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import CodeKind
from kiosk.domain.blocks import Block, OnLoanToAnother
from kiosk.domain.overrides import stand_in_the_way
from kiosk.session import scans, visits
from kiosk.session.desk_states import (
    Act,
    AtDeskRefused,
    DeskProblem,
    DeskRow,
    Finding,
    Lending,
    ReaderShown,
    RowKind,
    Supervising,
)
from kiosk.session.effects import CheckIn, CheckOut, Effect, OpenReader, Renew
from kiosk.session.inputs import (
    ActTouched,
    AlreadyYours,
    ItemNotFound,
    LineTouched,
    LoanRecorded,
    LoanRefused,
    NotRenewed,
    NotTakenBack,
    ReaderOpened,
    ReturnRecorded,
    Scanned,
    TakenBack,
)
from kiosk.session.notices import BookShown
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import books

Step = tuple[State, tuple[Effect, ...]]


_LENT_ANEW = frozenset({RowKind.RETURNED, RowKind.REFUSED})


def step(state: State, doing: Supervising, page: Lending, happened: object, rules: SessionRules) -> Step:
    if state.awaiting is not None and isinstance(happened, Scanned):
        return scans.hold(state, happened)  # for the reader whose card is being looked up
    if state.awaiting is not None and isinstance(happened, ActTouched | LineTouched):
        return state, ()  # nothing is touched for the one before
    match happened:
        case Scanned(code=code) if code.may_be(CodeKind.CARD) and not (page.reader and books.is_book(code)):
            asking = visits.ask(books.at(state, doing, replace(page, problem=None)))
            asking = replace(asking, awaiting=asking.request)
            return asking, (OpenReader(asking.visit, asking.request, card=code.text),)
        case Scanned(code=code) if not books.is_book(code):
            return books.with_problem(state, doing, page, DeskProblem.NO_CODE_OF_OURS)
        case Scanned(code=code):
            return _lend(state, doing, page, books.text_of(code))
        case ReaderOpened(reader=reader):
            return _reader(state, doing, page, reader, rules)
        case LoanRecorded() | AlreadyYours():
            return _lent(state, doing, page, happened)
        case LoanRefused(book=book, blocks=blocks):
            return _refused(state, doing, page, book, blocks, renewing=False)
        case NotRenewed(barcode=barcode, blocks=blocks):
            return _not_renewed(state, doing, page, barcode, blocks)
        case ItemNotFound(barcode=barcode):
            page = replace(page, asked=page.asked - {barcode})
            return books.with_problem(state, doing, page, DeskProblem.UNKNOWN_ITEM)
        case ReturnRecorded(book=book):  # of another reader's: now it is free
            return _lend(state, doing, replace(page, refused=None, asked=page.asked - {book.barcode}), book.barcode)
        case LineTouched(id=barcode):
            chosen = None if page.chosen == barcode else barcode
            row = books.row_of(page, chosen)
            refused = row.refused if row else None
            return books.at(state, doing, replace(page, chosen=chosen, refused=refused, problem=None)), ()
        case ActTouched():
            return _touched(state, doing, page, happened)
        case TakenBack(operation=operation):
            return books.voided(state, doing, page, operation)
        case NotTakenBack(operation=operation):
            return books.not_voided(state, doing, page, operation)
    return state, ()


def _touched(state: State, doing: Supervising, page: Lending, touched: ActTouched) -> Step:
    match touched.act:
        case Act.FIND:
            return replace(state, doing=replace(doing, page=Finding(lends=True))), ()
        case Act.NEXT_READER:
            return books.at(state, doing, Lending()), ()
        case Act.OVERRIDE if page.refused is not None and touched.value:
            return _set_aside(state, doing, page, page.refused, touched.value)
        case Act.RETURN_FIRST if page.refused is not None:
            return _return_first(state, doing, page, page.refused)
        case Act.RENEW:
            return _renew(state, doing, page, page.chosen)
        case Act.VOID:
            return books.void(state, doing, page)
        case Act.MARK:
            return books.mark(state, doing, page, touched.value)
    return state, ()


def _reader(state: State, doing: Supervising, page: Lending, reader: ReaderShown | None, rules: SessionRules) -> Step:
    """Another card is another reader, also one that nobody knows: nothing of the one before stays, nor comes late."""
    if reader is not None and page.reader is not None and page.reader.line.patron_id == reader.line.patron_id:
        return books.at(state, doing, replace(page, reader=reader)), ()
    page = Lending(reader, problem=None if reader else DeskProblem.UNKNOWN_CARD)
    turned = visits.turn_to(state, replace(doing, page=page), rules, same_reader=True)
    return turned, books.OK if reader else books.ATTENTION


def _lend(state: State, doing: Supervising, page: Lending, barcode: str, reason: str | None = None) -> Step:
    if page.reader is None:
        return books.with_problem(state, doing, page, DeskProblem.CARD_FIRST)
    row = books.row_of(page, barcode)
    if barcode in page.asked or (row is not None and row.kind not in _LENT_ANEW):
        return state, ()  # a double scan asks nothing twice
    page = replace(page, asked=page.asked | {barcode}, refused=None, chosen=None, problem=None)
    asking = visits.ask(books.at(state, doing, page))
    patron = page.reader.line.patron_id if page.reader else ""
    return asking, (CheckOut(asking.visit, asking.request, patron, barcode, books.by(doing, reason)),)


def _lent(state: State, doing: Supervising, page: Lending, answer: LoanRecorded | AlreadyYours) -> Step:
    match answer:
        case LoanRecorded(operation=operation, renewed=renewed):
            kind = RowKind.RENEWED if renewed else RowKind.LENT
            row = DeskRow(
                kind,
                answer.book,
                operation,
                answer.due_on,
                answer.due_in_days,
                against_rules=answer.against_rules,
            )
        case AlreadyYours():
            row = DeskRow(RowKind.ALREADY_THEIRS, answer.book, None, answer.due_on, answer.due_in_days)
    return books.at(state, doing, replace(books.with_row(page, row), refused=None)), books.OK


def _refused(
    state: State, doing: Supervising, page: Lending, book: BookShown, blocks: tuple[Block, ...], *, renewing: bool
) -> Step:
    stay = stand_in_the_way(blocks, doing.who.staff.role)
    refused = AtDeskRefused(book, blocks, stay, renewing)
    theirs = page.reader is not None and any(loan.book.barcode == book.barcode for loan in page.reader.loans)
    if renewing or theirs:
        page = replace(page, asked=page.asked - {book.barcode}, chosen=None, problem=None)
    else:  # it stays in the list: nobody should carry it off for lent
        page = books.with_row(page, DeskRow(RowKind.REFUSED, book, None, refused=refused))
        page = replace(page, chosen=book.barcode)
    page = replace(page, refused=refused)
    return books.at(state, doing, page), books.ATTENTION


def _not_renewed(state: State, doing: Supervising, page: Lending, barcode: str, blocks: tuple[Block, ...]) -> Step:
    book = _known(page, barcode)
    if book is None or not blocks:  # the loan has ended meanwhile
        page = replace(page, asked=page.asked - {barcode})
        return books.with_problem(state, doing, page, DeskProblem.NOT_DONE)
    return _refused(state, doing, page, book, blocks, renewing=True)


def _known(page: Lending, barcode: str) -> BookShown | None:
    row = books.row_of(page, barcode)
    loans = page.reader.loans if page.reader else ()
    return row.book if row else next((loan.book for loan in loans if loan.book.barcode == barcode), None)


def _set_aside(state: State, doing: Supervising, page: Lending, refused: AtDeskRefused, reason: str) -> Step:
    if refused.stay:
        return state, ()
    page = replace(page, refused=None)
    if refused.renewing:
        return _renew(state, doing, page, refused.book.barcode, reason)
    return _lend(state, doing, page, refused.book.barcode, reason)


def _return_first(state: State, doing: Supervising, page: Lending, refused: AtDeskRefused) -> Step:
    """Whoever holds the book is right: it is taken back from the one who had it, and lent once that is recorded."""
    barcode = refused.book.barcode
    if barcode in page.asked or not any(isinstance(block, OnLoanToAnother) for block in refused.blocks):
        return state, ()
    asking = visits.ask(books.at(state, doing, replace(page, asked=page.asked | {barcode})))
    return asking, (CheckIn(asking.visit, asking.request, barcode, by=books.by(doing)),)


def _renew(state: State, doing: Supervising, page: Lending, barcode: str | None, reason: str | None = None) -> Step:
    if page.reader is None or barcode is None or barcode in page.asked or _known(page, barcode) is None:
        return state, ()
    asking = visits.ask(books.at(state, doing, replace(page, asked=page.asked | {barcode}, problem=None)))
    patron = page.reader.line.patron_id
    return asking, (Renew(asking.visit, asking.request, patron, barcode, books.by(doing, reason)),)
