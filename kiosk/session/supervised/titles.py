"""Tra sách: a title, looked up, its copies, and what is said of one of them: lost, damaged, or in its place after all.
Also of one that nobody has, so that there is nothing to scan."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import CodeKind
from kiosk.domain.model import ItemStatus, marked
from kiosk.domain.requests import ChangeItemStatus
from kiosk.session import scans, visits
from kiosk.session.desk_inputs import TitleOpened
from kiosk.session.desk_states import Act, AtTitle, DeskProblem, Finding, ItemShown, Supervising
from kiosk.session.effects import Ask, Effect, OpenBook, OpenTitle
from kiosk.session.inputs import (
    ActTouched,
    Asked,
    BookOpened,
    CodeResolved,
    LineTouched,
    NotAsked,
    ReaderOpened,
    Scanned,
)
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import books, readers

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Supervising, page: AtTitle, happened: object, rules: SessionRules) -> Step:
    if state.awaiting is not None and isinstance(happened, Scanned):
        return scans.hold(state, happened)
    if state.awaiting is not None and isinstance(happened, ActTouched | LineTouched):
        return state, ()
    match happened:
        case LineTouched(id=barcode):
            chosen = None if page.chosen == barcode else barcode
            return _at(state, doing, replace(page, chosen=chosen, problem=None)), ()
        case ActTouched(Act.MARK, value=status):
            return _mark(state, doing, page, status)
        case ActTouched(Act.OPEN_READER) if (item := chosen_of(page)) is not None and item.is_lent:
            asking = visits.ask(_at(state, doing, page))
            asking = replace(asking, awaiting=asking.request)
            return asking, (OpenBook(asking.visit, asking.request, item.barcode),)
        case TitleOpened():
            return _opened(state, doing, page, happened)
        case Asked():
            reading, reads = _read(state, doing, replace(page, problem=None))
            return reading, (*reads, *books.OK)
        case NotAsked(why=why):
            reading, reads = _read(state, doing, replace(page, problem=why or DeskProblem.NOT_DONE))
            return reading, (*reads, *books.ATTENTION)
        case Scanned(code=code) if books.is_book(code) and _item_of(page, books.text_of(code)) is not None:
            return _at(state, doing, replace(page, chosen=books.text_of(code), problem=None)), books.OK
        case Scanned(code=code) if not (books.is_book(code) or code.may_be(CodeKind.CARD)):
            return _at(state, doing, replace(page, problem=DeskProblem.NO_CODE_OF_OURS)), books.ATTENTION
        case Scanned() | ReaderOpened() | BookOpened() | CodeResolved():
            return readers.at_menu(state, doing, happened)
    return state, ()


def chosen_of(page: AtTitle) -> ItemShown | None:
    return _item_of(page, page.chosen)


def _item_of(page: AtTitle, barcode: str | None) -> ItemShown | None:
    return next((one for one in page.title.items if one.barcode == barcode), None)


def _opened(state: State, doing: Supervising, page: AtTitle, answer: TitleOpened) -> Step:
    """Another title, or this one as it is now."""
    if answer.title is None:
        return _at(state, doing, Finding(problem=DeskProblem.TITLE_GONE)), books.ATTENTION
    if answer.title.book.title_id != page.title.book.title_id:
        return _at(state, doing, AtTitle(answer.title, answer.chosen or None)), books.OK
    return _at(state, doing, replace(page, title=answer.title, chosen=answer.chosen or page.chosen)), ()


def _mark(state: State, doing: Supervising, page: AtTitle, status: str) -> Step:
    """Also of a copy on loan, as on its reader's page: the loan stays until it comes back."""
    item = chosen_of(page)
    if item is None or status not in tuple(ItemStatus) or item.marked == marked(ItemStatus(status)):
        return state, ()
    asking = visits.ask(_at(state, doing, page))
    asking = replace(asking, awaiting=asking.request)
    wish = ChangeItemStatus(item.barcode, ItemStatus(status))
    return asking, (Ask(asking.visit, asking.request, None, wish, books.by(doing)),)


def _read(state: State, doing: Supervising, page: AtTitle) -> Step:
    asking = visits.ask(_at(state, doing, page))
    asking = replace(asking, awaiting=asking.request)
    return asking, (OpenTitle(asking.visit, asking.request, page.title.book.title_id),)


def _at(state: State, doing: Supervising, page: AtTitle | Finding) -> State:
    return replace(state, doing=replace(doing, page=page))
