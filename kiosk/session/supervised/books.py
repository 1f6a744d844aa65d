"""What lending and taking back at the desk have in common: rows of books, and what may be done about one."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.model import ItemStatus, marked
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import ChangeItemStatus
from kiosk.domain.staff import ByStaff
from kiosk.ports.devices import Sound
from kiosk.session import visits
from kiosk.session.desk_states import DeskProblem, DeskRow, Lending, RowKind, Supervising, TakingBack
from kiosk.session.effects import Ask, Effect, Play, TakeBack
from kiosk.session.states import State

Step = tuple[State, tuple[Effect, ...]]
Page = TypeVar("Page", Lending, TakingBack)

ATTENTION = (Play(Sound.ATTENTION),)
OK = (Play(Sound.OK),)


def at(state: State, doing: Supervising, page: Lending | TakingBack) -> State:
    return replace(state, doing=replace(doing, page=page))


def with_problem(state: State, doing: Supervising, page: Lending | TakingBack, problem: DeskProblem) -> Step:
    return at(state, doing, replace(page, problem=problem)), ATTENTION


def by(doing: Supervising, reason: str | None = None) -> ByStaff:
    return ByStaff(doing.who.staff, reason)


def is_book(code: Code) -> bool:
    """At the desk a code that may be either is a book: who borrows is known there already, or was looked up."""
    return code.may_be(CodeKind.ITEM)


def text_of(code: Code) -> str:
    return code.item_text


def with_row(page: Page, row: DeskRow) -> Page:
    """The newest first; what is done with this book once more takes the place of what was."""
    others: tuple[DeskRow, ...] = tuple(other for other in page.rows if other.book.barcode != row.book.barcode)
    return replace(
        page,
        rows=(row, *others),
        asked=page.asked - {row.book.barcode},
        chosen=None,
        problem=None,
    )


def row_of(page: Lending | TakingBack, barcode: str | None) -> DeskRow | None:
    return next((row for row in page.rows if row.book.barcode == barcode), None)


def void(state: State, doing: Supervising, page: Page) -> Step:
    """What was recorded for the chosen row is taken back."""
    row = row_of(page, page.chosen)
    if row is None or row.operation is None or row.leaving or row.kind is RowKind.RENEWED:
        return state, ()
    patron_id = page.reader.line.patron_id if isinstance(page, Lending) and page.reader else None
    rows = tuple(replace(one, leaving=True) if one is row else one for one in page.rows)
    asking = visits.ask(at(state, doing, replace(page, rows=rows)))
    return asking, (TakeBack(asking.visit, asking.request, row.operation, patron_id, by(doing)),)


def voided(state: State, doing: Supervising, page: Page, operation: OperationId) -> Step:
    rows = tuple(row for row in page.rows if row.operation != operation)
    return at(state, doing, replace(page, rows=rows, chosen=None, problem=None)), OK


def not_voided(state: State, doing: Supervising, page: Page, operation: OperationId) -> Step:
    rows = tuple(replace(row, leaving=False) if row.operation == operation else row for row in page.rows)
    return with_problem(state, doing, replace(page, rows=rows), DeskProblem.NOT_DONE)


def mark(state: State, doing: Supervising, page: Page, status: str) -> Step:
    """The chosen book is said to be lost, damaged, or in its place again."""
    row = row_of(page, page.chosen)
    if row is None or status not in tuple(ItemStatus) or row.marked == marked(ItemStatus(status)):
        return state, ()
    rows = tuple(replace(one, marked=marked(ItemStatus(status))) if one is row else one for one in page.rows)
    asking = visits.ask(at(state, doing, replace(page, rows=rows)))
    wish = ChangeItemStatus(row.book.barcode, ItemStatus(status))
    return asking, (Ask(asking.visit, asking.request, None, wish, by(doing)), *OK)
