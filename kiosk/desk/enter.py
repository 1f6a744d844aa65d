"""A person's own card and PIN open the desk; or, where the library wants it so, a reader's visit."""

from __future__ import annotations

from kiosk.desk.pins import Tried, look_at_pin
from kiosk.desk.recording import Today, Tools, record
from kiosk.domain.model import Patron
from kiosk.domain.operations import Actor, OperationKind
from kiosk.domain.pins import pin_fault
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.desk_store import PinRecord
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import Act, PinProblem, StaffShown
from kiosk.session.effects import EnterDesk, ProveCard, SetPin
from kiosk.session.inputs import CardProved, DeskActDone, DeskEntered, PinRefused


def enter_desk(on_store: OnStore, ask: EnterDesk, tools: Tools) -> DeskEntered | PinRefused:
    """Who was of the staff when the card was shown may be so no longer: only what the list says now counts."""

    def refused(problem: PinProblem, wait_s: float = 0.0) -> PinRefused:
        return PinRefused(ask.visit, ask.request, problem, wait_s, tools.clock.monotonic())

    patron, pin = on_store(lambda work: (work.patron(ask.patron_id), work.pin(ask.patron_id)))
    if patron is None or patron.staff is None:
        return refused(PinProblem.NOT_STAFF)
    if pin is not None and not pin.of_staff:  # a librarian has set it, for a reader who has become of the staff since
        return refused(PinProblem.NONE_SET)
    staff = patron.staff

    def noted(work: UnitOfWork, tried: Tried, wrong: int) -> None:
        _door(work, tools, staff, tried, wrong, by=ByStaff(staff) if tried is Tried.OPENED else None)

    looked = look_at_pin(on_store, patron.id, ask.pin, tools, noted)
    if looked.problem is not None:
        return refused(looked.problem, looked.wait_s)
    who = StaffShown(patron.staff, patron.id, patron.shown_name)
    return DeskEntered(ask.visit, ask.request, who, tools.clock.monotonic())


def leave_desk(work: UnitOfWork, staff: Staff, tools: Tools) -> None:
    """The desk that they opened is locked, however that came."""
    _door(work, tools, staff, "closed", 0, by=ByStaff(staff))
    work.commit()


def _door(work: UnitOfWork, tools: Tools, staff: Staff, how: str, tries: int, *, by: ByStaff | None) -> None:
    """Whose card it was, by the id that the staff have for their work alone. Of the PIN nothing is said."""
    data = {"how": how, "staff": staff.id, "tries": tries}
    moment = Today.of(work, tools).moment
    record(work, tools, moment, OperationKind.DESK, data, patron_id=None, by=by)


def prove_card(on_store: OnStore, ask: ProveCard, tools: Tools) -> CardProved | PinRefused:
    """The same counting and waiting as at the desk."""
    looked = look_at_pin(on_store, ask.patron_id, ask.pin, tools)
    if looked.problem is not None:
        return PinRefused(ask.visit, ask.request, looked.problem, looked.wait_s, tools.clock.monotonic())
    return CardProved(ask.visit, ask.request, tools.clock.monotonic())


def set_pin(work: UnitOfWork, ask: SetPin, tools: Tools) -> DeskActDone:
    well = _set(work, ask, tools)
    if well:
        work.commit()
    act = Act.UNLOCK_PIN if ask.pin is None else Act.SET_PIN
    return DeskActDone(ask.visit, ask.request, act, well, tools.clock.monotonic())


def _set(work: UnitOfWork, ask: SetPin, tools: Tools) -> bool:
    patron = work.patron(ask.patron_id)
    if patron is None or tools.pins is None or not _may_set(ask.by, patron):
        return False
    if ask.pin is None:
        pin = work.pin(patron.id)
        if pin is not None:
            work.put_pin(patron.id, pin.at_rest())
            _written(work, ask, tools, "unlocked")
        return pin is not None
    of_staff = patron.staff is not None
    if pin_fault(ask.pin, of_staff=of_staff) is not None:
        return False
    work.put_pin(patron.id, PinRecord(tools.pins.seal(ask.pin, patron.id), of_staff=of_staff))
    _written(work, ask, tools, "set")
    return True


def _written(work: UnitOfWork, ask: SetPin, tools: Tools, how: str) -> None:
    """That it was done, whose it is and by whom. Of the PIN itself nothing is said."""
    moment, actor = Today.of(work, tools).moment, None if ask.by else Actor.STATION
    record(work, tools, moment, OperationKind.PIN_SET, {"how": how}, patron_id=ask.patron_id, actor=actor, by=ask.by)


def _may_set(by: ByStaff | None, patron: Patron) -> bool:
    """A librarian those of readers and their own; who looks after the station, at its own screen too, everybody's."""
    if by is None or patron.staff is None or by.staff.role is Role.MAINTAINER:
        return True
    return by.staff.id == patron.staff.id
