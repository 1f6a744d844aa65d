"""Erasing a reader: afterwards nothing here leads to them, and every chain still verifies.

Chains cover commitments only, so a reader and the salt may go. What remains is a mark, from which nobody finds the
reader, but which a station that knows them recognises; what a station sends late stays forgotten by it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID, uuid5

import sqlalchemy as sa

from central_server import changes, clock, decisions
from central_server.among import among
from central_server.cannot import CannotDo
from central_server.loans import Loan
from central_server.tables.library import change, erased_reader, hold, patron, patron_card, request, staff
from central_server.tables.operations import conflict, late_return, loan, operation_reader
from central_server.tables.organisations import deed, reader_pin, visit
from central_server.tables.subjects import subject_request
from central_server.tables.year import rolled_reader
from central_server.unseen import unseen

# docs/protocol.md has the same.
_MARKS = UUID("7d3c1f0a-52c8-4f57-9a0e-6b1de8a4c2f3")
_NAMING = (
    loan,
    request,
    hold,
    patron_card,
    staff,
    conflict,
    late_return,
    operation_reader,
    reader_pin,
    rolled_reader,
    subject_request,
)


@dataclass(frozen=True)
class Erased:
    """How much was taken away, for the report. `loans`: those that have no reader any more."""

    operations: int
    loans: int
    open_loans: int
    holds: int
    requests: int


def mark_of(patron_id: str) -> str:
    """The UUID under which an erased patron is remembered (RFC 9562, version 5)."""
    return str(uuid5(_MARKS, patron_id))


def erased_among(connection: sa.Connection, library: str, patrons: Collection[str]) -> frozenset[str]:
    """Those of `patrons` who were erased."""
    if not patrons:
        return frozenset()
    marks = {mark_of(one): one for one in patrons}
    known = sa.select(erased_reader.c.mark).where(
        erased_reader.c.library_id == library, among(erased_reader.c.mark, marks)
    )
    return frozenset(marks[mark] for mark in connection.scalars(known))


def patron_of_card(connection: sa.Connection, library: str, number: str) -> str:
    """Raises `CannotDo` when nobody has this card."""
    listed = sa.select(patron.c.id).where(patron.c.library_id == library, patron.c.card == number)
    linked = sa.select(patron_card.c.patron_id).where(
        patron_card.c.library_id == library, patron_card.c.number == number
    )
    found: str | None = connection.scalar(listed) or connection.scalar(linked)
    if found is None:
        raise CannotDo("Nobody in this library has that card; nothing was done.")
    return found


def erase(
    connection: sa.Connection, library: str, patron_id: str, now_ms: int, *, with_open_loans: bool = False
) -> Erased:
    """Take `patron_id` out of every table, and tell the stations. Raises `CannotDo`.

    The file forgets only with `central_server.forgetting`.
    """
    loans = [Loan.read(row) for row in connection.execute(sa.select(loan).where(*_of(loan, library, patron_id))).all()]
    open_loans = sum(one.open for one in loans)
    if open_loans and not with_open_loans:
        raise CannotDo(
            f"This reader has {open_loans} books on loan; nothing was erased. "
            "With --with-open-loans the loans stay open, and nobody knows any more who has the books."
        )
    to_see = 0 if with_open_loans else len(unseen(connection, library, {one.id for one in loans}))
    if to_see:
        raise CannotDo(
            f"Nobody of the staff has seen {to_see} books yet that this reader brought back; nothing was erased. "
            "With --with-open-loans nobody knows any more who brought them."
        )
    known = erased_among(connection, library, [patron_id])
    if not known and not _is_here(connection, library, patron_id):
        raise CannotDo("There is no such reader in this library; nothing was erased.")
    asked = connection.execute(sa.select(request).where(*_of(request, library, patron_id))).mappings().all()
    waited = connection.scalars(sa.select(hold.c.id).where(*_of(hold, library, patron_id))).all()
    mark = mark_of(patron_id)
    if not known:
        connection.execute(erased_reader.insert(), {"library_id": library, "mark": mark, "erased_ms": now_ms})
    # Before anything leaves the feed: its numbers must go on from the highest that was ever given.
    changes.publish(connection, library, [changes.Thing("erased_reader", mark, changes.NO_MORE)])
    _leave_feed(connection, library, "patron", [patron_id])
    for one in loans:
        one.patron = None
    told = ((one.id, one.published() or changes.NO_MORE) for one in loans)
    shown = [changes.Thing("loan", identity, data) for identity, data in told if data != changes.NO_MORE]
    changes.publish(connection, library, shown)
    changes.publish(connection, library, [changes.Thing("hold", identity, changes.NO_MORE) for identity in waited])
    nobody = {"patron_id": None, "why": None}
    for row in asked:
        decisions.tell(connection, {**row, **nobody})
    connection.execute(sa.update(request).where(*_of(request, library, patron_id)).values(nobody))
    connection.execute(sa.update(loan).where(*_of(loan, library, patron_id)).values(patron_id=None))
    kept = {"patron_id": None, "salt": None, "private": None}
    connection.execute(sa.update(conflict).where(*_of(conflict, library, patron_id)).values(kept))
    # Whatever else they had asked for is done with that.
    today = clock.day_of(now_ms).isoformat()
    asked_for = sa.update(subject_request).where(*_of(subject_request, library, patron_id))
    done_on = sa.func.coalesce(subject_request.c.done_on, today)
    connection.execute(asked_for.values(patron_id=None, done_on=done_on))
    about = sa.update(deed).where(deed.c.library_id == library, deed.c.subject == patron_id)
    connection.execute(about.values(subject=mark))
    for table in (hold, patron_card, staff, late_return, reader_pin, rolled_reader, visit):
        connection.execute(sa.delete(table).where(*_of(table, library, patron_id)))
    connection.execute(sa.delete(patron).where(patron.c.library_id == library, patron.c.id == patron_id))
    operations = connection.execute(
        sa.delete(operation_reader).where(*_of(operation_reader, library, patron_id))
    ).rowcount
    return Erased(operations, len(loans), open_loans, len(waited), len(asked))


def _of(table: sa.Table, library: str, patron_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.library_id == library, table.c.patron_id == patron_id


def _is_here(connection: sa.Connection, library: str, patron_id: str) -> bool:
    listed = sa.select(patron.c.id).where(patron.c.library_id == library, patron.c.id == patron_id)
    named = (sa.select(table.c.patron_id).where(*_of(table, library, patron_id)).limit(1) for table in _NAMING)
    return any(connection.scalar(one) is not None for one in (listed, *named))


def _leave_feed(connection: sa.Connection, library: str, kind: str, identities: Collection[str]) -> None:
    mine = (change.c.library_id == library, change.c.kind == kind, change.c.id.in_(identities))
    connection.execute(sa.delete(change).where(*mine))
