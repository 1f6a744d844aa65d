"""Gia hạn."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.desk.recording import Today, Tools, record, shown
from kiosk.domain.blocks import RenewedTooSoon
from kiosk.domain.circulation import Refuse, decide_renew
from kiosk.domain.model import Item, Loan, Patron
from kiosk.domain.operations import OperationKind
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import CheckOut
from kiosk.session.inputs import AlreadyYours, LoanRecorded, LoanRefused


def renew(
    work: UnitOfWork,
    ask: CheckOut,
    patron: Patron,
    item: Item,
    loan: Loan,
    loans: Sequence[Loan],
    today: Today,
    tools: Tools,
) -> LoanRecorded | AlreadyYours | LoanRefused:
    holds = work.holds_on(item.title_id)
    decision = decide_renew(
        patron,
        loan,
        work.renewed_on(loan.id),
        loans,
        holds,
        work.rules(),
        work.calendar(),
        today.day,
        free_copies=work.free_copies(item.title_id) if holds else 0,
        day_is_sure=today.is_sure,
    )
    if isinstance(decision, Refuse):
        if any(isinstance(block, RenewedTooSoon) for block in decision.blocks):
            days = today.days_until(loan.due_on)
            return AlreadyYours(ask.visit, ask.request, shown(item), loan.due_on, days, tools.clock.monotonic())
        return LoanRefused(ask.visit, ask.request, shown(item), decision.blocks, tools.clock.monotonic())
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
    )
