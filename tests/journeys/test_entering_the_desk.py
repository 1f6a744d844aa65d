"""A librarian's first day at a station: a PIN from the maintainer's screen, then the desk by card and PIN; wrong ones
wait, also over a new start; it locks by its button, by the card and by itself. The whole station below its window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import rig
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import PatronRecord
from kiosk.ports.devices import RawScan
from kiosk.session.desk_states import Act, CardProblem, Entering, PinProblem, StaffPin, Supervising
from kiosk.session.inputs import ActTouched, Button, Input, Touched, Typed
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Borrowing, Home, State
from kiosk.session.supervised.typing import DONE
from tests.faults.corner import Corner, begun, corner, stocked
from tests.journeys.test_looking_after_a_station import drawn
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow

CARD, PUPIL = rig.card(1), rig.card(2)
STAFF = Staff("0198a000-0000-7000-8000-000000000001", Role.LIBRARIAN)
PIN, WRONG = "471193", "902817"


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("stocked") / "data")


@pytest.fixture
def there(tmp_path: Path, shelves: Path) -> Iterator[Corner]:
    with corner(tmp_path, shelves) as made:
        eventually(lambda: (made.config.data / "centre.pub").exists())
        made.kiosk.store.call(_is_of_the_staff)
        yield made


def _is_of_the_staff(work: object) -> None:
    """As the centre tells it."""
    patron = work.patron_by_card(CARD)  # type: ignore[attr-defined]
    work.apply([PatronRecord(replace(patron, staff=STAFF), (CARD,))], work.cursor())  # type: ignore[attr-defined]
    work.commit()  # type: ignore[attr-defined]


class Hand:
    """Scans and touches, and waits for what comes of it."""

    def __init__(self, there: Corner) -> None:
        self.there = there

    @property
    def state(self) -> State:
        return self.there.kiosk._state

    def scan(self, text: str) -> None:
        self.there.kiosk.scanned(RawScan(text, self.now))

    def touch(self, button: Button) -> None:
        self.post(Touched(button, self.now))

    def types(self, text: str) -> None:
        for key in (*text, DONE):
            self.post(Typed(key, self.now))

    def post(self, happened: Input) -> None:
        self.there.kiosk.session.post(happened)

    def come_to(self, doing: type) -> None:
        eventually(lambda: isinstance(self.state.doing, doing))

    @property
    def now(self) -> float:
        return self.there.kiosk.clock.monotonic()

    def shows_card(self) -> None:
        self.come_to(Home)
        self.scan(CARD)
        self.come_to(Borrowing)
        self.touch(Button.ENTER_DESK)
        self.come_to(Entering)

    def opens_desk(self) -> None:
        self.shows_card()
        self.types(PIN)
        self.come_to(Supervising)

    def is_refused(self) -> Entering:
        """After one more PIN."""
        before = self.state

        def refused() -> bool:
            doing = self.state.doing
            return self.state is not before and isinstance(doing, Entering) and doing.problem is not None

        self.types(WRONG)
        eventually(lambda: refused() and self.entering.digits == "" and self.state.awaiting is None)
        return self.entering

    @property
    def entering(self) -> Entering:
        assert isinstance(self.state.doing, Entering)
        return self.state.doing

    @property
    def pin(self) -> StaffPin:
        assert isinstance(self.state.doing, Maintaining)
        return self.state.doing.pin or StaffPin()

    def failures(self) -> int:
        def count(work: object) -> int:
            record = work.pin(work.patron_by_card(CARD).id)  # type: ignore[attr-defined]
            return int(record.failures)

        return self.there.kiosk.store.call(count)


def set_the_first_pin(hand: Hand, folder: Path) -> None:
    hand.scan(drawn(hand.there, folder))
    hand.come_to(Maintaining)
    hand.touch(Button.STAFF_PIN)
    hand.scan(PUPIL)
    eventually(lambda: hand.pin.problem == CardProblem.NOT_STAFF)
    hand.scan(CARD)
    eventually(lambda: hand.pin.who is not None)
    hand.types(PIN)
    hand.types(PIN)
    eventually(lambda: hand.pin.done is Act.SET_PIN)
    hand.touch(Button.LOCK)
    hand.come_to(Home)


def test_card_and_pin_open_the_desk_and_three_things_lock_it(
    there: Corner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    hand = Hand(there)
    hand.shows_card()
    hand.types(PIN)
    eventually(lambda: hand.entering.problem is PinProblem.NONE_SET)
    hand.touch(Button.LOCK)
    hand.come_to(Home)
    set_the_first_pin(hand, tmp_path)

    hand.opens_desk()
    hand.touch(Button.LOCK)
    hand.come_to(Home)

    hand.opens_desk()
    assert isinstance(hand.state.doing, Supervising)
    opened_at = hand.state.doing.since
    hand.scan(CARD)  # it lies there still
    eventually(lambda: hand.now > opened_at + there.kiosk.rules.same_card_ends_after_s + 0.1)
    assert isinstance(hand.state.doing, Supervising)
    hand.scan(CARD)
    hand.come_to(Home)

    hand.opens_desk()
    hand.post(ActTouched(Act.DEVICE, hand.now))
    hand.come_to(Maintaining)
    hand.touch(Button.DISMISS)
    hand.come_to(Supervising)
    there.kiosk.session._rules = replace(there.kiosk.rules, supervised_s=0.5)
    hand.post(ActTouched(Act.LEND, hand.now))  # the last touch
    hand.come_to(Home)
    for digits in (PIN, WRONG):
        assert digits not in caplog.text


def test_wrong_ones_wait_also_when_the_plug_is_pulled(there: Corner, tmp_path: Path) -> None:
    hand = Hand(there)
    set_the_first_pin(hand, tmp_path)
    hand.shows_card()
    for number in (1, 2):
        refused = hand.is_refused()
        assert (refused.problem, refused.wait_s) == (PinProblem.WRONG, 0)
        assert hand.failures() == number

    there.kiosk.stop()
    there.kiosk = begun(there.config)
    hand.shows_card()
    refused = hand.is_refused()
    assert refused.problem is PinProblem.WRONG
    assert 0 < refused.wait_s <= 5
    assert hand.failures() == 3
    hand.types(PIN)  # the screen takes the digits, and asks nothing yet
    eventually(lambda: hand.entering.digits == PIN)
    hand.touch(Button.LOCK)

    hand.shows_card()  # who begins anew waits all the same
    hand.types(PIN)
    eventually(lambda: isinstance(hand.state.doing, Supervising) or hand.entering.problem is PinProblem.TOO_SOON)
    if isinstance(hand.state.doing, Entering):
        eventually(lambda: hand.now > hand.entering.tries_at)
        hand.types(PIN)
        hand.come_to(Supervising)
    assert hand.failures() == 0
