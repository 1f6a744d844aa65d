"""What the rules look at beside the reader and the book: read only as far as a library's rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kiosk.desk.recording import Today
from kiosk.domain.circulation import EndedLate
from kiosk.domain.holds import still_waiting
from kiosk.domain.model import Hold, Patron
from kiosk.ports.store import UnitOfWork


def queue(work: UnitOfWork, title_id: str, today: Today) -> Sequence[Hold]:
    """Who waits for a title and is not passed over, first come first."""
    holds = work.holds_on(title_id)
    if not holds:
        return holds
    return still_waiting(holds, work.rules(), work.calendar(), today.day, day_is_sure=today.is_sure)


def ended_late(work: UnitOfWork, patron: Patron, today: Today) -> EndedLate:
    """Late returns that may suspend this patron today."""
    limits = work.rules().limits_for(patron.category)
    if limits is None or limits.suspend_after_days is None or limits.suspend_days <= 0 or not today.is_sure:
        return ()
    return work.ended_late(patron.id, today.day - timedelta(days=limits.suspend_days))
