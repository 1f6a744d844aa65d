"""Gia hạn: by a scan of the book, or by a touch in the reader's own list. Both are one rule and one record."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.desk.asked import ended_late, queue
from kiosk.desk.recording import Today, Tools, as_needed, record, shown
from kiosk.domain import circulation
from kiosk.domain.blocks import PatronBlocked
from kiosk.domain.circulation import EndedLate, Refuse, decide_renew
from kiosk.domain.model import Item, Loan, Patron
from kiosk.domain.operations import OperationKind
from kiosk.domain.staff import ByStaff
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import CheckOut, Renew
from kiosk.session.inputs import LoanRecorded, NotRenewed


def renew(work: UnitOfWork, ask: Renew, tools: Tools) -> LoanRecorded | NotRenewed:
    """One loan of the reader's list, in a commit of its own."""
    patron, item = work.patron(ask.patron_id), work.item_by_barcode(ask.barcode)
    loans = work.open_loans_of_patron(ask.patron_id)
    mine = next((loan for loan in loans if item and loan.item_id == item.id), None)
    if item is None or mine is None:
        return NotRenewed(ask.visit, ask.request, ask.barcode, (), tools.clock.monotonic())
    if patron is None:  # taken from the list while standing here
        return NotRenewed(ask.visit, ask.request, ask.barcode, (PatronBlocked(),), tools.clock.monotonic())
    answer = renew_loan(work, ask, patron, item, mine, loans, Today.of(work, tools), tools)
    if isinstance(answer, Refuse):
        return NotRenewed(ask.visit, ask.request, ask.barcode, answer.blocks, tools.clock.monotonic())
    return answer


def renew_loan(
    work: UnitOfWork,
    ask: CheckOut | Renew,
    patron: Patron,
    item: Item,
    loan: Loan,
    loans: Sequence[Loan],
    today: Today,
    tools: Tools,
) -> LoanRecorded | Refuse:
    """Durable, or nothing of it. `loans`: all that this patron has."""
    decision = decision_on(work, patron, loan, loans, item, today, ended_late(work, patron, today), ask.by)
    if isinstance(decision, Refuse):
        return decision
    provisional = not today.is_sure
    work.extend_loan(loan.id, decision.due_on, decision.renewals, today.day, provisional)
    operation = record(
        work,
        tools,
        today.moment,
        OperationKind.RENEW,
        {
            "loan": loan.id,
            "item": item.id,
            "barcode": item.barcode,
            "due_on": decision.due_on.isoformat(),
            "renewals": decision.renewals,
            "provisional": provisional,
        },
        barcode=item.barcode,
        loans=(loan.id,),
        patron_id=patron.id,
        by=as_needed(ask.by, decision.against),
    )
    work.commit()
    return LoanRecorded(
        ask.visit,
        ask.request,
        operation,
        shown(item),
        decision.due_on,
        today.days_until(decision.due_on),
        len(loans),
        renewed=True,
        at=tools.clock.monotonic(),
        against_rules=bool(decision.against),
    )


def decision_on(
    work: UnitOfWork,
    patron: Patron,
    loan: Loan,
    loans: Sequence[Loan],
    item: Item | None,
    today: Today,
    late: EndedLate,
    by: ByStaff | None = None,
) -> circulation.Renew | Refuse:
    """`item` None: told by the centre before its item was. `late`: kiosk.desk.asked.ended_late."""
    holds = queue(work, item.title_id, today) if item else ()
    return decide_renew(
        patron,
        loan,
        work.renewed_on(loan.id),
        loans,
        holds,
        work.rules(),
        work.calendar(),
        today.day,
        free_copies=work.free_copies(item.title_id) if item and holds else 0,
        in_house_only=item is not None and item.in_house_only,
        ended_late=late,
        day_is_sure=today.is_sure,
        role=by.staff.role if by else None,
        reason_given=by is not None and by.reason is not None,
    )
