"""What whoever looks after the station sees and may do: the maintainer's screen. Nothing in it is of a reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from kiosk.domain.findings import Finding, Part
from kiosk.domain.staff import Role
from kiosk.session.desk_states import StaffPin, Supervising


class Service(Enum):
    """What the maintainer's screen asks for."""

    SEND_NOW = auto()
    SUPPORT_BUNDLE = auto()
    RESTART = auto()
    UPDATE_FROM_STICK = auto()
    BUNDLE_ON_STICK = auto()
    BACKUP_ON_STICK = auto()
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
    """What became of what was asked; `well` None: it is being done, False: the centre did not answer, or the stick did
    not do. A bundle may have gone `without_log`, or with a part of it. `said`: the sentence of the command that worked
    with the stick, in the language that was spoken."""

    service: Service
    well: bool | None
    without_log: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class Maintaining:
    """`pass_id`: with what it was opened. `findings`: the newest, none before the first look. One thing at a time lies
    over them: a `part` that was touched, the scanner test (`trying`), a PIN that is set (`pin`), an `outcome`, what
    else can be done (`more`), or the pages of an enrolment (`enrolling`, which `State.anew` tells). `resting`: the code
    of the rest that goes on beneath. `desk`: from there it was opened, without a pass ("")."""

    pass_id: str
    active_at: float
    findings: tuple[Finding, ...] = ()
    part: Part | None = None
    trying: bool = False
    tried: Tried | None = None
    outcome: Outcome | None = None
    enrolling: bool = False
    more: bool = False
    resting: str | None = None
    pin: StaffPin | None = None
    desk: Supervising | None = None

    @property
    def maintains(self) -> bool:
        """Whether whoever stands here looks after the station: with a pass, or by their role."""
        return self.desk is None or self.desk.who.staff.role is Role.MAINTAINER
