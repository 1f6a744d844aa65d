"""Trả giúp: a pile of books comes back, one scan after another. Who had each is told here, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from kiosk.session import visits
from kiosk.session.desk_states import Act, DeskProblem, DeskRow, RowKind, Supervising, TakingBack
from kiosk.session.effects import CheckIn, Effect
from kiosk.session.inputs import (
    ActTouched,
    LineTouched,
    NotTakenBack,
    ReturnRecorded,
    Scanned,
    TakenBack,
)
from kiosk.session.states import SessionRules, State
from kiosk.session.supervised import books

Step = tuple[State, tuple[Effect, ...]]


def step(state: State, doing: Supervising, page: TakingBack, happened: object, rules: SessionRules) -> Step:
    match happened:
        case Scanned(code=code) if not books.is_book(code):
            return books.with_problem(state, doing, page, DeskProblem.NO_CODE_OF_OURS)
        case Scanned(code=code):
            return _asked(state, doing, page, books.text_of(code))
        case ReturnRecorded():
            return _returned(state, doing, page, happened)
        case LineTouched(id=barcode):
            chosen = None if page.chosen == barcode else barcode
            return books.at(state, doing, replace(page, chosen=chosen, problem=None)), ()
        case ActTouched(Act.VOID):
            return books.void(state, doing, page)
        case ActTouched(Act.MARK, value=status):
            return books.mark(state, doing, page, status)
        case TakenBack(operation=operation):
            return books.voided(state, doing, page, operation)
        case NotTakenBack(operation=operation):
            return books.not_voided(state, doing, page, operation)
    return state, ()


def _asked(state: State, doing: Supervising, page: TakingBack, barcode: str) -> Step:
    """A double scan asks nothing twice; a book that was returned in this pile already is not returned again."""
    if barcode in page.asked or books.row_of(page, barcode):
        return state, ()
    asking = visits.ask(books.at(state, doing, replace(page, asked=page.asked | {barcode}, problem=None)))
    return asking, (CheckIn(asking.visit, asking.request, barcode, by=books.by(doing)),)


def _returned(state: State, doing: Supervising, page: TakingBack, answer: ReturnRecorded) -> Step:
    kind = RowKind.RETURNED if answer.in_catalogue else RowKind.NOT_IN_CATALOGUE
    row = DeskRow(kind, answer.book, answer.operation, held_at=answer.held_at, had=answer.had, marked=answer.marked)
    to_be_seen = answer.held_at is not None or not answer.in_catalogue or answer.marked
    sound = books.ATTENTION if to_be_seen else books.OK
    return books.at(state, doing, books.with_row(page, row)), sound
