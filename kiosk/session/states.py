"""Everything that the screens may know. Immutable, so that it can be handed to another thread as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.domain.operations import OperationId
from kiosk.domain.staff import Staff
from kiosk.ports.devices import Hint as Hint
from kiosk.session.books import Books
from kiosk.session.desk_states import Entering, Supervising
from kiosk.session.inputs import Scanned
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import BookShown, Notice


class RowKind(Enum):
    LENT = auto()
    RENEWED = auto()
    ALREADY_YOURS = auto()
    RETURNED = auto()
    NOT_IN_CATALOGUE = auto()  # returned, though no catalogue knows it: a person will look


@dataclass(frozen=True, slots=True)
class Row:
    """One book of this visit. `due_in_days` replaces `due_on` on screen when the station is not sure of the date."""

    kind: RowKind
    book: BookShown
    recorded_at: float  # monotonic seconds
    operation: OperationId | None = None
    due_on: date | None = None
    due_in_days: int | None = None
    held_at: str | None = None
    leaving: bool = False  # asked to be taken off; not answered yet


@dataclass(frozen=True, slots=True)
class PatronShown:
    id: str
    card: str
    name: str
    limit: int
    staff: Staff | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """`since`: when somebody last did something here; a notice or what was chosen does not stay for ever."""

    notice: Notice | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Borrowing:
    """`asked`: barcodes in flight or on the list, so that a double scan asks nothing twice. `rows`: newest first.
    `books`: Sách của tôi lies over the books of this visit, until one is scanned."""

    patron: PatronShown
    loans_now: int
    active_at: float
    card_at: float
    asked: frozenset[str] = frozenset()
    rows: tuple[Row, ...] = ()
    notice: Notice | None = None
    warned: bool = False
    taking_off: bool = False
    books: Books | None = None


@dataclass(frozen=True, slots=True)
class Returning:
    active_at: float
    asked: frozenset[str] = frozenset()
    rows: tuple[Row, ...] = ()
    notice: Notice | None = None
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The reader is done: what was lent or renewed, never whose it is. `card`: one that lies before the scanner a
    moment longer begins no new visit. None of `rows` is returned by a scan meanwhile."""

    rows: tuple[Row, ...]
    card: str
    since: float


@dataclass(frozen=True, slots=True)
class Resting:
    """Out of service: nothing can be made durable, so nothing is lent. `code` for staff; it keeps trying by itself.
    Over it lies at most why a service pass does not open the maintainer's screen (`notice`, since `noticed_at`)."""

    code: str
    since: float
    notice: Notice | None = None
    noticed_at: float = 0.0


class Look(Enum):
    """How the screens look to this reader; each touch of the key goes on to the next, and round."""

    USUAL = auto()
    LARGE = auto()  # larger words
    CONTRAST = auto()  # larger words, black on white


class EnrolStage(Enum):
    SHOW_CODE = auto()  # nobody has shown an enrolment code yet
    CONNECTING = auto()
    COMPARE = auto()  # four words are on the screen, until somebody at the centre has confirmed them
    STARTING = auto()  # confirmed: the station begins


class EnrolProblem(Enum):
    """Why it does not go on; each has its own sentence."""

    NOT_A_CODE = auto()
    OTHER_VERSION = auto()
    SPOILT_CODE = auto()
    FORBIDDEN_CODE = auto()
    NO_WIFI = auto()  # this machine has nothing that joins a wireless network
    NO_NETWORK = auto()
    UNREACHABLE = auto()
    DISTRUSTED = auto()
    TOKEN_REFUSED = auto()
    REVOKED = auto()  # while it waited
    NOTHING_TOLD = auto()  # the centre knows no form of the library's codes
    NOT_KEPT = auto()  # nothing can be written here
    OTHER_STATION = auto()  # than kiosk.toml names
    CLOCK_UNSURE = auto()  # too little is known of the time to look at a certificate's dates


@dataclass(frozen=True, slots=True)
class Enrolling:
    """A blank station. `attempt` numbers each code that was taken, so that a late answer finds no one; `code` is the
    one of this attempt. Over the first page may lie how it is done without a scanner (`wants_help`), or whether
    anything is connected to the machine (`is_connected`; None: nobody asked)."""

    stage: EnrolStage = EnrolStage.SHOW_CODE
    problem: EnrolProblem | None = None
    attempt: int = 0
    code: EnrolmentCode | None = field(default=None, repr=False)
    words: tuple[str, ...] = ()
    wants_help: bool = False
    is_connected: bool | None = None


Doing = Home | Borrowing | Returning | Finished | Resting | Enrolling | Maintaining | Entering | Supervising


@dataclass(frozen=True, slots=True)
class Station:
    """How the station itself is."""

    online: bool = True
    pending: int = 0  # operations that the centre does not have yet
    scanners_lost: frozenset[str] = frozenset()
    hint: Hint | None = None  # for whoever holds something up that the camera cannot read


@dataclass(frozen=True, slots=True)
class State:
    """`visit` numbers each turn in front of the station and `request` each question of it, so that late answers find no
    one. `awaiting`: the request that must be answered before another scan is looked at; until then scans are `held`.
    The reader's own, gone with the visit: `language`, `look`, `aiming` (what the camera sees fills the screen), and
    `help_called` (once is enough)."""

    doing: Doing = field(default_factory=Home)
    visit: int = 0
    request: int = 0
    awaiting: int | None = None
    held: tuple[Scanned, ...] = ()
    language: str = "vi"
    look: Look = Look.USUAL
    aiming: bool = False
    help_called: bool = False
    station: Station = field(default_factory=Station)


@dataclass(frozen=True, slots=True)
class SessionRules:
    """Seconds, and what a visit begins with."""

    language: str = "vi"
    languages: tuple[str, ...] = ("vi", "en")
    warn_after_s: float = 30.0
    end_after_warning_s: float = 15.0
    notice_on_home_s: float = 20.0
    same_card_ends_after_s: float = 3.0
    same_book_again_after_s: float = 1.5
    take_off_within_s: float = 60.0
    finished_s: float = 10.0
    store_retry_s: float = 10.0
    maintenance_s: float = 120.0
    entering_s: float = 30.0
    supervised_s: float = 120.0
    may_enrol_anew: bool = False
