"""docs/protocol.md in bytes: what is sent, and what an answer must look like to be one."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from central_link.centre_key import CentreKey
from central_link.native_rest_changes import Number, Unreadable, change_from
from kiosk.domain.operations import Operation, OperationId, Reader
from kiosk.ports.central import Change, ChangePage, Verdict, VerdictKind
from kiosk.ports.errors import Unreachable

_log = logging.getLogger(__name__)

PROTOCOL = 1

# A reason is a word for a table, never a sentence: so it can hold nobody's name.
_REASON = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KIND = re.compile(r"[a-z_]{1,20}")


class _Reader(msgspec.Struct, omit_defaults=True):
    patron: str
    salt: str
    private: str | None = None


class _SentOperation(msgspec.Struct):
    epoch: str
    seq: int
    hash: str
    body: str
    reader: _Reader | None


class _Request(msgspec.Struct):
    protocol: int
    library: str
    device: str
    operations: list[_SentOperation]


class _Verdict(msgspec.Struct):
    epoch: str
    seq: int
    verdict: VerdictKind
    reason: str | None = None
    loans: dict[str, Number] = msgspec.field(default_factory=dict)


class _Verdicts(msgspec.Struct):
    verdicts: list[_Verdict]


class _Page(msgspec.Struct):
    changes: list[msgspec.Raw]
    cursor: str
    more: bool


class _Time(msgspec.Struct):
    now_ms: int
    nonce: str
    signature: str


class _Device(msgspec.Struct):
    server_key: str


_encoder = msgspec.json.Encoder()
_verdicts = msgspec.json.Decoder(_Verdicts)
_page = msgspec.json.Decoder(_Page)
_time = msgspec.json.Decoder(_Time)
_device = msgspec.json.Decoder(_Device)


def encode_operations(library_id: str, device_id: str, operations: Sequence[Operation]) -> bytes:
    """The request's body. Each operation's own body travels as text, untouched: its hash covers every byte of it."""
    return _encoder.encode(
        _Request(
            PROTOCOL,
            library_id,
            device_id,
            [
                _SentOperation(
                    operation.id.epoch,
                    operation.id.seq,
                    operation.hash.hex(),
                    operation.body,
                    _reader(operation.reader),
                )
                for operation in operations
            ],
        )
    )


def encode_health(library_id: str, device_id: str, report: Mapping[str, object]) -> bytes:
    return _encoder.encode({"protocol": PROTOCOL, "library": library_id, "device": device_id, "health": report})


def _reader(reader: Reader | None) -> _Reader | None:
    return _Reader(reader.patron_id, reader.salt.hex(), reader.private) if reader else None


def decode_verdicts(content: bytes, sent: Sequence[Operation]) -> tuple[Verdict, ...]:
    """One verdict for each of `sent`, in their order. Raises Unreachable for anything else: not our server."""
    try:
        answered = _verdicts.decode(content).verdicts
    except (ValueError, RecursionError) as error:  # what msgspec and a broken encoding raise
        raise Unreachable("the verdicts cannot be read") from error
    if len(answered) != len(sent):
        raise Unreachable(f"{len(answered)} verdicts for {len(sent)} operations")
    verdicts = []
    for row, operation in zip(answered, sent, strict=True):
        if OperationId(row.epoch, row.seq) != operation.id:
            raise Unreachable("a verdict of another operation, or in another order")
        reason = None
        if row.verdict is VerdictKind.DISPUTED:
            if row.reason is None or not _REASON.fullmatch(row.reason):
                raise Unreachable("a dispute without a reason")
            reason = row.reason
        verdicts.append(Verdict(operation.id, row.verdict, reason, row.loans))
    return tuple(verdicts)


def decode_page(content: bytes, cursor: str) -> ChangePage:
    """The page that follows `cursor`. A row that nobody here can read is counted in `skipped`, never fatal: a newer
    server may speak of things that this station does not know yet. Raises Unreachable when it is no page at all."""
    try:
        page = _page.decode(content)
    except (ValueError, RecursionError) as error:  # what msgspec and a broken encoding raise
        raise Unreachable("the changes cannot be read") from error
    if (page.more and page.cursor == cursor) or (cursor and not page.cursor):
        raise Unreachable("a page of changes that leads nowhere")
    changes: list[Change] = []
    skipped: Counter[str] = Counter()
    for row in page.changes:
        try:
            changes.append(change_from(row))
        except Unreadable as unreadable:
            skipped[unreadable.kind if _KIND.fullmatch(unreadable.kind) else "?"] += 1
            changes += [unreadable.names] if unreadable.names else []
    if skipped:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(skipped.items()))
        _log.warning("changes: %d of %d skipped (%s)", skipped.total(), len(page.changes), kinds)
    return ChangePage(tuple(changes), page.cursor, page.more, skipped.total())


def decode_time(content: bytes, nonce: str, key: CentreKey) -> int:
    """Milliseconds. Raises Unreachable when they were not said for `nonce` by who has this `key`."""
    try:
        said = _time.decode(content)
    except (ValueError, RecursionError) as error:
        raise Unreachable("the time cannot be read") from error
    if said.nonce != nonce or not key.has_signed(f"tram-xanh time v1\n{nonce}\n{said.now_ms}", said.signature):
        raise Unreachable("the time is not said by our centre")
    return said.now_ms


def decode_server_key(content: bytes) -> str:
    """Raises Unreachable for a centre that has none yet."""
    try:
        return _device.decode(content).server_key
    except (ValueError, RecursionError) as error:
        raise Unreachable("the centre tells no key of its own") from error
