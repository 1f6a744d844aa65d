"""What somebody of the staff should look at, and what they have looked for: the lines of the desk's lists, as a screen
may show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from kiosk.domain.operations import OperationId
from kiosk.domain.requests import RequestState
from kiosk.ports.desk_store import ToCheck as ToCheck
from kiosk.session.notices import BookShown


class Work(StrEnum):
    """The work lists."""

    DISPUTES = "disputes"
    TO_CHECK = "to_check"  # returns, voids and unknown books that somebody should see
    OVERDUE = "overdue"
    TO_SHELVE = "to_shelve"  # books for the hold shelf
    HELP = "help"  # somebody called
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class Counts:
    """`lent`, `returned`, `readers`: today. `work`: how long each list is."""

    lent: int = 0
    returned: int = 0
    readers: int = 0
    work: Mapping[Work, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """A reader in a list: no more than what tells one from another."""

    patron_id: str
    name: str
    class_name: str


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One copy of a title. `is_lent`: to somebody who is not told here; `marked`: what is said of it
    (kiosk.domain.model.marked); `in_house_only`: it is read in the library."""

    barcode: str
    is_lent: bool = False
    marked: str = ""
    in_house_only: bool = False


@dataclass(frozen=True, slots=True)
class TitleShown:
    """A title with what the library has of it. `book`: without a barcode."""

    book: BookShown
    shelf: str
    call_number: str
    items: tuple[ItemShown, ...]


@dataclass(frozen=True, slots=True)
class VersionShown:
    """One side of a dispute. `here`: this station wrote it; `reader`: where it is known here."""

    here: bool
    device: str
    kind: str | None
    reader: str
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """`asked`: what has become of the newest settlement that was asked for here, if any. `settled`: by somebody else
    with this way, or BY_ITSELF; "" while it is open."""

    id: str
    reason: str
    book: BookShown | None
    held: VersionShown | None
    came: VersionShown | None
    ways: tuple[str, ...]
    opened_ms: int
    asked: RequestState | None = None
    settled: str = ""


BY_ITSELF = "by_itself"
"""In place of a way: what was missing has come."""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """`reader`: who brought or had it, while that is known."""

    id: str
    operation: OperationId
    why: ToCheck
    book: BookShown
    reader: ReaderLine | None
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class OverdueLine:
    id: str
    reader: ReaderLine
    book: BookShown
    due_on: date
    days: int


@dataclass(frozen=True, slots=True)
class ShelveLine:
    """A book that is back, for the first who waits for it."""

    id: str  # of the hold
    reader: ReaderLine
    book: BookShown
    shelf: str


@dataclass(frozen=True, slots=True)
class UnsentLine:
    """Operations that the centre has not got: `count` of one kind."""

    id: str
    kind: str
    count: int
    set_aside: bool


WorkLine = DisputeLine | CheckLine | OverdueLine | ShelveLine | UnsentLine


_Line = TypeVar("_Line", bound="_HasId")


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


def in_place(shown: Sequence[_Line], now: Sequence[_Line]) -> tuple[_Line, ...]:
    """`now`, without a line moving under a finger: what is listed no more keeps its place, what is new comes last."""
    new = {line.id: line for line in now}
    stays = [new.pop(line.id, line) for line in shown]
    return (*stays, *new.values())
