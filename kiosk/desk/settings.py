"""What the library has chosen."""

from __future__ import annotations

from kiosk.desk.recording import Tools
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import ListSettings
from kiosk.session.inputs import SettingsListed


def list_settings(work: UnitOfWork, ask: ListSettings, tools: Tools) -> SettingsListed:
    raise NotImplementedError
