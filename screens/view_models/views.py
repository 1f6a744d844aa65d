"""What each page paints, ready to read: every string is final, in the language of the visit.

A page decides nothing; it binds these and posts a key's `input` when it is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.findings import Part
from kiosk.domain.operations import OperationId
from kiosk.session.desk_states import Act
from kiosk.session.inputs import Button
from kiosk.session.states import Look
from screens.view_models import icons


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


@dataclass(frozen=True, slots=True)
class DeskBar:
    """The violet bar over every page of the desk: who is there, where, and when it locks."""

    title: str
    subtitle: str
    locks_in: str
    lock: Key
    countdown: Countdown
    back: Key | None = None


class Weight(StrEnum):
    """How much a key at the desk stands out."""

    MAIN = "main"
    PLAIN = "plain"
    AGAINST = "against"  # amber: against the rules, or hard to undo


@dataclass(frozen=True, slots=True)
class ActKey:
    """Something to press at the desk; posts ActTouched(act, value)."""

    label: str
    icon: str
    act: Act
    value: str = ""
    weight: Weight = Weight.PLAIN


@dataclass(frozen=True, slots=True)
class DeskTile:
    key: ActKey
    text: str
    badge: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class DeskMenuView:
    """`today`: icon, number and word, each. `tiles`: four in a row."""

    bar: DeskBar
    today_title: str
    today: tuple[tuple[str, str, str], ...]
    tiles: tuple[DeskTile, ...]


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A line of a list; posts LineTouched(id). "" as id: only to read."""

    id: str
    icon: str
    title: str
    text: str = ""
    aside: str = ""
    tone: Tone = Tone.PLAIN
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class DeskSide:
    """One of two accounts of the same thing, beside the other."""

    icon: str
    who: str
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class DeskDetail:
    """What was chosen, at length: `sides` (none or two), `lines`, a question, and what may be done. A line that begins
    and ends with ** is strong."""

    title: str
    subtitle: str = ""
    icon: str = ""
    sides: tuple[DeskSide, ...] = ()
    lines: tuple[str, ...] = ()
    asks: str = ""
    keys: tuple[ActKey, ...] = ()
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class DeskListView:
    """A list on the left, what was chosen on the right (None: `empty` words in the middle, with `empty_icon`). `keys`:
    below the list."""

    bar: DeskBar
    heading: str
    lines: tuple[DeskLine, ...]
    empty: str
    detail: DeskDetail | None
    keys: tuple[ActKey, ...] = ()
    empty_icon: str = icons.BARCODE


class Layer(StrEnum):
    """What the keys of a keyboard write now."""

    LETTERS = "letters"
    CAPITALS = "capitals"
    SIGNS = "signs"


@dataclass(frozen=True, slots=True)
class TypeKey:
    """One key of a keyboard on the screen; posts Typed(key). `width`: 1 is that of a letter. `to`: it posts nothing,
    and turns to that layer."""

    label: str
    key: str
    icon: str = ""
    width: float = 1.0
    main: bool = False
    to: Layer | None = None


Rows = tuple[tuple[TypeKey, ...], ...]


@dataclass(frozen=True, slots=True)
class KeyboardView:
    """`text`: what was typed (a dot for each digit of a PIN); `problem` stands in place of `hint`, and goes on for as
    long as `wait`. `places`: a PIN is typed, of so many digits at least. `rows`: the keys; of letters in capitals, and
    of signs, where there are such layers, and the one that it begins with. `aside`: one key more, beside a PIN.
    `lines`: what was found, where there is room for that (`finds`); `more`: a word when there is still more."""

    bar: DeskBar
    title: str
    hint: str
    problem: str
    text: str
    rows: Rows
    lines: tuple[DeskLine, ...] = ()
    more: str = ""
    finds: bool = False
    places: int = 0
    wait: Countdown | None = None
    capitals: Rows = ()
    signs: Rows = ()
    layer: Layer = Layer.LETTERS
    aside: TypeKey | None = None


_DeskView = DeskMenuView | DeskListView | KeyboardView
_ReadersView = HomeView | BorrowView | MyBooksView | ReturnView | FinishView | AttentionView | CameraView
PageView = _ReadersView | _DeskView | RestingView | ServiceView | EnrolView | FourWordsView


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the window shows now."""

    page: PageView
    idle: IdleView | None = None
    look: Look = Look.USUAL
