"""Đọc tại chỗ: a book is read in the library, and who comes to read is counted once a day."""

from __future__ import annotations

from kiosk.desk.recording import Today, Tools, record, shown
from kiosk.domain.operations import OperationKind
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import UseInHouse
from kiosk.session.inputs import InHouseUseRecorded, ItemNotFound


def use_in_house(work: UnitOfWork, ask: UseInHouse, tools: Tools) -> InHouseUseRecorded | ItemNotFound:
    item = work.item_by_barcode(ask.barcode)
    if item is None:
        return ItemNotFound(ask.visit, ask.request, ask.barcode, tools.clock.monotonic())
    today = Today.of(work, tools)
    operation = record(
        work,
        tools,
        today.moment,
        OperationKind.IN_HOUSE_USE,
        {"barcode": item.barcode, "item": item.id, "day": today.day.isoformat()},
        barcode=item.barcode,
        patron_id=ask.patron_id,
    )
    work.commit()
    return InHouseUseRecorded(ask.visit, ask.request, operation, shown(item), tools.clock.monotonic())


def record_visit(work: UnitOfWork, patron_id: str, tools: Tools) -> bool:
    """Whether this is the patron's first visit of the library's day: only that one is written down."""
    today = Today.of(work, tools)
    if work.patron(patron_id) is None or work.last_visit(patron_id) == today.day:
        return False
    data = {"day": today.day.isoformat()}
    record(work, tools, today.moment, OperationKind.VISIT, data, patron_id=patron_id)
    work.put_visit(patron_id, today.day)
    work.commit()
    return True
