"""Asking the centre for something: written down like what happened, and answered by its changes some time later."""

from __future__ import annotations

from kiosk.desk.at_once import do_at_once, objection
from kiosk.desk.recording import Today, Tools, record
from kiosk.desk.settings import checked
from kiosk.domain.ids import time_ordered_id
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import (
    NEED_A_READER,
    ONLY_STAFF,
    ChangeItemStatus,
    ChangeSettings,
    NoteSource,
    RequestRecord,
    RequestState,
    Settle,
    Wish,
    worded,
)
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import DeskProblem
from kiosk.session.effects import Ask
from kiosk.session.inputs import Asked, NotAsked


def ask(work: UnitOfWork, asks: Ask, tools: Tools) -> Asked | NotAsked:
    patron_id = asks.patron_id
    if isinstance(asks.wish, Settle) and not _may_settle(work, asks, asks.wish):
        return NotAsked(asks.visit, asks.request, tools.clock.monotonic())
    if asks.by is None and isinstance(asks.wish, ONLY_STAFF):
        return NotAsked(asks.visit, asks.request, tools.clock.monotonic())
    nobody = patron_id is None and isinstance(asks.wish, NEED_A_READER)
    if nobody or (patron_id is not None and work.patron(patron_id) is None):  # taken from the list while standing here
        return NotAsked(asks.visit, asks.request, tools.clock.monotonic())
    today = Today.of(work, tools)
    why = objection(work, patron_id, asks.wish, today) if asks.by and patron_id is not None else None
    wish: Wish | None = asks.wish
    match asks.wish:
        case ChangeSettings() if asks.by is not None:
            wish = checked(work, asks.wish, asks.by)
            why = None if wish is not None else DeskProblem.NOT_DONE
        case NoteSource(barcode=barcode) | ChangeItemStatus(barcode=barcode) if work.item_by_barcode(barcode) is None:
            why = DeskProblem.UNKNOWN_ITEM
    if wish is None or why is not None:
        return NotAsked(asks.visit, asks.request, tools.clock.monotonic(), why)
    moment = today.moment
    words = worded(wish, has_reader=patron_id is not None)
    identity = time_ordered_id(moment.wall_ms, tools.random_bytes(10))
    operation = record(
        work,
        tools,
        moment,
        words.kind,
        {"request": identity, **words.data},
        patron_id=patron_id,
        private=words.private,
        by=asks.by,
    )
    work.put_request(RequestRecord(identity, words.kind, words.subject, patron_id, moment.wall_ms, here=True))
    if asks.by is not None:
        do_at_once(work, patron_id, wish, identity, today)
    work.commit()
    return Asked(asks.visit, asks.request, operation, identity, tools.clock.monotonic())


def _may_settle(work: UnitOfWork, asks: Ask, wish: Settle) -> bool:
    """The centre decides; what it would decline for certain, or is asked already, is not asked."""
    dispute = work.dispute(wish.dispute_id)
    if asks.by is None or dispute is None or not dispute.is_open or wish.way not in dispute.ways:
        return False
    said = (one for one in work.requests_of_nobody(OperationKind.SETTLEMENT) if one.subject == wish.dispute_id)
    return all(one.state is not RequestState.WAITING for one in said)
