"""What a finger can touch on the readers' and the maintainer's screens; of the desk's: kiosk.session.desk_inputs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from kiosk.domain.findings import Part
from kiosk.domain.operations import OperationId


class Button(Enum):
    BORROW = auto()
    RETURN = auto()
    HELP = auto()
    LANGUAGE = auto()
    LOOK = auto()  # larger words, more contrast, and round
    AIM = auto()  # show large what the camera sees
    DONE = auto()
    STILL_HERE = auto()
    DISMISS = auto()  # close the notice and go on
    TAKE_OFF_MODE = auto()
    UNDO_RETURN = auto()
    RETURN_THIS = auto()  # of a notice: take the book back now
    IT_IS_A_CARD = auto()
    IT_IS_A_BOOK = auto()
    MY_BOOKS = auto()
    RENEW_ALL = auto()
    AGAIN = auto()  # of an enrolment: try it once more
    NETWORK = auto()  # of an enrolment: is there one?
    # of the maintainer's screen
    LOCK = auto()
    TRY_SCANNER = auto()
    SEND_NOW = auto()
    SUPPORT_BUNDLE = auto()
    RESTART = auto()
    ENROL_ANEW = auto()
    MORE = auto()
    UPDATE_FROM_STICK = auto()
    BUNDLE_ON_STICK = auto()
    BACKUP_ON_STICK = auto()
    ENTER_DESK = auto()  # of a visit of somebody of the staff: open the desk
    STAFF_PIN = auto()  # of the maintainer's screen: a PIN for somebody of the staff


@dataclass(frozen=True, slots=True)
class Touched:
    button: Button
    at: float


@dataclass(frozen=True, slots=True)
class TakeOffTouched:
    """A row's own button while books are being taken off."""

    operation: OperationId
    at: float


@dataclass(frozen=True, slots=True)
class RenewTouched:
    """The own button of a loan in the reader's list."""

    barcode: str
    at: float


@dataclass(frozen=True, slots=True)
class PartTouched:
    """One of the parts on the maintainer's screen."""

    part: Part
    at: float
