from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.domain.clock_trust import Anchor, KeptTime, Moment, Voucher
from kiosk.sync.time_check import EVERY_S, TRY_AGAIN_S, TimeCheck

NOW_MS = 1_795_000_000_000


@dataclass
class Clock:
    """Counts on by hand, and writes down what it is told."""

    moment: Moment = field(default_factory=lambda: Moment(0, "boot", 10_000, trusted=False))
    heard: list[Anchor] = field(default_factory=list)

    def now(self) -> Moment:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.boottime_ms / 1000

    def told(self, said: Anchor) -> None:
        self.heard.append(said)
        self.moment = replace(self.moment, trusted=True)

    def passes(self, seconds: float) -> None:
        self.moment = replace(self.moment, boottime_ms=self.moment.boottime_ms + int(seconds * 1000))

    def remember(self, kept: KeptTime) -> None:
        raise AssertionError

    def to_keep(self) -> KeptTime:
        raise AssertionError

    def wall_clock_is_right(self) -> bool:
        raise AssertionError


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def central() -> SimulatedCentral:
    made = SimulatedCentral()
    made.set_clock(lambda: NOW_MS)
    return made


def test_asks_as_soon_as_the_centre_is_reached_and_again_every_hour(clock: Clock, central: SimulatedCentral) -> None:
    check = TimeCheck(central, clock)
    check.reached()
    assert clock.heard == [Anchor("boot", 10_000, NOW_MS, Voucher.CENTRE)]
    clock.passes(EVERY_S - 1)
    check.reached()
    assert len(clock.heard) == 1
    clock.passes(1)
    check.reached()
    assert len(clock.heard) == 2


def test_asks_once_also_when_somebody_else_vouches_for_the_time(clock: Clock, central: SimulatedCentral) -> None:
    clock.moment = replace(clock.moment, trusted=True)
    TimeCheck(central, clock).reached()
    assert len(clock.heard) == 1


@pytest.mark.parametrize(("took_s", "is_believed"), [(2.0, True), (2.1, False)])
def test_believes_no_answer_that_was_long_on_its_way(
    clock: Clock, central: SimulatedCentral, took_s: float, is_believed: bool
) -> None:
    def slowly() -> int:
        clock.passes(took_s)
        return NOW_MS

    central.set_clock(slowly)
    TimeCheck(central, clock).reached()
    assert clock.heard == ([Anchor("boot", 11_000, NOW_MS, Voucher.CENTRE)] if is_believed else [])


def test_tries_again_after_a_minute_and_says_once_that_it_is_in_vain(
    clock: Clock, central: SimulatedCentral, caplog: pytest.LogCaptureFixture
) -> None:
    central.set_clock(None)
    check = TimeCheck(central, clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            check.reached()
            clock.passes(TRY_AGAIN_S)
    assert len(caplog.records) == 1
    central.set_clock(lambda: NOW_MS)
    check.reached()
    assert len(clock.heard) == 1
