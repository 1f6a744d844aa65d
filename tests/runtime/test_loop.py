import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from devices.signals.silent import Silent
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.clock_trust import Moment
from kiosk.runtime.loop import Beat, SessionLoop
from kiosk.session.effects import IdentifyPatron, StoreEffect
from kiosk.session.inputs import Button, PatronFound, Scanned, Touched
from kiosk.session.notices import CardFirst
from kiosk.session.states import Borrowing, Home, SessionRules, State

PATIENCE_S = 20.0


class RealClock:
    def now(self) -> Moment:
        return Moment(0, "b", 0, False)

    def monotonic(self) -> float:
        return time.monotonic()


class Rig:
    def __init__(self) -> None:
        self.asked: SimpleQueue[StoreEffect] = SimpleQueue()
        self.shown: SimpleQueue[State] = SimpleQueue()
        self.beats: SimpleQueue[Beat] = SimpleQueue()
        rules = SessionRules(warn_after_s=0.2, end_after_warning_s=0.2, notice_on_home_s=0.2)
        self.loop = SessionLoop(rules, RealClock(), self.asked.put, self.shown.put, Silent(), self.beats.put)
        self.thread = threading.Thread(target=self.loop.run)

    def next(self) -> State:
        return self.shown.get(timeout=PATIENCE_S)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    made.thread.start()
    assert isinstance(made.next().doing, Home)
    yield made
    made.loop.stop()
    made.thread.join(PATIENCE_S)
    assert not made.thread.is_alive()


def test_ends_a_visit_by_itself_with_time_alone(rig: Rig) -> None:
    rig.loop.post(Scanned(Code("HS1", frozenset({CodeKind.CARD})), time.monotonic()))
    ask = rig.asked.get(timeout=PATIENCE_S)
    assert isinstance(ask, IdentifyPatron)
    assert rig.shown.empty(), "there is nothing to see before the answer"
    rig.loop.post(PatronFound(ask.visit, ask.request, "p1", "HS1", "An", 0, 5, (), time.monotonic()))
    begun, warned, ended = rig.next(), rig.next(), rig.next()
    assert isinstance(begun.doing, Borrowing)
    assert isinstance(warned.doing, Borrowing)
    assert warned.doing.warned
    assert isinstance(ended.doing, Home)


def test_closes_a_notice_on_the_home_screen_with_time_alone(rig: Rig) -> None:
    rig.loop.post(Touched(Button.BORROW, time.monotonic()))
    assert rig.next().doing == Home(CardFirst(), pytest.approx(time.monotonic(), abs=PATIENCE_S))
    assert rig.next().doing == Home()


def test_passes_a_beat_on_and_shows_nothing_for_it(rig: Rig) -> None:
    rig.loop.post(Beat(1.0))
    assert rig.beats.get(timeout=PATIENCE_S) == Beat(1.0)
    assert rig.shown.empty()
