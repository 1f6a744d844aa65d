"""What can happen at the librarian's desk: its touches, and what the store answers (as in kiosk.session.inputs)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kiosk.session.desk_states import (
    Act,
    Counts,
    PinProblem,
    ReaderLine,
    ReaderShown,
    RequestLine,
    SettingLine,
    StaffShown,
    TitleShown,
    Work,
    WorkLine,
)
from kiosk.session.notices import BookShown


@dataclass(frozen=True, slots=True)
class ActTouched:
    """A key of the desk."""

    act: Act
    at: float
    value: str = ""


@dataclass(frozen=True, slots=True)
class LineTouched:
    """A line of one of the desk's lists."""

    id: str
    at: float


@dataclass(frozen=True, slots=True)
class Typed:
    """One key of a keyboard on the screen: a letter, or one of kiosk.session.supervised.typing's names."""

    key: str = field(repr=False)
    at: float


@dataclass(frozen=True, slots=True)
class DeskEntered:
    visit: int
    request: int
    who: StaffShown
    at: float


@dataclass(frozen=True, slots=True)
class PinRefused:
    """`wait_s`: seconds until the next PIN is looked at."""

    visit: int
    request: int
    problem: PinProblem
    wait_s: float
    at: float


@dataclass(frozen=True, slots=True)
class DeskClosed:
    """Nothing was recorded: who opened the desk is of the staff no longer, or in another role."""

    visit: int
    request: int
    at: float


@dataclass(frozen=True, slots=True)
class WorkCounted:
    visit: int
    request: int
    counts: Counts
    at: float


@dataclass(frozen=True, slots=True)
class WorkListed:
    visit: int
    request: int
    work: Work
    lines: tuple[WorkLine, ...]
    at: float


@dataclass(frozen=True, slots=True)
class ReadersFound:
    """`more`: there are others that `text` fits. `titles`: without barcodes."""

    visit: int
    request: int
    text: str
    readers: tuple[ReaderLine, ...]
    more: bool
    at: float
    titles: tuple[BookShown, ...] = ()


@dataclass(frozen=True, slots=True)
class ReaderOpened:
    """`reader` None: not in the list (any more)."""

    visit: int
    request: int
    reader: ReaderShown | None
    at: float


@dataclass(frozen=True, slots=True)
class BookOpened:
    """`book` None: in no list of books. `reader`: who has it, or nobody."""

    visit: int
    request: int
    book: BookShown | None
    reader: ReaderLine | None
    at: float


@dataclass(frozen=True, slots=True)
class TitleOpened:
    """`title` None: in no list of books (any more). `chosen`: as of OpenTitle."""

    visit: int
    request: int
    title: TitleShown | None
    at: float
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class SettingsListed:
    visit: int
    request: int
    lines: tuple[SettingLine, ...]
    at: float
    today: date | None = None


@dataclass(frozen=True, slots=True)
class RequestsListed:
    visit: int
    request: int
    lines: tuple[RequestLine, ...]
    at: float


@dataclass(frozen=True, slots=True)
class DeskActDone:
    """An act that has no answer of its own. `well` False: nothing was recorded (what it was about has changed
    meanwhile)."""

    visit: int
    request: int
    act: Act
    well: bool
    at: float


@dataclass(frozen=True, slots=True)
class ChangesHeard:
    """The centre was heard: what an open page of the desk shows may be another."""


DeskTouch = ActTouched | LineTouched | Typed
DeskAnswer = (
    DeskEntered
    | PinRefused
    | DeskClosed
    | WorkCounted
    | WorkListed
    | ReadersFound
    | ReaderOpened
    | BookOpened
    | TitleOpened
    | SettingsListed
    | RequestsListed
    | DeskActDone
)
