"""Taking out what is over, told and old enough, a few rows at a time (kiosk.ports.store.UnitOfWork.prune).

Age is counted in trusted days only. What has a place in the outbox had happened when a day began that notes this place
or a later one; a loan or a request was over when the day after its `…_after` began. So nobody asks what time it was.
A day that began after something happened that is not dated again yet (`undated_boot`) does not count so far. A day may
turn out to be still to come: the next one is earlier then, but its number counts on, and numbers are what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import and_, bindparam, delete, exists, insert, literal_column, select, text

from kiosk.ports.store import Retention, WalkedTo
from local_store.prepared import Database, Prepared, Row
from local_store.shapes import dropped, some, without
from local_store.statements import FOR_A_PERSON
from local_store.tables import audit, epoch, loan, outbox, pruned, request, to_check, trusted_day, undated_boot, visit

BEGIN_DAY = Prepared(insert(trusted_day))
LAST_DAY = Prepared(select(trusted_day.c.number, trusted_day.c.day).order_by(trusted_day.c.number.desc()))
_LAST_DAY_TO = Prepared(
    select(trusted_day.c.number, trusted_day.c.place)
    .where(trusted_day.c.day <= bindparam("day"), ~exists().where(undated_boot.c.place <= trusted_day.c.place))
    .order_by(trusted_day.c.number.desc())
)
_DROP_DAYS = Prepared(delete(trusted_day).where(trusted_day.c.number < bindparam("number")))
_DROP_VISITS = Prepared(delete(visit).where(visit.c.day <= bindparam("day")))

_WITH_READER = some(
    select(outbox.c.place, outbox.c.loans).where(
        text("outbox.state = 'settled'"), text("outbox.reader IS NOT NULL"), outbox.c.place <= bindparam("to")
    ),
    outbox.c.place,
)
_TAKE_READER_OUT = Prepared(without(outbox, outbox.c.place, "reader", "salt", "private"))
_LOAN = Prepared(select(loan.c.open, loan.c.ended_after, loan.c.to_tell).where(loan.c.id == bindparam("id")))
_PAST_LOANS = some(
    select(loan.c.id, loan.c.patron_id, loan.c.ended_after).where(text("loan.open = 0"), text("loan.to_tell = 0")),
    loan.c.id,
)
_TAKE_READER_OUT_OF_LOAN = Prepared(without(loan, loan.c.id, "patron_id"))
_DROP_LOAN = Prepared(dropped(loan, loan.c.id))
_LOANS_FOR_A_PERSON = Prepared(select(outbox.c.loans).where(FOR_A_PERSON))
_LOANS_TO_SEE = Prepared(
    select(outbox.c.loans)
    .select_from(to_check)
    .join(epoch, epoch.c.id == to_check.c.epoch)
    .join(outbox, outbox.c.place == epoch.c.before + to_check.c.seq)
    .where(to_check.c.why == text("'returned'"))
)
_OPERATIONS = some(
    select(outbox.c.place, outbox.c.state, outbox.c.loans, outbox.c.epoch, outbox.c.seq, outbox.c.hash, audit.c.hash)
    .outerjoin(audit, audit.c.place == outbox.c.place)
    .where(outbox.c.place <= bindparam("to")),
    outbox.c.place,
)
_DROP_OPERATION = Prepared(dropped(outbox, outbox.c.place))
_DROP_AUDIT = Prepared(dropped(audit, audit.c.place))
_GAP_BEFORE = Prepared(select(*pruned.c).where(pruned.c.first < bindparam("place")).order_by(pruned.c.first.desc()))
_GAP_FROM = Prepared(select(*pruned.c).where(pruned.c.first == bindparam("place")))
_DROP_GAP = Prepared(dropped(pruned, pruned.c.first))
ADD_GAP = Prepared(insert(pruned))
_ANSWERED = some(select(request.c.id, request.c.answered_after).where(text("request.state <> 'waiting'")), request.c.id)
_DROP_REQUEST = Prepared(dropped(request, request.c.id))
_listed_at = epoch.c.before + to_check.c.seq
_LISTED = some(
    select(to_check.c.place, pruned.c.first)
    .select_from(to_check)
    .outerjoin(epoch, and_(epoch.c.id == to_check.c.epoch, to_check.c.seq > literal_column("0")))  # 0: not known
    .outerjoin(pruned, and_(pruned.c.first <= _listed_at, pruned.c.last >= _listed_at)),
    to_check.c.place,
)
_DROP_LISTED = Prepared(dropped(to_check, to_check.c.place))


@dataclass(frozen=True, slots=True)
class _Upto:
    """What is old enough: places up to `place`, and what was over before the trusted day `number` began."""

    number: int
    place: int


class Pruning:
    """`last_place`: of the newest operation, which stays, for the next one follows it."""

    def __init__(self, database: Database, last_place: int, keep: Retention) -> None:
        self._db = database
        self._last_place = last_place
        self._readers = self._upto(keep.readers_to.isoformat())
        self._rest = self._upto(keep.rest_to.isoformat())
        self._keep = keep

    def step(self, after: WalkedTo, limit: int) -> WalkedTo | None:
        walks = self._operations_readers, self._loans, self._operations, self._requests, self._list
        if after.table == len(walks):
            self._db.run(_DROP_VISITS, day=self._keep.readers_to.isoformat())
            self._db.run(_DROP_DAYS, number=min(self._rest.number, self._readers.number))
            return None
        last = walks[after.table](after.key, limit)
        return WalkedTo(after.table + 1, None) if last is None else WalkedTo(after.table, last)

    # each gives the last key that it looked at; None: no more

    def _operations_readers(self, after: str | int | None, limit: int) -> str | int | None:
        rows = self._db.rows(_WITH_READER, after=after or 0, limit=limit, to=self._readers.place)
        to_see = self._to_see() if rows else frozenset()
        over = [
            place
            for place, loans in rows
            if to_see.isdisjoint(loans.split()) and all(map(self._is_over, loans.split()))
        ]
        self._each(_TAKE_READER_OUT, over)
        return _last(rows, limit)

    def _to_see(self) -> frozenset[str]:
        """The loans that ended with a return of which nobody of the staff has said that they saw the book."""
        return frozenset(loan_id for (loans,) in self._db.rows(_LOANS_TO_SEE) for loan_id in loans.split())

    def _is_over(self, loan_id: str) -> bool:
        row = self._db.row(_LOAN, id=loan_id)
        return row is None or (not row[0] and row[1] < self._readers.number and not row[2])

    def _loans(self, after: str | int | None, limit: int) -> str | int | None:
        rows = self._db.rows(_PAST_LOANS, after=after or "", limit=limit)
        for_a_person = {loan_id for (loans,) in self._db.rows(_LOANS_FOR_A_PERSON) for loan_id in loans.split()}
        kept = for_a_person | self._to_see()
        done = [row for row in rows if row[0] not in kept]
        self._each(_DROP_LOAN, [id_ for id_, _, ended in done if ended < self._rest.number])
        still = (self._rest.number, self._readers.number)
        past = [id_ for id_, patron, ended in done if patron is not None and still[0] <= ended < still[1]]
        self._each(_TAKE_READER_OUT_OF_LOAN, past)
        return _last(rows, limit)

    def _operations(self, after: str | int | None, limit: int) -> str | int | None:
        to = min(self._rest.place, self._last_place - 1)
        rows = self._db.rows(_OPERATIONS, after=after or 0, limit=limit, to=to)
        # One without its audit line is a fault: it stays, to be found. And what made a loan stays for as long as the
        # loan does: it can be told again to a centre that has lost it.
        going = [
            row
            for row in rows
            if row[1] == "settled"
            and row[6] is not None
            and all(self._db.row(_LOAN, id=loan_id) is None for loan_id in row[2].split())
        ]
        for _, run in groupby(enumerate(going), lambda pair: pair[1][0] - pair[0]):  # alike where places follow on
            self._drop_run([row for _, row in run])
        return _last(rows, limit)

    def _drop_run(self, run: Sequence[Row]) -> None:
        """Operations in a row go, and become one gap with those beside them."""
        first, (last, _, _, *end) = run[0][0], run[-1]
        for statement in (_DROP_OPERATION, _DROP_AUDIT):
            self._each(statement, [row[0] for row in run])
        before = self._db.row(_GAP_BEFORE, place=first)
        beyond = self._db.row(_GAP_FROM, place=last + 1)
        if before is not None and before[1] == first - 1:
            first = before[0]
            self._each(_DROP_GAP, [first])
        if beyond is not None:
            self._each(_DROP_GAP, [last + 1])
            _, last, *end = beyond
        self._db.run(ADD_GAP, **dict(zip(pruned.c.keys(), (first, last, *end), strict=True)))

    def _requests(self, after: str | int | None, limit: int) -> str | int | None:
        rows = self._db.rows(_ANSWERED, after=after or "", limit=limit)
        self._each(_DROP_REQUEST, [id_ for id_, answered in rows if answered < self._readers.number])
        return _last(rows, limit)

    def _list(self, after: str | int | None, limit: int) -> str | int | None:
        """What is about an operation that was pruned. One that is not here for another reason is lost: that stays."""
        rows = self._db.rows(_LISTED, after=after or 0, limit=limit)
        self._each(_DROP_LISTED, [place for place, gap in rows if gap is not None])
        return _last(rows, limit)

    def _each(self, statement: Prepared, keys: Sequence[object]) -> None:
        if keys:
            self._db.run_each(statement, [{"gone": key} for key in keys])

    def _upto(self, day: str) -> _Upto:
        return _Upto(*(self._db.row(_LAST_DAY_TO, day=day) or (0, 0)))


def _last(rows: Sequence[Row], limit: int) -> str | int | None:
    key: str | int | None = rows[-1][0] if len(rows) == limit else None
    return key
