"""A dispute as a row of the store."""

from __future__ import annotations

import json
from dataclasses import asdict

from kiosk.domain.disputes import DisputeRecord, Version
from local_store.prepared import Row


def dispute_row(record: DisputeRecord) -> dict[str, object]:
    return {
        **asdict(record),
        "held": _text(record.held),
        "came": _text(record.came),
        "ways": " ".join(record.ways),
        "is_open": int(record.is_open),
    }


def dispute_of(row: Row) -> DisputeRecord:
    id_, device, epoch, seq, reason, held, came, ways, is_open, way, opened_ms = row
    versions = _version(held), _version(came)
    return DisputeRecord(id_, device, epoch, seq, reason, *versions, tuple(ways.split()), bool(is_open), way, opened_ms)


def _text(version: Version | None) -> str | None:
    return json.dumps(asdict(version), ensure_ascii=False) if version else None


def _version(text: str | None) -> Version | None:
    if text is None:
        return None
    found = json.loads(text)
    return Version(**{**found, "loans": tuple(found["loans"])})
