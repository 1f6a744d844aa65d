"""The body of an operation: reading what a station wrote, as `docs/protocol.md` says. Nobody writes a body again."""

import hmac
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from central_server.wire import MOST_WORDS, NO_NUL, Epoch, Hash, Identity, Name, Operation, Reader, Sequence

Barcode = Annotated[str, Meta(min_length=1, max_length=256, pattern=NO_NUL)]
# Up to the year 9892, so that it is always a date.
WallMs = Annotated[int, Meta(ge=0, le=250_000_000_000_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Words = Annotated[str, Meta(max_length=MOST_WORDS, pattern=NO_NUL)]
SettingName = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Word = Annotated[str, Meta(pattern="^[a-z_]+$", max_length=64)]
Loans = Annotated[list[Identity], Meta(max_length=100)]


class At(Struct, frozen=True):
    wall_ms: WallMs
    boot: Name
    boottime_ms: WallMs
    trusted: bool


class Predecessor(Struct, frozen=True):
    epoch: Epoch
    seq: Sequence
    hash: Hash


class CheckOutData(Struct, frozen=True):
    loan: Identity
    item: Identity
    barcode: Barcode
    lent_on: date
    due_on: date
    provisional: bool


class CheckInData(Struct, frozen=True):
    barcode: Barcode
    item: Identity | None
    loans: Loans
    to_check: bool = False


class RenewData(Struct, frozen=True):
    loan: Identity
    item: Identity
    barcode: Barcode
    due_on: date
    renewals: Count
    provisional: bool


class Named(Struct, frozen=True):
    """Another operation of the same device."""

    epoch: Epoch
    seq: Sequence


class VoidData(Struct, frozen=True):
    voids: Named
    kind: Literal["check_out", "check_in"]
    barcode: Barcode
    loans: Loans


class InHouseUseData(Struct, frozen=True):
    barcode: Barcode
    item: Identity | None
    day: date


class VisitData(Struct, frozen=True):
    day: date


class DatedLoan(Struct, frozen=True):
    loan: Identity
    lent_on: date
    due_on: date
    renewals: Count


class DateBootData(Struct, frozen=True):
    boot: Name
    began_ms: WallMs | None
    before_ms: WallMs | None
    loans: Annotated[list[DatedLoan], Meta(max_length=100)]
    after_ms: WallMs | None = None


class CheckedData(Struct, frozen=True):
    operation: Named
    why: Word


class HoldShelvedData(Struct, frozen=True):
    hold: Identity
    barcode: Barcode
    day: date


class HelpCallData(Struct, frozen=True):
    day: date


class PinSetData(Struct, frozen=True):
    how: Literal["set", "unlocked"]


class DeskData(Struct, frozen=True):
    how: Literal["opened", "closed", "refused"]
    staff: Identity
    tries: Count = 0


class AskedData(Struct, frozen=True, kw_only=True):
    request: Identity


class PlaceHoldData(AskedData, frozen=True, kw_only=True):
    title: Identity


class CancelHoldData(AskedData, frozen=True, kw_only=True):
    hold: Identity


class CardLinkData(AskedData, frozen=True, kw_only=True):
    private: Hash


class CardBlockData(AskedData, frozen=True, kw_only=True):
    pass


class PatronBlockData(AskedData, frozen=True, kw_only=True):
    blocked: bool


class PatronNoteData(AskedData, frozen=True, kw_only=True):
    private: Hash | None


class ItemStatusData(AskedData, frozen=True, kw_only=True):
    barcode: Barcode
    status: Literal["available", "damaged", "lost", "withdrawn"]


class ItemSourceData(AskedData, frozen=True, kw_only=True):
    barcode: Barcode
    source: Literal["budget", "donation", "project", "exchange", "other"]


class SettingsData(AskedData, frozen=True, kw_only=True):
    values: Annotated[dict[SettingName, Words], Meta(min_length=1, max_length=50)]


class SettlementData(AskedData, frozen=True, kw_only=True):
    dispute: Identity
    way: Name


class SuggestionData(AskedData, frozen=True, kw_only=True):
    text: Words | None = None
    private: Hash | None = None


class FaultReportData(AskedData, frozen=True, kw_only=True):
    about: Literal["station", "item", "premises", "other"]
    barcode: Barcode | None
    text: Words | None = None
    private: Hash | None = None


class _Common(Struct, frozen=True, tag_field="kind", kw_only=True):
    v: Literal[1]
    library: Name
    device: Name
    epoch: Epoch
    seq: Sequence
    at: At
    actor: Literal["patron", "anyone", "librarian", "station"]
    reader: Hash | None
    policy_version: str | None
    staff: Identity | None = None
    override_reason: Words | None = None
    predecessor: Predecessor | UnsetType | None = UNSET


class CheckOut(_Common, frozen=True, tag="check_out", kw_only=True):
    reader: Hash
    data: CheckOutData


class CheckIn(_Common, frozen=True, tag="check_in", kw_only=True):
    data: CheckInData


class Renew(_Common, frozen=True, tag="renew", kw_only=True):
    reader: Hash
    data: RenewData


class Void(_Common, frozen=True, tag="void", kw_only=True):
    data: VoidData


class InHouseUse(_Common, frozen=True, tag="in_house_use", kw_only=True):
    data: InHouseUseData


class Visit(_Common, frozen=True, tag="visit", kw_only=True):
    reader: Hash
    data: VisitData


class DateBoot(_Common, frozen=True, tag="date_boot", kw_only=True):
    reader: None
    data: DateBootData


class Checked(_Common, frozen=True, tag="checked", kw_only=True):
    data: CheckedData


class HoldShelved(_Common, frozen=True, tag="hold_shelved", kw_only=True):
    reader: Hash
    data: HoldShelvedData


class HelpCall(_Common, frozen=True, tag="help_call", kw_only=True):
    reader: None
    data: HelpCallData


class PinSet(_Common, frozen=True, tag="pin_set", kw_only=True):
    reader: Hash
    data: PinSetData


class Desk(_Common, frozen=True, tag="desk", kw_only=True):
    reader: None
    data: DeskData


class RequestBody(_Common, frozen=True, kw_only=True):
    data: AskedData


class PlaceHold(RequestBody, frozen=True, tag="place_hold", kw_only=True):
    reader: Hash
    data: PlaceHoldData


class CancelHold(RequestBody, frozen=True, tag="cancel_hold", kw_only=True):
    reader: Hash
    data: CancelHoldData


class CardLink(RequestBody, frozen=True, tag="card_link", kw_only=True):
    reader: Hash
    data: CardLinkData


class CardBlock(RequestBody, frozen=True, tag="card_block", kw_only=True):
    reader: Hash
    data: CardBlockData


class PatronBlock(RequestBody, frozen=True, tag="patron_block", kw_only=True):
    reader: Hash
    data: PatronBlockData


class PatronNote(RequestBody, frozen=True, tag="patron_note", kw_only=True):
    reader: Hash
    data: PatronNoteData


class ItemStatus(RequestBody, frozen=True, tag="item_status", kw_only=True):
    reader: None
    data: ItemStatusData


class ItemSource(RequestBody, frozen=True, tag="item_source", kw_only=True):
    reader: None
    data: ItemSourceData


class Settings(RequestBody, frozen=True, tag="settings", kw_only=True):
    reader: None
    data: SettingsData


class Settlement(RequestBody, frozen=True, tag="settlement", kw_only=True):
    reader: None
    data: SettlementData


class Suggestion(RequestBody, frozen=True, tag="suggestion", kw_only=True):
    data: SuggestionData


class FaultReport(RequestBody, frozen=True, tag="fault_report", kw_only=True):
    data: FaultReportData


_OfTheDesk = Checked | HoldShelved | HelpCall | PinSet | Desk
FactBody = CheckOut | CheckIn | Renew | Void | InHouseUse | Visit | DateBoot | _OfTheDesk
_OfAReader = PlaceHold | CancelHold | CardLink | CardBlock | PatronBlock | PatronNote
AnyRequest = _OfAReader | ItemStatus | ItemSource | Settings | Settlement | Suggestion | FaultReport
Body = FactBody | AnyRequest

_WITHOUT_BARCODE = (Visit, DateBoot, Checked, HelpCall, PinSet, Desk, RequestBody)

_decoder: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def read_body(operation: Operation, library: str, device: str) -> Body | None:
    """The body of `operation`, or `None` when it is not what the protocol says or contradicts what it came in."""
    try:
        body = _decoder.decode(operation.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if (body.library, body.device, body.epoch, body.seq) != (library, device, operation.epoch, operation.seq):
        return None
    if isinstance(body, DateBoot) and (body.data.began_ms is None) == (body.data.before_ms is None):
        return None
    if body.seq == 1:
        if body.predecessor is UNSET:
            return None
        if body.predecessor is not None and body.predecessor.epoch == body.epoch:
            return None
    return body


def predecessor_of(body: Body) -> Predecessor | None:
    """What the first operation of an epoch follows; `None` for the first epoch of a store and inside an epoch."""
    return body.predecessor if body.seq == 1 and isinstance(body.predecessor, Predecessor) else None


def begins_a_store(body: Body) -> bool:
    """Whether the operation is the first one of a new store: it says that nothing came before it."""
    return body.seq == 1 and body.predecessor is None


def kind_of(body: Body | RequestBody) -> str:
    """The word of the protocol's tables, as `check_out` or `place_hold`."""
    return str(body.__struct_config__.tag)


def loans_of(body: Body) -> list[str]:
    """The loans that a fact names."""
    match body:
        case CheckOut() | Renew():
            return [body.data.loan]
        case CheckIn() | Void():
            return body.data.loans
        case DateBoot():
            return [one.loan for one in body.data.loans]
        case _:
            return []


def barcode_of(body: Body) -> str | None:
    """The barcode that a fact is about. What a request is about is for whoever decides it."""
    return None if isinstance(body, _WITHOUT_BARCODE) else body.data.barcode


def is_false_reader(operation: Operation, body: Body) -> bool:
    """Whether the reader that came along, or what is private to them, does not match the commitments in the body.

    Nothing at all is no lie: it may be erased.
    """
    reader = operation.reader
    if reader is None:
        return False
    words = getattr(body.data, "private", None)
    return not (
        _matches(reader, reader.patron, body.reader) and (not reader.private or _matches(reader, reader.private, words))
    )


def _matches(reader: Reader, said: str, commitment: str | None) -> bool:
    found = hmac.digest(bytes.fromhex(reader.salt), said.encode(), "sha256").hex()
    return commitment is not None and hmac.compare_digest(found, commitment)
