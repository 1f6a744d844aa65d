"""What asks for the reader's attention: what happened, and what it was about. The words are the view models' task.

`code` is the small code for staff; blocks bring their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain.blocks import Block
from kiosk.domain.service_pass import PassFault


@dataclass(frozen=True, slots=True)
class BookShown:
    """What a screen may say of a book."""

    barcode: str
    title_id: str
    name: str
    author: str


@dataclass(frozen=True, slots=True)
class NotLent:
    """The rules refuse this book, for every reason in `blocks`."""

    book: BookShown
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class CardHasBlocks:
    """Known card, but nothing can be borrowed with it now."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class UnknownCard:
    code: ClassVar[str] = "T-03"


@dataclass(frozen=True, slots=True)
class NoPinYet:
    """The library wants a PIN beside the card, and none is set for it at this station."""

    code: ClassVar[str] = "T-05"


@dataclass(frozen=True, slots=True)
class UnknownItem:
    """Looks like one of our labels, but is in no catalogue here."""

    code: ClassVar[str] = "B-05"
    barcode: str


@dataclass(frozen=True, slots=True)
class PublishersCode:
    """An ISBN names a title, not this very book."""

    code: ClassVar[str] = "B-07"
    isbn: str


@dataclass(frozen=True, slots=True)
class UnknownCode:
    code: ClassVar[str] = "B-06"


@dataclass(frozen=True, slots=True)
class UnreadableScan:
    code: ClassVar[str] = "B-08"


@dataclass(frozen=True, slots=True)
class CitizenCard:
    """A citizen card was shown; what it said is gone already."""

    code: ClassVar[str] = "B-09"


@dataclass(frozen=True, slots=True)
class EnrolmentCodeShown:
    """A station's enrolment code, and this one is enrolled already; what it said is gone already."""

    code: ClassVar[str] = "B-11"


@dataclass(frozen=True, slots=True)
class CardFirst:
    """A touch on "borrow" or "my books": the card comes first."""

    code: ClassVar[str] = "H-01"
    to_my_books: bool = False


@dataclass(frozen=True, slots=True)
class ReturnOffered:
    """A book that nobody has borrowed was scanned without a card. `book` None: its label is in no catalogue here."""

    code: ClassVar[str] = "B-04"
    barcode: str
    book: BookShown | None


@dataclass(frozen=True, slots=True)
class CardOrBook:
    """One code that is a card and a book: the reader says which was meant. `as_item`: as in
    kiosk.domain.barcodes.Code."""

    code: ClassVar[str] = "B-10"
    text: str
    as_item: str | None = None


@dataclass(frozen=True, slots=True)
class CannotTakeBack:
    """Too late, or not of this visit: what was recorded stays."""

    code: ClassVar[str] = "M-14"
    was_return: bool


@dataclass(frozen=True, slots=True)
class HelpAsked:
    code: ClassVar[str] = "H-02"


@dataclass(frozen=True, slots=True)
class PassRefused:
    """A service pass that does not open the maintainer's screen."""

    code: ClassVar[str] = "P-51"
    fault: PassFault


Notice = (
    NotLent
    | CardHasBlocks
    | UnknownCard
    | NoPinYet
    | UnknownItem
    | PublishersCode
    | UnknownCode
    | UnreadableScan
    | CitizenCard
    | EnrolmentCodeShown
    | CardFirst
    | ReturnOffered
    | CardOrBook
    | CannotTakeBack
    | HelpAsked
    | PassRefused
)


def staff_codes(notice: Notice) -> tuple[str, ...]:
    match notice:
        case NotLent(blocks=blocks) | CardHasBlocks(blocks=blocks):
            return tuple(block.code for block in blocks)
        case other:
            return (other.code,)
