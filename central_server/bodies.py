"""The body of an operation: reading what a station wrote, as `docs/protocol.md` says. Nobody writes a body again."""

import hashlib
import hmac
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from central_server.wire import NO_NUL, Epoch, Hash, Identity, Name, Operation, Sequence

Barcode = Annotated[str, Meta(min_length=1, max_length=256, pattern=NO_NUL)]
# Up to the year 9892, so that it is always a date.
WallMs = Annotated[int, Meta(ge=0, le=250_000_000_000_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Loans = Annotated[list[Identity], Meta(max_length=100)]


class At(Struct, frozen=True):
    wall_ms: WallMs
    boot: str
    boottime_ms: int
    trusted: bool


class Predecessor(Struct, frozen=True):
    epoch: Epoch
    seq: Sequence
    hash: Hash


class CheckOutData(Struct, frozen=True):
    loan: Identity
    item: Identity
    barcode: Barcode
    due_on: date
    provisional: bool


class CheckInData(Struct, frozen=True):
    barcode: Barcode
    item: Identity | None
    loans: Loans


class RenewData(Struct, frozen=True):
    loan: Identity
    item: Identity
    barcode: Barcode
    due_on: date
    renewals: Count
    provisional: bool


class Voided(Struct, frozen=True):
    epoch: Epoch
    seq: Sequence


class VoidData(Struct, frozen=True):
    voids: Voided
    kind: Literal["check_out", "check_in"]
    barcode: Barcode
    loans: Loans


class _Common(Struct, frozen=True, tag_field="kind", kw_only=True):
    v: Literal[1]
    library: Name
    device: Name
    epoch: Epoch
    seq: Sequence
    at: At
    actor: Literal["patron", "anyone", "librarian"]
    reader: Hash | None
    policy_version: str | None
    override_reason: str | None = None
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


Body = CheckOut | CheckIn | Renew | Void

_decoder: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def read_body(operation: Operation, library: str, device: str) -> Body | None:
    """The body of `operation`, or `None` when it is not what the protocol says or contradicts what it came in."""
    try:
        body = _decoder.decode(operation.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if (body.library, body.device, body.epoch, body.seq) != (library, device, operation.epoch, operation.seq):
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


def kind_of(body: Body) -> str:
    """`check_out`, `check_in`, `renew` or `void`."""
    return str(body.__struct_config__.tag)


def loans_of(body: Body) -> list[str]:
    """The loans that the operation names."""
    return [body.data.loan] if isinstance(body, CheckOut | Renew) else body.data.loans


def is_false_reader(operation: Operation, body: Body) -> bool:
    """Whether the reader that came along does not match the commitment. None at all is no lie: it may be erased."""
    reader = operation.reader
    if reader is None:
        return False
    commitment = hmac.new(bytes.fromhex(reader.salt), reader.patron.encode("ascii"), hashlib.sha256).hexdigest()
    return body.reader is None or not hmac.compare_digest(commitment, body.reader)
