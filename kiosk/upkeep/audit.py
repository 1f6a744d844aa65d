"""Whether what the store holds is what was once written: the operations' chain over all epochs, and the audit chain.

One pass, in bounded memory. What both chains lack at their end cannot be seen here: the centre sees it (`lost_tail`).
Nor can what was pruned be proved here: what follows it continues the hash that was kept of its last operation, and the
centre has that operation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kiosk.domain.operations import NO_HASH, audit_entry, chain_hash, commitment
from kiosk.ports.store import AuditLine, Kept, KeptOperation, Pruned


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong; never about whom. `epoch` and `seq` are unknown of what is missing."""

    place: int
    epoch: str | None
    seq: int | None
    what: str


@dataclass(slots=True)
class Report:
    """`readers`: those still there, each with its commitment; `erased`: operations that had one. `pruned`: operations
    that were old enough to go."""

    operations: int = 0
    pruned: int = 0
    epochs: int = 0
    readers: int = 0
    erased: int = 0
    fault: Fault | None = None


def verify(history: Iterable[Kept | Pruned], library_id: str, device_id: str) -> Report:
    """Up to the first fault."""
    report = Report()
    whose = library_id, device_id
    audit_hash = NO_HASH
    before: KeptOperation | Pruned | None = None
    place = 0
    for here in history:
        place += 1
        if isinstance(here, Pruned):
            if here.place != place or here.last < place:
                report.fault = Fault(place, None, None, "what was pruned does not follow on")
                return report
            report.pruned += here.last - place + 1
            place, before, audit_hash = here.last, here, here.audit_hash
            continue
        operation, line = here
        found = operation.place if operation else line.place if line else place
        if operation is None or found != place:
            report.fault = Fault(place, None, None, "the operation is missing")
            return report
        what = _of_operation(operation, before, whose, report) or _of_line(operation, line, audit_hash)
        if what is not None:
            report.fault = Fault(place, operation.epoch, operation.seq, what)
            return report
        assert line is not None  # else that was the fault
        report.operations += 1
        before, audit_hash = operation, line.hash
    return report


def _of_operation(
    operation: KeptOperation, before: KeptOperation | Pruned | None, whose: tuple[str, str], report: Report
) -> str | None:
    body = _body(operation)
    if body is None:
        return "the body cannot be read"
    begins = before is None or before.epoch != operation.epoch
    report.epochs += begins
    if operation.before is None or operation.place != operation.before + operation.seq:
        return "it does not stand where its epoch has it"
    if operation.seq != (1 if before is None or begins else before.seq + 1):
        return "the number does not follow from the operation before"
    if (body.get("library"), body.get("device")) != whose:
        return "the body is of another station"
    if (body.get("epoch"), body.get("seq"), body.get("kind")) != (operation.epoch, operation.seq, operation.kind):
        return "the body contradicts its place"
    named = before and {"epoch": before.epoch, "seq": before.seq, "hash": before.hash.hex()}
    if begins and ("predecessor" not in body or body["predecessor"] != named):
        return "it names another predecessor"
    if operation.hash != chain_hash(before.hash if before else NO_HASH, operation.body):
        return "the hash does not follow from the operation before"
    return _of_reader(operation, body, report)


def _of_reader(operation: KeptOperation, body: dict[str, Any], report: Report) -> str | None:
    if operation.reader is None:
        if operation.salt is not None or operation.private is not None:
            return "something of an erased reader is left"
        report.erased += body.get("reader") is not None
        return None
    report.readers += 1
    if operation.salt is None or body.get("reader") != commitment(operation.salt, operation.reader):
        return "the reader does not match the commitment"
    promised = body.get("data", {}).get("private")
    if promised != (None if operation.private is None else commitment(operation.salt, operation.private)):
        return "the reader's own words do not match the commitment"
    return None


def _of_line(operation: KeptOperation, line: AuditLine | None, before: bytes) -> str | None:
    if line is None:
        return "the audit line is missing"
    if line.entry != audit_entry(operation.kind, operation.hash):
        return "the audit line is about something else"
    if line.hash != chain_hash(before, line.entry):
        return "the audit line does not follow from the one before"
    return None


def _body(operation: KeptOperation) -> dict[str, Any] | None:
    try:
        body = json.loads(operation.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) and isinstance(body.get("data"), dict) else None
