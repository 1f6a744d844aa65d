"""Cơ sở vật chất: a fault of the premises, of the device or of a book, a wish for a book, and where a book comes from.
Here the library's plans and its list of repairs begin."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.requests import FaultAbout, ItemSource, NoteSource
from kiosk.session import scans, visits
from kiosk.session.desk_lists import in_place
from kiosk.session.desk_states import Act, DeskProblem, Reporting, Supervising
from kiosk.session.effects import Ask, Effect, ListRequests, OpenBook
from kiosk.session.inputs import ActTouched, Asked, BookOpened, LineTouched, NotAsked, RequestsListed, Scanned
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import books, typing

Step = tuple[State, tuple[Effect, ...]]


def opened(state: State, doing: Supervising) -> Step:
    return _read(state, doing, Reporting())


def step(state: State, doing: Supervising, page: Reporting, happened: object, rules: SessionRules) -> Step:
    if isinstance(happened, Scanned) and state.awaiting is not None:
        return scans.hold(state, happened)
    if isinstance(happened, ActTouched | LineTouched) and state.awaiting is not None:
        return state, ()
    match happened:
        case RequestsListed(lines=lines, request=request):
            if page.lines is not None and request != page.asked:
                lines = in_place(page.lines, lines)
            return _at(state, doing, replace(page, lines=lines)), ()
        case Scanned(code=code) if not books.is_book(code):
            problem = DeskProblem.NO_CODE_OF_OURS
            return _at(state, doing, replace(page, problem=problem)), books.ATTENTION
        case Scanned(code=code):
            asking = visits.ask(_at(state, doing, replace(page, problem=None, sent=None, chosen=None)))
            asking = replace(asking, awaiting=asking.request)
            return asking, (OpenBook(asking.visit, asking.request, books.text_of(code)),)
        case BookOpened(book=None):
            page = replace(page, book=None, barcode=None, problem=DeskProblem.UNKNOWN_ITEM)
            return _at(state, doing, page), books.ATTENTION
        case BookOpened(book=book) if book is not None:
            page = replace(page, book=book, barcode=book.barcode, problem=None)
            return (_write_fault(state, doing, page) if _waits_for_a_book(page) else _at(state, doing, page)), books.OK
        case LineTouched(id=line):
            chosen = None if page.chosen == line else line
            return _at(state, doing, Reporting(lines=page.lines, chosen=chosen)), ()
        case ActTouched():
            return _touched(state, doing, replace(page, sent=None, problem=None, chosen=None), happened)
        case Asked():
            reading, reads = _read(state, doing, Reporting(sent=page.wants, lines=page.lines))
            return reading, (*reads, *books.OK)
        case NotAsked(why=why):
            return _at(state, doing, replace(page, problem=why or DeskProblem.NOT_DONE)), books.ATTENTION
    return state, ()


def _waits_for_a_book(page: Reporting) -> bool:
    return page.wants is Act.FAULT and page.about == FaultAbout.ITEM


def _touched(state: State, doing: Supervising, page: Reporting, touched: ActTouched) -> Step:
    match touched.act:
        case Act.FAULT if touched.value == FaultAbout.ITEM and page.book is None:
            return _at(state, doing, replace(page, wants=Act.FAULT, about=touched.value)), ()
        case Act.FAULT if touched.value in tuple(FaultAbout):
            return _write_fault(state, doing, replace(page, about=touched.value)), ()
        case Act.SUGGEST:
            page = replace(page, wants=Act.SUGGEST, about="", book=None, barcode=None)
            return typing.opened(state, doing, Act.SUGGEST, page), ()
        case Act.SOURCE if touched.value in tuple(ItemSource) and page.barcode is not None:
            asking = visits.ask(_at(state, doing, replace(page, wants=Act.SOURCE)))
            asking = replace(asking, awaiting=asking.request)
            wish = NoteSource(page.barcode, ItemSource(touched.value))
            return asking, (Ask(asking.visit, asking.request, None, wish, books.by(doing)),)
        case Act.SOURCE:
            return _at(state, doing, replace(page, wants=Act.SOURCE, about="")), ()
        case Act.REPORT:  # from the beginning
            return _at(state, doing, Reporting(lines=page.lines)), ()
    return state, ()


def _write_fault(state: State, doing: Supervising, page: Reporting) -> State:
    """A fault of the premises is none of the book that was scanned before."""
    if page.about != FaultAbout.ITEM:
        page = replace(page, book=None, barcode=None)
    return typing.opened(state, doing, Act.FAULT, replace(page, wants=Act.FAULT), value=page.about)


def look_again(state: State) -> Step:
    """As in kiosk.session.supervised.work."""
    asking = visits.ask(state)
    return asking, (ListRequests(asking.visit, asking.request),)


def _read(state: State, doing: Supervising, page: Reporting) -> Step:
    asking = visits.ask(state)
    asking = _at(asking, doing, replace(page, asked=asking.request))
    return asking, (ListRequests(asking.visit, asking.request),)


def _at(state: State, doing: Supervising, page: Reporting) -> State:
    return replace(state, doing=replace(doing, page=page))
