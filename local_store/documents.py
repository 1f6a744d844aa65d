"""The two documents of a library, its loan policies and its calendar, as the text that the store keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select

from kiosk.domain.due_dates import Calendar, Closure, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from local_store.prepared import Database, Prepared
from local_store.tables import document

CIRCULATION = "circulation"
CALENDAR = "calendar"

_DOCUMENT = Prepared(select(document.c.body).where(document.c.kind == bindparam("kind")))
_NO_RULES = CirculationRules("", {}, {})
"""Nobody has said anything yet: nothing is lent."""


def rules_text(rules: CirculationRules) -> str:
    return json.dumps(
        {
            "version": rules.version,
            "limits": [[category, of.total, of.overdue_blocks_after_days] for category, of in rules.limits.items()],
            "policies": [
                [category, item_type, policy.days, policy.limit, policy.renewals, policy.in_house_only]
                for (category, item_type), policy in rules.policies.items()
            ],
        },
        ensure_ascii=False,
    )


def _rules_of(text: str) -> CirculationRules:
    found = json.loads(text)
    return CirculationRules(
        found["version"],
        {category: PatronLimits(total, late) for category, total, late in found["limits"]},
        {(category, item_type): LoanPolicy(*policy) for category, item_type, *policy in found["policies"]},
    )


def calendar_text(calendar: Calendar) -> str:
    return json.dumps(
        {
            "version": calendar.version,
            "closed_weekdays": sorted(calendar.closed_weekdays),
            "closures": [[c.first.isoformat(), c.last.isoformat(), c.name] for c in calendar.closures],
            "school_years": [[y.name, y.begins.isoformat(), y.ends.isoformat()] for y in calendar.school_years],
        },
        ensure_ascii=False,
    )


def _calendar_of(text: str) -> Calendar:
    found = json.loads(text)
    day = date.fromisoformat
    return Calendar(
        found["version"],
        frozenset(found["closed_weekdays"]),
        tuple(Closure(day(first), day(last), name) for first, last, name in found["closures"]),
        tuple(SchoolYear(name, day(begins), day(ends)) for name, begins, ends in found["school_years"]),
    )


@dataclass(slots=True)
class Documents:
    """Parsed once: as they were last committed, or None where nobody has asked yet."""

    _rules: CirculationRules | None = None
    _calendar: Calendar | None = None

    def rules(self, database: Database) -> CirculationRules:
        if self._rules is None:
            row = database.row(_DOCUMENT, kind=CIRCULATION)
            self._rules = _rules_of(row[0]) if row else _NO_RULES
        return self._rules

    def calendar(self, database: Database) -> Calendar:
        if self._calendar is None:
            row = database.row(_DOCUMENT, kind=CALENDAR)
            self._calendar = _calendar_of(row[0]) if row else Calendar()
        return self._calendar
