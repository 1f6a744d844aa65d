"""What somebody of the staff should look at."""

from __future__ import annotations

from kiosk.desk.recording import Tools
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import CountWork, ListWork, TickOff
from kiosk.session.inputs import DeskActDone, WorkCounted, WorkListed


def count_work(work: UnitOfWork, ask: CountWork, tools: Tools) -> WorkCounted:
    raise NotImplementedError


def list_work(work: UnitOfWork, ask: ListWork, tools: Tools) -> WorkListed:
    raise NotImplementedError


def tick_off(work: UnitOfWork, ask: TickOff, tools: Tools) -> DeskActDone:
    raise NotImplementedError
