"""When the librarian's desk was left: by the key, the card, time alone, or because it was taken away."""

from __future__ import annotations

from kiosk.domain.staff import Staff
from kiosk.session.desk_states import Supervising
from kiosk.session.inputs import DeskEntered
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import State


def who_left(before: State, happened: object, after: State) -> Staff | None:
    """Whose desk is open no more; also where the right PIN came too late, and nobody waits for the desk any longer."""
    entered = happened.who.staff if isinstance(happened, DeskEntered) else None
    was = at_desk(before) or entered
    return None if at_desk(after) == was else was


def at_desk(state: State) -> Staff | None:
    """Who of the staff is at work here; of them also what is looked at from the desk."""
    match state.doing:
        case Supervising(who=who) | Maintaining(desk=Supervising(who=who)):
            return who.staff
    return None
