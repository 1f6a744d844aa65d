from __future__ import annotations

import time
from pathlib import Path

import pytest

from devices.host.clock import BOOT_ID, HostClock, kernel_clock_is_synchronised

FLOOR_MS = 1_795_000_000_000
AFTER_FLOOR_MS = FLOOR_MS + 86_400_000


class Machine:
    """Clocks that a test sets, and what vouches for them."""

    def __init__(self, folder: Path) -> None:
        self.wall_ms = AFTER_FLOOR_MS
        self.boottime_ms = 1234
        self.monotonic = 100.0
        self.kernel = False
        self.kernel_asked = 0
        self.synchronized_file = folder / "synchronized"
        self.boot_id_file = folder / "boot_id"
        self.boot_id_file.write_text("9b0e65b8-214e-40c1-9656-2d17acc50a42\n")

    def _asked_kernel(self) -> bool:
        self.kernel_asked += 1
        return self.kernel

    def clock(self, *, battery_clock: bool = False) -> HostClock:
        return HostClock(
            battery_clock,
            FLOOR_MS,
            boot_id_file=self.boot_id_file,
            synchronized_file=self.synchronized_file,
            wall_ns=lambda: self.wall_ms * 1_000_000,
            boottime_ms=lambda: self.boottime_ms,
            monotonic=lambda: self.monotonic,
            kernel_is_synchronised=self._asked_kernel,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_reads_every_clock_at_once(machine: Machine) -> None:
    moment = machine.clock().now()
    assert (moment.wall_ms, moment.boot_id, moment.boottime_ms) == (
        AFTER_FLOOR_MS,
        "9b0e65b8-214e-40c1-9656-2d17acc50a42",
        1234,
    )


def test_distrusts_a_clock_that_nobody_vouches_for(machine: Machine) -> None:
    assert not machine.clock().now().trusted


def test_trusts_a_battery_clock(machine: Machine) -> None:
    assert machine.clock(battery_clock=True).now().trusted
    assert machine.kernel_asked == 0


def test_trusts_a_clock_set_from_a_server_in_this_boot(machine: Machine) -> None:
    machine.synchronized_file.touch()
    assert machine.clock().now().trusted
    assert machine.kernel_asked == 0


def test_trusts_a_clock_that_the_kernel_calls_synchronised(machine: Machine) -> None:
    machine.kernel = True
    assert machine.clock().now().trusted


@pytest.mark.parametrize("wall_ms", [0, FLOOR_MS - 1])
@pytest.mark.parametrize("battery_clock", [True, False])
def test_distrusts_a_clock_before_the_floor_whoever_vouches_for_it(
    machine: Machine, wall_ms: int, battery_clock: bool
) -> None:
    machine.kernel = True
    machine.synchronized_file.touch()
    clock = machine.clock(battery_clock=battery_clock)
    assert clock.now().trusted  # the same machine on a later day
    machine.wall_ms = wall_ms
    assert not clock.now().trusted


def test_trusts_the_very_floor(machine: Machine) -> None:
    machine.wall_ms = FLOOR_MS
    assert machine.clock(battery_clock=True).now().trusted


def test_asks_again_after_ten_seconds(machine: Machine) -> None:
    clock = machine.clock()
    assert not clock.now().trusted
    machine.synchronized_file.touch()
    machine.monotonic += 9.9
    assert not clock.now().trusted
    machine.monotonic += 0.1
    assert clock.now().trusted
    assert machine.kernel_asked == 1


def test_agrees_with_this_machine() -> None:
    """The real readers; whether this machine's clock is synchronised, it must know itself."""
    clock = HostClock(battery_clock=True, floor_ms=0)
    before_ns, before = time.time_ns(), clock.monotonic()
    first, second = clock.now(), clock.now()
    assert before_ns // 1_000_000 <= first.wall_ms <= time.time_ns() // 1_000_000
    assert before <= clock.monotonic()
    assert 0 < first.boottime_ms <= second.boottime_ms
    assert first.boottime_ms >= int(before * 1000), "CLOCK_BOOTTIME counts sleep as well, so it is never behind"
    assert first.boot_id == BOOT_ID.read_text().strip()
    assert isinstance(kernel_clock_is_synchronised(), bool)


def test_needs_to_know_which_boot_this_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing"):
        HostClock(False, 0, boot_id_file=tmp_path / "nothing")


def test_trusts_no_clock_that_says_a_year_far_beyond_this_build(tmp_path: Path) -> None:
    floor_ms = 1_795_392_000_000
    boot = tmp_path / "boot_id"
    boot.write_text("b")
    year_ms = 366 * 86_400_000
    for years, trusted in ((0, True), (14, True), (16, False)):
        wall_ns = (floor_ms + years * year_ms) * 1_000_000
        clock = HostClock(True, floor_ms, boot_id_file=boot, wall_ns=lambda wall_ns=wall_ns: wall_ns)
        assert clock.now().trusted is trusted
