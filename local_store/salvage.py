"""What can still be read of a damaged store, and what of it may be believed.

An operation is believed when its hash follows from the one before it, wherever its bytes were found; where the one
before is lost, its audit line still tells its hash; where that is lost too, when it stands on an authentic page. So
nothing is made up, and each place that is lost is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Table

from kiosk.domain.operations import NO_HASH, OperationKind, chain_hash, commitment
from kiosk.ports.errors import StoreBroken
from local_store import tables
from local_store.raw_pages import RawRow, RawStore

Row = dict[str, Any]
_COLUMNS = 14
"""Of the outbox in its first schema."""
_STATES = frozenset({"pending", "settled", "disputed", "set_aside"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX_32 = re.compile(r"[0-9a-f]{32}")
_ENTRY = re.compile(r"[a-z_]+ [0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class FoundOperation:
    """A row of the outbox; `body` is its own text, read."""

    row: Row
    body: Mapping[str, Any]
    authentic: bool

    @property
    def hash(self) -> bytes:
        return bytes(self.row["hash"])


@dataclass(slots=True)
class Salvaged:
    """`operations` by place, all beyond the backup's end; `missing`: places that held one which is lost. `loans` by
    id, `audit` and `to_check` by place, what was `pruned`, the ids of `epochs`: rows on authentic pages. `whole`: no
    operation can be missing, seen or not."""

    operations: dict[int, FoundOperation] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)
    loans: dict[str, Row] = field(default_factory=dict)
    audit: dict[int, Row] = field(default_factory=dict)
    to_check: dict[int, Row] = field(default_factory=dict)
    pruned: list[Row] = field(default_factory=list)
    epochs: set[str] = field(default_factory=set)
    whole: bool = False


def salvage(raw: RawStore, known: Mapping[int, bytes], epoch: str | None) -> Salvaged:
    """What lies beyond the backup, whose operations' hashes are `known`, by place; the last one's `epoch`. Raises
    StoreBroken when this is not the store that the backup was made of."""
    found = Salvaged()
    candidates: dict[int, list[FoundOperation]] = {}
    authentic: dict[int, bytes] = {}
    for raw_row in raw.rows():
        if raw_row.rowid is not None and raw_row.rowid in known and len(raw_row.values) >= _COLUMNS:
            hash_ = raw_row.values[5]
            if raw_row.authentic and isinstance(hash_, bytes):
                authentic[raw_row.rowid] = hash_
        elif operation := _operation(raw_row):
            candidates.setdefault(operation.row["place"], []).append(operation)
        elif raw_row.authentic:
            _keep(found, raw_row)
    authentic |= {at: one.hash for at, some in candidates.items() for one in some if one.authentic}
    # A gap may have begun before the backup's end; what is beyond it continues the gap's last operation.
    found.pruned = [
        gap | {"first": max(gap["first"], max(known, default=0) + 1)}
        for gap in sorted(found.pruned, key=lambda row: row["first"])
        if gap["last"] > max(known, default=0)
    ]
    gaps = {gap["first"]: gap for gap in found.pruned}
    both = authentic.keys() & known.keys()
    # All that the backup holds may be pruned by now: an epoch is one store's own.
    is_joined = both or (epoch in found.epochs and max(known) + 1 in gaps)
    if any(authentic[at] != known[at] for at in both) or (known and not is_joined):
        raise StoreBroken("the store that was set aside is not the one that the backup was made of")
    place = max(known, default=0)
    last = max((*authentic, *found.audit, *(gap["last"] for gap in found.pruned)), default=0)
    hash_before: bytes | None = known.get(place, NO_HASH)
    at = place + 1
    while at <= last or at in candidates:
        one = _believed(candidates.get(at, ()), hash_before)
        if one is not None:
            found.operations[at] = one
            hash_before = one.hash
        elif at in gaps:
            hash_before = gaps[at]["hash"]
            at = gaps[at]["last"]
        elif at <= last:
            found.missing.append(at)
            line = found.audit.get(at)
            hash_before = bytes.fromhex(line["entry"].split()[1]) if line else None
        else:
            break
        at += 1
    found.whole = last >= place and not found.missing and raw.log_damage == 0 and raw.is_intact("outbox")
    return found


def _believed(some: Sequence[FoundOperation], hash_before: bytes | None) -> FoundOperation | None:
    for one in some:
        if hash_before is None:
            if one.authentic:
                return one
        elif one.hash == chain_hash(hash_before, one.row["body"]):
            return one if one.authentic else _of_what_is_hashed(one)
    return None


def _of_what_is_hashed(one: FoundOperation) -> FoundOperation:
    """Its page is damaged, so only what the hash vouches for counts: it is told again, to be on the safe side."""
    row, body = one.row, one.body
    data, at = body["data"], body["at"]
    loans = data.get("loans") or [data[name] for name in ("loan",) if name in data]
    if body["kind"] == OperationKind.DATE_BOOT:  # which says more of each
        loans = [loan["loan"] for loan in loans]
    salt, reader, private = row["salt"], row["reader"], row["private"]
    if not _promised(salt, reader, body["reader"]):
        salt = reader = private = None
    elif not _promised(salt, private, data.get("private")):
        private = None
    hashed = {"epoch": body["epoch"], "seq": body["seq"], "kind": body["kind"], "barcode": data.get("barcode") or ""}
    kept = {"reader": reader, "salt": salt, "private": private, "state": "pending", "reason": None}
    when = {"boot_id": at["boot"], "boottime_ms": at["boottime_ms"]}
    return replace(one, row=row | hashed | kept | when | {"loans": " ".join(loans)})


def _promised(salt: object, said: object, promise: object) -> bool:
    return isinstance(salt, bytes) and isinstance(said, str) and commitment(salt, said) == promise


def _operation(raw: RawRow) -> FoundOperation | None:
    if len(raw.values) < _COLUMNS or not raw.rowid:
        return None
    row = _named(tables.outbox, raw)
    if not (_is(_HEX_32, row["epoch"]) and isinstance(row["hash"], bytes) and isinstance(row["body"], str)):
        return None
    if raw.authentic and row["state"] not in _STATES:
        return None
    try:
        body = json.loads(row["body"])
        right = body["epoch"] == row["epoch"] and body["seq"] == row["seq"] and body["kind"] == row["kind"]
        right = right and isinstance(body["data"], dict) and isinstance(body["at"], dict)
    except (ValueError, TypeError, KeyError):
        return None
    return FoundOperation(row, body, raw.authentic) if right and len(row["hash"]) == 32 else None


def _keep(found: Salvaged, raw: RawRow) -> None:
    values = raw.values
    if raw.rowid is None and len(values) >= 10 and _is(_UUID, values[0]):
        row = _named(tables.loan, raw)
        if _is(_DAY, row["lent_on"]) and _is(_DAY, row["due_on"]) and row["open"] in (0, 1):
            found.loans[row["id"]] = row
    elif raw.rowid and len(values) == 3 and _is(_ENTRY, values[1]) and isinstance(values[2], bytes):
        found.audit[raw.rowid] = _named(tables.audit, raw)
    elif raw.rowid and len(values) == 5 and _is(_HEX_32, values[2]) and isinstance(values[3], int):
        found.to_check[raw.rowid] = _named(tables.to_check, raw)
    elif raw.rowid and len(values) == 6 and _is(_HEX_32, values[2]) and isinstance(values[5], bytes):
        found.pruned.append(_named(tables.pruned, raw))
    elif raw.rowid is None and len(values) == 2 and _is(_HEX_32, values[0]) and isinstance(values[1], int):
        found.epochs.add(str(values[0]))


def _named(table: Table, raw: RawRow) -> Row:
    """By column; one that was added after the row was written has no value."""
    names = [column.name for column in table.c]
    row: Row = dict.fromkeys(names) | dict(zip(names, raw.values, strict=False))
    if raw.rowid is not None:
        row[names[0]] = raw.rowid  # SQLite keeps an integer key outside of the row
    return row


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
