import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest

from devices.signals.silent import Silent
from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.clock_trust import Moment
from kiosk.domain.operations import OperationId
from kiosk.domain.staff import Role, Staff
from kiosk.runtime.loop import Beat, SessionLoop
from kiosk.session.desk_states import Act, StaffShown, Supervising, TakingBack
from kiosk.session.effects import Ask, CountWork, EnterDesk, IdentifyPatron, StoreEffect
from kiosk.session.inputs import (
    ActTouched,
    Asked,
    Button,
    DeskEntered,
    LineTouched,
    PatronFound,
    ReturnRecorded,
    Scanned,
    Touched,
    Typed,
)
from kiosk.session.notices import BookShown, CardFirst
from kiosk.session.states import Borrowing, Home, SessionRules, State
from kiosk.session.supervised.typing import DONE

PATIENCE_S = 20.0


class RealClock:
    def now(self) -> Moment:
        return Moment(0, "b", 0, False)

    def monotonic(self) -> float:
        return time.monotonic()


class Rig:
    def __init__(self) -> None:
        self.left: SimpleQueue[Staff] = SimpleQueue()
        self.asked: SimpleQueue[StoreEffect] = SimpleQueue()
        self.shown: SimpleQueue[State] = SimpleQueue()
        self.beats: SimpleQueue[Beat] = SimpleQueue()
        rules = SessionRules(warn_after_s=0.2, end_after_warning_s=0.2, notice_on_home_s=0.2)
        self.loop = SessionLoop(
            rules, RealClock(), self.asked.put, self.shown.put, Silent(), self.beats.put, left_desk=self.left.put
        )
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


def test_shows_what_was_chosen_though_the_answer_says_nothing_new(rig: Rig) -> None:
    """Marking a book at the desk is to be seen as soon as it is recorded."""
    staff = Staff("s1", Role.LIBRARIAN)
    book = BookShown("TK.1", "t1", "Dế Mèn", "")

    def asked() -> Any:
        return rig.asked.get(timeout=PATIENCE_S)

    def touch(*touched: object) -> None:
        for one in touched:
            rig.loop.post(one)  # type: ignore[arg-type]

    touch(Scanned(Code("GV1", frozenset({CodeKind.CARD})), 1.0))
    found = asked()
    touch(PatronFound(found.visit, found.request, "p1", "GV1", "Loan", 0, 5, (), 1.0, staff))
    touch(Touched(Button.ENTER_DESK, 1.0), *(Typed(key, 1.0) for key in ("4", "7", "1", "1", "9", "3", DONE)))
    entered = asked()
    assert isinstance(entered, EnterDesk)
    who = StaffShown(staff, "p1", "Loan")
    touch(DeskEntered(entered.visit, entered.request, who, time.monotonic() + PATIENCE_S))
    assert isinstance(asked(), CountWork)
    touch(ActTouched(Act.RETURN, time.monotonic()), Scanned(Code("TK.1", frozenset({CodeKind.ITEM})), time.monotonic()))
    returned = asked()
    touch(ReturnRecorded(returned.visit, returned.request, OperationId("e", 1), book, True, None, time.monotonic()))
    touch(LineTouched("TK.1", time.monotonic()), ActTouched(Act.MARK, time.monotonic(), "damaged"))
    marked = asked()
    assert isinstance(marked, Ask)
    touch(Asked(marked.visit, marked.request, OperationId("e", 2), "r1", time.monotonic()))

    def is_marked(doing: object) -> bool:
        page = doing.page if isinstance(doing, Supervising) else None
        return isinstance(page, TakingBack) and any(row.marked for row in page.rows)

    while not is_marked(rig.next().doing):
        pass
    assert rig.left.empty()
    touch(Touched(Button.LOCK, time.monotonic()))
    assert rig.left.get(timeout=PATIENCE_S) == staff, "that it is locked is written down"
    assert rig.left.empty()
