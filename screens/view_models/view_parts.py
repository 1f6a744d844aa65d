"""What many views are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.session.inputs import Button


class Tone(StrEnum):
    """How a row or a chip looks; always with an icon and a word beside the colour."""

    NEW = "new"  # the newest book: large and green
    PLAIN = "plain"
    ATTENTION = "attention"  # amber


@dataclass(frozen=True, slots=True)
class Key:
    """Something to press. `icon`: a name in the icon font."""

    label: str
    icon: str
    button: Button


@dataclass(frozen=True, slots=True)
class ChipView:
    """An icon and a few words in a pill."""

    text: str
    icon: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Countdown:
    """Until `ends_at` (monotonic seconds), of `whole_s` seconds. `repeats`: then it begins again, each time anew."""

    ends_at: float
    whole_s: float
    repeats: bool = False
