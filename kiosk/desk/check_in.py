"""Trả: a book in the hand is taken back, known or not. Nobody's name is needed, and none is shown but at the desk."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.desk.asked import queue
from kiosk.desk.recording import Today, Tools, record, shown
from kiosk.domain.circulation import decide_check_in
from kiosk.domain.model import Loan, marked
from kiosk.domain.operations import OperationKind
from kiosk.domain.settings import SELF_RETURN
from kiosk.ports.desk_store import values_of
from kiosk.ports.store import ToCheck, UnitOfWork
from kiosk.session.desk_states import ReaderLine
from kiosk.session.effects import CheckIn
from kiosk.session.inputs import NobodyHasIt, ReturnRecorded
from kiosk.session.notices import BookShown


def check_in(work: UnitOfWork, ask: CheckIn, tools: Tools) -> ReturnRecorded | NobodyHasIt:
    item = work.item_by_barcode(ask.barcode)
    lent = work.open_loans_of_item(item.id) if item else ()
    if ask.only_if_lent and not lent:
        book = shown(item) if item else None
        return NobodyHasIt(ask.visit, ask.request, ask.barcode, book, tools.clock.monotonic())
    to_check = bool(lent) and ask.by is None and SELF_RETURN.value(values_of(work.settings())) == "to_check"
    today = Today.of(work, tools)
    holds = queue(work, item.title_id, today) if item else ()
    taken = decide_check_in(lent, holds, work.free_copies(item.title_id) if item and holds else 0)
    work.end_loans(taken.loans, today.day)
    operation = record(
        work,
        tools,
        today.moment,
        OperationKind.CHECK_IN,
        {"barcode": ask.barcode, "item": item.id if item else None, "loans": list(taken.loans)}
        | ({"to_check": True} if to_check else {}),
        barcode=ask.barcode,
        loans=taken.loans,
        patron_id=None,
        by=ask.by,
    )
    if item is None:
        work.put_on_list(ToCheck.UNKNOWN_ITEM, operation, ask.barcode)
    elif len(taken.loans) > 1:
        work.put_on_list(ToCheck.SEVERAL_LOANS, operation, ask.barcode)
    if to_check:
        work.put_on_list(ToCheck.RETURNED, operation, ask.barcode)  # its reader is kept until somebody has seen it
    had = _who_had(work, lent) if ask.by else None
    work.commit()
    return ReturnRecorded(
        ask.visit,
        ask.request,
        operation,
        shown(item) if item else BookShown(ask.barcode, "", "", ""),
        in_catalogue=item is not None,
        held_at=taken.held_at,
        at=tools.clock.monotonic(),
        had=had,
        marked=marked(item.status) if item and ask.by else "",
    )


def _who_had(work: UnitOfWork, lent: Sequence[Loan]) -> ReaderLine | None:
    patron = work.patron(lent[0].patron_id) if lent and lent[0].patron_id else None
    return ReaderLine(patron.id, patron.shown_name, patron.class_name) if patron else None
