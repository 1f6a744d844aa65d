"""A slip of the hand, put right: a void is written, nothing erased. A reader may for a minute, and a librarian sees it
later; at the desk it may be done as long as nothing has happened since."""

from __future__ import annotations

from kiosk.desk.recording import Today, Tools, record
from kiosk.domain.operations import OperationKind
from kiosk.ports.store import RecordedAct, ToCheck, UnitOfWork
from kiosk.session.effects import TakeBack
from kiosk.session.inputs import NotTakenBack, TakenBack


def take_back(work: UnitOfWork, ask: TakeBack, tools: Tools) -> TakenBack | NotTakenBack:
    act = work.act(ask.operation)
    today = Today.of(work, tools)
    moment = today.moment
    in_time = ask.by is not None or (
        act is not None
        and act.boot_id == moment.boot_id
        and moment.boottime_ms - act.boottime_ms <= tools.take_off_within_s * 1000
    )
    if act is None or not in_time or not _still_stands(work, act, ask.patron_id):
        return NotTakenBack(ask.visit, ask.request, ask.operation, tools.clock.monotonic())
    if act.kind == OperationKind.CHECK_OUT:
        work.end_loans(act.loans, today.day)
    else:
        work.reopen_loans(act.loans)
        _not_returned(work, act)
    operation = record(
        work,
        tools,
        moment,
        OperationKind.VOID,
        {
            "voids": {"epoch": act.id.epoch, "seq": act.id.seq},
            "kind": act.kind,
            "barcode": act.barcode,
            "loans": list(act.loans),
        },
        barcode=act.barcode,
        loans=act.loans,
        patron_id=ask.patron_id if act.kind == OperationKind.CHECK_OUT else None,
        by=ask.by,
    )
    if ask.by is None:
        work.put_on_list(ToCheck.VOIDED, operation, act.barcode)
    loans_now = len(work.open_loans_of_patron(ask.patron_id)) if ask.patron_id else 0
    work.commit()
    return TakenBack(ask.visit, ask.request, ask.operation, loans_now, tools.clock.monotonic())


def _not_returned(work: UnitOfWork, act: RecordedAct) -> None:
    """What did not come back after all is not looked for: the void stands in the list in its place."""
    for line in work.to_check():
        if line.id == act.id and line.why is ToCheck.RETURNED:
            work.checked(line.place)


def _still_stands(work: UnitOfWork, act: RecordedAct, patron_id: str | None) -> bool:
    """Whether nothing has happened since that a void would undo as well."""
    if act.kind == OperationKind.CHECK_OUT:
        if patron_id is None:
            return False
        open_now = {loan.id for loan in work.open_loans_of_patron(patron_id)}
        return open_now.issuperset(act.loans)
    if act.kind == OperationKind.CHECK_IN:
        item = work.item_by_barcode(act.barcode)
        return item is None or not work.open_loans_of_item(item.id)
    return False
