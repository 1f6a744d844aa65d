"""Books that come back late, and until when their reader is suspended."""

import json
from datetime import date, timedelta

from central_server.database import Store
from tests.central_server.desks import told
from tests.central_server.support import (
    CIRCULATION,
    NOON_MS,
    SUSPENDS,
    Operation,
    Station,
    loan_of,
    take,
)

Known = dict[str, dict[str, str]]
DAY_MS = 86_400_000
DAY = date(2026, 11, 18)
"""On which it is noon at `NOON_MS`."""
SUSPENDING = CIRCULATION.replace("[[policy]]", SUSPENDS + "[[policy]]", 1)
LATER_MS = NOON_MS + 100 * DAY_MS
"""When everything is heard."""


def day(number: int) -> str:
    """`DAY` is 0."""
    return (DAY + timedelta(days=number)).isoformat()


def heard(store: Store, station: Station, *operations: Operation, now_ms: int = LATER_MS) -> None:
    take(store, *operations, device=station.device, now_ms=now_ms)


def lends(station: Station, patron: str, due: int, barcode: str = "TK.1") -> Operation:
    """Ten days before it is due."""
    at = station.wall_ms
    station.wall_ms = NOON_MS + (due - 10) * DAY_MS
    operation = station.check_out(barcode, patron, days=(day(due - 10), day(due)))
    station.wall_ms = at
    return operation


def returns(station: Station, operation: Operation, on: int) -> Operation:
    station.wall_ms = NOON_MS + on * DAY_MS
    return station.check_in(json.loads(operation["body"])["data"]["barcode"], [loan_of(operation)])


def suspended(store: Store, patron: str) -> tuple[str | None, str | None]:
    """Until when, and through which day late returns count no more."""
    data = told(store, "patron", patron)
    return data["suspended_until"], data["lifted_on"]


def late_return_of(a: Station, patron: str, on: int = 5, barcode: str = "TK.1") -> list[Operation]:
    out = lends(a, patron, on - 5, barcode)
    return [out, returns(a, out, on)]
