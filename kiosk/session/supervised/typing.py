"""A keyboard on the screen: what each key does to the text, and what becomes of what was written."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.domain import pins
from kiosk.domain.pins import pin_fault
from kiosk.domain.requests import FaultAbout, ReportFault, Suggest, Wish, WriteNote
from kiosk.domain.staff import ByStaff
from kiosk.domain.telex import compose
from kiosk.ports.devices import Sound
from kiosk.session import visits
from kiosk.session.desk_states import PIN_DIFFERS, Act, AtReader, AtSettings, Beneath, Reporting, Supervising, Writing
from kiosk.session.effects import Ask, Effect, Play, SetPin
from kiosk.session.inputs import Button, Scanned, Touched, Typed
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import settings

Step = tuple[State, tuple[Effect, ...]]

DELETE: Final = "delete"
CLEAR: Final = "clear"
DONE: Final = "done"
UNLOCK: Final = "unlock"  # of a PIN that has to wait: it need not any more
"""Keys by name; every other one is the character that it writes."""

DIGITS = frozenset({Act.SET_PIN})
"""What is written with digits alone."""

MOST_LETTERS = 200


def press(text: str, key: str) -> str:
    """What a key makes of `text`: letters by Telex. DONE and what is no key here change nothing."""
    if key == DELETE:
        return text[:-1]
    if key == CLEAR:
        return ""
    if len(key) != 1 or not key.isprintable() or len(text) >= MOST_LETTERS:
        return text
    if key == " " and (not text or text.endswith(" ")):
        return text
    return compose(text, key)


def press_digit(digits: str, key: str) -> str:
    if key in (DELETE, CLEAR):
        return press(digits, key)
    return digits + key if key in tuple("0123456789") and len(digits) < pins.LONGEST else digits


def opened(state: State, doing: Supervising, act: Act, beneath: Beneath, *, value: str = "", text: str = "") -> State:
    """The keyboard, over the page from which it was asked for. `value`: as of ActTouched; `text`: what stands there."""
    return replace(state, doing=replace(doing, page=Writing(act, beneath, text, value=value)))


def step(state: State, doing: Supervising, page: Writing, happened: object, rules: SessionRules) -> Step:
    match happened:
        case Touched(Button.DISMISS):
            return replace(state, doing=replace(doing, page=page.beneath)), ()
        case Typed(key) if key == DONE and isinstance(page.beneath, AtSettings):
            return settings.written(state, doing, page.beneath, page) if state.awaiting is None else (state, ())
        case Typed(key) if key == DONE and state.awaiting is None:
            return _pin_typed(state, doing, page) if page.act in DIGITS else _written(state, doing, page)
        case Typed(key):
            text = press_digit(page.text, key) if page.act in DIGITS else press(page.text, key)
            problem = page.problem if text == page.text else ""
            return replace(state, doing=replace(doing, page=replace(page, text=text, problem=problem))), ()
        case Scanned():
            return state, (Play(Sound.ATTENTION),)  # what is being written is neither lost nor of another book
    return state, ()


def agreed(typed: str, first: str | None, *, of_staff: bool) -> tuple[str | None, str]:
    """A PIN is typed twice. What to keep as `first` (None: begin again), and the problem; `first` as it was with no
    problem: both are the same, and good."""
    if first is None:
        fault = pin_fault(typed, of_staff=of_staff)
        return (None, fault.value) if fault is not None else (typed, "")
    return (first, "") if typed == first else (None, PIN_DIFFERS)


def _pin_typed(state: State, doing: Supervising, page: Writing) -> Step:
    if not isinstance(page.beneath, AtReader):
        return state, ()
    reader = page.beneath.reader
    first, problem = agreed(page.text, page.first, of_staff=reader.of_staff)
    if page.first is None or first is None:
        page = replace(page, text="", first=first, problem=problem)
        return replace(state, doing=replace(doing, page=page)), ((Play(Sound.ATTENTION),) if problem else ())
    asking = _asking(state, doing, page.beneath)
    return asking, (SetPin(asking.visit, asking.request, reader.line.patron_id, page.text, ByStaff(doing.who.staff)),)


def _written(state: State, doing: Supervising, page: Writing) -> Step:
    wish = _wish(page, page.text.strip())
    if wish is None:
        return state, ()
    beneath = page.beneath
    patron_id = beneath.reader.line.patron_id if isinstance(beneath, AtReader) else None
    asking = _asking(state, doing, beneath)
    return asking, (Ask(asking.visit, asking.request, patron_id, wish, ByStaff(doing.who.staff)),)


def _wish(page: Writing, text: str) -> Wish | None:
    match page.act:
        case Act.NOTE if isinstance(page.beneath, AtReader):
            return WriteNote(text)  # nothing written: there is no note any more
        case Act.SUGGEST if text:
            return Suggest(text)
        case Act.FAULT if text:
            barcode = page.beneath.barcode if isinstance(page.beneath, Reporting) else None
            return ReportFault(FaultAbout(page.value), text, barcode)
    return None


def _asking(state: State, doing: Supervising, beneath: Beneath) -> State:
    asking = visits.ask(replace(state, doing=replace(doing, page=beneath)))
    return replace(asking, awaiting=asking.request)
