"""Which PINs are good enough, and how long wrong ones wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.clock_trust import Moment
from kiosk.domain.pins import LONGEST, WAITS_S, PinFault, pin_fault, wait_left

FAULTS = {
    # pin: (of a reader, of the staff)
    "": (PinFault.TOO_SHORT, PinFault.TOO_SHORT),
    "471": (PinFault.TOO_SHORT, PinFault.TOO_SHORT),
    "4711": (None, PinFault.TOO_SHORT),
    "47119": (None, PinFault.TOO_SHORT),
    "471193": (None, None),
    "471193471193": (None, None),
    "4711934711930": (PinFault.TOO_LONG, PinFault.TOO_LONG),
    "0000": (PinFault.TRIVIAL, PinFault.TOO_SHORT),
    "777777": (PinFault.TRIVIAL, PinFault.TRIVIAL),
    "123456": (PinFault.TRIVIAL, PinFault.TRIVIAL),
    "0123456789": (PinFault.TRIVIAL, PinFault.TRIVIAL),
    "567890": (PinFault.TRIVIAL, PinFault.TRIVIAL),
    "890123": (PinFault.TRIVIAL, PinFault.TRIVIAL),
    "987654": (PinFault.TRIVIAL, PinFault.TRIVIAL),
    "321098": (PinFault.TRIVIAL, PinFault.TRIVIAL),
    "123457": (None, None),
    "112233": (None, None),
    "47a193": (PinFault.NOT_DIGITS, PinFault.NOT_DIGITS),
    "４７１１９３": (PinFault.NOT_DIGITS, PinFault.NOT_DIGITS),
    "٤٧١١٩٣": (PinFault.NOT_DIGITS, PinFault.NOT_DIGITS),
    "471 193": (PinFault.NOT_DIGITS, PinFault.NOT_DIGITS),
}


@pytest.mark.parametrize(("pin", "faults"), FAULTS.items(), ids=FAULTS)
def test_which_pins_may_be_set(pin: str, faults: tuple[PinFault | None, PinFault | None]) -> None:
    assert (pin_fault(pin, of_staff=False), pin_fault(pin, of_staff=True)) == faults


@given(st.text("0123456789", max_size=LONGEST + 3))
def test_what_the_staff_may_set_a_reader_may_set(pin: str) -> None:
    if pin_fault(pin, of_staff=True) is None:
        assert pin_fault(pin, of_staff=False) is None


def at(boottime_s: float, boot: str = "boot-1") -> Moment:
    return Moment(0, boot, int(boottime_s * 1000), trusted=False)


@pytest.mark.parametrize(("failures", "wait_s"), list(enumerate((0, 0, 0, 5, 15, 30, 60, 120, 300, 300, 300))))
def test_each_wrong_one_waits_longer_and_never_more_than_five_minutes(failures: int, wait_s: int) -> None:
    assert wait_left(failures, "boot-1", 100_000, at(100)) == wait_s
    assert wait_left(failures, "boot-1", 100_000, at(100 + wait_s / 2)) == wait_s / 2
    assert wait_left(failures, "boot-1", 100_000, at(100 + wait_s)) == 0
    assert wait_left(10**9, "boot-1", 100_000, at(100)) == 300


def test_pulling_the_plug_shortens_nothing() -> None:
    assert wait_left(8, "boot-1", 100_000, at(0, "boot-2")) == 300
    assert wait_left(8, "boot-1", 100_000, at(290, "boot-2")) == 10
    assert wait_left(8, "boot-1", 100_000, at(300, "boot-2")) == 0


@given(st.integers(0, 20), st.integers(0, 10**9), st.integers(0, 10**9), st.booleans())
def test_no_wait_is_longer_than_its_own(failures: int, then_ms: int, now_ms: int, same_boot: bool) -> None:
    now = Moment(0, "boot-1" if same_boot else "boot-2", now_ms, trusted=False)
    assert 0 <= wait_left(failures, "boot-1", then_ms, now) <= WAITS_S[min(failures, len(WAITS_S) - 1)]
