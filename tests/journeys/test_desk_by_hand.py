"""The desk in the real program: its own process, a window on a display in memory, a scanner's cable and a finger."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.processes import Kiosk
from demo.touchscreen import Touchscreen
from tests.journeys.librarian import LOAN, PINS, School

pytestmark = pytest.mark.slow(25)

PUPIL, BOOK = "HS260005", "TK.00001"

# Where keys are, as shares of the window's width and height.
_ENTER_DESK, _LOCK = (0.14, 0.88), (0.87, 0.08)
_COLUMNS, _ROWS = (0.61, 0.76, 0.90), (0.26, 0.47, 0.67, 0.88)
_OPEN = (_COLUMNS[2], _ROWS[3])
_FIRST_TILE = (0.14, 0.35)


def place_of(digit: str) -> tuple[float, float]:
    number = int(digit) - 1
    return (_COLUMNS[1], _ROWS[3]) if digit == "0" else (_COLUMNS[number % 3], _ROWS[number // 3])


@pytest.fixture
def screen() -> Iterator[Touchscreen]:
    made = Touchscreen()
    yield made
    made.close()


def test_a_librarian_lends_for_a_pupil_by_finger_and_locks(school: School, tmp_path: Path, screen: Touchscreen) -> None:
    desk = school.desk()
    nobodys_business = [desk.name_of(LOAN), desk.name_of(PUPIL), LOAN, PUPIL, BOOK, PINS[LOAN]]
    desk.kiosk.stop()  # from here on it is the program's
    pictures = tmp_path / "pictures"
    log = tmp_path / "tram-1" / "station.log"

    def tap(place: tuple[float, float]) -> None:
        time.sleep(0.3)  # a hand needs a moment
        screen.tap(*place)

    kiosk = Kiosk(desk.file, log, pictures, display=screen.name)
    try:
        kiosk.wait_for("the first frame", lambda line: line.get("figure") == "first_frame_s")
        kiosk.pictured("home-vi")
        desk.scan(LOAN)
        kiosk.act("PatronFound")
        kiosk.pictured("borrow-vi")
        tap(_ENTER_DESK)
        kiosk.act("Entering")
        kiosk.pictured("keyboard-vi")
        for digit in PINS[LOAN]:
            tap(place_of(digit))
        tap(_OPEN)
        kiosk.act("DeskEntered")
        kiosk.pictured("desk_menu-vi")
        tap(_FIRST_TILE)
        kiosk.pictured("desk_list-vi")
        desk.scan(PUPIL)
        kiosk.act("ReaderOpened")
        desk.scan(BOOK)
        kiosk.act("LoanRecorded")
        kiosk.wait_until_sent()
        tap(_LOCK)
        kiosk.act("Home")
    finally:
        kiosk.stop()
    assert [(one["kind"], one["actor"]) for one in school.told()] == [("check_out", "librarian")]
    said = log.read_text(encoding="utf-8")
    assert not [word for word in nobodys_business if word in said]
    desk.again()
    school.agrees()
