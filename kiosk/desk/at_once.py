"""What is asked for at the desk holds here at once, before the centre has heard it (decision 36)."""

from __future__ import annotations

from kiosk.desk.asked import has_title, is_suspended
from kiosk.desk.recording import Today
from kiosk.desk.settings import change_at_once
from kiosk.domain.model import Hold
from kiosk.domain.requests import (
    BlockCards,
    BlockPatron,
    CancelHold,
    ChangeItemStatus,
    ChangeSettings,
    LinkCard,
    PlaceHold,
    Wish,
    WriteNote,
)
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import DeskProblem


def objection(work: UnitOfWork, patron_id: str, wish: Wish, today: Today) -> DeskProblem | None:
    """Why the centre would decline it for certain, or it would change nothing: then it is not even asked."""
    match wish:
        case LinkCard(number):
            owner = work.patron_by_card(number)
            if owner is None:
                return None
            return DeskProblem.CARD_THEIRS_ALREADY if owner.id == patron_id else DeskProblem.CARD_OF_ANOTHER
        case PlaceHold(title_id):
            return _against_a_hold(work, patron_id, title_id)
        case CancelHold(hold_id):
            theirs = {hold.id for hold in work.holds_of_patron(patron_id)}
            return None if hold_id in theirs else DeskProblem.NOT_DONE
        case BlockPatron(blocked):
            patron = work.patron(patron_id)
            if patron is None or patron.blocked != blocked or (not blocked and is_suspended(work, patron, today)):
                return None
            return DeskProblem.NOT_DONE
    return None


def do_at_once(work: UnitOfWork, patron_id: str | None, wish: Wish, request_id: str, today: Today) -> None:
    match wish:
        case ChangeSettings():
            change_at_once(work, wish)
        case ChangeItemStatus(barcode, status):
            item = work.item_by_barcode(barcode)
            if item is not None:
                work.set_item_status(item.id, status)
        case CancelHold(hold_id):
            work.remove_hold(hold_id)
    if patron_id is None:
        return
    match wish:
        case LinkCard(number):
            work.add_card(number, patron_id)
        case BlockCards():
            work.remove_cards(patron_id)
        case BlockPatron(blocked):
            work.set_blocked(patron_id, blocked)
            if not blocked:
                work.lift_suspension(patron_id, today.day)
        case WriteNote(text):
            work.set_note(patron_id, text)
        case PlaceHold(title_id):
            # Where it will wait, the centre says. A clock that nobody vouches for puts nobody before the others.
            placed_ms = max(today.moment.wall_ms, work.time_floor_ms())
            work.add_hold(Hold(request_id, title_id, patron_id, ""), placed_ms)


def _against_a_hold(work: UnitOfWork, patron_id: str, title_id: str) -> DeskProblem | None:
    if work.title(title_id) is None:
        return DeskProblem.NOT_DONE
    if any(hold.title_id == title_id for hold in work.holds_of_patron(patron_id)):
        return DeskProblem.WAITS_ALREADY
    return DeskProblem.HAS_IT_ALREADY if has_title(work, patron_id, title_id) else None
