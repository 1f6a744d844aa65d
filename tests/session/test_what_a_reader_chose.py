"""Larger words, more contrast, the camera's large picture: the reader's own, and gone with the visit."""

from dataclasses import replace

import pytest

from kiosk.domain.barcodes import CodeKind
from kiosk.session.effects import CheckOut, IdentifyPatron
from kiosk.session.inputs import (
    Button,
    HintChanged,
    LoanRefused,
    Scanned,
    ScannerLost,
    StoreFailed,
    StoreRecovered,
    Tick,
    Touched,
)
from kiosk.session.machine import wakes_at
from kiosk.session.notices import HelpAsked, UnknownCode
from kiosk.session.states import Hint, Look, State
from tests.session.play import RULES, Play_, book, card, code, item


def looks(play: Play_, count: int, at: float = 1.0) -> list[Look]:
    found = []
    for _ in range(count):
        play.feed(Touched(Button.LOOK, at))
        found.append(play.state.look)
    return found


def test_each_touch_leads_to_the_next_look_and_round(play: Play_) -> None:
    assert looks(play, 4) == [Look.LARGE, Look.CONTRAST, Look.USUAL, Look.LARGE]


def test_keeps_the_look_from_home_into_the_visit_and_no_longer(play: Play_) -> None:
    looks(play, 2)
    play.begin(at=2.0)
    assert play.state.look is Look.CONTRAST
    play.feed(Touched(Button.DONE, 3.0))
    assert play.state == State(visit=play.state.visit, request=play.state.request)


def test_keeps_the_look_when_returning_begins_and_beside_a_notice(play: Play_) -> None:
    looks(play, 1)
    play.feed(Touched(Button.HELP, 2.0))
    assert play.state.look is Look.LARGE
    play.feed(Touched(Button.DISMISS, 3.0))
    play.feed(Touched(Button.RETURN, 4.0))
    assert play.state.look is Look.LARGE


def test_the_next_card_begins_with_the_usual_look(play: Play_) -> None:
    play.begin()
    looks(play, 1)
    play.begin(at=5.0, number="HS2", patron="p2")
    assert play.state.look is Look.USUAL


@pytest.mark.parametrize("button", [Button.LOOK, Button.AIM])
def test_home_is_as_it_begins_again_when_nobody_went_on(play: Play_, button: Button) -> None:
    assert wakes_at(play.state, RULES) is None
    play.feed(Touched(button, 1.0))
    play.feed(Tick(20.9))
    assert (play.state.look, play.state.aiming) != (Look.USUAL, False)
    play.feed(Tick(21.0))
    assert (play.state.look, play.state.aiming) == (Look.USUAL, False)
    assert wakes_at(play.state, RULES) is None


def test_a_look_ends_when_the_station_rests(play: Play_) -> None:
    looks(play, 1)
    play.feed(StoreFailed("K-03", 2.0))
    play.feed(StoreRecovered(3.0))
    assert play.state.look is Look.USUAL


def test_the_large_picture_opens_and_closes_by_touch(play: Play_) -> None:
    play.begin()
    play.feed(Touched(Button.AIM, 1.0))
    assert play.state.aiming
    assert play.borrowing.active_at == 1.0
    play.feed(Touched(Button.DISMISS, 2.0))
    assert not play.state.aiming


@pytest.mark.parametrize("scan", [card("HS1", 2.0), item("TK.1", 2.0), Scanned(code("??", CodeKind.UNKNOWN), 2.0)])
def test_any_scan_closes_the_large_picture(play: Play_, scan: Scanned) -> None:
    play.feed(Touched(Button.AIM, 1.0))
    play.feed(scan)
    assert not play.state.aiming


def test_what_came_of_a_scan_closes_a_picture_opened_meanwhile(play: Play_) -> None:
    play.begin()
    ask = play.one(item("TK.1", 1.0), CheckOut)
    play.feed(Touched(Button.AIM, 1.01))
    assert play.state.aiming
    play.lent(ask, 1.1)
    assert not play.state.aiming
    assert len(play.borrowing.rows) == 1


def test_a_late_answer_closes_nothing(play: Play_) -> None:
    play.begin()
    ask = play.one(item("TK.1", 1.0), CheckOut)
    play.feed(Touched(Button.DONE, 1.05))
    play.feed(Touched(Button.AIM, 1.06))
    before = play.state
    play.lent(ask, 1.1)
    assert play.state == before


def test_opens_no_large_picture_over_a_notice_or_while_a_card_is_looked_up(play: Play_) -> None:
    play.feed(Touched(Button.HELP, 1.0))
    play.feed(Touched(Button.AIM, 2.0))
    assert (play.notice, play.state.aiming) == (HelpAsked(), False)
    play.one(card("HS1", 3.0), IdentifyPatron)
    play.feed(Touched(Button.AIM, 3.1))
    assert not play.state.aiming


def test_a_notice_takes_the_place_of_the_large_picture(play: Play_) -> None:
    play.feed(Touched(Button.AIM, 1.0))
    play.feed(Scanned(code("??", CodeKind.UNKNOWN), 2.0))
    assert (play.notice, play.state.aiming) == (UnknownCode(), False)
    play.begin(at=3.0)
    ask = play.one(item("TK.1", 4.0), CheckOut)
    assert isinstance(ask, CheckOut)
    play.feed(Touched(Button.AIM, 4.01))
    play.feed(LoanRefused(ask.visit, ask.request, book("TK.1"), (), 4.1))
    assert not play.state.aiming


def test_the_visit_ends_in_front_of_the_large_picture_as_elsewhere(play: Play_) -> None:
    play.begin()
    play.feed(Touched(Button.AIM, 1.0))
    play.feed(Tick(31.0))
    assert play.borrowing.warned
    play.feed(Touched(Button.STILL_HERE, 32.0))
    assert play.state.aiming
    play.feed(Tick(62.0))
    play.feed(Tick(77.0))
    assert play.state == State(visit=play.state.visit, request=play.state.request)


def test_a_hint_comes_and_goes_and_changes_nothing_else(play: Play_) -> None:
    before = play.state
    play.feed(HintChanged(Hint.TOO_NEAR))
    assert play.state == replace(before, station=replace(before.station, hint=Hint.TOO_NEAR))
    play.feed(HintChanged(None))
    assert play.state == before


def test_a_lost_camera_ends_the_aiming_for_good(play: Play_) -> None:
    """Its picture does not come over whatever the reader does by then, when the camera is found again."""
    play.begin()
    play.feed(Touched(Button.AIM, 1.0))
    play.feed(ScannerLost("camera 0", lost=False))
    assert play.state.aiming
    play.feed(ScannerLost("camera 0", lost=True))
    play.feed(ScannerLost("camera 0", lost=False))
    assert not play.state.aiming
