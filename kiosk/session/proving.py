"""Mã PIN của bạn đọc: whoever holds the card, or a photo of it, says by a PIN that it is theirs."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.barcodes import CodeKind
from kiosk.domain.pins import SHORTEST
from kiosk.ports.devices import Sound
from kiosk.session import answers, scans, visits
from kiosk.session.effects import Effect, Play, ProveCard
from kiosk.session.inputs import Button, CardProved, PinRefused, Scanned, Touched, Typed
from kiosk.session.states import Proving, SessionRules, State
from kiosk.session.supervised.typing import DONE, press_digit

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Proving, happened: object, rules: SessionRules) -> Step:
    match happened:
        case CardProved() | PinRefused() if (happened.visit, happened.request) == (state.visit, state.awaiting):
            return _answered(replace(state, awaiting=None), doing, happened, rules)
        case Touched(Button.LOCK | Button.DISMISS):
            return visits.go_home(state, rules), ()
        case Touched(Button.HELP, at):
            return visits.call_help(visits.active(state, at))
        case Touched(button, at):
            return visits.chosen(state, button, at, rules) or state, ()
        case Scanned(code=code, at=at) if code.text == doing.found.card:
            return visits.active(state, at), ()  # it lies there still
        case Scanned(code=code) if code.may_be(CodeKind.CARD):
            return scans.scanned(visits.go_home(state, rules), happened, rules)  # the next reader's turn
        case Scanned(at=at):
            return visits.active(state, at), (Play(Sound.ATTENTION),)
        case Typed(key, at) if state.awaiting is None:
            return _typed(state, replace(doing, active_at=at), key, at)
    return state, ()


def _answered(state: State, doing: Proving, answer: CardProved | PinRefused, rules: SessionRules) -> Step:
    match answer:
        case CardProved(at=at):
            return answers.begin_borrowing(state, replace(doing.found, at=at), rules, to_books=doing.to_books)
        case PinRefused(problem=problem, wait_s=wait_s, at=at):
            waiting = replace(doing, digits="", problem=problem, tries_at=at + wait_s, wait_s=wait_s, active_at=at)
            return replace(state, doing=waiting), (Play(Sound.ATTENTION),)


def _typed(state: State, doing: Proving, key: str, at: float) -> Step:
    if key != DONE:
        return replace(state, doing=replace(doing, digits=press_digit(doing.digits, key))), ()
    if len(doing.digits) < SHORTEST or at < doing.tries_at:
        return state, ()  # no try is wasted on it: the screen says how long, and what a PIN has
    asking = visits.ask(replace(state, doing=doing))
    asking = replace(asking, awaiting=asking.request)
    return asking, (ProveCard(asking.visit, asking.request, doing.found.patron_id, doing.digits),)
