"""What a station knows of the time, in three rows of `meta`."""

from __future__ import annotations

import json

from kiosk.domain.clock_trust import Anchor, KeptTime, Voucher
from local_store import statements as sql
from local_store.prepared import Database

_MINUTE_MS = 60_000


def read(database: Database) -> KeptTime | None:
    """None: nothing was ever kept."""
    floor, by, anchor = (_meta(database, key) for key in ("time_floor_ms", "time_floor_by", "anchor"))
    if floor is None:
        return None
    # Older stations did not write down whose word it was.
    floor_by = Voucher(by) if by else Voucher.TIME_SYNC
    if not anchor:
        return KeptTime(int(floor), floor_by)
    boot_id, boottime_ms, wall_ms, anchored_by = json.loads(anchor)
    return KeptTime(int(floor), floor_by, Anchor(boot_id, boottime_ms, wall_ms, Voucher(anchored_by)))


def write(database: Database, kept: KeptTime) -> None:
    """The floor in whole minutes: it is a lower bound, and a write for every look would buy nothing."""
    floor_ms, anchor = kept.floor_ms // _MINUTE_MS * _MINUTE_MS, kept.anchor
    said = json.dumps([anchor.boot_id, anchor.boottime_ms, anchor.wall_ms, anchor.by]) if anchor else ""
    for key, value in (("time_floor_ms", str(floor_ms)), ("time_floor_by", kept.floor_by or ""), ("anchor", said)):
        database.run(sql.PUT_META, key=key, value=value)


def _meta(database: Database, key: str) -> str | None:
    row = database.row(sql.META, key=key)
    return str(row[0]) if row else None
