"""What a library has decided for all: its loan policies and its calendar, as the texts that the store keeps, and its
settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from sqlalchemy import bindparam, select

from kiosk.domain.due_dates import Calendar, Closure, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.settings import overlay
from kiosk.ports.desk_store import SettingRecord, values_of
from local_store.prepared import Database, Prepared
from local_store.tables import document, setting

CIRCULATION = "circulation"
CALENDAR = "calendar"

_DOCUMENT = Prepared(select(document.c.body).where(document.c.kind == bindparam("kind")))
_SETTINGS = Prepared(select(setting.c.name, setting.c.told, setting.c.fixed, setting.c.here).order_by(setting.c.name))
_NO_RULES = CirculationRules("", {}, {})
"""Nobody has said anything yet: nothing is lent."""


def rules_text(rules: CirculationRules) -> str:
    """A program of schema 0009 reads the first three, and knows no shape of them but this one."""
    return json.dumps(
        {
            "version": rules.version,
            "limits": [[category, of.total, of.overdue_blocks_after_days] for category, of in rules.limits.items()],
            "policies": [
                [category, item_type, policy.days, policy.limit, policy.renewals, policy.in_house_only]
                for (category, item_type), policy in rules.policies.items()
            ],
            "more_of_limits": [
                [of.overdue_blocks_from, of.per_day, of.suspend_after_days, of.suspend_days]
                for of in rules.limits.values()
            ],
            "more_of_policies": [[policy.classes, policy.over_summer] for policy in rules.policies.values()],
            "hold_shelf_days": rules.hold_shelf_days,
            "names": dict(rules.names),
        },
        ensure_ascii=False,
    )


def _rules_of(text: str) -> CirculationRules:
    found = json.loads(text)
    return CirculationRules(
        found["version"],
        {
            category: PatronLimits(total, late, *more)
            for (category, total, late), more in _each_with_more(found, "limits")
        },
        {
            (category, item_type): LoanPolicy(*policy, *((tuple(more[0]), more[1]) if more else ()))
            for (category, item_type, *policy), more in _each_with_more(found, "policies")
        },
        found.get("hold_shelf_days"),
        found.get("names", {}),
    )


def _each_with_more(found: dict[str, Any], name: str) -> Iterator[tuple[list[Any], list[Any]]]:
    """Nothing more is known of what an older program has written."""
    return zip_longest(found[name], found.get(f"more_of_{name}", ()), fillvalue=[])


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
    """Parsed once: as they were last committed, or None where nobody has asked yet. What was chosen in the settings is
    laid over the rules and the calendar here, once: a check-out only reads them."""

    _holding: tuple[CirculationRules, Calendar] | None = None
    _settings: tuple[SettingRecord, ...] | None = None

    def rules(self, database: Database) -> CirculationRules:
        return self._hold(database)[0]

    def calendar(self, database: Database) -> Calendar:
        return self._hold(database)[1]

    def settings(self, database: Database) -> Sequence[SettingRecord]:
        if self._settings is None:
            rows = database.rows(_SETTINGS)
            self._settings = tuple(SettingRecord(name, told, bool(fixed), here) for name, told, fixed, here in rows)
        return self._settings

    def _hold(self, database: Database) -> tuple[CirculationRules, Calendar]:
        if self._holding is None:
            rules = database.row(_DOCUMENT, kind=CIRCULATION)
            calendar = database.row(_DOCUMENT, kind=CALENDAR)
            self._holding = overlay(
                _rules_of(rules[0]) if rules else _NO_RULES,
                _calendar_of(calendar[0]) if calendar else Calendar(),
                values_of(self.settings(database)),
            )
        return self._holding
