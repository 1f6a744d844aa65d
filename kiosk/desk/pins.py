"""Looking at a PIN. A try counts, durably, before anybody looks whether it was right: whoever pulls the plug at the
wrong moment has tried, and not one try is free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.desk.recording import Tools
from kiosk.domain.pins import wait_left
from kiosk.ports.desk_store import PinRecord
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import PinProblem


class Tried(StrEnum):
    """What came of a try."""

    OPENED = "opened"
    REFUSED = "refused"


Noted = Callable[[UnitOfWork, Tried, int], object]
"""Writes down what came of a try, and how many were wrong in a row: this one, or those before a right one."""


@dataclass(frozen=True, slots=True)
class Looked:
    """`problem` None: it is theirs. `wait_s`: until the next PIN is looked at."""

    problem: PinProblem | None
    wait_s: float = 0.0


def look_at_pin(on_store: OnStore, patron_id: str, pin: str, tools: Tools, noted: Noted = lambda *_: None) -> Looked:
    """In units of work of its own; what came of it is `noted` in the last one. Raises StoreBroken; then the try counts,
    or no PIN was looked at."""
    if tools.pins is None:
        return Looked(PinProblem.NONE_SET)
    tried = on_store(lambda work: _tried(work, patron_id, tools))
    if isinstance(tried, Looked):
        return tried
    if not tools.pins.opens(pin, patron_id, tried.hash or ""):
        wait_s = wait_left(tried.failures, tried.boot_id, tried.boottime_ms, tools.clock.now())

        def refuses(work: UnitOfWork) -> Looked:
            noted(work, Tried.REFUSED, tried.failures)
            work.commit()
            return Looked(PinProblem.WRONG, wait_s)

        return on_store(refuses)

    def ends(work: UnitOfWork) -> Looked:
        work.put_pin(patron_id, tried.at_rest())
        noted(work, Tried.OPENED, tried.failures - 1)
        work.commit()
        return Looked(None)

    return on_store(ends)


def _tried(work: UnitOfWork, patron_id: str, tools: Tools) -> Looked | PinRecord:
    """What is to be looked at: a try more."""
    now, record = tools.clock.now(), work.pin(patron_id)
    if record is None or record.hash is None:
        return Looked(PinProblem.NONE_SET)
    left = wait_left(record.failures, record.boot_id, record.boottime_ms, now)
    if left > 0:
        return Looked(PinProblem.TOO_SOON, left)
    tried = replace(record, failures=record.failures + 1, boot_id=now.boot_id, boottime_ms=now.boottime_ms)
    work.put_pin(patron_id, tried)
    work.commit()
    return tried
