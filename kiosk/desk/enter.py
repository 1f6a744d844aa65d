"""A person's own card and PIN open the desk."""

from __future__ import annotations

from kiosk.desk.recording import Tools
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import EnterDesk, SetPin
from kiosk.session.inputs import DeskActDone, DeskEntered, PinRefused


def enter_desk(work: UnitOfWork, ask: EnterDesk, tools: Tools) -> DeskEntered | PinRefused:
    raise NotImplementedError


def set_pin(work: UnitOfWork, ask: SetPin, tools: Tools) -> DeskActDone:
    raise NotImplementedError
