"""When the loops try again, on one thread: signals and time are told by the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.domain.operations import Operation
from kiosk.ports.central import Capabilities, ChangePage, Standing, Verdict
from kiosk.ports.errors import CursorLost, Unreachable
from kiosk.sync.engine import A_DAY_S, LONG_POLL_S, Signals, SyncEngine
from tests.sync.chains import Chain
from tests.sync.memory_store import MemoryStore
from tests.sync.test_changes import Time

ACTIVE, UNREACHABLE = Standing.ACTIVE, Standing.UNREACHABLE


class Signal:
    """Waiting passes the time at once. `during` holds what happens in the first wait, the second …; then it is over."""

    def __init__(self, time: Time, ends: Callable[[], None]) -> None:
        self._time = time
        self._ends = ends
        self._set = False
        self.during: list[Callable[[], None]] = []
        self.waits: list[float | None] = []
        self.before_clearing: Callable[[], None] | None = None

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        if self.before_clearing is not None:
            self.before_clearing()
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        if self.during:
            self.during.pop(0)()
        else:
            self._ends()
        if not self._set:
            self._time.now += timeout or 0.0
        return self._set


class Longest(Random):
    def uniform(self, a: float, b: float) -> float:
        return b


class Bench:
    def __init__(self, link: SimulatedCentral | AnswersAtOnce | None = None) -> None:
        self.time = Time()
        self.central = SimulatedCentral()
        self.store = MemoryStore()
        self.chain = Chain()
        self.reports: list[tuple[Standing, int]] = []
        stop = Signal(self.time, lambda: None)
        self.push = Signal(self.time, lambda: self.engine.stop())
        self.pull = Signal(self.time, lambda: self.engine.stop())
        self.engine = SyncEngine(
            link or self.central,
            self.store,
            Signals(stop, self.push, self.pull),
            lambda standing, pending: self.reports.append((standing, pending)),
            monotonic=self.time,
            random=Longest(),
        )

    def record(self) -> None:
        self.store.record(self.chain.check_in("TK.00001"))
        self.engine.wake()

    def nothing(self) -> None: ...


class AnswersAtOnce:
    """A centre that does not hold the answer back. `pages` in turn, an error is raised; then the last one for ever."""

    def __init__(self, *pages: ChangePage | Exception) -> None:
        self._pages = list(pages)
        self.asked: list[tuple[str, float]] = []

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(idempotent=True, change_feed=True, offline_replay=True, check_in=True, batch=500)

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        raise NotImplementedError

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        self.asked.append((cursor, wait_s))
        page = self._pages.pop(0) if len(self._pages) > 1 else self._pages[0]
        if isinstance(page, Exception):
            raise page
        return page


def test_sends_again_with_growing_waits_while_the_centre_is_out_of_reach() -> None:
    bench = Bench()
    bench.central.set_online(False)
    bench.record()
    bench.push.during = [bench.nothing] * 4
    bench.engine.run_push()
    assert bench.push.waits == [1, 2, 4, 8, 16]
    assert bench.central.sent == 5
    assert bench.reports == [(UNREACHABLE, 1)]


def test_begins_with_short_waits_again_after_a_success() -> None:
    bench = Bench()
    bench.central.set_online(False)
    bench.record()

    def fail_again() -> None:
        bench.central.set_online(False)
        bench.record()

    bench.push.during = [bench.nothing, lambda: bench.central.set_online(True), fail_again]
    bench.engine.run_push()
    assert bench.push.waits == [1, 2, A_DAY_S - 3, 1]


def test_keeps_to_the_back_off_when_something_is_recorded_out_of_reach_but_counts_it() -> None:
    bench = Bench()
    bench.central.set_online(False)
    bench.record()
    bench.push.during = [bench.record, bench.record]
    bench.engine.run_push()
    assert bench.central.sent == 1
    assert bench.reports == [(UNREACHABLE, 1), (UNREACHABLE, 2), (UNREACHABLE, 3)]


def test_sends_at_once_when_something_is_recorded_in_reach() -> None:
    bench = Bench()
    bench.push.during = [bench.record, bench.record]
    bench.engine.run_push()
    assert bench.push.waits == [A_DAY_S] * 3
    assert len(bench.central.received()) == 2
    assert bench.reports == [(ACTIVE, 0)]


def test_tries_something_new_at_once_when_only_the_old_is_refused() -> None:
    bench = Bench()
    bench.record()
    bad = bench.store.pending[0]
    bench.central.refuse(bad)
    bench.push.during = [bench.record]
    bench.engine.run_push()
    assert list(bench.store.tables.set_aside) == [bad]
    assert bench.engine.set_aside == 1
    assert bench.reports == [(ACTIVE, 1), (ACTIVE, 0)]


def test_tries_something_new_soon_in_a_long_back_off() -> None:
    bench = Bench()
    bench.central.set_online(False)
    bench.record()
    backing_off = [bench.nothing] * 8  # 255 s of it; the next pause would be one of 256 s

    def back_in_reach() -> None:
        bench.time.now += 5
        bench.central.set_online(True)
        bench.record()

    bench.push.during = [*backing_off, back_in_reach, bench.nothing]
    bench.engine.run_push()
    assert bench.push.waits[8:10] == [256, 10], "not before 15 s after the last try"
    assert bench.store.pending == []
    assert bench.central.sent == 10


def test_tries_something_new_at_once_when_the_last_try_was_long_ago_and_not_for_each_loan() -> None:
    bench = Bench()
    bench.central.set_online(False)
    bench.record()

    def much_later() -> None:
        bench.time.now += 100
        bench.record()

    bench.push.during = [*[bench.nothing] * 8, much_later, *[bench.record] * 20]
    bench.engine.run_push()
    assert bench.central.sent == 10
    assert bench.push.waits[9:11] == [300, 15]


def test_tells_what_was_set_aside_once_more_every_day() -> None:
    bench = Bench()
    bench.record()
    bad = bench.store.pending[0]
    bench.central.refuse(bad)
    mended = bench.central.refuse_nothing
    bench.push.during = [bench.record, bench.nothing, bench.nothing, mended, bench.nothing, bench.nothing]
    bench.engine.run_push()
    assert bench.store.tables.set_aside == {}
    assert bench.engine.set_aside == 0
    assert bad in bench.store.tables.settled
    assert bench.push.waits == [1, A_DAY_S, 1, 2, A_DAY_S - 3, A_DAY_S, A_DAY_S]


def test_waits_while_the_store_is_broken_and_sends_when_it_is_well() -> None:
    bench = Bench()
    bench.record()
    bench.store.broken = True

    def well() -> None:
        bench.store.broken = False

    bench.push.during = [bench.nothing, well]
    bench.engine.run_push()
    assert bench.push.waits == [1, 2, A_DAY_S - 3]
    assert bench.store.pending == []


def test_asks_for_changes_with_growing_waits_while_the_centre_is_out_of_reach() -> None:
    bench = Bench(AnswersAtOnce(Unreachable("no")))
    bench.pull.during = [bench.nothing] * 3
    bench.engine.run_pull()
    assert bench.pull.waits == [1, 2, 4, 8]


def test_lets_the_centre_hold_the_answer_back_only_when_nothing_is_left_to_fetch() -> None:
    first, second = ChangePage((), "1", more=True), ChangePage((), "2", more=False)
    link = AnswersAtOnce(first, second)
    Bench(link).engine.run_pull()
    assert link.asked == [("", 0.0), ("1", 0.0), ("2", LONG_POLL_S)]


def test_does_not_ask_without_pause_when_the_centre_does_not_hold_the_answer_back() -> None:
    link = AnswersAtOnce(ChangePage((), "1", more=False))
    bench = Bench(link)
    bench.pull.during = [bench.nothing] * 9
    bench.engine.run_pull()
    assert bench.pull.waits == [5.0] * 10


def test_does_not_ask_without_pause_when_the_centre_loses_every_place() -> None:
    class Forgetful(AnswersAtOnce):
        def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
            super().changes(cursor, limit, wait_s)
            if cursor:
                raise CursorLost("again")
            return ChangePage((), "1", more=True)

    bench = Bench(Forgetful(ChangePage((), "", more=False)))
    bench.pull.during = [bench.nothing] * 4
    bench.engine.run_pull()
    assert bench.pull.waits == [1, 2, 4, 8, 16]


def test_asks_quickly_after_a_failure_whether_the_centre_is_there() -> None:
    page = ChangePage((), "1", more=False)
    link = AnswersAtOnce(page, page, Unreachable("no"), page)
    bench = Bench(link)
    bench.pull.during = [bench.nothing]
    bench.engine.run_pull()
    assert [wait for _, wait in link.asked[:4]] == [0.0, 0.0, LONG_POLL_S, 0.0]


def test_the_pull_loop_ends_without_another_wait_when_stopped_at_the_worst_moment() -> None:
    bench = Bench(link := AnswersAtOnce(Unreachable("closed")))
    bench.pull.before_clearing = bench.engine.stop
    bench.engine.run_pull()
    assert bench.pull.waits == []
    assert link.asked == []


def test_the_push_loop_ends_without_another_wait_when_stopped_at_the_worst_moment() -> None:
    bench = Bench()
    bench.push.before_clearing = bench.engine.stop
    bench.engine.run_push()
    assert bench.push.waits == []


def test_the_back_off_ends_without_another_wait_when_stopped_at_the_worst_moment() -> None:
    bench = Bench()
    bench.central.set_online(False)
    bench.record()

    def recorded_and_then_stopped() -> None:
        bench.record()
        bench.push.before_clearing = bench.engine.stop

    bench.push.during = [recorded_and_then_stopped]
    bench.engine.run_push()
    assert bench.push.waits == [1]


def test_says_nothing_of_a_link_that_is_closed_while_stopping(caplog: pytest.LogCaptureFixture) -> None:
    class Closes(AnswersAtOnce):
        def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
            bench.engine.stop()
            return super().changes(cursor, limit, wait_s)

    bench = Bench(Closes(Unreachable("the link is closed")))
    bench.engine.run_pull()
    assert not caplog.records


def test_says_once_that_the_centre_refuses(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.record()
    bench.central.refuse_everything(500)
    bench.push.during = [bench.nothing] * 3
    bench.engine.run_push()
    assert bench.central.sent == 4
    assert [record.getMessage() for record in caplog.records] == [
        "outbox: the centre takes nothing of what is left (status 500: simulated)"
    ]


@pytest.mark.parametrize(
    ("standing", "longest_s"), [(Standing.NOT_ENROLLED, 10), (Standing.PENDING, 10), (Standing.REVOKED, 300)]
)
def test_looks_often_only_while_somebody_is_about_to_admit_it(standing: Standing, longest_s: float) -> None:
    bench = Bench()
    bench.central.set_standing(standing)
    bench.record()
    bench.push.during = [bench.nothing] * 12
    bench.engine.run_push()
    assert bench.push.waits[-1] == longest_s
    bench = Bench(AnswersAtOnce(Unreachable("no", standing)))
    bench.pull.during = [bench.nothing] * 12
    bench.engine.run_pull()
    assert bench.pull.waits[-1] == longest_s


def test_says_each_reason_for_being_out_of_reach_once(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(AnswersAtOnce(*[Unreachable(why) for why in ("no line", "no line", "no trust", "no trust")]))
    bench.pull.during = [bench.nothing] * 3
    bench.engine.run_pull()
    assert caplog.messages == [f"changes: the centre is out of reach ({why})" for why in ("no line", "no trust")]
