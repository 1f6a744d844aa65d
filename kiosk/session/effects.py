"""What a session wants done. Each question is answered by one input that carries its visit and request."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.operations import OperationId
from kiosk.domain.requests import Wish
from kiosk.ports.devices import Sound
from kiosk.session.maintenance import Service


@dataclass(frozen=True, slots=True)
class IdentifyPatron:
    visit: int
    request: int
    card: str


@dataclass(frozen=True, slots=True)
class ResolveCode:
    """`as_item`: as in kiosk.domain.barcodes.Code."""

    visit: int
    request: int
    text: str
    as_item: str | None = None


@dataclass(frozen=True, slots=True)
class CheckOut:
    """Lend, or renew what this patron has already."""

    visit: int
    request: int
    patron_id: str
    barcode: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    """`only_if_lent`: without a card in hand, a book on nobody's loan is only looked at."""

    visit: int
    request: int
    barcode: str
    only_if_lent: bool = False


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Void a check-out or a return of this visit. `patron_id` None for a return."""

    visit: int
    request: int
    operation: OperationId
    patron_id: str | None


@dataclass(frozen=True, slots=True)
class UseInHouse:
    """A book is read here. `patron_id` None: nobody showed a card."""

    visit: int
    request: int
    barcode: str
    patron_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """For the centre to decide. `patron_id` None: nobody in particular asks."""

    visit: int
    request: int
    patron_id: str | None
    wish: Wish
    by_librarian: bool = False


@dataclass(frozen=True, slots=True)
class ListBooks:
    visit: int
    request: int
    patron_id: str


@dataclass(frozen=True, slots=True)
class Renew:
    """One loan from the reader's own list."""

    visit: int
    request: int
    patron_id: str
    barcode: str


@dataclass(frozen=True, slots=True)
class Play:
    sound: Sound


@dataclass(frozen=True, slots=True)
class Serve:
    """A wish of the maintainer's screen; answered by ServiceDone."""

    service: Service
    pass_id: str


StoreEffect = IdentifyPatron | ResolveCode | CheckOut | CheckIn | TakeBack | ListBooks | Renew | UseInHouse | Ask
Effect = StoreEffect | Play | Serve
