"""Who works at a desk, and what opens it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.desk.recording import Tools
from kiosk.domain.model import Patron
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.desk_store import PinRecord
from kiosk.session.desk_states import Act
from kiosk.session.effects import EnterDesk, SetPin
from kiosk.session.inputs import DeskActDone, DeskEntered, PinRefused
from tests.desk.conftest import Library

LAN, HANH, TUAN = (
    Staff("staff-lan", Role.LIBRARIAN),
    Staff("staff-hanh", Role.LIBRARIAN),
    Staff("staff-t", Role.MAINTAINER),
)
PIN, WRONG = "471193", "471194"


def patron(id_: str, name: str, staff: Staff | None = None) -> Patron:
    return Patron(id_, name, "", "hs", date(2027, 5, 31), False, staff=staff)


@dataclass
class Desk_(Library):
    tools: Tools | None = None

    def sets(self, patron_id: str, pin: str | None, by: Staff | None = None) -> bool:
        done = self.ask(SetPin(1, 1, patron_id, pin, ByStaff(by) if by else None))
        assert isinstance(done, DeskActDone)
        assert done.act is (Act.UNLOCK_PIN if pin is None else Act.SET_PIN)
        return done.well

    def enters(self, pin: str = PIN, patron_id: str = "lan") -> DeskEntered | PinRefused:
        answer = self.ask(EnterDesk(7, 9, patron_id, pin))
        assert isinstance(answer, DeskEntered | PinRefused)
        assert (answer.visit, answer.request) == (7, 9)
        return answer

    def record(self, patron_id: str = "lan") -> PinRecord | None:
        with self.store.unit_of_work() as work:
            return work.pin(patron_id)
