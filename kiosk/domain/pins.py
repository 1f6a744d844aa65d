"""PINs: which ones are good enough, and how long wrong ones wait. None of them ever leaves its station."""

from __future__ import annotations

from enum import StrEnum

from kiosk.domain.clock_trust import Moment

WAITS_S = (0, 0, 0, 5, 15, 30, 60, 120, 300)
"""Before the next try is looked at, after so many wrong ones in a row; after more of them the last. So a pupil with a
photo of a card makes its owner wait for five minutes, and never locks them out."""

LONGEST = 12
SHORTEST = 4
SHORTEST_OF_STAFF = 6
_UP = "0123456789" * 3


class PinFault(StrEnum):
    """Why a PIN is not good enough."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_DIGITS = "not_digits"
    TRIVIAL = "trivial"  # one digit again and again, or one after another


def pin_fault(pin: str, *, of_staff: bool) -> PinFault | None:
    """None: it may be set."""
    if not (pin.isascii() and pin.isdigit()):
        return PinFault.NOT_DIGITS if pin else PinFault.TOO_SHORT
    if len(pin) < shortest(of_staff=of_staff):
        return PinFault.TOO_SHORT
    if len(pin) > LONGEST:
        return PinFault.TOO_LONG
    if len(set(pin)) == 1 or pin in _UP or pin in _UP[::-1]:
        return PinFault.TRIVIAL
    return None


def shortest(*, of_staff: bool) -> int:
    return SHORTEST_OF_STAFF if of_staff else SHORTEST


def wait_left(failures: int, boot_id: str, boottime_ms: int, now: Moment) -> float:
    """Seconds until the next try is looked at, after `failures` in a row of which the last was in boot `boot_id` at
    `boottime_ms`. Counted while the machine is switched on, whatever the date is set to; a boot after that one counts
    from its own beginning, so pulling the plug shortens nothing."""
    whole_s = float(WAITS_S[min(failures, len(WAITS_S) - 1)])
    since_ms = boottime_ms if now.boot_id == boot_id else 0
    return min(whole_s, max(0.0, whole_s - (now.boottime_ms - since_ms) / 1000))
