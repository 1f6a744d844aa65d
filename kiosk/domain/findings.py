"""What is found when a part of the station is looked at: how it is, and what a person should do about it.

The words are kept as sentences that are said later, in whatever language is spoken then (kiosk.i18n.Translator.say).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Sentence:
    """`msgid` is English. A value may be a sentence itself. `many`, `n`: the form for more than one, and how many."""

    msgid: str
    values: tuple[tuple[str, object], ...] = ()
    many: str = ""
    n: int = 0

    def __bool__(self) -> bool:
        return bool(self.msgid)


NOTHING = Sentence("")


def text(msgid: str, /, **values: object) -> Sentence:
    return Sentence(msgid, tuple(sorted(values.items())))


def plural(one: str, many: str, n: int, /, **values: object) -> Sentence:
    return Sentence(one, tuple(sorted(values.items())), many, n)


def as_is(words: str) -> Sentence:
    """What is the same in every language: a name, a number."""
    return Sentence("{it}", (("it", words),)) if words else NOTHING


class State(StrEnum):
    GOOD = "good"
    LOOK = "look"  # it goes on, and somebody should look
    BAD = "bad"  # nothing can be lent until somebody helps
    NOT_USED = "not_used"


class Part(StrEnum):
    """What is looked at, in the order in which people are told."""

    SETTINGS = "settings"
    NETWORK = "network"
    CENTRE = "centre"
    STORE = "store"
    SCANNER = "scanner"
    CAMERA = "camera"
    PRINTER = "printer"
    SCREEN = "screen"
    TOUCH = "touch"
    CLOCK = "clock"
    DISK = "disk"
    TEMPERATURE = "temperature"
    POWER = "power"
    VERSION = "version"
    KEYS = "keys"
    UNITS = "units"


Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """`head`: a few words, `detail`: a few more, `do`: what a person should do, where that is known. `facts` for
    machines: nothing in them is about a reader, and nothing is secret."""

    part: Part
    state: State
    head: Sentence
    detail: Sentence = NOTHING
    do: Sentence = NOTHING
    facts: Facts = field(default_factory=dict, hash=False)


TITLES: Mapping[Part, Sentence] = {
    Part.SETTINGS: text("Settings"),
    Part.NETWORK: text("Network"),
    Part.CENTRE: text("Centre"),
    Part.STORE: text("Data store"),
    Part.SCANNER: text("Scanner"),
    Part.CAMERA: text("Camera"),
    Part.PRINTER: text("Printer"),
    Part.SCREEN: text("Screen"),
    Part.TOUCH: text("Touch"),
    Part.CLOCK: text("Clock"),
    Part.DISK: text("Memory"),
    Part.TEMPERATURE: text("Temperature"),
    Part.POWER: text("Power"),
    Part.VERSION: text("Version"),
    Part.KEYS: text("Enrolment"),
    Part.UNITS: text("Services"),
}
STATES: Mapping[State, Sentence] = {
    State.GOOD: text("Good"),
    State.LOOK: text("Have a look"),
    State.BAD: text("Needs help"),
    State.NOT_USED: text("Not in use"),
}
