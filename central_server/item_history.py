"""What happened to copies, as far as it counts: the loans of them, their check-ins, and what people said of both."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa

from central_server.among import among
from central_server.loans import Loan, moment_of
from central_server.order import Moment, Place
from central_server.tables.operations import check_in, dispute, loan, loan_end, operation
from central_server.wire import Way

_PLACE = ("library_id", "device", "epoch", "seq")


@dataclass
class Said:
    """What people said of loans: they count as not made; they are over; a check-in ended not these."""

    not_made: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    spared: set[tuple[str, Place]] = field(default_factory=set)


@dataclass
class History:
    """`made`: the loans that stand, and those that a check-in ended. `check_ins` by barcode."""

    made: list[Loan]
    check_ins: dict[str, dict[Place, Moment]]
    said: Said

    def happened(self, barcode: str) -> dict[Place, Moment]:
        """When the copy was lent and came back."""
        lent = {one.moment.place: one.moment for one in self.made if one.moment and one.barcode == barcode}
        return self.check_ins.get(barcode, {}) | lent


def history_of(connection: sa.Connection, library: str, copies: Collection[str]) -> History:
    """What happened to the items with these barcodes."""
    said = _said(connection, library, copies)
    check_ins: dict[str, dict[Place, Moment]] = defaultdict(dict)
    for row in connection.execute(sa.select(check_in).where(_of(check_in, library, copies))):
        check_ins[row.barcode][Place(row.device, row.epoch, row.seq)] = moment_of(row)
    # Each is one that stands, or one that a check-in ended; both are found in an index without looking at the rows.
    standing = sa.select(loan.c.id).where(_of(loan, library, copies), loan.c.standing)
    ids = {*ended_by(connection, library, copies), *connection.scalars(standing)}
    rows = connection.execute(sa.select(loan).where(loan.c.library_id == library, among(loan.c.id, ids)))
    made = [one for one in map(Loan.read, rows) if one.moment and not one.voided and one.id not in said.not_made]
    return History(made, check_ins, said)


def ended_by(
    connection: sa.Connection, library: str, copies: Collection[str], *which: sa.ColumnElement[bool]
) -> dict[str, list[Moment]]:
    """The loans that check-ins of these barcodes ended (or `which` of them), and those that are written down for
    each."""
    same = sa.and_(*(loan_end.c[name] == check_in.c[name] for name in _PLACE))
    ended = sa.select(loan_end.c.loan_id, *check_in.c).join(check_in, same)
    ended = ended.where(_of(check_in, library, copies), *which)
    found: dict[str, list[Moment]] = defaultdict(list)
    for row in connection.execute(ended):
        found[row.loan_id].append(moment_of(row))
    return found


def named_ends(connection: sa.Connection, library: str, loans: Collection[str]) -> dict[str, list[Moment]]:
    """The check-ins that name each of the loans, of whatever barcode: an item may get another while it is lent."""
    at = sa.and_(*(operation.c[name] == loan_end.c[name] for name in _PLACE))
    of = (check_in.c.barcode == operation.c.barcode, *(check_in.c[name] == loan_end.c[name] for name in _PLACE))
    back = sa.select(loan_end.c.loan_id, *check_in.c).select_from(loan_end).join(operation, at)
    mine = (loan_end.c.library_id == library, among(loan_end.c.loan_id, loans), loan_end.c.named)
    found: dict[str, list[Moment]] = defaultdict(list)
    for row in connection.execute(back.join(check_in, sa.and_(*of)).where(*mine)):
        found[row.loan_id].append(moment_of(row))
    return found


def _of(table: sa.Table, library: str, copies: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.library_id == library, among(table.c.barcode, copies))


def _said(connection: sa.Connection, library: str, copies: Collection[str]) -> Said:
    mine = (_of(dispute, library, copies), dispute.c.barcode.is_not(None))
    columns = (dispute.c[name] for name in ("device", "epoch", "seq", "subject", "way"))
    said = Said()
    for row in connection.execute(sa.select(*columns).where(*mine, dispute.c.way.is_not(None))):
        match row.way:
            case Way.FIRST_HAS_IT:
                said.not_made.add(row.subject.split()[1])
            case Way.FIRST_OVER | Way.RETURNED:
                said.over.add(row.subject.split()[0])
            case Way.ON_LOAN:
                said.spared.add((row.subject, Place(row.device, row.epoch, row.seq)))
    return said
