"""Who waits for a title, and for how long a book is kept for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kiosk.domain.due_dates import Calendar, open_days_after
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold


def is_passed_over(
    hold: Hold, rules: CirculationRules, calendar: Calendar, today: date, *, day_is_sure: bool = True
) -> bool:
    """Whether a book has stood on the hold shelf for longer than this library keeps it: more open days than
    `rules.hold_shelf_days` behind the one on which it came there. On an unsure day nobody has waited too long."""
    most = rules.hold_shelf_days
    if most is None or hold.shelved_on is None or not day_is_sure:
        return False
    return open_days_after(hold.shelved_on, today, calendar, most + 1) > most


def still_waiting(
    holds: Sequence[Hold], rules: CirculationRules, calendar: Calendar, today: date, *, day_is_sure: bool = True
) -> Sequence[Hold]:
    """The queue without those who are passed over, in its order. The hold itself is the centre's: it stands until it is
    cancelled or served, so who comes late still gets a copy that nobody else waits for."""
    if rules.hold_shelf_days is None or not day_is_sure:
        return holds
    return [hold for hold in holds if not is_passed_over(hold, rules, calendar, today)]
