"""What a reader has and waits for, and what they do with it from afar: renew, place a hold, cancel one, suggest.

Whatever names a loan, a hold or a title names one of this reader or this library; anything else is not there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import uuid4

import sqlalchemy as sa

from central_server import lookup, page_operations
from central_server.among import among
from central_server.clock import day_of
from central_server.decisions import State
from central_server.imports import patrons
from central_server.lending_rules import Borrower, Lent, Reason, Renewal, Rules, decide_renewal, read
from central_server.tables.library import hold, item, patron, request, shelved, title
from central_server.tables.operations import loan

MOST_HOLDS = 10
"""That one reader waits for at a time, by a page."""
MOST_A_DAY = 30
"""Holds that one reader places in a day: each is kept for ever, also when it is cancelled at once."""
MOST_SUGGESTIONS = 5
"""That wait for a person, of one reader."""
LONGEST_SUGGESTION = 500
_DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class OnLoan:
    """A book that the reader has. `late_days`: since it should be back, 0 when it is not late; nobody is late by a
    `provisional` day. `renewal`: what a renewal would come to, or all reasons why there is none."""

    id: str
    title_id: str | None
    name: str
    author: str
    barcode: str
    lent_on: date
    due_on: date
    days: int
    late_days: int
    provisional: bool
    renewals: int
    most_renewals: int
    renewal: Renewal | tuple[Reason, ...]

    @property
    def may_renew(self) -> bool:
        return isinstance(self.renewal, Renewal)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A title that the reader waits for. `place`: in the queue, from 1; `kept_at`: a book stands on the hold shelf for
    them (where, maybe ""); `is_free`: a copy that nobody before them waits for is in."""

    id: str
    title_id: str
    name: str
    author: str
    place: int
    is_free: bool
    kept_at: str | None


class Queued(NamedTuple):
    """A hold in the queue of its title."""

    id: str
    patron: str
    shelf: str
    shelved_on: str | None


# --- looking


def loans_of(connection: sa.Connection, library: str, patron_id: str, now_ms: int) -> list[OnLoan]:
    """What the reader has, what is late first."""
    today, rules = day_of(now_ms), read(connection, library)
    borrower = _borrower(connection, library, patron_id)
    if borrower is None:
        return []
    rows = _open_loans(connection, library, patron_id)
    lent = {row["id"]: _lent(row) for row in rows}
    found = []
    for row in rows:
        mine = lent[row["id"]]
        others = [one for one in lent.values() if one.id != mine.id]
        waiting, free = _demand(connection, library, row["title_id"], patron_id, rules, today)
        policy = rules.policies.get((borrower.category, mine.item_type))
        found.append(
            OnLoan(
                mine.id,
                row["title_id"],
                row["name"] or row["barcode"],
                row["author"] or "",
                row["barcode"],
                mine.lent_on,
                mine.due_on,
                (mine.due_on - (mine.lent_on if mine.provisional else today)).days,
                0 if mine.provisional else max(0, (today - mine.due_on).days),
                mine.provisional,
                mine.renewals,
                policy.renewals if policy else 0,
                decide_renewal(borrower, mine, others, waiting, free, rules, today),
            )
        )
    return sorted(found, key=lambda one: (not one.late_days, one.due_on, one.name))


def waits_of(connection: sa.Connection, library: str, patron_id: str, now_ms: int) -> list[Waiting]:
    """What the reader waits for; what they can fetch first."""
    today, rules = day_of(now_ms), read(connection, library)
    same = sa.and_(title.c.library_id == hold.c.library_id, title.c.id == hold.c.title_id)
    mine = (hold.c.library_id == library, hold.c.patron_id == patron_id, hold.c.loan_id.is_(None))
    columns = (hold.c.id, hold.c.title_id, hold.c.shelf, title.c.title.label("name"), title.c.author)
    found = []
    for row in connection.execute(sa.select(*columns).join(title, same).where(*mine).order_by(hold.c.placed_ms)):
        queue = queue_of(connection, library, row.title_id, rules, today)
        place = next((number for number, one in enumerate(queue) if one.patron == patron_id), len(queue))
        kept = next((one for one in queue if one.id == row.id and one.shelved_on is not None), None)
        is_free = place < free_copies(connection, library, row.title_id)
        found.append(
            Waiting(row.id, row.title_id, row.name, row.author, place + 1, is_free, kept.shelf if kept else None)
        )
    return sorted(found, key=lambda one: (one.kept_at is None, not one.is_free))


def queue_of(connection: sa.Connection, library: str, title_id: str, rules: Rules, today: date) -> list[Queued]:
    """Who waits for a title, first come first, without who was passed over or has it on loan."""
    same = sa.and_(shelved.c.library_id == hold.c.library_id, shelved.c.hold_id == hold.c.id)
    mine = (hold.c.library_id == library, hold.c.title_id == title_id, hold.c.loan_id.is_(None))
    columns = (hold.c.id, hold.c.patron_id, hold.c.shelf, shelved.c.day)
    in_order = sa.select(*columns).outerjoin(shelved, same).where(*mine).order_by(hold.c.placed_ms, hold.c.id)
    queue = [Queued(*row) for row in connection.execute(in_order)]
    if queue:
        have = (
            sa.select(loan.c.patron_id)
            .join(item, _copy_of_loan())
            .where(
                loan.c.library_id == library,
                among(loan.c.patron_id, {one.patron for one in queue}),
                loan.c.standing,
                loan.c.open,
                item.c.title_id == title_id,
            )
        )
        served = set(connection.scalars(have))
        queue = [one for one in queue if one.patron not in served and not _is_passed_over(one, rules, today)]
    return queue


def free_copies(connection: sa.Connection, library: str, title_id: str) -> int:
    """How many copies of a title may be lent and are on nobody's loan."""
    mine = (item.c.library_id == library, item.c.title_id == title_id, item.c.status == "available")
    copies = set(connection.scalars(sa.select(item.c.barcode).where(*mine, ~item.c.in_house_only)))
    return len(copies - lookup.on_loan(connection, library, copies).keys())


def _is_passed_over(one: Queued, rules: Rules, today: date) -> bool:
    most = rules.hold_shelf_days
    if most is None or one.shelved_on is None:
        return False
    return rules.calendar.open_days_after(date.fromisoformat(one.shelved_on), today, most + 1) > most


def _demand(
    connection: sa.Connection, library: str, title_id: str | None, patron_id: str, rules: Rules, today: date
) -> tuple[int, int]:
    """How many others wait for a title, and how many copies of it could serve them."""
    if title_id is None:
        return 0, 0
    others = sum(one.patron != patron_id for one in queue_of(connection, library, title_id, rules, today))
    return others, free_copies(connection, library, title_id) if others else 0


def _borrower(connection: sa.Connection, library: str, patron_id: str) -> Borrower | None:
    mine = sa.select(patron).where(patron.c.library_id == library, patron.c.id == patron_id)
    row = connection.execute(mine).mappings().first()
    if row is None:
        return None
    until = patrons.suspended_until(connection, library, [dict(row)]).get(patron_id)
    return Borrower(row["category"], row["blocked"], _day(row["valid_until"]), until)


def _open_loans(connection: sa.Connection, library: str, patron_id: str) -> list[dict[str, Any]]:
    columns = (loan.c.id, loan.c.barcode, loan.c.lent_on, loan.c.due_on, loan.c.renewals, loan.c.provisional)
    of_item = (item.c.in_house_only, title.c.id.label("title_id"), title.c.title.label("name"), title.c.author)
    same = sa.and_(title.c.library_id == item.c.library_id, title.c.id == item.c.title_id)
    found = (
        sa.select(*columns, *of_item, title.c.item_type)
        .outerjoin(item, _copy_of_loan())
        .outerjoin(title, same)
        .with_hint(loan, "INDEXED BY loan_standing_by_patron", "sqlite")
        # `standing` stands there as the partial index has it.
        .where(loan.c.library_id == library, loan.c.patron_id == patron_id, loan.c.standing, loan.c.open)
        .order_by(loan.c.id)
    )
    return [dict(row) for row in connection.execute(found).mappings()]


def _copy_of_loan() -> sa.ColumnElement[bool]:
    return sa.and_(item.c.library_id == loan.c.library_id, item.c.id == loan.c.item_id)


def _lent(row: dict[str, Any]) -> Lent:
    return Lent(
        row["id"],
        row["item_type"] or "",
        date.fromisoformat(row["lent_on"]),
        date.fromisoformat(row["due_on"]),
        row["renewals"],
        row["provisional"],
        bool(row["in_house_only"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# --- doing


def renew(
    connection: sa.Connection, library: str, patron_id: str, loans: Collection[str], now_ms: int
) -> dict[str, Renewal | tuple[Reason, ...]]:
    """Renew those of `loans` that are the reader's own and may be renewed, what is due first; answers for each of
    theirs what came of it. What is somebody else's is not in the answer."""
    answers: dict[str, Renewal | tuple[Reason, ...]] = {}
    for identity in [one.id for one in loans_of(connection, library, patron_id, now_ms) if one.id in loans]:
        # One renewal changes what is said of the next one.
        one = next(one for one in loans_of(connection, library, patron_id, now_ms) if one.id == identity)
        answers[identity] = one.renewal
        if isinstance(one.renewal, Renewal):
            item_id = connection.scalar(
                sa.select(loan.c.item_id).where(loan.c.library_id == library, loan.c.id == identity)
            )
            data = {
                "loan": identity,
                "item": item_id,
                "barcode": one.barcode,
                "due_on": one.renewal.due_on.isoformat(),
                "renewals": one.renewal.renewals,
                "provisional": False,
            }
            page_operations.record(connection, library, "renew", data, now_ms, patron=patron_id)
    return answers


def place_hold(connection: sa.Connection, library: str, patron_id: str, title_id: str, now_ms: int) -> str:
    """Let the reader wait for a title. Answers "" when they do, else why not: `unknown` title, `too_many` holds,
    `too_often` today, `no_copies` that are ever lent, or the protocol's `already_yours` or `already_waiting`."""
    known = sa.select(title.c.id).where(title.c.library_id == library, title.c.id == title_id)
    if connection.scalar(known) is None:
        return "unknown"
    lendable = (
        sa.select(sa.func.count())
        .select_from(item)
        .where(
            item.c.library_id == library,
            item.c.title_id == title_id,
            item.c.status == "available",
            ~item.c.in_house_only,
        )
    )
    if not connection.scalar(lendable):
        return "no_copies"
    mine = (hold.c.library_id == library, hold.c.patron_id == patron_id, hold.c.loan_id.is_(None))
    if (connection.scalar(sa.select(sa.func.count()).select_from(hold).where(*mine)) or 0) >= MOST_HOLDS:
        return "too_many"
    theirs = (request.c.library_id == library, request.c.patron_id == patron_id, request.c.kind == "place_hold")
    today = sa.select(sa.func.count()).select_from(request).where(*theirs, request.c.asked_ms > now_ms - _DAY_MS)
    if (connection.scalar(today) or 0) >= MOST_A_DAY:
        return "too_often"
    asked = _ask(connection, library, "place_hold", {"title": title_id}, patron_id, now_ms)
    return asked.why or "" if asked.state == State.DECLINED else ""


def cancel_hold(connection: sa.Connection, library: str, patron_id: str, hold_id: str, now_ms: int) -> bool:
    """Let the reader wait no more; whether it was a hold of theirs."""
    mine = (hold.c.library_id == library, hold.c.patron_id == patron_id, hold.c.id == hold_id)
    if connection.scalar(sa.select(hold.c.id).where(*mine, hold.c.loan_id.is_(None))) is None:
        return False
    _ask(connection, library, "cancel_hold", {"hold": hold_id}, patron_id, now_ms)
    return True


def suggest(connection: sa.Connection, library: str, patron_id: str, text: str, now_ms: int) -> bool:
    """Suggest something to buy, in the reader's own words; false when enough of theirs wait for a person."""
    mine = (request.c.library_id == library, request.c.patron_id == patron_id, request.c.kind == "suggestion")
    waiting = sa.select(sa.func.count()).select_from(request).where(*mine, request.c.state == State.WAITING.value)
    if (connection.scalar(waiting) or 0) >= MOST_SUGGESTIONS:
        return False
    _ask(connection, library, "suggestion", {}, patron_id, now_ms, private=text)
    return True


def _ask(
    connection: sa.Connection,
    library: str,
    kind: str,
    data: dict[str, str],
    patron_id: str,
    now_ms: int,
    private: str | None = None,
) -> Any:
    """Answers what became of it: `state` and `why`."""
    identity = str(uuid4())
    asked = {"request": identity, **data}
    page_operations.record(connection, library, kind, asked, now_ms, patron=patron_id, private=private)
    mine = (request.c.library_id == library, request.c.id == identity)
    return connection.execute(sa.select(request.c.state, request.c.why).where(*mine)).one()
