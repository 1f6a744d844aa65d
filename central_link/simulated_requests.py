"""What the simulated centre makes of requests: holds at once, everything else waits for a person who never comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kiosk.domain.model import Hold
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.ports.central import Gone, HoldRecord

SUBJECTS = {
    OperationKind.PLACE_HOLD: "title",
    OperationKind.CANCEL_HOLD: "hold",
    OperationKind.CARD_LINK: "",
    OperationKind.ITEM_STATUS: "barcode",
    OperationKind.SETTINGS: "",
    OperationKind.SETTLEMENT: "dispute",
    OperationKind.SUGGESTION: "",
    OperationKind.FAULT_REPORT: "barcode",
}
"""Every kind of request, and what in its `data` it is about."""


class Requests:
    def __init__(self) -> None:
        self._records: dict[str, RequestRecord] = {}

    def changes(self, body: Mapping[str, Any], patron_id: str | None) -> Iterator[RequestRecord | HoldRecord | Gone]:
        """What a request that was recorded changes, if it is one."""
        kind, data = body["kind"], body["data"]
        if kind not in SUBJECTS or data["request"] in self._records:
            return
        subject = data.get(SUBJECTS[OperationKind(kind)]) or ""
        asked = RequestRecord(data["request"], kind, subject, patron_id, body["at"]["wall_ms"])
        self._records[asked.id] = asked
        granted = replace(asked, state=RequestState.GRANTED, by="rule")
        match kind:
            case OperationKind.PLACE_HOLD if patron_id is not None:
                yield HoldRecord(Hold(asked.id, subject, patron_id, ""), asked.asked_ms)
                yield granted
            case OperationKind.CANCEL_HOLD if patron_id is not None and subject in self._records:
                yield Gone("hold", subject)
                yield granted
            case _:
                yield asked
