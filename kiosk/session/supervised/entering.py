"""A card and a PIN open the desk."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import CodeKind
from kiosk.domain.pins import SHORTEST_OF_STAFF
from kiosk.ports.devices import Sound
from kiosk.session import scans, visits
from kiosk.session.desk_states import Entering, Supervising
from kiosk.session.effects import CountWork, Effect, EnterDesk, Play
from kiosk.session.inputs import Button, DeskEntered, PinRefused, Scanned, Touched, Typed
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised.typing import DONE, press_digit

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Entering, happened: object, rules: SessionRules) -> Step:
    match happened:
        case DeskEntered(who=who, at=at):
            opened = Supervising(who, at, card=doing.card, since=at)
            asking = visits.ask(visits.turn_to(state, opened, rules, same_reader=True))
            return asking, (Play(Sound.OK), CountWork(asking.visit, asking.request))
        case PinRefused(problem=problem, wait_s=wait_s, at=at):
            waiting = replace(doing, digits="", problem=problem, tries_at=at + wait_s, wait_s=wait_s)
            return replace(state, doing=waiting), (Play(Sound.ATTENTION),)
        case Touched(Button.LOCK | Button.DISMISS):
            return visits.go_home(state, rules), ()
        case Scanned(code=code) if code.text == doing.card:
            return state, ()  # it lies there still
        case Scanned(code=code) if code.may_be(CodeKind.CARD):
            return scans.scanned(visits.go_home(state, rules), happened, rules)  # the next reader's turn
        case Scanned():
            return state, (Play(Sound.ATTENTION),)
        case Typed(key, at) if state.awaiting is None:
            return _typed(state, doing, key, at)
    return state, ()


def _typed(state: State, doing: Entering, key: str, at: float) -> Step:
    if key != DONE:
        return replace(state, doing=replace(doing, digits=press_digit(doing.digits, key))), ()
    if len(doing.digits) < SHORTEST_OF_STAFF or at < doing.tries_at:
        return state, ()  # no try is wasted on it: the screen says how long, and what a PIN has
    asking = visits.ask(state)
    asking = replace(asking, awaiting=asking.request)
    return asking, (EnterDesk(asking.visit, asking.request, doing.who.patron_id, doing.digits),)
