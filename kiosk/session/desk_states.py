"""Chế độ thủ thư: what the desk shows. Nothing of it stays on the screen once it is locked.

One page at a time; each has its own module in kiosk.session.supervised, which says what a scan, a touch and an answer
do there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, auto

from kiosk.domain.blocks import Block
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import RequestState
from kiosk.domain.settings import Setting
from kiosk.domain.staff import Staff
from kiosk.session.books import HoldShown, LoanShown
from kiosk.session.desk_lists import BY_ITSELF as BY_ITSELF
from kiosk.session.desk_lists import CheckLine as CheckLine
from kiosk.session.desk_lists import Counts as Counts
from kiosk.session.desk_lists import DisputeLine as DisputeLine
from kiosk.session.desk_lists import ItemShown as ItemShown
from kiosk.session.desk_lists import OverdueLine as OverdueLine
from kiosk.session.desk_lists import ReaderLine as ReaderLine
from kiosk.session.desk_lists import ShelveLine as ShelveLine
from kiosk.session.desk_lists import TitleShown as TitleShown
from kiosk.session.desk_lists import ToCheck as ToCheck
from kiosk.session.desk_lists import UnsentLine as UnsentLine
from kiosk.session.desk_lists import VersionShown as VersionShown
from kiosk.session.desk_lists import Work as Work
from kiosk.session.desk_lists import WorkLine as WorkLine
from kiosk.session.notices import BookShown


@dataclass(frozen=True, slots=True)
class StaffShown:
    """Who is at the desk. `patron_id`: as a reader they borrow like anybody."""

    staff: Staff
    patron_id: str
    name: str


class PinProblem(StrEnum):
    """Why a PIN does not open the desk."""

    WRONG = "wrong"
    TOO_SOON = "too_soon"  # a wait is not over
    NONE_SET = "none_set"  # nobody has set one here; who looks after the station can
    NOT_STAFF = "not_staff"  # of the library, any more


@dataclass(frozen=True, slots=True)
class ReaderShown:
    """A reader, as the desk needs them. `blocks`: why nothing could be lent now. `note`: of the library, or ""."""

    line: ReaderLine
    category: str
    limit: int
    loans: tuple[LoanShown, ...]
    holds: tuple[HoldShown, ...]
    blocks: tuple[Block, ...]
    blocked: bool
    valid_until: date | None
    note: str = ""
    has_pin: bool = False
    of_staff: bool = False


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A setting, by its name. `fixed`: the centre has set it; `waiting`: changed here, and the centre has not answered
    yet."""

    id: str
    value: str
    setting: Setting
    fixed: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What this library has asked the centre for. `about`: a title or barcode, or ""; `why`: of a refusal, as in
    kiosk.domain.requests.RequestRecord."""

    id: str
    kind: str
    about: str
    asked_ms: int
    state: RequestState
    by: str | None = None
    why: str | None = None


class RowKind(StrEnum):
    """What became of a book at the desk."""

    LENT = auto()
    RENEWED = auto()
    RETURNED = auto()
    NOT_IN_CATALOGUE = auto()
    ALREADY_THEIRS = auto()
    REFUSED = auto()  # and not answered yet


@dataclass(frozen=True, slots=True)
class AtDeskRefused:
    """What the rules say against lending or `renewing` this book. `stay`: those that nobody here may set aside."""

    book: BookShown
    blocks: tuple[Block, ...]
    stay: tuple[Block, ...]
    renewing: bool = False


@dataclass(frozen=True, slots=True)
class DeskRow:
    """`operation` None: nothing was recorded. `had`: who had it, of a book that was returned; `leaving`: it is being
    voided; `marked`: what its item is said to be now; `refused`: why it was not lent."""

    kind: RowKind
    book: BookShown
    operation: OperationId | None
    due_on: date | None = None
    due_in_days: int | None = None
    held_at: str | None = None
    had: ReaderLine | None = None
    against_rules: bool = False
    leaving: bool = False
    marked: str = ""
    refused: AtDeskRefused | None = None


class DeskProblem(StrEnum):
    """Why a scan or a touch did nothing; each has its own line."""

    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_ITEM = "unknown_item"
    NO_CODE_OF_OURS = "no_code_of_ours"
    CARD_FIRST = "card_first"  # a book, and nobody to lend it to yet
    NOT_DONE = "not_done"  # what it was about has changed meanwhile
    NOBODY_HAS_IT = "nobody_has_it"  # the book that was scanned to see who has it
    READER_GONE = "reader_gone"  # from the list, while they were looked at
    CARD_OF_ANOTHER = "card_of_another"
    CARD_THEIRS_ALREADY = "card_theirs_already"
    WAITS_ALREADY = "waits_already"  # for this title
    HAS_IT_ALREADY = "has_it_already"  # at home
    NOT_WAITED_FOR = "not_waited_for"  # the book that was scanned for the hold shelf
    SHELVED_ALREADY = "shelved_already"  # for another: it stands there
    TITLE_GONE = "title_gone"  # from the list of books, while it was looked at


# ---- the pages


@dataclass(frozen=True, slots=True)
class Menu:
    pass


@dataclass(frozen=True, slots=True)
class Lending:
    """For a reader who stands here: by card, or looked up (then `reader` is there at once). `rows`: newest first.
    `chosen`: the barcode of a row or of a loan. `asked`: barcodes in flight."""

    reader: ReaderShown | None = None
    rows: tuple[DeskRow, ...] = ()
    refused: AtDeskRefused | None = None
    chosen: str | None = None
    asked: frozenset[str] = frozenset()
    problem: DeskProblem | None = None


@dataclass(frozen=True, slots=True)
class TakingBack:
    """As in Lending."""

    rows: tuple[DeskRow, ...] = ()
    chosen: str | None = None
    asked: frozenset[str] = frozenset()
    problem: DeskProblem | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Readers by name or class, and titles by their names. `readers` None: nothing was looked for yet. `lends`: whoever
    is chosen borrows next, and no title is looked for. `problem`: with what was scanned, or with what was open; `book`:
    the one that nobody has."""

    text: str = ""
    readers: tuple[ReaderLine, ...] | None = None
    more: bool = False
    lends: bool = False
    problem: DeskProblem | None = None
    book: BookShown | None = None
    titles: tuple[BookShown, ...] = ()


@dataclass(frozen=True, slots=True)
class AtReader:
    """One reader. `chosen`: the barcode of a loan, the title of a hold, or CARD_LINE. `wants`: an act that waits for a
    scan (a new card, a book to hold) or for a yes; `asked`: the act in flight, or the last one; `done`: what was just
    done, for a line on the screen, with the `book` that it was about."""

    reader: ReaderShown
    chosen: str | None = None
    wants: Act | None = None
    done: Act | None = None
    asked: Act | None = None
    book: BookShown | None = None
    refused: AtDeskRefused | None = None
    problem: DeskProblem | None = None


@dataclass(frozen=True, slots=True)
class AtTitle:
    """One title. `chosen`: the barcode of one of its items."""

    title: TitleShown
    chosen: str | None = None
    problem: DeskProblem | None = None


CARD_LINE = "@card"
"""The line of a reader's page with all that is about their card and PIN; no barcode and no title has an "@"."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """A work list; None: it is being read. `done`: how many were settled since it was opened. `sent`: that the centre
    was asked for just now. `shelved`: the barcodes that were put on the hold shelf since it was opened; `scanned`: the
    last one. `asked`: the number of the question for the whole list; a later answer without it was told meanwhile, and
    `gone` are the lines that are listed no more since then."""

    work: Work
    lines: tuple[WorkLine, ...] | None = None
    chosen: str | None = None
    done: int = 0
    sent: bool = False
    problem: DeskProblem | None = None
    scanned: str = ""
    shelved: frozenset[str] = frozenset()
    asked: int = field(default=0, compare=False)
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AtSettings:
    """None: they are being read. `draft`: the number that the keys have gone to, and that is not kept yet. `today`:
    where somebody vouches for it. `kept`: the name of what was changed last; `refused`: that was not."""

    lines: tuple[SettingLine, ...] | None = None
    chosen: str | None = None
    draft: str | None = None
    today: date | None = None
    kept: str | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Reporting:
    """A fault, a wish for a book, or where a book comes from. `wants`: what is being reported, `about` what (a
    FaultAbout), of which `book`; `barcode`: the book's. `sent`: what was reported last. `lines`: what was asked for
    here before; None: it is being read. `chosen`: one of them. `asked`: as in AtWork."""

    wants: Act | None = None
    barcode: str | None = None
    sent: Act | None = None
    about: str = ""
    book: BookShown | None = None
    lines: tuple[RequestLine, ...] | None = None
    chosen: str | None = None
    problem: DeskProblem | None = None
    asked: int = field(default=0, compare=False)


Beneath = Menu | Lending | TakingBack | AtReader | AtWork | AtSettings | Reporting


@dataclass(frozen=True, slots=True)
class Writing:
    """Letters or digits are typed for `act`, over the page `beneath`. `first`: what was typed the first time, where it
    is asked for twice. `problem`: a PinFault, PIN_DIFFERS, or ""; `value`: as of ActTouched."""

    act: Act
    beneath: Beneath
    text: str = field(default="", repr=False)
    first: str | None = field(default=None, repr=False)
    problem: str = ""
    value: str = ""


PIN_DIFFERS = "differs"
"""The second time another PIN was typed."""


DeskPage = Beneath | Finding | AtTitle | Writing


class Act(StrEnum):
    """What can be touched at the desk, beside a line of a list."""

    # tiles
    LEND = "lend"
    RETURN = "return"
    FIND = "find"
    WORK = "work"  # with the list as value
    SETTINGS = "settings"
    REPORT = "report"
    DEVICE = "device"
    # lending and returning
    OVERRIDE = "override"  # with the reason as value
    RETURN_FIRST = "return_first"  # an implied return: whoever holds the book is right
    NEXT_READER = "next_reader"
    VOID = "void"
    RENEW = "renew"
    MARK = "mark"  # with the item's status as value
    # a reader
    LEND_TO = "lend_to"
    BLOCK = "block"
    UNBLOCK = "unblock"
    BLOCK_CARDS = "block_cards"
    LINK_CARD = "link_card"
    SET_PIN = "set_pin"
    UNLOCK_PIN = "unlock_pin"
    NOTE = "note"
    PLACE_HOLD = "place_hold"
    CANCEL_HOLD = "cancel_hold"
    # work lists
    SETTLE = "settle"  # with the way as value
    CHECKED = "checked"
    NOT_HERE = "not_here"  # a book that was returned: it is its reader's again
    SHELVED = "shelved"
    OPEN_READER = "open_reader"
    SEND_NOW = "send_now"
    # settings and facility
    STEP = "step"  # with the value that a key leads to; it is not kept yet
    CHANGE = "change"  # with the new value
    WRITE_DAYS = "write_days"
    FAULT = "fault"  # with what it is about as value
    SUGGEST = "suggest"
    SOURCE = "source"  # with the source as value


@dataclass(frozen=True, slots=True)
class Entering:
    """Somebody of the staff has shown their `card`, and types a PIN. `tries_at`: monotonic seconds before which no PIN
    is looked at, after a wait of `wait_s`."""

    who: StaffShown
    active_at: float
    card: str = field(default="", repr=False)
    digits: str = field(default="", repr=False)
    problem: PinProblem | None = None
    tries_at: float = 0.0
    wait_s: float = 0.0


class CardProblem(StrEnum):
    """Why nothing is done about the PIN of a card."""

    UNKNOWN = "unknown"
    NOT_STAFF = "not_staff"
    NONE_SET = "none_set"  # so no wait ends


@dataclass(frozen=True, slots=True)
class StaffPin:
    """On the maintainer's screen: a PIN for somebody of the staff. `who` None: their card is awaited. `problem`: a
    CardProblem, a PinFault, PIN_DIFFERS, or ""; `done`: what was done, `request`: the question that is not answered
    yet."""

    who: StaffShown | None = None
    text: str = field(default="", repr=False)
    first: str | None = field(default=None, repr=False)
    problem: str = ""
    done: Act | None = None
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Supervising:
    """The desk is open for `who` since `since`, whose `card` locks it. `counts`: the newest, none before the first
    look."""

    who: StaffShown
    active_at: float
    page: DeskPage = field(default_factory=Menu)
    counts: Counts = field(default_factory=Counts)
    card: str = field(default="", repr=False)
    since: float = 0.0
