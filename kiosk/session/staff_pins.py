"""On the maintainer's screen: a PIN for somebody of the staff, who holds their card and types it twice themselves."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import CodeKind
from kiosk.domain.staff import ByStaff
from kiosk.ports.devices import Sound
from kiosk.session import visits
from kiosk.session.desk_states import Act, CardProblem, StaffPin, StaffShown
from kiosk.session.effects import Effect, IdentifyPatron, Play, SetPin
from kiosk.session.inputs import Button, DeskActDone, PatronFound, PatronNotFound, Scanned, Touched, Typed
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import State
from kiosk.session.supervised.typing import DONE, UNLOCK, agreed, press_digit

Step = tuple[State, tuple[Effect, ...]]


def may_set(doing: Maintaining) -> bool:
    """With a pass, or as a maintainer; and only where it can be written down."""
    return doing.resting is None and doing.maintains


def opened(doing: Maintaining) -> Maintaining:
    return replace(
        doing, pin=StaffPin(), part=None, trying=False, tried=None, outcome=None, more=False, enrolling=False
    )


def step(state: State, doing: Maintaining, pin: StaffPin, happened: object) -> Step | None:
    """None: it is not about the PIN."""
    match happened:
        case Touched(Button.DISMISS, at):
            return replace(state, doing=replace(doing, pin=None, active_at=at)), ()
        case Scanned(at=at) as scan:
            return _scanned(state, replace(doing, active_at=at), pin, scan)
        case Typed(key, at):
            return _typed(state, replace(doing, active_at=at), pin, key)
        case PatronFound() | PatronNotFound() | DeskActDone():
            if (happened.visit, happened.request) != (state.visit, pin.request):
                return state, ()
            return _answered(state, doing, replace(pin, request=None), happened)
    return None


def _scanned(state: State, doing: Maintaining, pin: StaffPin, scan: Scanned) -> Step:
    if pin.who is not None or pin.request is not None:
        return replace(state, doing=doing), ()
    if not scan.code.may_be(CodeKind.CARD):
        return _with(state, doing, replace(pin, problem=CardProblem.UNKNOWN)), (Play(Sound.ATTENTION),)
    asking = visits.ask(state)
    asking = _with(asking, doing, replace(pin, problem="", request=asking.request))
    return asking, (IdentifyPatron(asking.visit, asking.request, scan.code.text),)


def _typed(state: State, doing: Maintaining, pin: StaffPin, key: str) -> Step:
    if pin.who is None or pin.request is not None or pin.done is not None:
        return replace(state, doing=doing), ()
    if key == UNLOCK:
        return _ask(state, doing, pin, pin.who, None)
    if key != DONE:
        text = press_digit(pin.text, key)
        return _with(state, doing, replace(pin, text=text, problem=pin.problem if text == pin.text else "")), ()
    first, problem = agreed(pin.text, pin.first, of_staff=True)
    if pin.first is None or first is None:
        sounds = (Play(Sound.ATTENTION),) if problem else ()
        return _with(state, doing, replace(pin, text="", first=first, problem=problem)), sounds
    return _ask(state, doing, pin, pin.who, first)


def _ask(state: State, doing: Maintaining, pin: StaffPin, who: StaffShown, typed: str | None) -> Step:
    by = ByStaff(doing.desk.who.staff) if doing.desk is not None else None
    asking = visits.ask(state)
    asking = _with(asking, doing, replace(pin, text="", first=None, problem="", request=asking.request))
    return asking, (SetPin(asking.visit, asking.request, who.patron_id, typed, by),)


def _answered(
    state: State, doing: Maintaining, pin: StaffPin, answer: PatronFound | PatronNotFound | DeskActDone
) -> Step:
    match answer:
        case PatronFound(staff=staff) if staff is not None:
            who = StaffShown(staff, answer.patron_id, answer.name)
            return _with(state, doing, replace(pin, who=who)), (Play(Sound.OK),)
        case DeskActDone(act=act, well=True):
            return _with(state, doing, replace(pin, done=act)), (Play(Sound.DONE),)
        case DeskActDone(act=Act.UNLOCK_PIN):
            return _with(state, doing, replace(pin, problem=CardProblem.NONE_SET)), (Play(Sound.ATTENTION),)
        case PatronFound() | DeskActDone():  # or of the staff no longer, since the card was shown
            problem = CardProblem.NOT_STAFF
        case PatronNotFound():
            problem = CardProblem.UNKNOWN
    return _with(state, doing, StaffPin(problem=problem)), (Play(Sound.ATTENTION),)


def _with(state: State, doing: Maintaining, pin: StaffPin) -> State:
    return replace(state, doing=replace(doing, pin=pin))
