"""What the centre tells of loans, against what this station has said and been answered meanwhile.

The changes number what they tell, and an answer to an operation says under which number each of its loans stands then:
what has a lower one was said before. While an operation about a loan has no answer yet, nobody knows which is the newer
of the two; what comes until then is held back, and counts if the answer turns out to be no newer.
docs/decisions/0023-what-is-older-than-an-answer.md
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Integer, and_, bindparam, case, delete, exists, literal_column, select, text, update
from sqlalchemy.dialects import sqlite

from local_store.prepared import Database, Prepared
from local_store.shapes import upsert
from local_store.statements import ALL_TOLD
from local_store.tables import held_back, loan

_told = sqlite.insert(loan).excluded
_PUT = upsert(
    loan,
    "id",
    only=f"{ALL_TOLD} AND excluded.as_of >= loan.as_of",
    to_tell=loan.c.to_tell,
    as_of=loan.c.as_of,
    # The centre does not speak of these. A date that one only repeats which does not know is no surer than it was.
    renewed_on=loan.c.renewed_on,
    returned_on=case((_told.open == text("1"), text("NULL")), else_=loan.c.returned_on),
    provisional=case(
        (bindparam("says_how_sure", type_=Integer) == text("1"), _told.provisional),
        (_told.due_on == loan.c.due_on, loan.c.provisional),
        else_=_told.provisional,
    ),
    ended_after=case(
        (_told.open == text("1"), text("NULL")),
        (loan.c.open == text("0"), loan.c.ended_after),
        else_=_told.ended_after,
    ),
    # A reader who was taken out of an ended loan does not come back with its next mention.
    patron_id=case((and_(_told.open == text("0"), loan.c.patron_id.is_(None)), text("NULL")), else_=_told.patron_id),
)
_DROP = Prepared(
    delete(loan).where(loan.c.id == bindparam("id"), text(ALL_TOLD), loan.c.as_of <= bindparam("number", type_=Integer))
)
_there = select(*(bindparam(column.name, type_=column.type) for column in held_back.c)).where(
    exists(literal_column("1")).where(loan.c.id == bindparam("loan_id"), loan.c.to_tell > literal_column("0"))
)
_held = sqlite.insert(held_back).from_select([column.name for column in held_back.c], _there)
_HOLD_BACK = Prepared(
    _held.on_conflict_do_update(
        index_elements=["loan_id"],
        set_={name: _held.excluded[name] for name in ("number", "patron_id", "said")},
        where=_held.excluded.number >= held_back.c.number,
    )
)
_HAS_TO_TELL = Prepared(
    update(loan).where(loan.c.id == bindparam("loan_id")).values(to_tell=loan.c.to_tell + literal_column("1"))
)
_ANSWERED = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"))
    .values(
        to_tell=loan.c.to_tell - bindparam("settled", type_=Integer),
        as_of=case(
            (bindparam("number", type_=Integer) > literal_column("0"), bindparam("number", type_=Integer)),
            else_=loan.c.as_of,
        ),
    )
)
_ANY_HELD = Prepared(select(literal_column("1")).select_from(held_back))
_HELD = Prepared(
    select(held_back.c.number, held_back.c.patron_id, held_back.c.said)
    .join(loan, loan.c.id == held_back.c.loan_id)
    .where(held_back.c.loan_id == bindparam("loan_id"), text(ALL_TOLD))
)
_RELEASE = Prepared(delete(held_back).where(held_back.c.loan_id == bindparam("loan_id")))

_GONE = "null"

Row = dict[str, Any]


class Answer(NamedTuple):
    """One operation that names the loan was answered, and has one answer less to wait for (`settled` 1) or had it
    before (0). `number`: of what the changes told of the loan then; 0: nothing."""

    loan_id: str
    settled: int
    number: int


def put_loans(database: Database, rows: Sequence[Row]) -> None:
    """Rows of the table `loan`, and whether they say how sure the due date is; `as_of` is the number of the change."""
    if rows:
        database.run_each(_HOLD_BACK, [_to_hold(row) for row in rows])
        database.run_each(_PUT, rows)


def drop_loan(database: Database, loan_id: str, number: int) -> None:
    database.run(_HOLD_BACK, loan_id=loan_id, number=number, patron_id=None, said=_GONE)
    database.run(_DROP, id=loan_id, number=number)


def has_to_tell(database: Database, loans: Iterable[str]) -> None:
    """Each has one unsettled operation more. In its own row, which a loan writes anyway: however long the backlog,
    nothing is kept in memory."""
    database.run_each(_HAS_TO_TELL, [{"loan_id": loan_id} for loan_id in loans])


def hear_answers(database: Database, answers: Sequence[Answer]) -> None:
    database.run_each(_ANSWERED, [answer._asdict() for answer in answers])
    if not answers or database.row(_ANY_HELD) is None:
        return
    for loan_id, number_then in {answer.loan_id: answer.number for answer in answers}.items():
        held = database.row(_HELD, loan_id=loan_id)
        if held is not None:
            number, patron_id, said = held
            database.run(_RELEASE, loan_id=loan_id)
            if number_then == 0:
                continue  # it tells of no such loan: what is held back was said before it was restored
            if said == _GONE:
                database.run(_DROP, id=loan_id, number=number)
            else:
                # What was held back by an older program does not say how sure it is.
                row = {"says_how_sure": 0} | json.loads(said)
                database.run(_PUT, **row, id=loan_id, patron_id=patron_id, as_of=number)


def _to_hold(row: Row) -> Row:
    said = {name: value for name, value in row.items() if name not in ("id", "patron_id", "as_of")}
    return {"loan_id": row["id"], "number": row["as_of"], "patron_id": row["patron_id"], "said": json.dumps(said)}
