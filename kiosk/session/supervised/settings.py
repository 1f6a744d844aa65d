"""Cài đặt: what the library has chosen, and may change here. A number is gone to step by step and then kept; everything
else is changed by one touch. After each change the list is read anew, so that it says what holds."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.requests import ChangeSettings
from kiosk.domain.settings import BadValue, Days
from kiosk.session import visits
from kiosk.session.desk_states import Act, AtSettings, SettingLine, Supervising, Writing
from kiosk.session.effects import Ask, Effect, ListSettings
from kiosk.session.inputs import ActTouched, Asked, LineTouched, NotAsked, SettingsListed
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import books

Step = tuple[State, tuple[Effect, ...]]

BAD_DAYS = "days"
"""The problem of a text that holds no days."""


def opened(state: State, doing: Supervising) -> Step:
    return _read(state, doing, AtSettings())


def step(state: State, doing: Supervising, page: AtSettings, happened: object, rules: SessionRules) -> Step:
    if isinstance(happened, ActTouched | LineTouched) and state.awaiting is not None:
        return state, ()
    match happened:
        case SettingsListed(lines=lines, today=today):
            page = replace(page, lines=lines, today=today)
            line = chosen_of(page)
            if line is None or line.fixed:  # by the centre, while somebody was choosing
                page = replace(page, draft=None)
            return _at(state, doing, page), ()
        case LineTouched(id=name):
            chosen = None if page.chosen == name else name
            page = replace(page, chosen=chosen, draft=None, kept=None, refused=False)
            return _at(state, doing, page), ()
        case ActTouched():
            return _touched(state, doing, page, happened)
        case Asked():
            reading, reads = _read(state, doing, replace(page, draft=None, kept=page.chosen, refused=False))
            return reading, (*reads, *books.OK)
        case NotAsked():  # the centre has fixed it meanwhile
            reading, reads = _read(state, doing, replace(page, draft=None, kept=None, refused=True))
            return reading, (*reads, *books.ATTENTION)
    return state, ()


def chosen_of(page: AtSettings) -> SettingLine | None:
    return next((line for line in page.lines or () if line.id == page.chosen), None)


def _touched(state: State, doing: Supervising, page: AtSettings, touched: ActTouched) -> Step:
    line = chosen_of(page)
    if line is None or line.fixed:
        return state, ()
    match touched.act:
        case Act.STEP if _is_value(line, touched.value):
            return _at(state, doing, replace(page, draft=touched.value, kept=None, refused=False)), ()
        case Act.CHANGE if touched.value != line.value:
            return _ask(state, doing, page, line, touched.value)
        case Act.WRITE_DAYS if isinstance(line.setting.kind, Days):
            return replace(state, doing=replace(doing, page=Writing(Act.WRITE_DAYS, page))), ()
    return state, ()


def written(state: State, doing: Supervising, page: AtSettings, writing: Writing) -> Step:
    """Days were typed: they come to those that are there."""
    line = chosen_of(page)
    text = writing.text.strip()
    if line is None or not text:
        return _at(state, doing, page), ()
    days = ", ".join(filter(None, (line.value, text)))
    if not _is_value(line, days):
        return replace(state, doing=replace(doing, page=replace(writing, problem=BAD_DAYS))), books.ATTENTION
    return _ask(state, doing, page, line, days)


def _ask(state: State, doing: Supervising, page: AtSettings, line: SettingLine, value: str) -> Step:
    asking = visits.ask(_at(state, doing, replace(page, kept=None, refused=False)))
    asking = replace(asking, awaiting=asking.request)
    return asking, (Ask(asking.visit, asking.request, None, ChangeSettings({line.id: value}), books.by(doing)),)


def _is_value(line: SettingLine, words: str) -> bool:
    try:
        line.setting.kind.read(words)
    except BadValue:
        return False
    return True


def _read(state: State, doing: Supervising, page: AtSettings) -> Step:
    asking = visits.ask(_at(state, doing, page))
    return asking, (ListSettings(asking.visit, asking.request),)


def _at(state: State, doing: Supervising, page: AtSettings) -> State:
    return replace(state, doing=replace(doing, page=page))
