"""Who opened the desk is of the staff no longer: an answer says so, and the desk locks."""

from __future__ import annotations

import pytest

from gallery.desk import LAN
from gallery.samples import RULES
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import Lending, Supervising
from kiosk.session.effects import Play
from kiosk.session.inputs import DeskClosed
from kiosk.session.machine import step
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Doing, Home, State

AT_DESK = Supervising(LAN, 100.0, Lending(), card="GV-000009", since=90.0)


@pytest.mark.parametrize("doing", [AT_DESK, Maintaining("", 100.0, desk=AT_DESK)])
def test_the_desk_locks_with_all_that_stood_on_it(doing: Doing) -> None:
    state = State(doing, visit=3, request=7, awaiting=7)
    after, effects = step(state, DeskClosed(3, 7, 101.0), RULES)
    assert isinstance(after.doing, Home)
    assert (after.visit, after.awaiting) == (4, None)
    assert effects == (Play(Sound.ATTENTION),)


def test_the_desk_of_the_next_one_stays_open() -> None:
    state = State(AT_DESK, visit=4, request=8)
    assert step(state, DeskClosed(3, 7, 101.0), RULES) == (state, ())
