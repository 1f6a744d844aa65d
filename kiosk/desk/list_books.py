"""Sách của tôi: what a reader has and waits for, and what the rule of renewal says of each loan now."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.desk.asked import ended_late, queue
from kiosk.desk.recording import Today, Tools, shown
from kiosk.desk.renew import decision_on
from kiosk.domain.circulation import EndedLate, Refuse, hold_is_ready
from kiosk.domain.model import Hold, Loan, Patron, marked
from kiosk.ports.store import UnitOfWork
from kiosk.session.books import HoldShown, LoanShown
from kiosk.session.effects import ListBooks
from kiosk.session.inputs import BooksListed
from kiosk.session.notices import BookShown

_UNKNOWN = BookShown("", "", "", "")
"""Told by the centre before its item was."""


def list_books(work: UnitOfWork, ask: ListBooks, tools: Tools) -> BooksListed:
    patron, today = work.patron(ask.patron_id), Today.of(work, tools)
    loans: list[LoanShown] = []
    holds: list[HoldShown] = []
    if patron is not None:  # else taken from the list while standing here
        open_loans = work.open_loans_of_patron(patron.id)
        late = ended_late(work, patron, today)
        loans = [_loan_shown(work, patron, loan, open_loans, today, late) for loan in open_loans]
        holds = [_hold_shown(work, patron, hold, today) for hold in work.holds_of_patron(patron.id)]
    loans.sort(key=lambda loan: (not loan.overdue_days, loan.due_on))
    holds.sort(key=lambda hold: not hold.ready)
    return BooksListed(ask.visit, ask.request, tuple(loans), tuple(holds), tools.clock.monotonic())


def _loan_shown(
    work: UnitOfWork, patron: Patron, loan: Loan, loans: Sequence[Loan], today: Today, late: EndedLate
) -> LoanShown:
    item = work.item(loan.item_id)
    policy = work.rules().policy_for(patron.category, loan.item_type)
    decision = decision_on(work, patron, loan, loans, item, today, late)
    return LoanShown(
        shown(item) if item else _UNKNOWN,
        loan.due_on,
        today.days_until(loan.due_on),
        (loan.due_on - today.day).days if today.is_sure and not loan.provisional else None,
        max(0, policy.renewals - loan.renewals) if policy else 0,
        decision.blocks if isinstance(decision, Refuse) else (),
        renewed=work.renewed_on(loan.id) == today.day,
        marked=marked(item.status) if item else "",
    )


def _hold_shown(work: UnitOfWork, patron: Patron, hold: Hold, today: Today) -> HoldShown:
    """Who is passed over stands behind all the others, and gets a copy that is left."""
    title, waiting = work.title(hold.title_id), queue(work, hold.title_id, today)
    return HoldShown(
        BookShown("", title.id, title.name, title.author) if title else _UNKNOWN,
        1 + next((place for place, other in enumerate(waiting) if other.id == hold.id), len(waiting)),
        hold_is_ready(patron, waiting, work.free_copies(hold.title_id)),
        hold.shelf,
        hold.id,
    )
