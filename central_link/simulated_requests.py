"""What the simulated centre makes of requests: holds at once, and what somebody of the staff asks for; everything else
waits for a person who never comes. It has no catalogue, so of what changes there it tells nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from kiosk.domain.model import Hold
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.ports.central import Gone, HoldRecord, SettingTold

SUBJECTS = {
    OperationKind.PLACE_HOLD: "title",
    OperationKind.CANCEL_HOLD: "hold",
    OperationKind.CARD_LINK: "",
    OperationKind.CARD_BLOCK: "",
    OperationKind.PATRON_BLOCK: "",
    OperationKind.PATRON_NOTE: "",
    OperationKind.ITEM_STATUS: "barcode",
    OperationKind.ITEM_SOURCE: "barcode",
    OperationKind.SETTINGS: "",
    OperationKind.SETTLEMENT: "dispute",
    OperationKind.SUGGESTION: "",
    OperationKind.FAULT_REPORT: "barcode",
}
"""Every kind of request, and what in its `data` it is about."""


_OF_STAFF = {
    OperationKind.CARD_LINK,
    OperationKind.CARD_BLOCK,
    OperationKind.PATRON_BLOCK,
    OperationKind.PATRON_NOTE,
    OperationKind.ITEM_STATUS,
    OperationKind.ITEM_SOURCE,
    OperationKind.SETTINGS,
}

_Told = RequestRecord | HoldRecord | SettingTold | Gone


class Requests:
    def __init__(self) -> None:
        self._records: dict[str, RequestRecord] = {}
        self._holds: dict[str, HoldRecord] = {}

    def changes(self, body: Mapping[str, Any], patron_id: str | None) -> Iterator[_Told]:
        """What an operation that was recorded changes, if it is a request or about a hold."""
        kind, data = body["kind"], body["data"]
        if kind == OperationKind.HOLD_SHELVED and data["hold"] in self._holds:
            yield self._put(self._holds[data["hold"]], date.fromisoformat(data["day"]))
        if kind not in SUBJECTS or data["request"] in self._records:
            return
        subject = data.get(SUBJECTS[OperationKind(kind)]) or ""
        asked = RequestRecord(data["request"], kind, subject, patron_id, body["at"]["wall_ms"])
        self._records[asked.id] = asked
        granted = replace(asked, state=RequestState.GRANTED, by="rule")
        match kind:
            case OperationKind.PLACE_HOLD if patron_id is not None:
                yield self._put(HoldRecord(Hold(asked.id, subject, patron_id, ""), asked.asked_ms))
                yield granted
            case OperationKind.CANCEL_HOLD if patron_id is not None and subject in self._records:
                self._holds.pop(subject, None)
                yield Gone("hold", subject)
                yield granted
            case _ if kind in _OF_STAFF and body.get("staff"):
                if kind == OperationKind.SETTINGS:
                    yield from (SettingTold(name, value) for name, value in data["values"].items())
                yield granted
            case _:
                yield asked

    def _put(self, record: HoldRecord, shelved_on: date | None = None) -> HoldRecord:
        record = replace(record, hold=replace(record.hold, shelved_on=shelved_on))
        self._holds[record.hold.id] = record
        return record
