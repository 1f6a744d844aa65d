"""Verifying what the centre holds: every operation follows from the one before it, or a dispute says that not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central_server.bodies import is_false_reader, predecessor_of, read_body
from central_server.chain import follows
from central_server.tables.library import library
from central_server.tables.operations import ITS_BODY, dispute, operation, operation_body, operation_reader
from central_server.wire import Operation, Reader, Reason

_CHUNK = 500
_OF_READER = ("patron_id", "salt", "private")


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong, and where; never about whom. `position`: of the operation within the library."""

    library: str
    position: int
    device: str
    epoch: str
    seq: int
    what: str


@dataclass
class Report:
    """How much was looked at. `disputed`: operations whose dispute says why they do not verify."""

    libraries: int = 0
    devices: int = 0
    epochs: int = 0
    operations: int = 0
    readers: int = 0
    erased: int = 0
    disputed: int = 0
    fault: Fault | None = None


def audit(connection: sa.Connection, only: str | None = None) -> Report:
    """Verify every library, or `only` one, up to the first fault; in bounded memory."""
    report = Report()
    codes = sa.select(library.c.library_id).order_by(library.c.library_id)
    for code in connection.scalars(codes if only is None else codes.where(library.c.library_id == only)).all():
        report.libraries += 1
        report.fault = _missing(connection, code) or _Library(connection, code, report).fault()
        if report.fault:
            break
    return report


def as_text(report: Report) -> str:
    """For people."""
    counts = (
        f"{report.libraries} libraries, {report.devices} devices, {report.epochs} epochs, "
        f"{report.operations} operations ({report.disputed} disputed), "
        f"{report.readers} readers, {report.erased} erased"
    )
    if report.fault is None:
        return f"{counts}: every chain verifies"
    at = report.fault
    return f"{counts}\nlibrary {at.library} position {at.position} {at.device} {at.epoch} {at.seq}: {at.what}"


class _Library:
    def __init__(self, connection: sa.Connection, code: str, report: Report) -> None:
        self._connection = connection
        self._code = code
        self._report = report

    def fault(self) -> Fault | None:
        """Walk through the devices' operations, epoch by epoch."""
        before: Any = None
        for row in self._rows():
            self._report.operations += 1
            if before is None or before.device != row.device:
                self._report.devices += 1
            if before is None or (before.device, before.epoch) != (row.device, row.epoch):
                self._report.epochs += 1
                before = None
            what = self._what_is_wrong(row, before)
            if what is not None:
                return Fault(self._code, row.position, row.device, row.epoch, row.seq, what)
            before = row
        return None

    def _what_is_wrong(self, row: Any, before: Any) -> str | None:
        if row.body is None:
            return "the body is missing"
        if row.reason:
            self._report.disputed += 1
            if row.reason not in self._reasons(row):
                return "the dispute about it is missing"
        raw = bytes(row.body)
        reader = Reader(row.patron_id, row.salt, row.private) if row.patron_id is not None else None
        came = Operation(row.epoch, row.seq, row.hash, raw.decode(errors="replace"), reader)
        body = read_body(came, self._code, row.device)
        if body is None:
            return self._unless(row, Reason.UNREADABLE, "the body cannot be read")
        self._report.readers += reader is not None
        self._report.erased += reader is None and body.reader is not None
        if is_false_reader(came, body):
            return self._unless(row, Reason.FALSE_READER, "the reader does not match the commitment")
        named = predecessor_of(body)
        after = before.hash if before is not None and before.seq == row.seq - 1 else None
        if row.seq > 1 and after is None:
            return self._unless(row, Reason.GAP, "the operation before it is missing")
        if not follows(row.hash, named.hash if named else after, raw):
            return self._unless(row, Reason.BROKEN_CHAIN, "the hash does not follow from the operation before")
        return None

    def _unless(self, row: Any, reason: Reason, what: str) -> str | None:
        """`what`, unless a dispute says so: that reason, or one before it in the table, which is answered instead."""
        ranks = list(Reason)
        said = any(ranks.index(Reason(one)) <= ranks.index(reason) for one in self._reasons(row))
        return None if said else f"{what}, and no dispute says so"

    def _reasons(self, row: Any) -> set[str]:
        here = (dispute.c.device == row.device, dispute.c.epoch == row.epoch, dispute.c.seq == row.seq)
        return set(
            self._connection.scalars(sa.select(dispute.c.reason).where(dispute.c.library_id == self._code, *here))
        )

    def _rows(self) -> Iterator[Any]:
        beside = sa.and_(
            operation_reader.c.library_id == operation.c.library_id,
            operation_reader.c.position == operation.c.position,
        )
        whole = (
            sa.select(operation, operation_body.c.body, *(operation_reader.c[name] for name in _OF_READER))
            .outerjoin(operation_reader, beside)
            .outerjoin(operation_body, ITS_BODY)
            .where(operation.c.library_id == self._code)
            .order_by(operation.c.device, operation.c.epoch, operation.c.seq)
        )
        yield from self._connection.execution_options(yield_per=_CHUNK).execute(whole)


def _missing(connection: sa.Connection, code: str) -> Fault | None:
    """Positions count 1, 2, 3 … without a gap: the first one that is not there."""
    mine = operation.c.library_id == code
    numbered = sa.select(operation.c.position, sa.func.row_number().over(order_by=operation.c.position).label("n"))
    counted = numbered.where(mine).subquery()
    first = connection.scalar(sa.select(sa.func.min(counted.c.n)).where(counted.c.position != counted.c.n))
    return None if first is None else Fault(code, first, "", "", 0, "an operation is missing")
