"""Boots at a time that nobody vouched for, within one unit of work, and dating what happened in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, literal_column, or_, select, text, update
from sqlalchemy.dialects import sqlite

from kiosk.domain.clock_trust import Anchor
from kiosk.domain.model import Loan
from kiosk.domain.operations import OperationKind
from kiosk.ports.store import Happened, UndatedBoot
from local_store.prepared import Database, Prepared
from local_store.tables import loan, outbox, undated_boot

_KNOWN = Prepared(select(undated_boot.c.boot_id))
_NOTE = Prepared(sqlite.insert(undated_boot).on_conflict_do_nothing())
_undecided = undated_boot.c.began_ms.is_(None), undated_boot.c.before_ms.is_(None)
_BEGAN = Prepared(
    update(undated_boot)
    .where(*_undecided, undated_boot.c.boot_id == bindparam("anchored"))
    .values(began_ms=bindparam("began"))
)
_WERE_BEFORE = Prepared(
    update(undated_boot)
    .where(*_undecided, undated_boot.c.boot_id != bindparam("anchored"))
    .values(before_ms=bindparam("began"))
)
_TO_DATE = Prepared(
    select(*undated_boot.c)
    .where(or_(undated_boot.c.began_ms.is_not(None), undated_boot.c.before_ms.is_not(None)))
    .order_by(undated_boot.c.place)
)
_HAPPENED_FROM = Prepared(
    select(outbox.c.place, outbox.c.boot_id, outbox.c.boottime_ms, outbox.c.kind, outbox.c.body)
    .where(outbox.c.place >= bindparam("from_place", type_=Integer))
    .order_by(outbox.c.place)
    .limit(bindparam("limit", type_=Integer))
    .offset(literal_column("0"))
)
_SAID_FROM = Prepared(
    select(outbox.c.place, outbox.c.boot_id, outbox.c.kind, outbox.c.body)
    .where(outbox.c.place >= bindparam("from_place", type_=Integer))
    .order_by(outbox.c.place)
)
_DATED_UP_TO = Prepared(
    update(undated_boot)
    .where(undated_boot.c.boot_id == bindparam("of_boot"))
    .values(place=bindparam("to_place"), is_told=text("1"))
)
_ALL_DATED = Prepared(delete(undated_boot).where(undated_boot.c.boot_id == bindparam("of_boot")))
DATE_LOAN = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"))
    .values(
        lent_on=bindparam("from_day"),
        due_on=bindparam("to_due_on"),
        provisional=bindparam("is_provisional"),
        renewed_on=func.coalesce(bindparam("on"), loan.c.renewed_on),
    )
)
_DATE_RETURN = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"), loan.c.open == text("0"), loan.c.returned_on < bindparam("on"))
    .values(returned_on=bindparam("on"))
)
# Some day until then: nobody is late by a day on which they may have been in time.
_DATE_RETURN_UNTIL = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"), loan.c.open == text("0"), loan.c.returned_on < bindparam("on"))
    .values(returned_on=func.min(bindparam("on"), func.max(loan.c.due_on, loan.c.returned_on)))
)

_Lent = tuple[str, int]
"""A loan as it was lent or renewed: its id and how many renewals it had then."""


def look_for_undated(database: Database, place: int, after_ms: int | None) -> None:
    """After a recovery, of which the operations from `place` on were written down without a note of their boots, or
    with what dates one that is noted. `after_ms`: a time before all of them, where one is known."""
    ((noted,),) = database.tell("SELECT coalesce(min(place), 0) FROM undated_boot")
    happened: dict[str, list[tuple[int, _Lent | None]]] = {}
    told: dict[str, Any] = {}
    dated: set[_Lent] = set()
    for at, boot_id, kind, text_ in database.rows(_SAID_FROM, from_place=min(place, noted or place)):
        body = json.loads(text_)
        data = body["data"]
        if kind == OperationKind.DATE_BOOT:
            told[data["boot"]] = data
            dated |= {(one["loan"], one["renewals"]) for one in data["loans"]}
        elif not body["at"]["trusted"]:
            is_lent = kind in (OperationKind.CHECK_OUT, OperationKind.RENEW)
            lent = (data["loan"], data.get("renewals", 0)) if is_lent else None
            happened.setdefault(boot_id, []).append((at, lent))
    for boot_id, all_ in happened.items():
        data = told.get(boot_id)
        if data is None:
            unknown = {"began_ms": None, "before_ms": None, "is_told": 0, "after_ms": after_ms}
            database.run(_NOTE, boot_id=boot_id, place=all_[0][0], **unknown)
            continue
        database.run(_ALL_DATED, of_boot=boot_id)
        left = next((at for at, lent in all_ if lent is not None and lent not in dated), None)
        if left is not None:  # it was stopped there
            known = {name: data.get(name) for name in ("began_ms", "before_ms", "after_ms")}
            database.run(_NOTE, boot_id=boot_id, place=left, is_told=1, **known)


def read_undated(database: Database) -> frozenset[str]:
    return frozenset(boot_id for (boot_id,) in database.rows(_KNOWN))


class UndatedBoots:
    """`ids`: of all that are not dated yet, so that a loan at a known time asks the database nothing."""

    def __init__(self, database: Database, ids: frozenset[str]) -> None:
        self._db = database
        self.ids = ids

    def note(self, boot_id: str, place: int, after_ms: int) -> None:
        if boot_id not in self.ids:
            unknown = {"began_ms": None, "before_ms": None, "is_told": 0}
            self._db.run(_NOTE, boot_id=boot_id, place=place, after_ms=after_ms, **unknown)
            self.ids |= {boot_id}

    def bound(self, anchor: Anchor) -> None:
        """Its own boot began then, and all others were over."""
        if self.ids:
            began = {"anchored": anchor.boot_id, "began": anchor.began_ms}
            self._db.run(_BEGAN, **began)
            self._db.run(_WERE_BEFORE, **began)

    def to_date(self) -> UndatedBoot | None:
        row = self._db.row(_TO_DATE) if self.ids else None
        if row is None:
            return None
        boot_id, place, began_ms, before_ms, is_told, after_ms = row
        return UndatedBoot(boot_id, place, began_ms, before_ms, bool(is_told), after_ms)

    def happened_from(self, place: int, limit: int) -> Sequence[Happened]:
        return [Happened(*row) for row in self._db.rows(_HAPPENED_FROM, from_place=place, limit=limit)]

    def dated_up_to(self, boot_id: str, place: int) -> None:
        self._db.run(_DATED_UP_TO, of_boot=boot_id, to_place=place)

    def all_dated(self, boot_id: str) -> None:
        self._db.run(_ALL_DATED, of_boot=boot_id)
        self.ids -= {boot_id}

    def date_loan(self, loan: Loan, renewed_on: date | None) -> None:
        self._db.run(
            DATE_LOAN,
            loan_id=loan.id,
            from_day=loan.lent_on.isoformat(),
            to_due_on=loan.due_on.isoformat(),
            is_provisional=int(loan.provisional),
            on=renewed_on and renewed_on.isoformat(),
        )

    def date_returns(self, loan_ids: Sequence[str], on: date, *, is_exact: bool) -> None:
        statement = _DATE_RETURN if is_exact else _DATE_RETURN_UNTIL
        self._db.run_each(statement, [{"loan_id": loan_id, "on": on.isoformat()} for loan_id in loan_ids])
