"""How the stations of an organisation are, as counts."""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from central_server import clock
from central_server.organisations import Node, below
from central_server.tables.care import device_health
from central_server.tables.keys import device
from central_server.tables.organisations import organisation

_DAY_MS = 24 * 3_600_000
_RESTS_AFTER_MS = 7 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Stations:
    """How many there are, how many of those were seen today or not for a week, and how many have another program than
    the newest that any of them has."""

    all: int
    today: int
    resting: int
    old: int


def counts(connection: sa.Connection, node: Node, now_ms: int) -> Stations:
    """Of the stations that are in use in the subtree of `node`."""
    midnight_ms = (now_ms + 7 * 3_600_000) // _DAY_MS * _DAY_MS - 7 * 3_600_000
    assert clock.day_of(midnight_ms) == clock.day_of(now_ms)
    is_postgresql = connection.dialect.name == "postgresql"
    said = device_health.c.report
    version = (
        sa.literal_column("device_health.report::json ->> 'version'")
        if is_postgresql
        else sa.func.json_extract(said, "$.version")
    )
    seen = sa.func.coalesce(device.c.seen_ms, 0)
    when = sa.case((seen >= midnight_ms, "today"), (seen < now_ms - _RESTS_AFTER_MS, "resting"), else_="lately")
    same = sa.and_(device_health.c.library_id == device.c.library_id, device_health.c.device == device.c.device)
    inner = (
        sa.select(when.label("seen"), version.label("version"))
        .select_from(
            organisation.join(device, device.c.library_id == organisation.c.library_id).outerjoin(device_health, same)
        )
        .where(below(node.path), device.c.state == "active")
        .subquery()
    )
    found = sa.select(inner.c.seen, inner.c.version, sa.func.count().label("stations")).group_by(
        inner.c.seen, inner.c.version
    )
    by_seen: Counter[str] = Counter()
    by_version: Counter[str] = Counter()
    for row in connection.execute(found):
        by_seen[row.seen] += row.stations
        if row.version is not None:
            by_version[row.version] += row.stations
    newest = max(by_version, key=_order, default=None)
    old = sum(count for one, count in by_version.items() if one != newest)
    return Stations(by_seen.total(), by_seen["today"], by_seen["resting"], old)


def _order(version: str) -> list[tuple[int, str]]:
    """1.10 comes after 1.9."""
    return [(int(part) if part.isdigit() else -1, part) for part in version.split(".")]
