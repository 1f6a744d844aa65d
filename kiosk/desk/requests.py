"""What the library has asked the centre for, and what became of it."""

from __future__ import annotations

from typing import Final

from kiosk.desk.recording import Tools
from kiosk.domain.operations import OperationKind
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import RequestLine
from kiosk.session.effects import ListRequests
from kiosk.session.inputs import RequestsListed

_MOST: Final = 30
_OF_A_BOOK = frozenset({OperationKind.FAULT_REPORT, OperationKind.ITEM_SOURCE, OperationKind.ITEM_STATUS})


def list_requests(work: UnitOfWork, ask: ListRequests, tools: Tools) -> RequestsListed:
    lines = tuple(
        RequestLine(one.id, one.kind, _about(work, one.kind, one.subject), one.asked_ms, one.state, one.by, one.why)
        for one in work.recent_requests(_MOST)
    )
    return RequestsListed(ask.visit, ask.request, lines, tools.clock.monotonic())


def _about(work: UnitOfWork, kind: str, subject: str) -> str:
    if kind not in _OF_A_BOOK or not subject:
        return ""
    item = work.item_by_barcode(subject)
    return item.name if item is not None and item.name else subject
