"""A reader, looked up: no more than the desk needs."""

from __future__ import annotations

from kiosk.desk.recording import Tools
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import FindReaders, OpenReader
from kiosk.session.inputs import ReaderOpened, ReadersFound


def find_readers(work: UnitOfWork, ask: FindReaders, tools: Tools) -> ReadersFound:
    raise NotImplementedError


def open_reader(work: UnitOfWork, ask: OpenReader, tools: Tools) -> ReaderOpened:
    raise NotImplementedError
