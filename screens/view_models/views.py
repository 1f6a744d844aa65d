"""What each page paints, ready to read: every string is final, in the language of the visit.

A page decides nothing; it binds these and posts a key's `input` when it is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.findings import Part
from kiosk.domain.operations import OperationId
from kiosk.session.states import Look
from screens.view_models.desk_views import FOUND_AT_ONCE as FOUND_AT_ONCE
from screens.view_models.desk_views import ActKey as ActKey
from screens.view_models.desk_views import DeskBar as DeskBar
from screens.view_models.desk_views import DeskDetail as DeskDetail
from screens.view_models.desk_views import DeskLine as DeskLine
from screens.view_models.desk_views import DeskListView as DeskListView
from screens.view_models.desk_views import DeskMenuView as DeskMenuView
from screens.view_models.desk_views import DeskSide as DeskSide
from screens.view_models.desk_views import DeskTile as DeskTile
from screens.view_models.desk_views import DeskView
from screens.view_models.desk_views import KeyboardView as KeyboardView
from screens.view_models.desk_views import Layer as Layer
from screens.view_models.desk_views import Rows as Rows
from screens.view_models.desk_views import TypeKey as TypeKey
from screens.view_models.desk_views import Weight as Weight
from screens.view_models.view_parts import ChipView as ChipView
from screens.view_models.view_parts import Countdown as Countdown
from screens.view_models.view_parts import Key as Key
from screens.view_models.view_parts import Tone as Tone


@dataclass(frozen=True, slots=True)
class Banner:
    """A line on the home page about the station itself. `strong` stands before `text`; plain when nobody need act."""

    icon: str
    strong: str
    text: str
    aside: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class BookRow:
    """`right` is the due date or what became of the book; `shelf` says where a held book waits."""

    cover_letter: str
    cover_colour: int  # 0..5, always the same for the same title
    name: str
    author: str
    right: str
    right_small: str
    icon: str
    tone: Tone
    hold_line: str = ""
    put_on: str = ""
    shelf: str = ""
    take_off: OperationId | None = None
    take_off_label: str = ""


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A book that the reader has or waits for. `renew`: the barcode that its key sends; without it, `note` says why.
    `times_left`: how often it can be renewed, where there is room for that."""

    cover_letter: str
    cover_colour: int
    name: str
    author: str
    chip: ChipView
    tone: Tone
    note: str
    times_left: str = ""
    renew: str | None = None
    renew_label: str = ""


@dataclass(frozen=True, slots=True)
class FinishRow:
    """`aside`: its own day, when the books have several."""

    cover_letter: str
    cover_colour: int
    name: str
    aside: str


@dataclass(frozen=True, slots=True)
class HomeView:
    """`live`, here and below: what the camera sees takes the place of the drawing."""

    brand: str
    place: str
    greeting: str
    title: str
    borrow_title: str
    borrow_hint: str
    return_title: str
    return_hint: str
    my_books: Key
    help: Key
    language: Key
    look: Key
    banner: Banner | None
    live: bool = False


@dataclass(frozen=True, slots=True)
class BorrowView:
    greeting: str
    title: str
    shelf_line: str  # "3 trong 5 cuốn"
    shelf_total: int
    shelf_colours: tuple[int, ...]  # one spine for each loan now, oldest first
    rows: tuple[BookRow, ...]
    hint_title: str
    hint: str
    left: Key | None
    main: Key
    countdown: Countdown
    hint_line: str = ""  # the hint where there is room for one line only
    live: bool = False
    desk: Key | None = None  # for the staff alone


@dataclass(frozen=True, slots=True)
class ReturnView:
    greeting: str
    title: str
    rows: tuple[BookRow, ...]
    hint_title: str
    hint: str
    left: Key | None
    main: Key
    countdown: Countdown
    hint_line: str = ""  # the hint where there is room for one line only
    live: bool = False


@dataclass(frozen=True, slots=True)
class MyBooksView:
    title: str
    count: ChipView | None
    ready: ChipView | None
    rows: tuple[LoanRow, ...]
    empty_title: str
    empty_hint: str
    left: Key
    main: Key
    countdown: Countdown


@dataclass(frozen=True, slots=True)
class FinishView:
    """`day` is the first on which a book is due. `code`: what the QR code says; "" for none."""

    title: str
    label: str
    day: str
    rows: tuple[FinishRow, ...]
    more: str
    code: str
    code_title: str
    code_hint: str
    main: Key
    countdown: Countdown


@dataclass(frozen=True, slots=True)
class AttentionView:
    """`lines` are paragraphs; one that begins and ends with ** is strong. `art` names an illustration."""

    art: str
    eyebrow: str
    eyebrow_icon: str
    title: str
    lines: tuple[str, ...]
    kept: str
    staff_line: str
    left: Key | None
    main: Key


@dataclass(frozen=True, slots=True)
class CameraView:
    """What the camera sees, as large as the window, with a frame to hold a code in."""

    title: str
    tip: str
    tip_icon: str
    back: Key


@dataclass(frozen=True, slots=True)
class RestingView:
    brand: str
    place: str
    title: str
    text: str
    trying: str
    staff_line: str
    countdown: Countdown | None  # to the next try; None: it waits for a person


@dataclass(frozen=True, slots=True)
class EnrolView:
    """The first page of a blank station. `steps`: what to do, and a line below it. `live` as on the home page."""

    brand: str
    place: str
    title: str
    steps: tuple[tuple[str, str], ...]
    language: Key
    network: Key
    help: Key
    live: bool = False


@dataclass(frozen=True, slots=True)
class FourWordsView:
    """An enrolment on its way. `words`: four to compare, or none yet (then `art` stands in their place)."""

    about: str
    title: str
    text: str
    words: tuple[str, ...]
    art: str
    language: Key
    left: Key | None


@dataclass(frozen=True, slots=True)
class IdleView:
    """Laid over the page that it interrupts."""

    title: str
    text: str
    kept: str
    left: Key
    main: Key
    countdown: Countdown


@dataclass(frozen=True, slots=True)
class PartTile:
    """One part of the station. `head` and `detail` are a few words each; `state` is a word beside its icon."""

    part: Part
    title: str
    icon: str
    state: str
    state_icon: str
    tone: Tone
    head: str
    detail: str


@dataclass(frozen=True, slots=True)
class ServicePanel:
    """One thing at length, over the tiles; or four at most to choose from, without words."""

    icon: str
    title: str
    lines: tuple[str, ...]
    back: Key
    choices: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceView:
    """The maintainer's screen. `tiles`: three in a row."""

    title: str
    subtitle: str
    locks_in: str
    lock: Key
    countdown: Countdown
    tiles: tuple[PartTile, ...]
    keys: tuple[Key, ...]
    panel: ServicePanel | None = None


_ReadersView = HomeView | BorrowView | MyBooksView | ReturnView | FinishView | AttentionView | CameraView
PageView = _ReadersView | DeskView | RestingView | ServiceView | EnrolView | FourWordsView


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the window shows now."""

    page: PageView
    idle: IdleView | None = None
    look: Look = Look.USUAL
