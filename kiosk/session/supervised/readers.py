"""Tra cứu: a reader, looked up, and what may be done for them; or a title (kiosk.session.supervised.titles).

One act at a time: while its answer is on its way no other is begun. After each the reader is read anew, so that the
page says what is recorded; who was taken from the list meanwhile is shown no longer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.blocks import Block
from kiosk.domain.model import ItemStatus, marked
from kiosk.domain.overrides import stand_in_the_way
from kiosk.domain.requests import BlockCards, BlockPatron, CancelHold, ChangeItemStatus, LinkCard, PlaceHold, Wish
from kiosk.session import scans, visits
from kiosk.session.desk_inputs import TitleOpened
from kiosk.session.desk_states import (
    CARD_LINE,
    Act,
    AtDeskRefused,
    AtReader,
    AtTitle,
    DeskProblem,
    Finding,
    Lending,
    Supervising,
)
from kiosk.session.effects import Ask, Effect, FindReaders, OpenBook, OpenReader, OpenTitle, Renew, ResolveCode, SetPin
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
    ReaderOpened,
    ReadersFound,
    Scanned,
    Typed,
)
from kiosk.session.notices import BookShown
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import books, typing

Step = tuple[State, tuple[Effect, ...]]

YES: Final = "yes"
NO: Final = "no"
"""Values of an act that waits for a scan or for a yes; NO: it is not done after all."""

_NEED_A_YES = frozenset({Act.BLOCK, Act.UNBLOCK, Act.BLOCK_CARDS})
_NEED_A_SCAN = frozenset({Act.LINK_CARD, Act.PLACE_HOLD})


def step(state: State, doing: Supervising, page: Finding | AtReader, happened: object, rules: SessionRules) -> Step:
    if state.awaiting is not None and isinstance(happened, Scanned):
        return scans.hold(state, happened)
    if state.awaiting is not None and isinstance(happened, ActTouched | LineTouched):
        return state, ()
    if isinstance(page, Finding):
        return _finding(state, doing, page, happened)
    return _at_reader(state, doing, page, happened)


def at_menu(
    state: State, doing: Supervising, happened: Scanned | ReaderOpened | BookOpened | TitleOpened | CodeResolved
) -> Step:
    """A card opens its reader, a book who has it or its title: from the menu as from the list."""
    if isinstance(happened, Scanned) and state.awaiting is not None:
        return scans.hold(state, happened)
    if isinstance(happened, Scanned):
        return _look_up(state, doing, happened.code, Finding())
    return _finding(state, doing, Finding(), happened)


# ---- looking up


def _finding(state: State, doing: Supervising, page: Finding, happened: object) -> Step:
    match happened:
        case Typed(key):
            return _typed(state, doing, page, key)
        case ReadersFound(text=text, readers=found, more=more, titles=titles) if text == page.text:
            return _at(state, doing, replace(page, readers=found, more=more, titles=titles)), ()
        case LineTouched(id=patron_id) if any(line.patron_id == patron_id for line in page.readers or ()):
            return _open(state, patron_id)
        case LineTouched(id=title_id) if any(title.title_id == title_id for title in page.titles):
            return _open_title(state, title_id)
        case Scanned(code=code):
            return _look_up(state, doing, code, Finding(lends=page.lends))
        case CodeResolved():
            return _resolved(state, happened) or _at_nobody(state, doing, page, DeskProblem.UNKNOWN_CARD)
        case ReaderOpened(reader=None):
            # By a card nothing had been typed; by a line of the list that reader was in it a moment ago.
            problem = DeskProblem.UNKNOWN_CARD if page.readers is None else DeskProblem.READER_GONE
            return _at_nobody(state, doing, page, problem)
        case ReaderOpened(reader=reader) if reader is not None and page.lends:
            return _at(state, doing, Lending(reader)), books.OK
        case ReaderOpened(reader=reader) if reader is not None:
            return _at(state, doing, AtReader(reader)), books.OK
        case BookOpened(book=book, reader=None) if book is not None and not page.lends:
            return _open_title(state, book.title_id, book.barcode)
        case TitleOpened(title=None):
            return _at_nobody(state, doing, page, DeskProblem.TITLE_GONE)
        case TitleOpened(title=title, chosen=chosen) if title is not None:
            return _at(state, doing, AtTitle(title, chosen or None)), books.OK
        case BookOpened(book=book, reader=None):
            problem = DeskProblem.NOBODY_HAS_IT if book else DeskProblem.UNKNOWN_ITEM
            return _at_nobody(state, doing, page, problem, book)
        case BookOpened(reader=reader) if reader is not None:
            return _open(state, reader.patron_id)
    return state, ()


def _typed(state: State, doing: Supervising, page: Finding, key: str) -> Step:
    text = typing.press(page.text, key)
    if key == typing.DONE and state.awaiting is None:
        match page.readers, page.titles:
            case (reader,), ():
                return _open(state, reader.patron_id)
            case ((() | None), (title,)):
                return _open_title(state, title.title_id)
    if text == page.text:
        return state, ()
    page = replace(page, text=text, problem=None, book=None)
    if not text.strip():
        return _at(state, doing, replace(page, readers=None, titles=(), more=False)), ()
    asking = visits.ask(_at(state, doing, page))
    return asking, (FindReaders(asking.visit, asking.request, text, titles=not page.lends),)


def _look_up(state: State, doing: Supervising, code: Code, nobody: Finding) -> Step:
    """`nobody`: the page for a code that is neither a card nor a book."""
    return _scan_asks(_cleared(state, doing), code) or _at_nobody(state, doing, nobody, DeskProblem.NO_CODE_OF_OURS)


def _scan_asks(state: State, code: Code) -> Step | None:
    """Whose card, or which book this is; None: it is neither."""
    if not (code.may_be(CodeKind.CARD) or code.may_be(CodeKind.ITEM)):
        return None
    asking = _asking(state)
    key = asking.visit, asking.request
    if not code.may_be(CodeKind.ITEM):
        return asking, (OpenReader(*key, card=code.text),)
    if not code.may_be(CodeKind.CARD):
        return asking, (OpenBook(*key, books.text_of(code)),)
    return asking, (ResolveCode(*key, code.text, code.as_item),)


def _resolved(state: State, answer: CodeResolved) -> Step | None:
    """A code that may be either is what it is known as, a card first; None: it is not known."""
    if not (answer.known_card or answer.known_item):
        return None
    asking = _asking(state)
    key = asking.visit, asking.request
    if answer.known_card:
        return asking, (OpenReader(*key, card=answer.text),)
    return asking, (OpenBook(*key, answer.text if answer.as_item is None else answer.as_item),)


def _at_nobody(
    state: State, doing: Supervising, page: Finding, problem: DeskProblem, book: BookShown | None = None
) -> Step:
    return _at(state, doing, Finding(lends=page.lends, problem=problem, book=book)), books.ATTENTION


def _cleared(state: State, doing: Supervising) -> State:
    """A scan begins anew: nothing that was typed stays."""
    if not isinstance(doing.page, Finding):
        return state
    return _at(state, doing, Finding(lends=doing.page.lends))


def _open(state: State, patron_id: str) -> Step:
    asking = _asking(state)
    return asking, (OpenReader(asking.visit, asking.request, patron_id),)


def _open_title(state: State, title_id: str, chosen: str = "") -> Step:
    asking = _asking(state)
    return asking, (OpenTitle(asking.visit, asking.request, title_id, chosen),)


# ---- one reader


def _at_reader(state: State, doing: Supervising, page: AtReader, happened: object) -> Step:
    match happened:
        case LineTouched(id=line):
            chosen = None if page.chosen == line else line
            return _at(state, doing, replace(_calm(page), chosen=chosen)), ()
        case ActTouched():
            return _touched(state, doing, page, happened)
        case Scanned(code=code):
            return _scanned(state, doing, page, code)
        case ReaderOpened():
            return _opened(state, doing, page, happened)
        case CodeResolved():
            return _resolved(state, happened) or _with_problem(state, doing, page, DeskProblem.UNKNOWN_CARD)
        case BookOpened(book=book, reader=has):
            return _book_opened(state, doing, page, book, has.patron_id if has else None)
        case Asked() | LoanRecorded():
            return _done(state, doing, page, page.asked)
        case DeskActDone(act=act, well=True):
            return _done(state, doing, page, act)
        case NotRenewed(barcode=barcode, blocks=blocks) if blocks:
            return _not_renewed(state, doing, page, barcode, blocks)
        case NotAsked(why=why):
            return _not_done(state, doing, page, why or DeskProblem.NOT_DONE)
        case NotRenewed() | DeskActDone():
            return _not_done(state, doing, page, DeskProblem.NOT_DONE)
    return state, ()


def _touched(state: State, doing: Supervising, page: AtReader, touched: ActTouched) -> Step:
    act, value, reader = touched.act, touched.value, page.reader
    if value == NO and act is page.wants:
        return _at(state, doing, _calm(page)), ()
    page = replace(page, problem=None, done=None)
    if act in _NEED_A_SCAN or (act in _NEED_A_YES and (page.wants is not act or value != YES)):
        return _at(state, doing, replace(page, wants=act, refused=None)), ()
    page = replace(page, wants=None)
    match act:
        case Act.LEND_TO:
            return _at(state, doing, Lending(reader)), ()
        case Act.RENEW:
            return _renew(state, doing, page, page.chosen)
        case Act.OVERRIDE if page.refused is not None and value and not page.refused.stay:
            return _renew(state, doing, page, page.refused.book.barcode, value)
        case Act.BLOCK | Act.UNBLOCK:
            return _ask(state, doing, page, act, BlockPatron(act is Act.BLOCK))
        case Act.BLOCK_CARDS:
            return _ask(state, doing, page, act, BlockCards())
        case Act.SET_PIN:
            return typing.opened(state, doing, act, replace(page, asked=act)), ()
        case Act.NOTE:
            return typing.opened(state, doing, act, replace(page, asked=act), text=reader.note), ()
        case Act.UNLOCK_PIN:
            asking = _asking(_at(state, doing, replace(page, asked=act)))
            patron_id = reader.line.patron_id
            return asking, (SetPin(asking.visit, asking.request, patron_id, None, books.by(doing)),)
        case Act.MARK:
            return _mark(state, doing, page, value)
        case Act.CANCEL_HOLD:
            hold = next((one for one in reader.holds if one.book.title_id == page.chosen), None)
            if hold is not None:
                return _ask(state, doing, replace(page, book=hold.book), act, CancelHold(hold.id))
    return state, ()


def _scanned(state: State, doing: Supervising, page: AtReader, code: Code) -> Step:
    if page.done is Act.PLACE_HOLD and page.book is not None and page.book.barcode == books.text_of(code):
        return state, ()  # a double scan
    page = replace(page, problem=None)
    if page.wants is Act.LINK_CARD:
        if not code.may_be(CodeKind.CARD):
            return _with_problem(state, doing, page, DeskProblem.NO_CODE_OF_OURS)
        return _ask(state, doing, page, Act.LINK_CARD, LinkCard(code.text))
    barcode = books.text_of(code)
    if page.wants is Act.PLACE_HOLD:
        if not books.is_book(code):
            return _with_problem(state, doing, page, DeskProblem.NO_CODE_OF_OURS)
        asking = _asking(_at(state, doing, page))
        return asking, (OpenBook(asking.visit, asking.request, barcode),)
    if books.is_book(code) and _loan_of(page, barcode) is not None:
        return _at(state, doing, replace(_calm(page), chosen=barcode)), books.OK
    page = replace(page, wants=None, asked=Act.OPEN_READER)
    asks = _scan_asks(_at(state, doing, page), code)
    return asks or _with_problem(state, doing, page, DeskProblem.NO_CODE_OF_OURS)


def _book_opened(state: State, doing: Supervising, page: AtReader, book: BookShown | None, has: str | None) -> Step:
    if book is None:
        return _with_problem(state, doing, page, DeskProblem.UNKNOWN_ITEM)
    if page.wants is Act.PLACE_HOLD:
        return _ask(state, doing, replace(page, book=book), Act.PLACE_HOLD, PlaceHold(book.title_id))
    if has is None:
        return _with_problem(state, doing, replace(page, book=book), DeskProblem.NOBODY_HAS_IT)
    return _open(_at(state, doing, replace(page, asked=Act.OPEN_READER)), has)


def _opened(state: State, doing: Supervising, page: AtReader, answer: ReaderOpened) -> Step:
    """Another reader, or this one as they are now."""
    theirs = answer.reader is not None and answer.reader.line.patron_id == page.reader.line.patron_id
    if answer.reader is not None and theirs:
        known = {one.book.barcode for one in answer.reader.loans} | {one.book.title_id for one in answer.reader.holds}
        chosen = page.chosen if page.chosen == CARD_LINE or page.chosen in known else None
        return _at(state, doing, replace(page, reader=answer.reader, chosen=chosen)), ()
    if answer.reader is not None:
        return _at(state, doing, AtReader(answer.reader)), books.OK
    if page.asked is Act.OPEN_READER:
        return _with_problem(state, doing, page, DeskProblem.UNKNOWN_CARD)
    return _at(state, doing, Finding(problem=DeskProblem.READER_GONE)), books.ATTENTION


def _renew(state: State, doing: Supervising, page: AtReader, barcode: str | None, reason: str | None = None) -> Step:
    if barcode is None or _loan_of(page, barcode) is None:
        return state, ()
    asking = _asking(_at(state, doing, replace(page, refused=None, asked=Act.RENEW, book=_loan_of(page, barcode))))
    patron_id = page.reader.line.patron_id
    return asking, (Renew(asking.visit, asking.request, patron_id, barcode, books.by(doing, reason)),)


def _mark(state: State, doing: Supervising, page: AtReader, status: str) -> Step:
    """A book at home is lost, or it is not after all. Its loan stays until it comes back: lost books do, in June."""
    loan = next((one for one in page.reader.loans if one.book.barcode == page.chosen), None)
    if loan is None or status not in tuple(ItemStatus) or loan.marked == marked(ItemStatus(status)):
        return state, ()
    asking = _asking(_at(state, doing, replace(page, asked=None)))
    wish = ChangeItemStatus(loan.book.barcode, ItemStatus(status))
    return asking, (Ask(asking.visit, asking.request, None, wish, books.by(doing)),)


def _not_renewed(state: State, doing: Supervising, page: AtReader, barcode: str, blocks: tuple[Block, ...]) -> Step:
    book = _loan_of(page, barcode)
    if book is None:
        return _not_done(state, doing, page, DeskProblem.NOT_DONE)
    refused = AtDeskRefused(book, blocks, stand_in_the_way(blocks, doing.who.staff.role), renewing=True)
    return _at(state, doing, replace(page, refused=refused)), books.ATTENTION


def _ask(state: State, doing: Supervising, page: AtReader, act: Act, wish: Wish) -> Step:
    asking = _asking(_at(state, doing, replace(page, asked=act)))
    return asking, (Ask(asking.visit, asking.request, page.reader.line.patron_id, wish, books.by(doing)),)


def _done(state: State, doing: Supervising, page: AtReader, act: Act | None) -> Step:
    page = replace(page, done=act, wants=None, refused=None, problem=None, asked=None)
    reading, reads = _open(_at(state, doing, page), page.reader.line.patron_id)
    return reading, (*reads, *books.OK)


def _not_done(state: State, doing: Supervising, page: AtReader, problem: DeskProblem) -> Step:
    """What the page says may be old: perhaps the reader is not even in the list any more."""
    page = replace(page, problem=problem, refused=None, asked=None)
    reading, reads = _open(_at(state, doing, page), page.reader.line.patron_id)
    return reading, (*reads, *books.ATTENTION)


def _with_problem(state: State, doing: Supervising, page: AtReader, problem: DeskProblem) -> Step:
    return _at(state, doing, replace(page, problem=problem)), books.ATTENTION


def _calm(page: AtReader) -> AtReader:
    return replace(page, wants=None, refused=None, problem=None, done=None, book=None)


def _loan_of(page: AtReader, barcode: str) -> BookShown | None:
    return next((loan.book for loan in page.reader.loans if loan.book.barcode == barcode), None)


def _asking(state: State) -> State:
    asking = visits.ask(state)
    return replace(asking, awaiting=asking.request)


def _at(state: State, doing: Supervising, page: Finding | AtReader | AtTitle | Lending) -> State:
    return replace(state, doing=replace(doing, page=page))
