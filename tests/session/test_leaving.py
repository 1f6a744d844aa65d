"""When the desk was left, by whatever came: each way out is told, and once."""

from __future__ import annotations

import pytest

from gallery.desk import LAN
from gallery.samples import RULES
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.session.desk_states import Act, Entering, Lending, Supervising
from kiosk.session.inputs import (
    ActTouched,
    Button,
    DeskClosed,
    DeskEntered,
    Scanned,
    StoreFailed,
    Tick,
    Touched,
)
from kiosk.session.leaving import who_left
from kiosk.session.machine import Input, step
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Doing, Home, State

CARD = "GV-000009"
AT_DESK = Supervising(LAN, 100.0, Lending(), card=CARD, since=90.0)
AT_DEVICE = Maintaining("", 100.0, desk=AT_DESK)
ENTERING = Entering(LAN, 100.0, CARD)
ITS_CARD = Scanned(Code(CARD, frozenset({CodeKind.CARD})), 101.0)


def left(doing: Doing, happened: Input) -> bool:
    before = State(doing, visit=3, request=7, awaiting=7 if isinstance(happened, DeskEntered) else None)
    after, _ = step(before, happened, RULES)
    staff = who_left(before, happened, after)
    assert staff in (None, LAN.staff)
    return staff is not None


@pytest.mark.parametrize("doing", [AT_DESK, AT_DEVICE], ids=["desk", "device"])
@pytest.mark.parametrize(
    "happened",
    [Touched(Button.LOCK, 101.0), ITS_CARD, Tick(100.0 + RULES.supervised_s), DeskClosed(3, 7, 101.0)],
    ids=["the key", "the card", "time alone", "no more of the staff"],
)
def test_each_way_out_is_told(doing: Doing, happened: Input) -> None:
    assert left(doing, happened)


def test_a_store_that_fails_locks_the_desk() -> None:
    assert left(AT_DESK, StoreFailed("K-03", 101.0))


@pytest.mark.parametrize(
    ("doing", "happened"),
    [
        (AT_DESK, Touched(Button.DISMISS, 101.0)),
        (AT_DESK, ActTouched(Act.DEVICE, 101.0)),
        (AT_DEVICE, StoreFailed("K-03", 101.0)),
        (AT_DESK, Tick(101.0)),
        (ENTERING, DeskEntered(3, 7, LAN, 101.0)),
        (ENTERING, Touched(Button.LOCK, 101.0)),
        (Maintaining("p", 100.0), Touched(Button.LOCK, 101.0)),
        (Home(), Tick(101.0)),
    ],
    ids=["a page", "the device", "a rest beneath", "a moment", "entered", "not entered", "by a pass", "nobody"],
)
def test_nothing_else_is(doing: Doing, happened: Input) -> None:
    assert not left(doing, happened)


def test_a_pin_that_was_right_too_late_opened_nothing_that_stays_open() -> None:
    """That it opened is written down with the look at the PIN: so is that it is locked."""
    assert left(Home(), DeskEntered(3, 7, LAN, 101.0))
