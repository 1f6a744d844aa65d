"""The librarian's desk in its telling states: entering, the tiles, and the keyboard."""

from __future__ import annotations

from typing import Any

from gallery.service import WELL
from kiosk.domain.pins import PinFault
from kiosk.domain.staff import Role, Staff
from kiosk.session import states
from kiosk.session.desk_states import (
    PIN_DIFFERS,
    Act,
    AtReader,
    CardProblem,
    Counts,
    Entering,
    PinProblem,
    ReaderLine,
    ReaderShown,
    Reporting,
    StaffPin,
    StaffShown,
    Supervising,
    Work,
    Writing,
)
from kiosk.session.maintenance import Maintaining

LAN = StaffShown(Staff("0" * 8 + "-0000-4000-8000-" + "0" * 12, Role.LIBRARIAN), "p-9", "cô Lan")
LAN_MAINTAINS = StaffShown(Staff(LAN.staff.id, Role.MAINTAINER), "p-9", "cô Lan")
READER = ReaderShown(ReaderLine("p-1", "Minh An", "6A2"), "hs", 5, (), (), (), False, None)
BUSY = Counts(
    46,
    31,
    58,
    {Work.DISPUTES: 3, Work.TO_CHECK: 4, Work.OVERDUE: 12, Work.TO_SHELVE: 2, Work.HELP: 1, Work.UNSENT: 140},
)


def entering(typed: int = 0, **more: Any) -> states.State:
    return states.State(Entering(LAN, 100.0, "GV-000009", "7" * typed, **more))


def at_desk(page: Any = None, **more: Any) -> states.State:
    pages = {} if page is None else {"page": page}
    return states.State(Supervising(LAN, 104.0, counts=more.pop("counts", BUSY), **pages, **more))


def setting_pin(pin: StaffPin, **more: Any) -> states.State:
    return states.State(Maintaining("00ff" * 4, 100.0, WELL, pin=pin, **more))


_NOTE = "Em hay quên thẻ, nhờ cô Hạnh lớp 6A2 nhắc trước giờ đọc sách."
_FAULT = "Đèn ở góc đọc bên trái không sáng từ hôm thứ Hai"

STATES: dict[str, tuple[str, states.State]] = {
    "desk-pin": ("Their card was scanned, and “Librarian’s desk” touched.", entering()),
    "desk-pin-typed": ("Four digits; nobody can read which.", entering(4)),
    "desk-pin-wrong": ("A wrong one: two more tries are free.", entering(problem=PinProblem.WRONG)),
    "desk-pin-wait": (
        "The fourth wrong one waits fifteen seconds, and says so.",
        entering(problem=PinProblem.WRONG, tries_at=124.0, wait_s=15.0),
    ),
    "desk-pin-too-soon": (
        "Somebody with a photo of the card has tried: five minutes at most, whatever they do.",
        entering(problem=PinProblem.TOO_SOON, tries_at=390.0, wait_s=280.0),
    ),
    "desk-pin-none": ("No PIN is set at this station.", entering(problem=PinProblem.NONE_SET)),
    "desk-pin-left": ("Of the staff no longer.", entering(6, problem=PinProblem.NOT_STAFF)),
    "desk": ("A busy morning: what waits has its number.", at_desk()),
    "desk-calm": ("Nothing waits: the tiles are calm.", at_desk(counts=Counts())),
    "desk-note": ("A note about a reader, with Telex.", at_desk(Writing(Act.NOTE, AtReader(READER), _NOTE))),
    "desk-note-empty": ("Nothing written yet.", at_desk(Writing(Act.NOTE, AtReader(READER)))),
    "desk-fault": ("A fault of the premises.", at_desk(Writing(Act.FAULT, Reporting(), _FAULT, value="premises"))),
    "desk-suggest": ("A wish for a book.", at_desk(Writing(Act.SUGGEST, Reporting(), "Dế Mèn "))),
    "desk-reader-pin": ("A reader types a PIN of their own.", at_desk(Writing(Act.SET_PIN, AtReader(READER), "47"))),
    "desk-reader-pin-easy": (
        "One that anybody would guess.",
        at_desk(Writing(Act.SET_PIN, AtReader(READER), problem=PinFault.TRIVIAL)),
    ),
    "desk-reader-pin-again": (
        "The same once more.",
        at_desk(Writing(Act.SET_PIN, AtReader(READER), "471", first="4711")),
    ),
}
SERVICE_STATES: dict[str, tuple[str, states.State]] = {
    "service-pin-card": ("“Staff PIN”: their card comes first.", setting_pin(StaffPin())),
    "service-pin-not-staff": ("A pupil’s card.", setting_pin(StaffPin(problem=CardProblem.NOT_STAFF))),
    "service-pin": ("They type it themselves; a wait can be ended, too.", setting_pin(StaffPin(LAN))),
    "service-pin-differs": (
        "Not the same the second time.",
        setting_pin(StaffPin(LAN, problem=PIN_DIFFERS)),
    ),
    "service-pin-set": ("It is set.", setting_pin(StaffPin(LAN, done=Act.SET_PIN))),
    "service-from-desk": (
        "Opened from the desk: a librarian sees and tests; “Back” leads there.",
        states.State(Maintaining("", 104.0, WELL, desk=Supervising(LAN, 100.0))),
    ),
    "service-of-maintainer": (
        "Opened from the desk by a maintainer.",
        states.State(Maintaining("", 104.0, WELL, desk=Supervising(LAN_MAINTAINS, 100.0))),
    ),
}
