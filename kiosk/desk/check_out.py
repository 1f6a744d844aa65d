"""Mượn: lend a book, or renew it where this reader has it already."""

from __future__ import annotations

from kiosk.desk.asked import ended_late, queue
from kiosk.desk.recording import Today, Tools, as_needed, record, shown
from kiosk.desk.renew import renew_loan
from kiosk.domain.blocks import PatronBlocked, RenewedTooSoon
from kiosk.domain.circulation import Refuse, decide_check_out
from kiosk.domain.ids import time_ordered_id
from kiosk.domain.model import Loan
from kiosk.domain.operations import OperationKind
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import CheckOut
from kiosk.session.inputs import AlreadyYours, ItemNotFound, LoanRecorded, LoanRefused


def check_out(
    work: UnitOfWork, ask: CheckOut, tools: Tools
) -> LoanRecorded | AlreadyYours | LoanRefused | ItemNotFound:
    item = work.item_by_barcode(ask.barcode)
    if item is None:
        return ItemNotFound(ask.visit, ask.request, ask.barcode, tools.clock.monotonic())
    patron = work.patron(ask.patron_id)
    if patron is None:  # taken from the list while standing here
        return LoanRefused(ask.visit, ask.request, shown(item), (PatronBlocked(),), tools.clock.monotonic())
    today = Today.of(work, tools)
    loans = work.open_loans_of_patron(patron.id)
    mine = next((loan for loan in loans if loan.item_id == item.id), None)
    if mine is not None:
        answer = renew_loan(work, ask, patron, item, mine, loans, today, tools)
        if isinstance(answer, LoanRecorded):
            return answer
        if any(isinstance(block, RenewedTooSoon) for block in answer.blocks):
            days = today.days_until(mine.due_on)
            return AlreadyYours(ask.visit, ask.request, shown(item), mine.due_on, days, tools.clock.monotonic())
        return LoanRefused(ask.visit, ask.request, shown(item), answer.blocks, tools.clock.monotonic())
    others = work.open_loans_of_item(item.id)
    holds = queue(work, item.title_id, today)
    decision = decide_check_out(
        patron,
        item,
        loans,
        others[0] if others else None,
        holds,
        work.rules(),
        work.calendar(),
        today.day,
        free_copies=work.free_copies(item.title_id) if holds else 1,
        ended_late=ended_late(work, patron, today),
        day_is_sure=today.is_sure,
        role=ask.by.staff.role if ask.by else None,
        reason_given=ask.by is not None and ask.by.reason is not None,
    )
    if isinstance(decision, Refuse):
        return LoanRefused(ask.visit, ask.request, shown(item), decision.blocks, tools.clock.monotonic())
    loan = Loan(
        time_ordered_id(today.moment.wall_ms, tools.random_bytes(10)),
        item.id,
        patron.id,
        today.day,
        decision.due_on,
        0,
        item.item_type,
        provisional=not today.is_sure,
    )
    work.add_loan(loan)
    operation = record(
        work,
        tools,
        today.moment,
        OperationKind.CHECK_OUT,
        {
            "loan": loan.id,
            "item": item.id,
            "barcode": item.barcode,
            "lent_on": loan.lent_on.isoformat(),
            "due_on": loan.due_on.isoformat(),
            "provisional": loan.provisional,
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
        loan.due_on,
        today.days_until(loan.due_on),
        len(loans) + 1,
        renewed=False,
        at=tools.clock.monotonic(),
        against_rules=bool(decision.against),
    )
