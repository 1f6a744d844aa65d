"""What somebody asks the centre for. The wire's words are in docs/protocol.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import OperationKind


class RequestState(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request and what has become of it. `subject`: the title, hold, dispute or barcode that it is about, or "".
    `by`: "rule" (then `why` is a word of the protocol's table) or "person" (a sentence). `here`: asked at this station;
    the centre tells of every station's."""

    id: str
    kind: str
    subject: str
    patron_id: str | None
    asked_ms: int
    state: RequestState = RequestState.WAITING
    by: str | None = None
    why: str | None = None
    here: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class PlaceHold:
    title_id: str


@dataclass(frozen=True, slots=True)
class CancelHold:
    hold_id: str


@dataclass(frozen=True, slots=True)
class LinkCard:
    """Another card for this patron."""

    number: str


@dataclass(frozen=True, slots=True)
class BlockCards:
    """All cards that this patron has now are lost."""


@dataclass(frozen=True, slots=True)
class BlockPatron:
    """Nothing is lent to this patron; or (`blocked` False) it is again."""

    blocked: bool


@dataclass(frozen=True, slots=True)
class WriteNote:
    """For who serves this patron; "": none any more."""

    text: str


@dataclass(frozen=True, slots=True)
class ChangeItemStatus:
    barcode: str
    status: ItemStatus


class ItemSource(StrEnum):
    """Where a book comes from."""

    BUDGET = "budget"
    DONATION = "donation"
    PROJECT = "project"
    EXCHANGE = "exchange"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NoteSource:
    barcode: str
    source: ItemSource


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settle:
    """A librarian says of a dispute how it was: by one of its ways."""

    dispute_id: str
    way: str


@dataclass(frozen=True, slots=True)
class Suggest:
    text: str


class FaultAbout(StrEnum):
    STATION = "station"
    ITEM = "item"
    PREMISES = "premises"  # a roof, a light, a shelf
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReportFault:
    about: FaultAbout
    text: str
    barcode: str | None = None


_OfAReader = PlaceHold | CancelHold | LinkCard | BlockCards | BlockPatron | WriteNote
Wish = _OfAReader | ChangeItemStatus | NoteSource | ChangeSettings | Settle | Suggest | ReportFault
NEED_A_READER = _OfAReader
ONLY_STAFF = BlockCards | BlockPatron | WriteNote | ChangeItemStatus | NoteSource | ChangeSettings | Settle
"""What nobody but somebody at the desk may ask for."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A wish in the protocol's words: `data` without its id and without what is `private` to the reader."""

    kind: OperationKind
    subject: str
    data: Mapping[str, Any]
    private: str | None = None


def worded(wish: Wish, *, has_reader: bool) -> Worded:
    """What a reader writes is theirs, so it stays erasable; what nobody in particular writes stands in the open."""
    match wish:
        case PlaceHold(title_id):
            return Worded(OperationKind.PLACE_HOLD, title_id, {"title": title_id})
        case CancelHold(hold_id):
            return Worded(OperationKind.CANCEL_HOLD, hold_id, {"hold": hold_id})
        case LinkCard(number):
            return Worded(OperationKind.CARD_LINK, "", {}, number)
        case BlockCards():
            return Worded(OperationKind.CARD_BLOCK, "", {})
        case BlockPatron(blocked):
            return Worded(OperationKind.PATRON_BLOCK, "", {"blocked": blocked})
        case WriteNote(text):
            return Worded(OperationKind.PATRON_NOTE, "", {} if text else {"private": None}, text or None)
        case NoteSource(barcode, source):
            return Worded(OperationKind.ITEM_SOURCE, barcode, {"barcode": barcode, "source": source})
        case ChangeItemStatus(barcode, status):
            return Worded(OperationKind.ITEM_STATUS, barcode, {"barcode": barcode, "status": status})
        case ChangeSettings(values):
            return Worded(OperationKind.SETTINGS, "", {"values": dict(values)})
        case Settle(dispute_id, way):
            return Worded(OperationKind.SETTLEMENT, dispute_id, {"dispute": dispute_id, "way": way})
        case Suggest(text):
            open_text, private = _parted(text, has_reader)
            return Worded(OperationKind.SUGGESTION, "", {"text": open_text}, private)
        case ReportFault(about, text, barcode):
            open_text, private = _parted(text, has_reader)
            data = {"about": about, "barcode": barcode, "text": open_text}
            return Worded(OperationKind.FAULT_REPORT, barcode or "", data, private)


def _parted(text: str, has_reader: bool) -> tuple[str | None, str | None]:
    return (None, text) if has_reader else (text, None)
