"""Once the time is known, what happened before it in the boot is dated again: docs/protocol.md, `date_boot`.

A reader was told "in 14 days" then; now the loan gets its day and its due date, and may become overdue like any other.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from kiosk.desk.recording import Today, Tools, record
from kiosk.domain.circulation import due_again
from kiosk.domain.clock_trust import day_of
from kiosk.domain.operations import Actor, OperationKind
from kiosk.ports.store import Happened, UndatedBoot, UnitOfWork

MOST_OPERATIONS = 100
"""In one step, so that no `date_boot` names more loans than the protocol lets it."""

_DATED = (OperationKind.CHECK_OUT, OperationKind.RENEW, OperationKind.CHECK_IN, OperationKind.HOLD_SHELVED)


def date_boots(work: UnitOfWork, tools: Tools, limit: int) -> int:
    """The next step, for the caller to commit: how many operations it looked at; 0: there is nothing to date, or nobody
    vouches for the time. All of it stands in the store, so that whoever is stopped goes on there."""
    today = Today.of(work, tools)
    boot = work.boot_to_date() if today.is_sure else None
    if boot is None:
        return 0
    limit = min(limit, MOST_OPERATIONS)
    found = work.happened_from(boot.place, limit)
    mine = [one for one in found if one.boot_id == boot.boot_id]  # boots follow one another
    loans = [loan for one in mine if (loan := _dated(work, boot, one))]
    if loans or not boot.is_told:
        record(
            work,
            tools,
            today.moment,
            OperationKind.DATE_BOOT,
            {
                "boot": boot.boot_id,
                "began_ms": boot.began_ms,
                "after_ms": _after_ms(boot),
                "before_ms": boot.before_ms,
                "loans": loans,
            },
            patron_id=None,
            loans=[loan["loan"] for loan in loans],
            actor=Actor.STATION,
        )
    if len(mine) == limit:
        work.dated_up_to(boot.boot_id, mine[-1].place + 1)
    else:
        work.all_dated(boot.boot_id)
    return max(1, len(mine))


def _dated(work: UnitOfWork, boot: UndatedBoot, happened: Happened) -> dict[str, Any] | None:
    """A provisional loan or renewal as it is now, in the protocol's words."""
    if happened.kind not in _DATED:
        return None
    body = json.loads(happened.body)
    if body["at"]["trusted"]:
        return None
    data, day = body["data"], _day(boot, happened)
    if happened.kind == OperationKind.HOLD_SHELVED:
        work.date_shelving(data["hold"], day)
        return None
    if happened.kind == OperationKind.CHECK_IN:
        work.date_returns(data["loans"], day, is_exact=boot.began_ms is not None)
        return None
    loan = work.loan(data["loan"])
    if loan is None:  # the centre ended it: its check-out was taken back
        return None
    is_renewal = happened.kind == OperationKind.RENEW
    renewals = data["renewals"] if is_renewal else 0
    lent_on = loan.lent_on if is_renewal else day
    due_on = date.fromisoformat(data["due_on"])
    if loan.provisional and loan.renewals == renewals:  # else it was given another date since
        patron = work.patron(loan.patron_id) if loan.patron_id else None
        item = work.item(loan.item_id)
        due_on = due_again(
            loan,
            patron.category if patron else None,
            day,
            work.rules(),
            work.calendar(),
            in_house_only=item is not None and item.in_house_only,
        )
        loan = replace(loan, due_on=due_on, provisional=False)
    work.date_loan(replace(loan, lent_on=lent_on), day if is_renewal else None)
    return {"loan": loan.id, "lent_on": lent_on.isoformat(), "due_on": due_on.isoformat(), "renewals": renewals}


def _after_ms(boot: UndatedBoot) -> int | None:
    """None also where a better word has denied the floor of then since."""
    after, before = boot.after_ms, boot.before_ms
    return after if after is not None and before is not None and after < before else None


def _day(boot: UndatedBoot, happened: Happened) -> date:
    """The library's day on which it happened, or the last on which it can have."""
    if boot.began_ms is not None:
        return day_of(boot.began_ms + happened.boottime_ms)
    assert boot.before_ms is not None  # one of the two is known of every boot that can be dated
    return day_of(boot.before_ms)
