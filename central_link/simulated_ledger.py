"""What the simulated centre keeps: operations and their chains, and the loans that they make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from central_link.simulated_loans import SimulatedLoan
from central_link.simulated_requests import SUBJECTS, Requests
from kiosk.domain.operations import NO_HASH, Operation, OperationId, OperationKind, chain_hash, commitment
from kiosk.ports.central import Change, Verdict, VerdictKind


class Ledger:
    """`received`: each operation once, in the order of arrival. `disputes`: why a person must look, by operation."""

    def __init__(self) -> None:
        self.received: list[Operation] = []
        self.disputes: dict[OperationId, str] = {}
        self.conflicts: list[Operation] = []
        self._hashes: dict[OperationId, bytes] = {}
        self._last_seq: dict[str, int] = {}
        self._successors: dict[OperationId, str] = {}
        self._store_began: dict[tuple[str, str], str] = {}
        self._loans: dict[str, SimulatedLoan] = {}
        self._requests = Requests()

    def record(self, operation: Operation, dispute: str | None = None) -> Verdict:
        """The verdict after recording it. `dispute`: a reason to find in it whatever it says."""
        known = self._hashes.get(operation.id)
        if known == operation.hash:
            if operation.id in self.disputes:
                return Verdict(operation.id, VerdictKind.DISPUTED, self.disputes[operation.id])
            return Verdict(operation.id, VerdictKind.DUPLICATE)
        if known is not None:
            self.conflicts.append(operation)
            return Verdict(operation.id, VerdictKind.DISPUTED, "identity_conflict")
        reason = self._fault(operation) or dispute
        self.received.append(operation)
        self._hashes[operation.id] = operation.hash
        self._last_seq[operation.id.epoch] = max(self._last_seq.get(operation.id.epoch, 0), operation.id.seq)
        if reason is None:
            return Verdict(operation.id, VerdictKind.ACCEPTED)
        self.disputes[operation.id] = reason
        return Verdict(operation.id, VerdictKind.DISPUTED, reason)

    def _fault(self, operation: Operation) -> str | None:
        """The first reason of the protocol's table that the chain or the reader gives."""
        body = _readable(operation)
        if body is None:
            return "unreadable"
        if operation.id.seq > 1:
            before = self._hashes.get(OperationId(operation.id.epoch, operation.id.seq - 1))
            if before is None:
                return "gap"
            if chain_hash(before, operation.body) != operation.hash:
                return "broken_chain"
        else:
            fault = self._first_of_epoch_fault(operation, body)
            if fault is not None:
                return fault
        return None if _is_true_reader(operation, body) else "false_reader"

    def _first_of_epoch_fault(self, operation: Operation, body: Mapping[str, Any]) -> str | None:
        named = body.get("predecessor")
        before = OperationId(named["epoch"], named["seq"]) if named else None
        previous = bytes.fromhex(named["hash"]) if named else NO_HASH
        began = operation.id.epoch
        if before is None:
            began = self._store_began.setdefault((body["library"], body["device"]), began)
        if chain_hash(previous, operation.body) != operation.hash:
            return "broken_chain"
        if before is None:
            return None if began == operation.id.epoch else "new_store"
        if self._successors.setdefault(before, operation.id.epoch) != operation.id.epoch:
            return "clone"
        last_seq = self._last_seq.get(before.epoch, 0)
        if before.seq < last_seq or (before.seq == last_seq and self._hashes[before] != previous):
            return "lost_tail"
        return None

    def loans_of(self, operation: Operation) -> list[str]:
        """The loans that it names."""
        body = _readable(operation)
        if body is None:
            return []
        data = body["data"]
        if body["kind"] == OperationKind.DATE_BOOT:
            return [dated["loan"] for dated in data["loans"]]
        return list(data.get("loans", [data["loan"]] if "loan" in data else []))

    def changes(self, operation: Operation) -> Iterator[Change]:
        """The loans, holds and requests as they are after an operation that was recorded."""
        body = _readable(operation)
        if body is None:
            return
        data = body["data"]
        reader = operation.reader
        patron_id = reader.patron_id if reader and _is_true_reader(operation, body) else None
        yield from self._requests.changes(body, patron_id)
        for loan_id in self.loans_of(operation):
            loan = self._loans.setdefault(loan_id, SimulatedLoan(loan_id))
            loan.hear(operation.id, body["kind"], data, patron_id)
            if record := loan.record():
                yield record


_DATA = {
    OperationKind.CHECK_OUT: {"loan", "item", "barcode", "lent_on", "due_on"},
    OperationKind.CHECK_IN: {"barcode", "item", "loans"},
    OperationKind.RENEW: {"loan", "item", "due_on", "renewals"},
    OperationKind.VOID: {"voids", "kind", "loans"},
    OperationKind.IN_HOUSE_USE: {"barcode", "day"},
    OperationKind.VISIT: {"day"},
    OperationKind.DATE_BOOT: {"boot", "began_ms", "before_ms", "loans"},
    OperationKind.CHECKED: {"operation", "why"},
    OperationKind.HOLD_SHELVED: {"hold", "barcode", "day"},
    OperationKind.HELP_CALL: {"day"},
    OperationKind.PIN_SET: {"how"},
    OperationKind.DESK: {"how", "staff", "tries"},
    **{kind: {"request"} for kind in SUBJECTS},
}


def _is_true_reader(operation: Operation, body: Mapping[str, Any]) -> bool:
    """None at all may be erased; what was private to them too."""
    reader = operation.reader
    if reader is None:
        return True
    private = None if reader.private is None else commitment(reader.salt, reader.private)
    return bool(body["reader"] == reader.commitment() and private in (None, body["data"].get("private")))


def _readable(operation: Operation) -> dict[str, Any] | None:
    """The body, if it is one of the protocol's as far as this centre uses it."""
    try:
        body = json.loads(operation.body)
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("v") != 1 or not isinstance(body.get("data"), dict):
        return None
    if (body.get("epoch"), body.get("seq")) != (operation.id.epoch, operation.id.seq):
        return None
    if not isinstance(body.get("library"), str) or not isinstance(body.get("device"), str):
        return None
    kind, at = body.get("kind"), body.get("at")
    if kind not in _DATA or not isinstance(at, dict) or not isinstance(at.get("wall_ms"), int) or "reader" not in body:
        return None
    return body if _DATA[OperationKind(kind)] <= body["data"].keys() else None
