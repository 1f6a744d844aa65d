"""The work lists: what somebody should look at, and what is done about it. After each act the list is read anew:
another station may have been first."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import CodeKind
from kiosk.domain.requests import RequestState, Settle
from kiosk.session import scans, visits
from kiosk.session.desk_lists import in_place
from kiosk.session.desk_states import (
    Act,
    AtReader,
    AtWork,
    CheckLine,
    DeskProblem,
    DisputeLine,
    OverdueLine,
    ShelveLine,
    Supervising,
    ToCheck,
    Work,
    WorkLine,
)
from kiosk.session.effects import Ask, Effect, ListWork, OpenReader, Serve, TakeBack, TickOff
from kiosk.session.inputs import (
    ActTouched,
    Asked,
    DeskActDone,
    LineTouched,
    NotAsked,
    NotTakenBack,
    ReaderOpened,
    Scanned,
    TakenBack,
    WorkListed,
)
from kiosk.session.maintenance import Service
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import books

Step = tuple[State, tuple[Effect, ...]]


def opened(state: State, doing: Supervising, work: Work) -> Step:
    return _read(state, doing, AtWork(work))


def step(state: State, doing: Supervising, page: AtWork, happened: object, rules: SessionRules) -> Step:
    if isinstance(happened, Scanned) and state.awaiting is not None:
        is_double = books.text_of(happened.code) == page.scanned
        return (state, ()) if is_double else scans.hold(state, happened)
    if isinstance(happened, ActTouched) and state.awaiting is not None:
        return state, ()
    match happened:
        case WorkListed(work=work, lines=lines, request=request) if work is page.work:
            if page.lines is not None and request != page.asked:
                gone = frozenset(line.id for line in page.lines) - {line.id for line in lines}
                return _at(state, doing, replace(page, lines=in_place(page.lines, lines), gone=gone)), ()
            chosen = page.chosen if any(line.id == page.chosen for line in lines) else None
            return _at(state, doing, replace(page, lines=lines, chosen=chosen, gone=frozenset())), ()
        case LineTouched(id=line):
            chosen = None if page.chosen == line else line
            return _at(state, doing, replace(page, chosen=chosen, problem=None)), ()
        case ActTouched():
            return _touched(state, doing, page, happened)
        case Scanned():
            return _scanned(state, doing, page, happened)
        case DeskActDone(act=Act.SHELVED, well=True) if page.scanned:
            page = replace(page, scanned="", chosen=None, shelved=page.shelved | {page.scanned})
            return step(state, doing, page, happened, rules)
        case Asked() | TakenBack() | DeskActDone(well=True):
            reading, reads = _read(state, doing, replace(page, done=page.done + 1, problem=None))
            return reading, (*reads, *books.OK)
        case NotAsked() | NotTakenBack() | DeskActDone():
            shelves = page.work is Work.TO_SHELVE
            problem = DeskProblem.NOT_WAITED_FOR if shelves else DeskProblem.NOT_DONE
            reading, reads = _read(state, doing, replace(page, problem=problem))
            return reading, (*reads, *books.ATTENTION)
        case ReaderOpened(reader=None):
            reading, reads = _read(state, doing, replace(page, problem=DeskProblem.READER_GONE))
            return reading, (*reads, *books.ATTENTION)
        case ReaderOpened(reader=reader) if reader is not None:
            return replace(state, doing=replace(doing, page=AtReader(reader))), books.OK
    return state, ()


def look_again(state: State, page: AtWork) -> Step:
    """The list may be another: nobody waits for the answer, and nothing of it moves what is shown."""
    asking = visits.ask(state)
    return asking, (ListWork(asking.visit, asking.request, page.work),)


def chosen_of(page: AtWork) -> WorkLine | None:
    """None too: it is gone, and nothing can be done about it any more."""
    return next((line for line in page.lines or () if line.id == page.chosen and line.id not in page.gone), None)


def _touched(state: State, doing: Supervising, page: AtWork, touched: ActTouched) -> Step:
    page = replace(page, problem=None)
    match touched.act, chosen_of(page):
        case Act.SETTLE, DisputeLine() as line if touched.value in line.ways and may_be_settled(line):
            asking = _asking(_at(state, doing, page))
            wish = Settle(line.id, touched.value)
            return asking, (Ask(asking.visit, asking.request, None, wish, books.by(doing)),)
        case Act.CHECKED, CheckLine() as line:
            asking = _asking(_at(state, doing, page))
            return asking, (TickOff(asking.visit, asking.request, Act.CHECKED, line.id, books.by(doing)),)
        case Act.NOT_HERE, CheckLine(why=ToCheck.RETURNED) as line:
            asking = _asking(_at(state, doing, page))
            return asking, (TakeBack(asking.visit, asking.request, line.operation, None, books.by(doing)),)
        case Act.OPEN_READER, (OverdueLine() | ShelveLine() | CheckLine()) as line if line.reader is not None:
            asking = _asking(_at(state, doing, page))
            return asking, (OpenReader(asking.visit, asking.request, line.reader.patron_id),)
        case Act.SEND_NOW, _ if page.work is Work.UNSENT and not page.sent:
            # What the centre has not got by then is still in the list: it is read anew, a moment later perhaps.
            return _at(state, doing, replace(page, sent=True)), (Serve(Service.SEND_NOW, ""), *books.OK)
        case Act.WORK, _:
            return _read(state, doing, replace(page, sent=False))
    return state, ()


def may_be_settled(line: DisputeLine) -> bool:
    """Not while the centre has not answered what was said of it last."""
    return not line.settled and line.asked is not RequestState.WAITING


def _scanned(state: State, doing: Supervising, page: AtWork, scan: Scanned) -> Step:
    """A book for the hold shelf; which copy stands there has to be known, so it is scanned, not touched."""
    if page.work is not Work.TO_SHELVE:
        return state, ()
    if not scan.code.may_be(CodeKind.ITEM):
        return _at(state, doing, replace(page, problem=DeskProblem.NO_CODE_OF_OURS)), books.ATTENTION
    barcode = books.text_of(scan.code)
    if barcode in page.shelved:
        return _at(state, doing, replace(page, problem=DeskProblem.SHELVED_ALREADY)), books.ATTENTION
    asking = _asking(_at(state, doing, replace(page, problem=None, scanned=barcode)))
    by = books.by(doing)
    return asking, (TickOff(asking.visit, asking.request, Act.SHELVED, page.chosen or "", by, barcode),)


def _read(state: State, doing: Supervising, page: AtWork) -> Step:
    """Nothing is said of a line that may be old; a scan for the hold shelf is of no line, and is not lost meanwhile."""
    asking = visits.ask(state) if page.work is Work.TO_SHELVE else _asking(state)
    asking = _at(asking, doing, replace(page, asked=asking.request))
    return asking, (ListWork(asking.visit, asking.request, page.work),)


def _asking(state: State) -> State:
    asking = visits.ask(state)
    return replace(asking, awaiting=asking.request)


def _at(state: State, doing: Supervising, page: AtWork) -> State:
    return replace(state, doing=replace(doing, page=page))
