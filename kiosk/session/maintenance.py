"""What whoever looks after the station sees and may do: the maintainer's screen. Nothing in it is of a reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from kiosk.domain.findings import Finding, Part
from kiosk.session.desk_states import StaffPin, Supervising


class Service(Enum):
    """What the maintainer's screen asks for."""

    SEND_NOW = auto()
    SUPPORT_BUNDLE = auto()
    RESTART = auto()
    ENROL_ANEW = auto()
    END_PASS = auto()


class ScanKind(StrEnum):
    """What a scan is, by its form alone."""

    CARD = "card"
    ITEM = "item"
    EITHER = "either"
    ISBN = "isbn"
    CITIZEN = "citizen"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tried:
    """A scan on this screen: never what was scanned. `symbology`: where the device tells it. `number` counts them."""

    kind: ScanKind
    symbology: str
    characters: int
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what was asked; `well` None: it is being done, False: the centre did not answer. A bundle may have
    gone `without_log`, or with a part of it."""

    service: Service
    well: bool | None
    without_log: bool = False


@dataclass(frozen=True, slots=True)
class Maintaining:
    """`pass_id`: with what it was opened. `findings`: the newest, none before the first look. One thing at a time lies
    over them: a `part` that was touched, the scanner test (`trying`), a PIN that is set (`pin`), or an `outcome`.
    `resting`: the code of the rest that goes on beneath. `desk`: from there it was opened, without a pass ("")."""

    pass_id: str
    active_at: float
    findings: tuple[Finding, ...] = ()
    part: Part | None = None
    trying: bool = False
    tried: Tried | None = None
    outcome: Outcome | None = None
    resting: str | None = None
    pin: StaffPin | None = None
    desk: Supervising | None = None
