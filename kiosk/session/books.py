"""Sách của tôi: what one reader has, as a screen may show it to that reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.domain.blocks import Block
from kiosk.session.notices import BookShown


@dataclass(frozen=True, slots=True)
class LoanShown:
    """One open loan. `due_in_days` replaces `due_on` on screen when the station is not sure of the date; `days_left`
    (below 0: overdue by as many) is only known when it is. `blocks`: every reason why it is not renewed now. `marked`:
    what is said of the item (kiosk.domain.model.marked), for the desk."""

    book: BookShown
    due_on: date
    due_in_days: int | None
    days_left: int | None
    renewals_left: int
    blocks: tuple[Block, ...] = ()
    renewed: bool = False  # today
    marked: str = ""

    @property
    def can_be_renewed(self) -> bool:
        return not (self.blocks or self.renewed)

    @property
    def overdue_days(self) -> int:
        return max(0, -(self.days_left or 0))


@dataclass(frozen=True, slots=True)
class HoldShown:
    """A title that the reader waits for. `place` 1 is served next; `ready`: it is back, and waits on `shelf`. `id`: the
    hold's own, for the desk."""

    book: BookShown
    place: int
    ready: bool
    shelf: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """`loans`: overdue first, then by due date; `holds`: those that are ready first."""

    loans: tuple[LoanShown, ...]
    holds: tuple[HoldShown, ...] = ()
