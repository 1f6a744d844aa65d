"""Gọi thủ thư: a reader calls, and somebody of the staff sees it in a list. Nobody's name is written down."""

from __future__ import annotations

from typing import Final

from kiosk.desk.recording import Today, Tools, record
from kiosk.domain.clock_trust import Moment
from kiosk.domain.operations import OperationId, OperationKind
from kiosk.ports.store import ToCheck, UnitOfWork
from kiosk.session.effects import CallHelp
from kiosk.session.inputs import HelpCalled

_ONE_CALL_MS: Final = 3 * 60_000
"""Whoever presses again meanwhile is on the list already."""


def call_help(work: UnitOfWork, ask: CallHelp, tools: Tools) -> HelpCalled:
    today = Today.of(work, tools)
    standing = _standing(work, today.moment)
    if standing is not None:
        return HelpCalled(ask.visit, ask.request, standing, tools.clock.monotonic())
    data = {"day": today.day.isoformat()}
    operation = record(work, tools, today.moment, OperationKind.HELP_CALL, data, patron_id=None)
    work.put_on_list(ToCheck.HELP, operation, "")
    work.commit()
    return HelpCalled(ask.visit, ask.request, operation, tools.clock.monotonic())


def _standing(work: UnitOfWork, now: Moment) -> OperationId | None:
    """A call of the last minutes that nobody has seen to yet."""
    calls = [line.id for line in work.to_check() if line.why is ToCheck.HELP]
    act = work.act(calls[-1]) if calls else None
    is_new = act is not None and act.boot_id == now.boot_id and now.boottime_ms - act.boottime_ms < _ONE_CALL_MS
    return act.id if act is not None and is_new else None
