"""What the rules look at beside the reader and the book: read only as far as a library's rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kiosk.desk.recording import Today
from kiosk.domain.blocks import Suspended
from kiosk.domain.circulation import EndedLate, patron_blocks
from kiosk.domain.holds import still_waiting
from kiosk.domain.model import Hold, Patron
from kiosk.ports.store import UnitOfWork


def queue(work: UnitOfWork, title_id: str, today: Today) -> Sequence[Hold]:
    """Who waits for a title and is not passed over, first come first."""
    return unserved(work, work.holds_on(title_id), today)


def unserved(work: UnitOfWork, holds: Sequence[Hold], today: Today) -> Sequence[Hold]:
    """Of a queue those who still wait. A loan here serves a hold at once, though only the centre ends it."""
    if not holds:
        return holds
    waiting = still_waiting(holds, work.rules(), work.calendar(), today.day, day_is_sure=today.is_sure)
    return [hold for hold in waiting if not has_title(work, hold.patron_id, hold.title_id)]


def has_title(work: UnitOfWork, patron_id: str, title_id: str) -> bool:
    items = (work.item(loan.item_id) for loan in work.open_loans_of_patron(patron_id))
    return any(item is not None and item.title_id == title_id for item in items)


def is_suspended(work: UnitOfWork, patron: Patron, today: Today) -> bool:
    found = patron_blocks(
        patron, (), work.rules(), today.day, ended_late=ended_late(work, patron, today), day_is_sure=today.is_sure
    )
    return any(isinstance(block, Suspended) for block in found)


def ended_late(work: UnitOfWork, patron: Patron, today: Today) -> EndedLate:
    """Late returns that may suspend this patron today."""
    limits = work.rules().limits_for(patron.category)
    if limits is None or limits.suspend_after_days is None or limits.suspend_days <= 0 or not today.is_sure:
        return ()
    return work.ended_late(patron.id, today.day - timedelta(days=limits.suspend_days))
