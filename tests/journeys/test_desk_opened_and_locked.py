"""The desk opens to a card and a PIN, and to nobody else; it locks by every way, and then nothing of it is left."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import pytest
import zxingcpp

from demo.school import LIBRARY
from kiosk.domain.staff import Role
from kiosk.ports.devices import RawScan
from kiosk.ports.errors import StoreBroken
from kiosk.session.desk_states import Act, Entering, Lending, PinProblem, Supervising
from kiosk.session.inputs import Button, Tick, Touched
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Borrowing, Home, Resting
from kiosk.session.supervised.typing import UNLOCK
from tests.central_server.support import run
from tests.journeys.librarian import GAM, LOAN, PHUOC, PINS, TEACHER, Desk, School

pytestmark = pytest.mark.slow(15)

PUPIL = "HS260005"
BOOK, TITLE = "TK.00001", "Dế Mèn phiêu lưu ký"


def maintaining(desk: Desk) -> Maintaining:
    desk.wait(lambda: isinstance(desk.state.doing, Maintaining))
    assert isinstance(desk.state.doing, Maintaining)
    return desk.state.doing


def entering(desk: Desk) -> Entering:
    assert isinstance(desk.state.doing, Entering), desk.state
    return desk.state.doing


def test_the_first_pin_is_set_with_a_service_pass_and_opens_the_desk(school: School, tmp_path: Path) -> None:
    desk = school.desk(with_pins=False)
    desk.to_the_pin()
    desk.type(PINS[LOAN])
    desk.wait(lambda: entering(desk).problem is PinProblem.NONE_SET)
    desk.button(Button.LOCK)
    desk.is_home()

    desk.wait(lambda: (desk.config.data / "centre.pub").exists())
    picture = tmp_path / "pass.png"
    words = ("service-pass", "--data", school.server.data, "--library", LIBRARY, "--device", "tram-1")
    assert run(*words, "--qr", picture).returncode == 0
    desk.scan(zxingcpp.read_barcodes(cv2.imread(str(picture)))[0].text)
    maintaining(desk)
    desk.button(Button.MORE)
    desk.button(Button.STAFF_PIN)
    desk.scan(PUPIL)
    desk.wait(lambda: desk.says("Không ai") or desk.says("thủ thư"))
    desk.wait(lambda: (pin := maintaining(desk).pin) is not None and pin.problem)
    assert desk.knows_of(desk.name_of(PUPIL), PUPIL) == [], "who is not of the staff is not shown there"
    desk.scan(LOAN)
    desk.wait(lambda: (pin := maintaining(desk).pin) is not None and pin.who)
    desk.type("123456")
    desk.wait(lambda: (pin := maintaining(desk).pin) is not None and pin.problem == "trivial")
    desk.type(PINS[LOAN])
    desk.wait(lambda: (pin := maintaining(desk).pin) is not None and pin.first)
    desk.type(PINS[LOAN])
    desk.wait(lambda: (pin := maintaining(desk).pin) is not None and pin.done is Act.SET_PIN)
    assert desk.knows_of(PINS[LOAN]) == []
    desk.button(Button.DISMISS)
    desk.wait(lambda: maintaining(desk).pin is None)
    desk.lock()

    desk.open()
    assert isinstance(desk.state.doing, Supervising)
    assert desk.state.doing.who.staff.role is Role.LIBRARIAN
    desk.lock()
    school.agrees()
    for there in (desk.config.data, school.server.data):
        for file in there.rglob("*"):
            assert not file.is_file() or PINS[LOAN].encode() not in file.read_bytes(), file


def test_a_wrong_pin_waits_and_the_maintainer_ends_the_wait(school: School) -> None:
    desk = school.desk()
    desk.to_the_pin()
    for wait_s in (0, 0, 5):
        desk.type("000111")
        desk.wait(lambda: not entering(desk).digits and entering(desk).problem is PinProblem.WRONG)
        assert entering(desk).wait_s == pytest.approx(wait_s, abs=3)
        desk.post(Touched(Button.DISMISS, time.monotonic()))
        desk.is_home()
        desk.to_the_pin()
    began = time.monotonic()
    desk.type(PINS[LOAN])  # right, and too soon: it is not even looked at
    desk.wait(lambda: entering(desk).problem is PinProblem.TOO_SOON)
    assert entering(desk).tries_at > began
    desk.wait(lambda: time.monotonic() > entering(desk).tries_at)
    desk.type(PINS[LOAN])
    desk.wait(lambda: isinstance(desk.state.doing, Supervising))
    desk.lock()

    desk.to_the_pin()
    for _ in range(3):
        desk.type("000111")
        desk.wait(lambda: not entering(desk).digits and entering(desk).problem is PinProblem.WRONG)
    desk.button(Button.LOCK)
    desk.is_home()
    desk.again()  # pulling the plug ends no wait
    desk.to_the_pin()
    desk.type(PINS[LOAN])
    desk.wait(lambda: isinstance(desk.state.doing, Supervising) or entering(desk).problem is PinProblem.TOO_SOON)
    desk.button(Button.LOCK)
    desk.is_home()

    desk.open(PHUOC)
    desk.press(Act.DEVICE)
    maintaining(desk)
    desk.button(Button.MORE)
    desk.button(Button.STAFF_PIN)
    desk.scan(LOAN)
    desk.wait(lambda: (pin := maintaining(desk).pin) is not None and pin.who)
    desk.type_key(UNLOCK)
    desk.wait(lambda: (pin := maintaining(desk).pin) is not None and pin.done is Act.UNLOCK_PIN)
    desk.button(Button.LOCK)
    desk.is_home()
    desk.open()
    desk.lock()
    school.agrees()


def test_it_locks_by_the_button_the_card_and_time_and_nothing_of_a_reader_stays(school: School) -> None:
    desk = school.desk()
    name, librarian = desk.name_of(PUPIL), desk.name_of(LOAN)

    def something_is_open() -> None:
        desk.open()
        desk.to_reader(PUPIL)
        desk.press(Act.LEND_TO)
        desk.page(Lending)
        assert desk.knows_of(name) == [name]

    def nothing_is_left() -> None:
        desk.is_home()
        assert desk.knows_of(name, PUPIL, BOOK, TITLE, LOAN, librarian, PINS[LOAN]) == []

    something_is_open()
    desk.scan(BOOK)
    desk.find(lambda page: page.rows)
    assert desk.knows_of(TITLE) == [TITLE]
    desk.lock()
    nothing_is_left()

    something_is_open()
    doing = desk.state.doing
    assert isinstance(doing, Supervising)
    desk.wait(lambda: time.monotonic() - doing.since > desk.kiosk.rules.same_card_ends_after_s)
    desk.scan(LOAN)
    nothing_is_left()

    something_is_open()
    doing = desk.state.doing
    assert isinstance(doing, Supervising)
    desk.post(Tick(doing.active_at + 119.9))
    desk.press(Act.NEXT_READER)
    desk.find(lambda page: page.reader is None)
    doing = desk.state.doing
    assert isinstance(doing, Supervising)
    desk.post(Tick(doing.active_at + 120.0))
    nothing_is_left()
    school.agrees()


def test_whoever_is_not_of_the_staff_gets_no_key_and_who_was_gets_no_further(school: School) -> None:
    desk = school.desk()
    desk.show_card(TEACHER)
    desk.post(Touched(Button.ENTER_DESK, time.monotonic()))
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and doing.rows)
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()

    desk.open(GAM)
    desk.lock()
    desk.to_the_pin(GAM)
    school.command("staff", "remove", "--card", GAM)
    desk.wait(lambda: (one := desk.patron(GAM)) is not None and one.staff is None)
    desk.type(PINS[GAM])
    desk.wait(lambda: entering(desk).problem is PinProblem.NOT_STAFF)
    desk.button(Button.LOCK)
    desk.is_home()
    school.agrees()


def test_a_librarian_walks_away_mid_act_and_the_act_is_whole(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.to_reader(PUPIL)
    desk.press(Act.LEND_TO)
    desk.page(Lending)
    goes_on, began = threading.Event(), threading.Event()

    def long(_: object) -> None:
        began.set()
        assert goes_on.wait(30)

    desk.kiosk.store.submit(long, lambda _: None)
    assert began.wait(30)
    desk.kiosk.scanned(RawScan(BOOK, time.monotonic()))  # over the cable it might come after the touch
    desk.post(Touched(Button.LOCK, time.monotonic()))
    desk.is_home()
    goes_on.set()
    desk.wait(lambda: desk.has(PUPIL) == [BOOK])
    time.sleep(0.2)  # the answer comes now, and finds nobody
    assert isinstance(desk.state.doing, Home)
    assert desk.knows_of(desk.name_of(PUPIL), TITLE) == []
    school.agrees()
    assert [(one["kind"], one["actor"]) for one in school.told()] == [("check_out", "librarian")]


def test_a_store_that_fails_locks_and_what_was_begun_never_was(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.to_reader(PUPIL)
    desk.press(Act.LEND_TO)
    desk.page(Lending)
    name, librarian = desk.name_of(PUPIL), desk.name_of(LOAN)

    def breaks(_: object) -> None:
        raise StoreBroken("the card is gone")

    desk.kiosk.store.submit(breaks, lambda _: None)
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(desk.state.doing, Resting))
    assert desk.knows_of(name, TITLE, librarian, LOAN) == []
    desk.again()
    assert isinstance(desk.state.doing, Home)
    lent = desk.has(PUPIL)
    school.agrees()
    assert len([one for one in school.told() if one["kind"] == "check_out"]) == len(lent) <= 1
