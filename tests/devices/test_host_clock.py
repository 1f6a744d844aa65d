from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.host.clock import BOOT_ID, HostClock, kernel_clock_is_synchronised
from kiosk.domain.clock_trust import Anchor, KeptTime, Voucher

BUILD_MS = 1_795_000_000_000
AFTER_BUILD_MS = BUILD_MS + 86_400_000
BOOT = "9b0e65b8-214e-40c1-9656-2d17acc50a42"


class Machine:
    """Clocks that a test sets, and what vouches for them."""

    def __init__(self, folder: Path) -> None:
        self.wall_ms = AFTER_BUILD_MS
        self.boottime_ms = 1234
        self.monotonic = 100.0
        self.kernel: bool | None = False
        self.while_asked: Callable[[], None] = lambda: None
        self.synchronized_file = folder / "synchronized"
        self.boot_id_file = folder / "boot_id"
        self.boot_id_file.write_text(BOOT + "\n")

    def _asked_kernel(self) -> bool | None:
        self.while_asked()
        return self.kernel

    def clock(self, *, battery_clock: bool = False) -> HostClock:
        return HostClock(
            battery_clock,
            BUILD_MS,
            boot_id_file=self.boot_id_file,
            synchronized_file=self.synchronized_file,
            wall_ns=lambda: self.wall_ms * 1_000_000,
            boottime_ms=lambda: self.boottime_ms,
            monotonic=lambda: self.monotonic,
            kernel_is_synchronised=self._asked_kernel,
        )

    def passes(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall_ms += int(seconds * 1000)
        self.boottime_ms += int(seconds * 1000)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def by_whom(clock: HostClock) -> Voucher | None:
    anchor = clock.to_keep().anchor
    return anchor.by if anchor else None


def test_reads_every_clock_at_once(machine: Machine) -> None:
    moment = machine.clock().now()
    assert (moment.wall_ms, moment.boot_id, moment.boottime_ms) == (AFTER_BUILD_MS, BOOT, 1234)


def test_distrusts_a_clock_that_nobody_vouches_for(machine: Machine) -> None:
    clock = machine.clock()
    assert not clock.now().trusted
    assert not clock.wall_clock_is_right()


def test_trusts_a_battery_clock(machine: Machine) -> None:
    clock = machine.clock(battery_clock=True)
    assert clock.now().trusted
    assert by_whom(clock) is Voucher.BATTERY


def test_trusts_a_clock_that_the_kernel_calls_synchronised(machine: Machine) -> None:
    machine.kernel = True
    clock = machine.clock(battery_clock=True)
    assert clock.now().trusted
    assert by_whom(clock) is Voucher.TIME_SYNC


@pytest.mark.parametrize(("kernel", "is_trusted"), [(None, True), (False, False)])
def test_asks_for_the_sign_of_a_time_sync_only_when_the_kernel_does_not_say(
    machine: Machine, kernel: bool | None, is_trusted: bool
) -> None:
    """A clock that was set by hand since is no more synchronised, and the sign is still there."""
    machine.kernel = kernel
    machine.synchronized_file.touch()
    assert machine.clock().now().trusted is is_trusted


def test_corrects_no_anchor_by_the_sign_of_an_old_time_sync(machine: Machine) -> None:
    machine.kernel = None
    machine.synchronized_file.touch()
    clock = machine.clock()
    first = clock.now()
    machine.passes(7200)
    machine.wall_ms += 1_900
    assert clock.now().wall_ms == first.wall_ms + 7_200_000


def test_looks_again_after_two_seconds(machine: Machine) -> None:
    clock = machine.clock()
    assert not clock.now().trusted
    machine.kernel = True
    machine.passes(1.9)
    assert not clock.now().trusted
    machine.passes(0.1)
    assert clock.now().trusted


def test_believes_no_wall_clock_that_is_set_while_it_asks_who_vouches_for_it(machine: Machine) -> None:
    def set_it() -> None:
        machine.wall_ms += 30 * 86_400_000
        machine.while_asked = lambda: None

    machine.kernel = True
    machine.while_asked = set_it
    assert not machine.clock().now().trusted


def test_keeps_the_time_when_the_wall_clock_jumps(machine: Machine) -> None:
    machine.kernel = True
    clock = machine.clock()
    assert clock.wall_clock_is_right()
    machine.wall_ms = 0
    machine.passes(60)
    assert (clock.now().wall_ms, clock.now().trusted) == (AFTER_BUILD_MS + 60_000, True)
    assert not clock.wall_clock_is_right()


def test_is_told_by_the_centre_and_remembers_what_was_kept(machine: Machine) -> None:
    clock = machine.clock()
    clock.told(Anchor(BOOT, 1_000, AFTER_BUILD_MS, Voucher.CENTRE))
    assert clock.now().wall_ms == AFTER_BUILD_MS + 234
    again = machine.clock()
    again.remember(clock.to_keep())
    assert again.now() == clock.now()
    other = machine.clock(battery_clock=True)
    other.remember(KeptTime(AFTER_BUILD_MS + 86_400_000, Voucher.TIME_SYNC))
    assert not other.now().trusted, "a battery clock that fell back behind the last trusted time"


def test_agrees_with_this_machine() -> None:
    """The real readers; whether this machine's clock is synchronised, it must know itself."""
    clock = HostClock(battery_clock=True, build_ms=0)
    first, second = clock.now(), clock.now()
    assert abs(first.wall_ms - time.time_ns() // 1_000_000) < 2_000
    assert 0 < first.boottime_ms <= second.boottime_ms
    assert first.boottime_ms >= int(time.monotonic() * 1000) - 2_000, "it counts sleep as well, so it is never behind"
    assert first.boot_id == BOOT_ID.read_text().strip()
    assert kernel_clock_is_synchronised() in (True, False, None)


def test_needs_to_know_which_boot_this_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing"):
        HostClock(False, 0, boot_id_file=tmp_path / "nothing")
