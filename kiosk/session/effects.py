"""What a session wants done. Each question is answered by one input that carries its visit and request."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.domain.operations import OperationId
from kiosk.domain.requests import Wish
from kiosk.domain.staff import ByStaff
from kiosk.ports.devices import Sound
from kiosk.session.desk_states import Act, Work
from kiosk.session.maintenance import Service


@dataclass(frozen=True, slots=True)
class IdentifyPatron:
    """`by_camera`: as in kiosk.session.inputs.Scanned."""

    visit: int
    request: int
    card: str
    by_camera: bool = False


@dataclass(frozen=True, slots=True)
class ResolveCode:
    """`as_item`: as in kiosk.domain.barcodes.Code."""

    visit: int
    request: int
    text: str
    as_item: str | None = None


@dataclass(frozen=True, slots=True)
class CheckOut:
    """Lend, or renew what this patron has already. `by`: at the desk, for somebody."""

    visit: int
    request: int
    patron_id: str
    barcode: str
    by: ByStaff | None = None


@dataclass(frozen=True, slots=True)
class CheckIn:
    """`only_if_lent`: without a card in hand, a book on nobody's loan is only looked at."""

    visit: int
    request: int
    barcode: str
    only_if_lent: bool = False
    by: ByStaff | None = None


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Void a check-out or a return of this visit. `patron_id` None for a return. `by`: at the desk, however long ago it
    was, as long as nothing has happened since."""

    visit: int
    request: int
    operation: OperationId
    patron_id: str | None
    by: ByStaff | None = None


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
    by: ByStaff | None = None


@dataclass(frozen=True, slots=True)
class ListBooks:
    visit: int
    request: int
    patron_id: str


@dataclass(frozen=True, slots=True)
class Renew:
    """One loan from the reader's own list, or at the desk."""

    visit: int
    request: int
    patron_id: str
    barcode: str
    by: ByStaff | None = None


@dataclass(frozen=True, slots=True)
class EnterDesk:
    """Look at a PIN. Answered by DeskEntered or PinRefused."""

    visit: int
    request: int
    patron_id: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProveCard:
    """Look at the PIN of a reader who wants to borrow. Answered by CardProved or PinRefused."""

    visit: int
    request: int
    patron_id: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetPin:
    """The PIN of a reader at this station, in place of the one before; None: only the wait after wrong ones ends.
    `by` None: whoever looks after the station, with a service pass. Answered by DeskActDone."""

    visit: int
    request: int
    patron_id: str
    pin: str | None = field(repr=False)
    by: ByStaff | None


@dataclass(frozen=True, slots=True)
class CountWork:
    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class ListWork:
    visit: int
    request: int
    work: Work


@dataclass(frozen=True, slots=True)
class FindReaders:
    """By name (with or without accents) or class; and `titles` by name, too."""

    visit: int
    request: int
    text: str
    titles: bool = False


@dataclass(frozen=True, slots=True)
class OpenReader:
    """By `patron_id`, or by a `card`. Answered by ReaderOpened."""

    visit: int
    request: int
    patron_id: str | None = None
    card: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OpenBook:
    """Which book this is, and who has it. Answered by BookOpened."""

    visit: int
    request: int
    barcode: str


@dataclass(frozen=True, slots=True)
class OpenTitle:
    """A title and its items. `chosen`: the barcode of the one that was scanned, or "". Answered by TitleOpened."""

    visit: int
    request: int
    title_id: str
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class CallHelp:
    """A reader has called for the librarian. Whose turn it is, is not written down."""

    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class ListSettings:
    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class ListRequests:
    """What the library has asked for without a reader. Answered by RequestsListed."""

    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class TickOff:
    """A line of a work list is done: what was to be checked was seen, a held book stands on its shelf. `id`: the
    line's; "": whoever is the first to wait for the book with this `barcode`. Answered by DeskActDone."""

    visit: int
    request: int
    act: Act
    id: str
    by: ByStaff
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class Play:
    sound: Sound


@dataclass(frozen=True, slots=True)
class Serve:
    """A wish of the maintainer's screen; answered by ServiceDone."""

    service: Service
    pass_id: str


AtTheDesk = CheckOut | CheckIn | TakeBack | Renew | Ask | SetPin | TickOff
"""What somebody of the staff may have done, `by`; answered by DeskClosed where they are of the staff no longer."""
_Acts = CheckOut | CheckIn | TakeBack | Renew | UseInHouse | Ask | CallHelp
_OfReaders = IdentifyPatron | ResolveCode | ListBooks | _Acts
_OfWork = CountWork | ListWork | TickOff
_OfTheDesk = SetPin | FindReaders | OpenReader | OpenBook | OpenTitle | ListSettings | ListRequests | _OfWork
OneStep = _OfReaders | _OfTheDesk
"""Each is one unit of work."""
InSteps = EnterDesk | ProveCard
"""Each is several: a try counts before its PIN is looked at."""
StoreEffect = OneStep | InSteps
Effect = StoreEffect | Play | Serve
