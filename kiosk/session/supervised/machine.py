"""The desk: how it opens and closes, and which of its pages a scan, a touch or an answer belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from kiosk.ports.devices import Sound
from kiosk.session import scans, visits
from kiosk.session.desk_inputs import TitleOpened
from kiosk.session.desk_states import (
    Act,
    AtReader,
    AtSettings,
    AtTitle,
    AtWork,
    DeskPage,
    DeskProblem,
    Entering,
    Finding,
    Lending,
    Menu,
    Reporting,
    StaffShown,
    Supervising,
    TakingBack,
    Work,
    Writing,
)
from kiosk.session.effects import CountWork, Effect, ListSettings, OpenReader, OpenTitle, Play
from kiosk.session.inputs import (
    ActTouched,
    Answer,
    BookOpened,
    Button,
    CodeResolved,
    LineTouched,
    ReaderOpened,
    Scanned,
    Touched,
    Typed,
    WorkCounted,
)
from kiosk.session.states import Borrowing, SessionRules, State
from kiosk.session.supervised import entering, lending, readers, reporting, returning, settings, titles, typing, work

Step = tuple[State, tuple[Effect, ...]]

_ANSWERS: tuple[type, ...] = get_args(Answer)


def enter(state: State, doing: Borrowing, at: float, rules: SessionRules) -> Step:
    """Somebody of the staff, in a visit of their own, wants the desk: the PIN comes next."""
    patron = doing.patron
    if patron.staff is None:
        return state, ()
    who = StaffShown(patron.staff, patron.id, patron.name)
    return visits.turn_to(state, Entering(who, at, patron.card), rules, same_reader=True), ()


def step(state: State, doing: Entering | Supervising, happened: object, rules: SessionRules) -> Step:
    if isinstance(happened, _ANSWERS):
        if getattr(happened, "visit", None) != state.visit:
            return state, ()
        if getattr(happened, "request", None) == state.awaiting:
            return _answered(state, happened, rules)
        elif isinstance(happened, ReaderOpened | BookOpened | TitleOpened | CodeResolved) and not _is_shown(
            state, happened
        ):
            return state, ()  # another page was turned to meanwhile: it is not for this one
    elif isinstance(happened, Scanned | Touched | ActTouched | LineTouched | Typed):
        state = visits.active(state, happened.at)
    return _stepped(state, happened, rules)


def _answered(state: State, answer: object, rules: SessionRules) -> Step:
    """What was scanned while a card was looked up comes after it; behind a card that opens nothing, it is nobody's."""
    held = state.held
    state, effects = _stepped(replace(state, awaiting=None, held=()), answer, rules)
    if isinstance(state.doing, Supervising) and _is_nobodys(state.doing.page):
        held = scans.from_the_next_card(held)
    for scan in held:
        if isinstance(state.doing, Entering | Supervising):
            state, more = step(state, state.doing, scan, rules)
            effects += more
    return state, effects


def _is_nobodys(page: DeskPage) -> bool:
    """What was looked up opened nothing."""
    return page == Lending(problem=DeskProblem.UNKNOWN_CARD) or (isinstance(page, Finding) and page.problem is not None)


def _stepped(state: State, happened: object, rules: SessionRules) -> Step:
    match state.doing:
        case Entering() as now:
            return entering.step(state, now, happened, rules)
        case Supervising() as now:
            return _at_the_desk(state, now, happened, rules)
    return state, ()


def _at_the_desk(state: State, doing: Supervising, happened: object, rules: SessionRules) -> Step:
    match happened:
        case WorkCounted(counts=counts):
            return replace(state, doing=replace(doing, counts=counts)), ()
        case Touched(Button.LOCK):
            return visits.go_home(state, rules), (Play(Sound.DONE),)
        case Scanned(code=code, at=at) if code.text == doing.card:
            if at - doing.since < rules.same_card_ends_after_s:
                return state, ()  # it lies there still
            return visits.go_home(state, rules), (Play(Sound.DONE),)
        case Touched(Button.DISMISS) if not isinstance(doing.page, Writing):
            return to_menu(state, doing)
    match doing.page:
        case Menu():
            return _at_menu(state, doing, happened, rules)
        case Lending() as page:
            return lending.step(state, doing, page, happened, rules)
        case TakingBack() as page:
            return returning.step(state, doing, page, happened, rules)
        case Finding() | AtReader() as page:
            return readers.step(state, doing, page, happened, rules)
        case AtTitle() as page:
            return titles.step(state, doing, page, happened, rules)
        case AtWork() as page:
            return work.step(state, doing, page, happened, rules)
        case AtSettings() as page:
            return settings.step(state, doing, page, happened, rules)
        case Reporting() as page:
            return reporting.step(state, doing, page, happened, rules)
        case Writing() as page:
            return typing.step(state, doing, page, happened, rules)


def _is_shown(state: State, answer: object) -> bool:
    """The reader or the title that is on the page, as they are now."""
    page = state.doing.page if isinstance(state.doing, Supervising) else None
    match page, answer:
        case AtReader(reader=shown), ReaderOpened(reader=now):
            return now is not None and now.line.patron_id == shown.line.patron_id
        case AtTitle(title=shown_title), TitleOpened(title=title):
            return title is not None and title.book.title_id == shown_title.book.title_id
    return False


def look_again(state: State, doing: Supervising) -> Step:
    """What an open page shows may be another. Nobody has asked for it, so nothing waits for the answer, and it is no
    sign of life."""
    match doing.page:
        case AtWork(lines=lines) as page if lines is not None:
            return work.look_again(state, page)
        case Reporting(lines=lines) if lines is not None:
            return reporting.look_again(state)
    asking = visits.ask(state)
    key = asking.visit, asking.request
    match doing.page:
        case Menu():
            return asking, (CountWork(*key),)
        case AtSettings():
            return asking, (ListSettings(*key),)
        case AtReader(reader=reader):
            return asking, (OpenReader(*key, reader.line.patron_id),)
        case AtTitle(title=title):
            return asking, (OpenTitle(*key, title.book.title_id),)
    return state, ()


def to_menu(state: State, doing: Supervising) -> Step:
    """What is counted there may be old: it is counted anew."""
    asking = visits.ask(replace(state, doing=replace(doing, page=Menu()), awaiting=None, held=()))
    return asking, (CountWork(asking.visit, asking.request),)


def _at_menu(state: State, doing: Supervising, happened: object, rules: SessionRules) -> Step:
    match happened:
        case ActTouched() if state.awaiting is not None:
            return state, ()  # who was scanned here comes first
        case ActTouched(Act.LEND):
            return replace(state, doing=replace(doing, page=Lending())), ()
        case ActTouched(Act.RETURN):
            return replace(state, doing=replace(doing, page=TakingBack())), ()
        case ActTouched(Act.FIND):
            return replace(state, doing=replace(doing, page=Finding())), ()
        case ActTouched(Act.WORK, value=value):
            return work.opened(state, doing, Work(value))
        case ActTouched(Act.SETTINGS):
            return settings.opened(state, doing)
        case ActTouched(Act.REPORT):
            return reporting.opened(state, doing)
        case Scanned() | ReaderOpened() | BookOpened() | TitleOpened() | CodeResolved():
            return readers.at_menu(state, doing, happened)
    return state, ()
