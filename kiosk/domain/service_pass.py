"""A service pass: what a maintainer holds before the scanner to see how the station is. The centre draws it for one
station and some hours, signed with its own key; it is checked here without a network.

    TRAM-PASS:1:<library>:<device>:<id>:<until, s since 1970>:<hours>:<signature>

A pass is good until its time, and no longer than its hours of a machine that is switched on, counted from when it was
first shown: so it ends where nobody vouches for the clock, too. "Lock" ends it for good, and a copy of it with it; when
the screen locks by itself, the same pass opens it again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import unquote

from kiosk.domain.clock_trust import Moment

_BEGINS = "TRAM-PASS:"
_VERSION = "1"
LONGEST_HOURS = 72
SIGNED_AS = "tram-xanh service pass v1\n"
"""Before what is signed, so that nothing else that the centre signs is ever taken for a pass."""
_ID = re.compile(r"[0-9a-f]{16}")
_NUMBER = re.compile(r"[0-9]{1,12}")


class PassFault(StrEnum):
    """Why a pass does not open the screen."""

    NOT_OURS = "not_ours"  # no signature of this station's centre: made up, altered, or of another centre
    OTHER_STATION = "other_station"
    EXPIRED = "expired"
    ENDED = "ended"  # somebody has locked the screen with it
    NO_CENTRE = "no_centre"  # this station knows no centre's key yet
    VERSION = "version"  # of a newer centre


@dataclass(frozen=True, slots=True)
class ServicePass:
    """`said`: what `signature` (base64url) is of."""

    library: str
    device: str
    id: str
    until_ms: int
    hours: int
    said: str
    signature: str


@dataclass(frozen=True, slots=True)
class Use:
    """What is known of a pass that was shown here: `spent_s` seconds of a machine that is switched on since."""

    until_ms: int
    spent_s: float = 0.0
    ended: bool = False


def is_pass(text: str) -> bool:
    """Whether it says that it is one."""
    return text.strip().upper().startswith(_BEGINS)


def read_pass(text: str) -> ServicePass | PassFault:
    """What it says; nobody has looked at the signature yet."""
    parts = text.strip().split(":")
    if len(parts) >= 2 and parts[1] != _VERSION:
        return PassFault.VERSION
    if len(parts) != 8 or parts[0] != _BEGINS.rstrip(":"):
        return PassFault.NOT_OURS
    library, device, identity, until, hours, signature = parts[2:]
    if not (_ID.fullmatch(identity) and _NUMBER.fullmatch(until) and _NUMBER.fullmatch(hours)):
        return PassFault.NOT_OURS
    said = SIGNED_AS + ":".join(parts[:-1])
    return ServicePass(unquote(library), unquote(device), identity, int(until) * 1000, int(hours), said, signature)


def admit(shown: ServicePass, before: Use | None, now: Moment, floor_ms: int) -> Use | PassFault:
    """Whether a pass with a right signature, for this station, opens the screen. `floor_ms`: the last time that
    somebody vouched for."""
    use = before or Use(shown.until_ms)
    if use.ended:
        return PassFault.ENDED
    if (now.wall_ms if now.trusted else floor_ms) > shown.until_ms:
        return PassFault.EXPIRED
    if use.spent_s >= min(shown.hours, LONGEST_HOURS) * 3600:
        return PassFault.EXPIRED
    return use


def spend(use: Use, seconds: float) -> Use:
    return use if use.ended else replace(use, spent_s=use.spent_s + seconds)
