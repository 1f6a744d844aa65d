"""The maintainer's screen: how it opens, what a touch and a scan do there, and how it closes. Never over a visit."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.ports.devices import Sound
from kiosk.session import anew, staff_pins, visits
from kiosk.session.desk_states import Menu, Supervising
from kiosk.session.effects import CountWork, Effect, Play, Serve
from kiosk.session.enrolment import Asks
from kiosk.session.inputs import Button, FindingsTold, PartTouched, PassShown, Scanned, ServiceDone, Touched
from kiosk.session.maintenance import Maintaining, Outcome, ScanKind, Service, Tried
from kiosk.session.notices import PassRefused
from kiosk.session.states import Finished, Home, Resting, SessionRules, State

Step = tuple[State, tuple[Effect | Asks, ...]]

_SERVICES = {
    Button.SEND_NOW: Service.SEND_NOW,
    Button.SUPPORT_BUNDLE: Service.SUPPORT_BUNDLE,
    Button.RESTART: Service.RESTART,
    Button.UPDATE_FROM_STICK: Service.UPDATE_FROM_STICK,
    Button.BUNDLE_ON_STICK: Service.BUNDLE_ON_STICK,
    Button.BACKUP_ON_STICK: Service.BACKUP_ON_STICK,
}
_ONLY_WHO_MAINTAINS = frozenset(
    {
        Button.MORE,
        Button.ENROL_ANEW,
        Button.UPDATE_FROM_STICK,
        Button.BUNDLE_ON_STICK,
        Button.BACKUP_ON_STICK,
    }
)
"""A librarian who comes from the desk sees how the station is, and changes nothing of it."""
_KINDS = {
    CodeKind.CITIZEN_CARD: ScanKind.CITIZEN,
    CodeKind.UNREADABLE: ScanKind.UNREADABLE,
    CodeKind.ISBN: ScanKind.ISBN,
    CodeKind.CARD: ScanKind.CARD,
    CodeKind.ITEM: ScanKind.ITEM,
}


def shown(state: State, happened: PassShown, rules: SessionRules) -> Step:
    """A service pass before the scanner."""
    if isinstance(state.doing, Finished):
        state = visits.go_home(state, rules)
    match state.doing:
        case Maintaining() as doing if happened.fault is None:
            return replace(state, doing=replace(doing, active_at=happened.at)), (Play(Sound.OK),)
        case Home() | Resting() if state.awaiting is None and happened.fault is not None:
            return visits.with_notice(state, PassRefused(happened.fault), happened.at), (Play(Sound.ATTENTION),)
        case Home() | Resting() as doing if state.awaiting is None and happened.fault is None:
            resting = doing.code if isinstance(doing, Resting) else None
            opened = Maintaining(happened.id, happened.at, resting=resting)
            return visits.turn_to(state, opened, rules, same_reader=True), (Play(Sound.OK),)
    return state, (Play(Sound.ATTENTION),)  # somebody's visit goes on: nothing lies over it


def from_desk(state: State, doing: Supervising, at: float, rules: SessionRules) -> State:
    """Who has opened the desk needs no pass."""
    opened = Maintaining("", at, desk=replace(doing, page=Menu()))
    return visits.turn_to(state, opened, rules, same_reader=True)


def step(state: State, doing: Maintaining, happened: object, rules: SessionRules) -> Step:
    """What happens on the screen itself."""
    if isinstance(happened, Scanned) and doing.desk is not None and _is_their_card(doing, doing.desk, happened):
        if happened.at - doing.desk.since < rules.same_card_ends_after_s:
            return state, ()  # it lies there still
        state, effects = locked(state, doing, rules, happened.at)
        return state, (*effects, Play(Sound.DONE))
    if doing.pin is not None and (then := staff_pins.step(state, doing, doing.pin, happened)) is not None:
        return then
    match happened:
        case FindingsTold(findings):
            return replace(state, doing=replace(doing, findings=findings)), ()
        case ServiceDone(outcome):
            return replace(state, doing=replace(_nothing_over(doing), outcome=outcome, enrolling=doing.enrolling)), ()
        case Touched(button, at) if doing.enrolling and button is not Button.LOCK:
            return anew.touched(replace(state, doing=replace(doing, active_at=at)), happened, rules)
        case Scanned(at=at) if doing.enrolling:
            return anew.scanned(replace(state, doing=replace(doing, active_at=at)), at, rules)
        case Scanned() as scan:
            number = doing.tried.number + 1 if doing.tried else 1
            tried = Tried(_kind_of(scan.code), scan.symbology, scan.characters, number)
            found = replace(_nothing_over(doing), trying=True, tried=tried, active_at=scan.at)
            return replace(state, doing=found), (Play(Sound.OK),)
        case PartTouched(part, at):
            return replace(state, doing=replace(_nothing_over(doing), part=part, active_at=at)), ()
        case Touched(button, at):
            return _touched(state, replace(doing, active_at=at, pin=None), button, at, rules)
    return state, ()


def _is_their_card(doing: Maintaining, desk: Supervising, scan: Scanned) -> bool:
    """It locks as it does at the desk; but where a card is awaited, the PIN may be for themselves."""
    awaited = doing.pin is not None and doing.pin.who is None
    return scan.code.text == desk.card and not awaited


def locked(state: State, doing: Maintaining, rules: SessionRules, at: float) -> Step:
    """Back to what was beneath."""
    if doing.resting is not None:
        return anew.left_alone(visits.turn_to(state, Resting(doing.resting, at), rules))
    return anew.left_alone(visits.go_home(state, rules))


def _touched(state: State, doing: Maintaining, button: Button, at: float, rules: SessionRules) -> Step:
    if button is Button.LOCK:
        ends = (Serve(Service.END_PASS, doing.pass_id),) if doing.pass_id else ()
        state, effects = locked(state, doing, rules, at)
        return state, (*effects, *ends, Play(Sound.DONE))
    if button is Button.DISMISS and doing.desk is not None and _nothing_over(doing) == doing:
        return _back_to_the_desk(state, doing, doing.desk, rules, at)
    if button is Button.STAFF_PIN and staff_pins.may_set(doing):
        return replace(state, doing=staff_pins.opened(doing)), ()
    if button in _ONLY_WHO_MAINTAINS and not doing.maintains:
        return replace(state, doing=doing), ()
    is_busy = doing.outcome is not None and doing.outcome.well is None
    service = None if is_busy else _SERVICES.get(button)
    if service is not None:
        doing = replace(_nothing_over(doing), outcome=Outcome(service, None))
        return replace(state, doing=doing), (Serve(service, doing.pass_id),)
    match button:
        case Button.DISMISS:
            doing = _nothing_over(doing)
        case Button.TRY_SCANNER:
            doing = replace(_nothing_over(doing), trying=True)
        case Button.MORE if not is_busy:
            doing = replace(_nothing_over(doing), more=True)
        case Button.ENROL_ANEW if rules.may_enrol_anew and not is_busy:
            return anew.opened(replace(state, doing=replace(_nothing_over(doing), enrolling=True))), ()
    return replace(state, doing=doing), ()


def open_s(doing: Maintaining, rules: SessionRules) -> float:
    """Seconds after which it locks itself."""
    return rules.enrolling_s if doing.enrolling else rules.maintenance_s


def _nothing_over(doing: Maintaining) -> Maintaining:
    """The tiles."""
    return replace(doing, part=None, trying=False, tried=None, outcome=None, more=False, enrolling=False)


def _back_to_the_desk(state: State, doing: Maintaining, desk: Supervising, rules: SessionRules, at: float) -> Step:
    if doing.resting is not None:
        return locked(state, doing, rules, at)
    asking = visits.ask(visits.turn_to(state, replace(desk, active_at=at), rules, same_reader=True))
    return asking, (CountWork(asking.visit, asking.request),)


def _kind_of(code: Code) -> ScanKind:
    if code.may_be(CodeKind.CARD) and code.may_be(CodeKind.ITEM):
        return ScanKind.EITHER
    return next((told for kind, told in _KINDS.items() if code.may_be(kind)), ScanKind.UNKNOWN)
