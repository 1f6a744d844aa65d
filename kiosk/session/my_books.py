"""Sách của tôi: the list is asked for, and each loan in it is renewed by its own question and its own answer."""

from __future__ import annotations

from dataclasses import replace

from kiosk.ports.devices import Sound
from kiosk.session import visits
from kiosk.session.books import Books, LoanShown
from kiosk.session.effects import Effect, ListBooks, Play, Renew
from kiosk.session.inputs import BooksListed, LoanRecorded, NotRenewed
from kiosk.session.states import Borrowing, State

Step = tuple[State, tuple[Effect, ...]]


def ask(state: State) -> Step:
    """Until the list is there every scan is held, as behind a card."""
    match state.doing:
        case Borrowing(patron=patron) as doing:
            asking = visits.ask(replace(state, doing=replace(doing, notice=None, taking_off=False)))
            return replace(asking, awaiting=asking.request), (ListBooks(asking.visit, asking.request, patron.id),)
        case _:
            return state, ()


def listed(state: State, doing: Borrowing, answer: BooksListed) -> State:
    doing = replace(doing, books=Books(answer.loans, answer.holds), loans_now=len(answer.loans))
    return visits.active(replace(state, doing=doing), answer.at)


def closed(state: State) -> State:
    """Back to the books of this visit."""
    return replace(state, doing=replace(state.doing, books=None)) if isinstance(state.doing, Borrowing) else state


def renew(state: State, at: float, only: str | None = None) -> Step:
    """Asks for the book with the barcode `only`, or for each one that may be renewed; for none of them twice."""
    doing = state.doing
    if not isinstance(doing, Borrowing) or doing.books is None or doing.notice or state.awaiting is not None:
        return state, ()
    wanted = [
        loan.book.barcode
        for loan in doing.books.loans
        if loan.can_be_renewed and loan.book.barcode not in doing.asked and only in (None, loan.book.barcode)
    ]
    state = visits.active(replace(state, doing=replace(doing, asked=doing.asked.union(wanted))), at)
    asks: list[Renew] = []
    for barcode in dict.fromkeys(wanted):
        state = visits.ask(state)
        asks.append(Renew(state.visit, state.request, doing.patron.id, barcode))
    return state, tuple(asks)


def renewed(state: State, doing: Borrowing, answer: LoanRecorded) -> Step:
    def longer(loan: LoanShown) -> LoanShown:
        left = max(0, loan.renewals_left - 1)
        return LoanShown(loan.book, answer.due_on, answer.due_in_days, None, left, renewed=True)

    loans = (longer(loan) if loan.book.barcode == answer.book.barcode else loan for loan in _loans(doing))
    return _told(state, doing, tuple(loans), Sound.OK)


def not_renewed(state: State, doing: Borrowing, answer: NotRenewed) -> Step:
    """A loan that has ended meanwhile has no reason to show: it leaves the list."""
    loans = (
        replace(loan, blocks=answer.blocks) if loan.book.barcode == answer.barcode else loan
        for loan in _loans(doing)
        if answer.blocks or loan.book.barcode != answer.barcode
    )
    doing = replace(doing, asked=doing.asked - {answer.barcode})
    return _told(state, doing, tuple(loans), Sound.ATTENTION)


def _loans(doing: Borrowing) -> tuple[LoanShown, ...]:
    """None when the list is shown no more."""
    return doing.books.loans if doing.books else ()


def _told(state: State, doing: Borrowing, loans: tuple[LoanShown, ...], sound: Sound) -> Step:
    """All that was asked by one touch ends with one sound."""
    waits = any(loan.can_be_renewed and loan.book.barcode in doing.asked for loan in loans)
    books = replace(doing.books, loans=loans) if doing.books else None
    return replace(state, doing=replace(doing, books=books)), () if waits else (Play(sound),)
