"""The session: step(state, input, rules) -> (state, effects). Pure: no thread, no widget, no clock.

A scan is a loan the moment it beeps, so nothing waits for a button. What must hold whatever comes in whatever order:
a late answer changes nothing, a double scan asks nothing twice, and nobody sees another's books.
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.ports.devices import Sound
from kiosk.session import anew, answers, enrolment, maintain, my_books, proving, scans, visits
from kiosk.session import effects as asked
from kiosk.session import inputs as told
from kiosk.session.anew import Resumed
from kiosk.session.desk_inputs import ChangesHeard
from kiosk.session.desk_states import Act, Entering, Supervising
from kiosk.session.effects import Play
from kiosk.session.enrolment import CodeSeen, Confirmed, NetworkSeen, Stuck, WordsKnown
from kiosk.session.inputs import (
    ActTouched,
    Answer,
    Button,
    DeskClosed,
    FindingsTold,
    HintChanged,
    LineTouched,
    LinkChanged,
    PartTouched,
    PassShown,
    RenewTouched,
    Scanned,
    ScannerLost,
    ServiceDone,
    StoreFailed,
    StoreRecovered,
    TakeOffTouched,
    Tick,
    Touched,
    Typed,
)
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import CardFirst, CardOrBook, HelpAsked, NotLent, ReturnOffered
from kiosk.session.scans import MAY_BE_EITHER
from kiosk.session.states import (
    Borrowing,
    Enrolling,
    Finished,
    Home,
    Look,
    Proving,
    Resting,
    Returning,
    Row,
    RowKind,
    SessionRules,
    State,
)
from kiosk.session.supervised import machine as supervised

Input = told.Input | anew.Told | ChangesHeard
Effect = asked.Effect | enrolment.Asks
Step = tuple[State, tuple[Effect, ...]]

_LEAVES_THE_QUESTION = {Button.IT_IS_A_CARD, Button.IT_IS_A_BOOK, Button.DONE}


def step(state: State, happened: Input, rules: SessionRules) -> Step:
    match happened:
        case LinkChanged(online, pending):
            state = replace(state, station=replace(state.station, online=online, pending=pending))
            return supervised.look_again(state, state.doing) if isinstance(state.doing, Supervising) else (state, ())
        case ChangesHeard():
            return supervised.look_again(state, state.doing) if isinstance(state.doing, Supervising) else (state, ())
        case ScannerLost(name, lost):
            names = state.station.scanners_lost
            names = names | {name} if lost else names - {name}
            station = replace(state.station, scanners_lost=names)
            return replace(state, station=station, aiming=state.aiming and not lost), ()
        case HintChanged(hint):
            return replace(state, station=replace(state.station, hint=hint)), ()
        case PassShown():
            return maintain.shown(state, happened, rules)
        case CodeSeen() | WordsKnown() | Confirmed() | Stuck() | NetworkSeen() | Resumed():
            return anew.told(state, happened, rules)
        case ActTouched(Act.DEVICE, at) if isinstance(state.doing, Supervising):
            return maintain.from_desk(state, state.doing, at, rules), ()
        case StoreFailed(code) if isinstance(state.doing, Maintaining):
            return replace(state, doing=replace(state.doing, resting=code, pin=None)), ()
        case StoreRecovered() if isinstance(state.doing, Maintaining):
            return replace(state, doing=replace(state.doing, resting=None)), ()
        case StoreFailed(code, at):
            if isinstance(state.doing, Resting):
                return replace(state, doing=replace(state.doing, code=code)), ()
            return visits.turn_to(state, Resting(code, at), rules), (Play(Sound.ATTENTION),)
        case StoreRecovered():
            return (visits.go_home(state, rules), ()) if isinstance(state.doing, Resting) else (state, ())
        case DeskClosed(visit=visit, at=at) if visit == state.visit:
            if isinstance(state.doing, Maintaining):
                state, effects = maintain.locked(state, state.doing, rules, at)
                return state, (*effects, Play(Sound.ATTENTION))
            return visits.go_home(state, rules), (Play(Sound.ATTENTION),)
    if isinstance(state.doing, Resting) and state.doing.notice is not None:
        match happened:
            case Touched(_, at):  # whichever: there is nothing else to do here
                return visits.with_notice(state, None, at), ()
            case Tick(at):
                return _ticked(state, at, rules)
    if isinstance(state.doing, Resting | Enrolling):
        return state, ()  # nothing can be made durable: no scan is taken and no button means anything
    if isinstance(state.doing, Maintaining) and not isinstance(happened, Tick):
        return maintain.step(state, state.doing, happened, rules)
    if isinstance(state.doing, Entering | Supervising) and not isinstance(happened, Tick):
        return supervised.step(state, state.doing, happened, rules)
    if isinstance(state.doing, Proving) and not isinstance(happened, Tick):
        return proving.step(state, state.doing, happened, rules)
    match happened:
        case FindingsTold() | ServiceDone() | PartTouched() | ActTouched() | LineTouched() | Typed():
            return state, ()  # too late: the screen is locked
        case Scanned():
            return scans.scanned(replace(state, aiming=False), happened, rules)
        case Touched(button, at):
            return _touched(state, button, at, rules)
        case TakeOffTouched(operation, at):
            return scans.take_back(state, operation, at)
        case RenewTouched(barcode, at):
            return my_books.renew(state, at, barcode)
        case Tick(at):
            return _ticked(state, at, rules)
        case answer:
            return _answered(state, answer, rules)


def wakes_at(state: State, rules: SessionRules) -> float | None:
    """The next moment (monotonic seconds) at which time alone changes the state; None: never."""
    if state.awaiting is not None:
        return None  # an answer is milliseconds away; nothing ends under it
    match state.doing:
        case Home(since=since) if not _as_it_begins(state, rules):
            return since + rules.notice_on_home_s
        case Resting(notice=notice, noticed_at=noticed) if notice is not None:
            return noticed + rules.notice_on_home_s
        case Borrowing(active_at=active, warned=warned) | Returning(active_at=active, warned=warned):
            return active + rules.warn_after_s + (rules.end_after_warning_s if warned else 0)
        case Finished(since=since):
            return since + rules.finished_s
        case Maintaining() as doing:
            return doing.active_at + maintain.open_s(doing, rules)
        case Entering(active_at=active) | Proving(active_at=active):
            return active + rules.entering_s
        case Supervising(active_at=active):
            return active + rules.supervised_s
        case _:
            return None


def _as_it_begins(state: State, rules: SessionRules) -> bool:
    """Nothing on the home screen is of somebody who may have left."""
    chosen = state.language, state.look, state.aiming, state.help_called
    as_usual = chosen == (rules.language, Look.USUAL, False, False)
    return as_usual and isinstance(state.doing, Home) and state.doing.notice is None


def _ticked(state: State, at: float, rules: SessionRules) -> Step:
    due = wakes_at(state, rules)
    if due is None or at < due:
        return state, ()
    match state.doing:
        case Borrowing() | Returning() as doing if not doing.warned:
            if at < due + rules.end_after_warning_s:
                return replace(state, doing=replace(doing, warned=True)), (Play(Sound.ATTENTION),)
            return visits.go_home(state, rules), ()  # the station slept through the warning
        case Maintaining() as doing:
            return maintain.locked(state, doing, rules, at)  # the same pass opens it again
        case Resting():
            return visits.with_notice(state, None, at), ()
        case _:
            return visits.go_home(state, rules), ()


def _answered(state: State, answer: Answer, rules: SessionRules) -> Step:
    if answer.visit != state.visit:
        return state, ()
    state = replace(state, aiming=False)  # what came of a scan is to be seen
    if answer.request == state.awaiting:
        held = state.held
        effects: tuple[Effect, ...]
        state, effects = answers.answered(replace(state, awaiting=None, held=()), answer, rules)
        for scan in held if _still_wanted(state) else scans.from_the_next_card(held):
            state, more = step(state, scan, rules)
            effects += more
        return state, effects
    return answers.answered(state, answer, rules)


def _still_wanted(state: State) -> bool:
    """Scans that came while a card was looked up belong to that card; when it opened nothing, nobody owns them."""
    return not (isinstance(state.doing, Home) and state.doing.notice is not None)


def _touched(state: State, button: Button, at: float, rules: SessionRules) -> Step:
    doing = state.doing
    chosen = visits.chosen(state, button, at, rules)
    if chosen is not None:
        return chosen, ()
    if isinstance(doing, Finished):
        return (visits.go_home(state, rules) if button is Button.DONE else state), ()
    if isinstance(doing, Resting | Enrolling | Maintaining | Entering | Supervising | Proving):
        return state, ()
    if state.awaiting is not None:
        return visits.active(state, at), ()  # a hand resting on the screen must not lose the scans that are held
    notice = doing.notice
    if isinstance(notice, CardOrBook) and button not in _LEAVES_THE_QUESTION:
        return visits.active(state, at), ()
    match button:
        case Button.HELP:
            return visits.call_help(visits.with_notice(state, HelpAsked(), at))
        case Button.DISMISS:
            return visits.with_notice(state, None, at), ()
        case Button.AIM if notice is None:
            return visits.active(replace(state, aiming=True), at), ()
        case Button.STILL_HERE:
            return visits.active(state, at), ()
        case Button.DONE if not isinstance(doing, Home):
            return visits.finish(state, rules, at), ((Play(Sound.DONE),) if doing.rows else ())
        case Button.BORROW if isinstance(doing, Home):
            return visits.with_notice(state, CardFirst(), at), ()
        case Button.BORROW:
            return my_books.closed(visits.active(state, at)), ()
        case Button.ENTER_DESK if isinstance(doing, Borrowing):
            return supervised.enter(state, doing, at, rules)
        case Button.MY_BOOKS if isinstance(doing, Home):
            return visits.with_notice(state, CardFirst(to_my_books=True), at), ()
        case Button.MY_BOOKS:
            return my_books.ask(visits.active(state, at))
        case Button.RENEW_ALL:
            return my_books.renew(state, at)
        case Button.RETURN if isinstance(doing, Home):
            return visits.turn_to(state, Returning(at), rules, same_reader=True), ()
        case Button.RETURN_THIS:
            match notice:
                case ReturnOffered(barcode=barcode):
                    return scans.return_from_home(state, barcode, at, rules)
                case NotLent(book=book):
                    return scans.ask_check_in(visits.with_notice(state, None, at), book.barcode, at)
        case Button.IT_IS_A_CARD | Button.IT_IS_A_BOOK:
            if isinstance(notice, CardOrBook):
                kind = MAY_BE_EITHER[button is Button.IT_IS_A_CARD]
                state = visits.with_notice(state, None, at)
                return scans.scanned_as(state, notice.text, kind, at, rules, as_item=notice.as_item)
        case Button.TAKE_OFF_MODE if isinstance(doing, Borrowing):
            wanted = not doing.taking_off and any(row.kind is RowKind.LENT for row in doing.rows)
            return visits.active(replace(state, doing=replace(doing, taking_off=wanted)), at), ()
        case Button.UNDO_RETURN if isinstance(doing, Returning):
            return _undo_last_return(state, doing.rows, at)
    return state, ()


def _undo_last_return(state: State, rows: tuple[Row, ...], at: float) -> Step:
    if any(row.leaving for row in rows):
        return state, ()  # a second tap means the same book, not the one before it
    newest = next((row.operation for row in rows if row.operation is not None), None)
    return scans.take_back(state, newest, at) if newest is not None else (state, ())
