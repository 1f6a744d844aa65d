"""Gọi thủ thư: a reader calls, and somebody of the staff sees it in a list. Nobody's name is written down."""

from __future__ import annotations

from kiosk.desk.recording import Today, Tools, record
from kiosk.domain.operations import OperationKind
from kiosk.ports.store import ToCheck, UnitOfWork
from kiosk.session.effects import CallHelp
from kiosk.session.inputs import HelpCalled


def call_help(work: UnitOfWork, ask: CallHelp, tools: Tools) -> HelpCalled:
    today = Today.of(work, tools)
    data = {"day": today.day.isoformat()}
    operation = record(work, tools, today.moment, OperationKind.HELP_CALL, data, patron_id=None)
    work.put_on_list(ToCheck.HELP, operation, "")
    work.commit()
    return HelpCalled(ask.visit, ask.request, operation, tools.clock.monotonic())
