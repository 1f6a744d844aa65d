"""The operation: what happened at the shelf, immutable and chained. The wire's words are in docs/protocol.md."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kiosk.domain.clock_trust import Moment
from kiosk.domain.staff import ByStaff

_AS_TEXT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

NO_HASH = bytes(32)
"""What the first operation of all continues."""


class OperationKind(StrEnum):
    # facts: they happened at the shelf, and the centre records them
    CHECK_OUT = "check_out"
    CHECK_IN = "check_in"
    RENEW = "renew"
    VOID = "void"
    IN_HOUSE_USE = "in_house_use"
    VISIT = "visit"
    DATE_BOOT = "date_boot"
    CHECKED = "checked"
    HOLD_SHELVED = "hold_shelved"
    HELP_CALL = "help_call"
    PIN_SET = "pin_set"
    DESK = "desk"
    # requests: the centre decides them
    PLACE_HOLD = "place_hold"
    CANCEL_HOLD = "cancel_hold"
    CARD_LINK = "card_link"
    CARD_BLOCK = "card_block"
    PATRON_BLOCK = "patron_block"
    PATRON_NOTE = "patron_note"
    ITEM_STATUS = "item_status"
    ITEM_SOURCE = "item_source"
    SETTINGS = "settings"
    SETTLEMENT = "settlement"
    SUGGESTION = "suggestion"
    FAULT_REPORT = "fault_report"


class Actor(StrEnum):
    PATRON = "patron"
    ANYONE = "anyone"
    LIBRARIAN = "librarian"
    STATION = "station"


@dataclass(frozen=True, slots=True, order=True)
class OperationId:
    epoch: str  # 32 hex digits, begun at every opening of the store
    seq: int  # gapless within the epoch, from 1


@dataclass(frozen=True, slots=True)
class Reader:
    """Who an operation is about, kept outside the chain so that it can be erased. `salt`: 16 random bytes. `private`:
    what of the operation only this reader may say (a card number, their own words), erased with them."""

    patron_id: str
    salt: bytes
    private: str | None = None

    def commitment(self) -> str:
        return commitment(self.salt, self.patron_id)


@dataclass(frozen=True, slots=True)
class Operation:
    """`body` is JSON text that is hashed and sent byte for byte; `hash` chains it to the operation before."""

    id: OperationId
    body: str
    hash: bytes
    reader: Reader | None


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The last operation of a chain so far."""

    id: OperationId
    hash: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Which station writes, and in which epoch. `predecessor` is where the epoch before it ended (None: the first)."""

    library_id: str
    device_id: str
    epoch: str
    predecessor: ChainEnd | None


def commitment(salt: bytes, said: str) -> str:
    """What stands in the chain for `said`: without the salt nobody finds it by trying."""
    return hmac.new(salt, said.encode(), hashlib.sha256).hexdigest()


def chain_hash(previous: bytes, said: str) -> bytes:
    """Of an operation's body, or of an audit line's entry, each in its own chain."""
    return hashlib.sha256(previous + said.encode()).digest()


def audit_entry(kind: str, operation_hash: bytes) -> str:
    """What the audit line of an operation says: the body, which the hash vouches for, says everything else."""
    return f"{kind} {operation_hash.hex()}"


def next_operation(
    origin: Origin,
    last: ChainEnd | None,
    kind: OperationKind,
    data: Mapping[str, Any],
    *,
    moment: Moment,
    actor: Actor,
    reader: Reader | None,
    policy_version: str,
    by: ByStaff | None = None,
) -> Operation:
    """The operation that follows `last` in this epoch (None: it is the epoch's first). `by`: whoever did it at the
    desk."""
    seq = last.id.seq + 1 if last else 1
    body: dict[str, Any] = {
        "v": 1,
        "kind": kind,
        "library": origin.library_id,
        "device": origin.device_id,
        "epoch": origin.epoch,
        "seq": seq,
        "at": {
            "wall_ms": moment.wall_ms,
            "boot": moment.boot_id,
            "boottime_ms": moment.boottime_ms,
            "trusted": moment.trusted,
        },
        "actor": actor,
        "reader": reader.commitment() if reader else None,
        "policy_version": policy_version,
        "override_reason": by.reason if by else None,
        "data": data,
    }
    if by:
        body["staff"] = by.staff.id
    if last is None:
        before = origin.predecessor
        body["predecessor"] = before and {"epoch": before.id.epoch, "seq": before.id.seq, "hash": before.hash.hex()}
        previous = before.hash if before else NO_HASH
    else:
        previous = last.hash
    text = _AS_TEXT(body)
    return Operation(OperationId(origin.epoch, seq), text, chain_hash(previous, text), reader)
