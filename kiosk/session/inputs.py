"""What can happen to a session. `at` is monotonic seconds; `visit` and `request` say which question is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kiosk.domain.barcodes import Code
from kiosk.domain.blocks import Block
from kiosk.domain.findings import Finding
from kiosk.domain.operations import OperationId
from kiosk.domain.service_pass import PassFault
from kiosk.domain.staff import Staff
from kiosk.ports.devices import Hint
from kiosk.session.books import HoldShown, LoanShown
from kiosk.session.desk_inputs import ActTouched as ActTouched
from kiosk.session.desk_inputs import BookOpened as BookOpened
from kiosk.session.desk_inputs import DeskActDone as DeskActDone
from kiosk.session.desk_inputs import DeskAnswer, DeskTouch
from kiosk.session.desk_inputs import DeskClosed as DeskClosed
from kiosk.session.desk_inputs import DeskEntered as DeskEntered
from kiosk.session.desk_inputs import LineTouched as LineTouched
from kiosk.session.desk_inputs import PinRefused as PinRefused
from kiosk.session.desk_inputs import ReaderOpened as ReaderOpened
from kiosk.session.desk_inputs import ReadersFound as ReadersFound
from kiosk.session.desk_inputs import RequestsListed as RequestsListed
from kiosk.session.desk_inputs import SettingsListed as SettingsListed
from kiosk.session.desk_inputs import Typed as Typed
from kiosk.session.desk_inputs import WorkCounted as WorkCounted
from kiosk.session.desk_inputs import WorkListed as WorkListed
from kiosk.session.desk_states import (
    DeskProblem,
    ReaderLine,
)
from kiosk.session.maintenance import Outcome
from kiosk.session.notices import BookShown
from kiosk.session.touches import Button as Button
from kiosk.session.touches import PartTouched as PartTouched
from kiosk.session.touches import RenewTouched as RenewTouched
from kiosk.session.touches import TakeOffTouched as TakeOffTouched
from kiosk.session.touches import Touched as Touched


@dataclass(frozen=True, slots=True)
class Scanned:
    """How it came, for whoever tries a scanner: `symbology` where a camera tells it, and how many characters."""

    code: Code
    at: float
    symbology: str = field(default="", compare=False)
    characters: int = field(default=0, compare=False)

    @property
    def by_camera(self) -> bool:
        """A camera reads a photo of a card as well as the card. What comes over a line has no symbology."""
        return self.symbology != ""


@dataclass(frozen=True, slots=True)
class PassShown:
    """A service pass before the scanner; `fault`: why it opens nothing."""

    id: str
    fault: PassFault | None
    at: float


@dataclass(frozen=True, slots=True)
class FindingsTold:
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ServiceDone:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Tick:
    at: float


@dataclass(frozen=True, slots=True)
class PatronFound:
    """`asks_pin`: the library wants a PIN too before anything is borrowed; `has_pin`: one is set here."""

    visit: int
    request: int
    patron_id: str
    card: str
    name: str
    loans_now: int
    limit: int
    blocks: tuple[Block, ...]
    at: float
    staff: Staff | None = None
    asks_pin: bool = False
    has_pin: bool = False


@dataclass(frozen=True, slots=True)
class PatronNotFound:
    visit: int
    request: int
    at: float


@dataclass(frozen=True, slots=True)
class CodeResolved:
    """What a code that may be a card and a book is known as. `as_item`: as in kiosk.domain.barcodes.Code."""

    visit: int
    request: int
    text: str
    known_card: bool
    known_item: bool
    at: float
    as_item: str | None = None


@dataclass(frozen=True, slots=True)
class LoanRecorded:
    """Durable. `renewed`: it was this patron's and now lasts longer. `due_in_days` when the date is not sure.
    `against_rules`: somebody at the desk has set reasons aside."""

    visit: int
    request: int
    operation: OperationId
    book: BookShown
    due_on: date
    due_in_days: int | None
    loans_now: int
    renewed: bool
    at: float
    against_rules: bool = False


@dataclass(frozen=True, slots=True)
class AlreadyYours:
    """The patron has this book already, since today: nothing was recorded."""

    visit: int
    request: int
    book: BookShown
    due_on: date
    due_in_days: int | None
    at: float


@dataclass(frozen=True, slots=True)
class LoanRefused:
    visit: int
    request: int
    book: BookShown
    blocks: tuple[Block, ...]
    at: float


@dataclass(frozen=True, slots=True)
class ItemNotFound:
    visit: int
    request: int
    barcode: str
    at: float


@dataclass(frozen=True, slots=True)
class ReturnRecorded:
    """Durable. `book.name` is empty when no catalogue here knows the barcode. Told to the desk alone: `had`, who had
    it; `marked`, what was said of the item before (kiosk.domain.model.marked)."""

    visit: int
    request: int
    operation: OperationId
    book: BookShown
    in_catalogue: bool
    held_at: str | None
    at: float
    had: ReaderLine | None = None
    marked: str = ""


@dataclass(frozen=True, slots=True)
class NobodyHasIt:
    """Scanned without a card and on nobody's loan: nothing was recorded. `book` None: not in the catalogue."""

    visit: int
    request: int
    barcode: str
    book: BookShown | None
    at: float


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A check-out or a return of this visit was voided, durably."""

    visit: int
    request: int
    operation: OperationId
    loans_now: int
    at: float


@dataclass(frozen=True, slots=True)
class NotTakenBack:
    visit: int
    request: int
    operation: OperationId
    at: float


@dataclass(frozen=True, slots=True)
class InHouseUseRecorded:
    """Durable: the book is read here."""

    visit: int
    request: int
    operation: OperationId
    book: BookShown
    at: float


@dataclass(frozen=True, slots=True)
class BooksListed:
    """What the patron has and waits for, in the order of kiosk.session.books.Books."""

    visit: int
    request: int
    loans: tuple[LoanShown, ...]
    holds: tuple[HoldShown, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Durable, and on its way to the centre, which decides `id` some time later."""

    visit: int
    request: int
    operation: OperationId
    id: str
    at: float


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Nothing was recorded: no reader asks, or one who is not in the list any more; or, at the desk, it would be
    declined for certain (`why`)."""

    visit: int
    request: int
    at: float
    why: DeskProblem | None = None


@dataclass(frozen=True, slots=True)
class NotRenewed:
    """Nothing was recorded. No `blocks`: the loan has ended meanwhile."""

    visit: int
    request: int
    barcode: str
    blocks: tuple[Block, ...]
    at: float


@dataclass(frozen=True, slots=True)
class CardProved:
    """The PIN is theirs."""

    visit: int
    request: int
    at: float


@dataclass(frozen=True, slots=True)
class HelpCalled:
    """Durable: somebody of the staff will see that a reader has called."""

    visit: int
    request: int
    operation: OperationId
    at: float


@dataclass(frozen=True, slots=True)
class StoreFailed:
    code: str
    at: float


@dataclass(frozen=True, slots=True)
class StoreRecovered:
    at: float


@dataclass(frozen=True, slots=True)
class LinkChanged:
    online: bool
    pending: int


@dataclass(frozen=True, slots=True)
class ScannerLost:
    name: str
    lost: bool


@dataclass(frozen=True, slots=True)
class HintChanged:
    """What would help the camera to read what is held up; None: nothing any more."""

    hint: Hint | None


Answer = (
    PatronFound
    | PatronNotFound
    | CodeResolved
    | LoanRecorded
    | AlreadyYours
    | LoanRefused
    | ItemNotFound
    | ReturnRecorded
    | NobodyHasIt
    | TakenBack
    | NotTakenBack
    | InHouseUseRecorded
    | Asked
    | NotAsked
    | BooksListed
    | NotRenewed
    | DeskAnswer
    | CardProved
    | HelpCalled
)
Touch = Touched | TakeOffTouched | RenewTouched | PartTouched | DeskTouch
Maintenance = PassShown | FindingsTold | ServiceDone
_OfTheStation = StoreFailed | StoreRecovered | LinkChanged | ScannerLost | HintChanged | Maintenance
Input = Scanned | Touch | Tick | Answer | _OfTheStation
