"""A reader calls, and a librarian comes: the call is seen and ticked off, a reader looked up by a few letters, and
their lost card exchanged. The whole station below its window."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import rig
from kiosk.bootstrap.stores import read_store
from kiosk.session.desk_states import Act, AtReader, AtWork, DeskPage, DeskProblem, Finding, Menu, Supervising, Work
from kiosk.session.inputs import ActTouched, Button, LineTouched, Typed
from kiosk.session.notices import HelpAsked, UnknownCard
from kiosk.session.states import Borrowing, Home
from kiosk.session.supervised.readers import YES
from tests.faults.corner import Corner, corner, stocked
from tests.journeys.test_entering_the_desk import PUPIL, Hand, _is_of_the_staff, set_the_first_pin
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow

NEW_CARD, OTHERS = "HS999999", rig.card(3)


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("stocked") / "data")


@pytest.fixture
def there(tmp_path: Path, shelves: Path) -> Iterator[Corner]:
    with corner(tmp_path, shelves) as made:
        eventually(lambda: (made.config.data / "centre.pub").exists())
        made.kiosk.store.call(_is_of_the_staff)
        yield made


class Librarian(Hand):
    @property
    def page(self) -> DeskPage:
        assert isinstance(self.state.doing, Supervising)
        return self.state.doing.page

    def act(self, act: Act, value: str = "") -> None:
        self.post(ActTouched(act, self.now, value))

    def reader(self) -> AtReader:
        eventually(lambda: isinstance(self.page, AtReader) and self.state.awaiting is None)
        assert isinstance(self.page, AtReader)
        return self.page

    def has_done(self, act: Act) -> None:
        eventually(lambda: self.reader().done is act)


def plain(text: str) -> str:
    """As somebody types it who has no time for accents."""
    parted = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


def written(there: Corner) -> list[str]:
    """The kinds of what the station has recorded, but for visits, PINs and the desk's door."""
    kinds = [str(row["kind"]) for row in read_store(there.config).ledger()]
    return [kind for kind in kinds if kind not in ("visit", "pin_set", "desk")]


def test_a_call_is_seen_and_a_lost_card_exchanged(there: Corner, tmp_path: Path) -> None:
    hand = Librarian(there)
    set_the_first_pin(hand, tmp_path)
    pupil = there.kiosk.store.call(lambda work: work.patron_by_card(PUPIL))
    assert pupil is not None

    for _ in range(2):
        hand.touch(Button.HELP)
    eventually(lambda: isinstance(hand.state.doing, Home) and hand.state.doing.notice == HelpAsked())
    hand.opens_desk()
    eventually(lambda: isinstance(hand.page, Menu))
    hand.act(Act.WORK, Work.HELP.value)
    eventually(lambda: isinstance(hand.page, AtWork) and hand.page.lines is not None)
    assert isinstance(hand.page, AtWork)
    (call,) = hand.page.lines or ()
    hand.post(LineTouched(call.id, hand.now))
    hand.act(Act.CHECKED)
    eventually(lambda: isinstance(hand.page, AtWork) and (hand.page.done, hand.page.lines) == (1, ()))

    hand.touch(Button.DISMISS)
    hand.act(Act.FIND)
    for key in plain(pupil.shown_name):
        hand.post(Typed(key, hand.now))
    eventually(
        lambda: isinstance(hand.page, Finding) and any(line.patron_id == pupil.id for line in hand.page.readers or ())
    )
    hand.post(LineTouched(pupil.id, hand.now))
    assert hand.reader().reader.line.name == pupil.shown_name

    hand.act(Act.BLOCK_CARDS)
    hand.act(Act.BLOCK_CARDS, YES)
    hand.has_done(Act.BLOCK_CARDS)
    hand.act(Act.LINK_CARD)
    hand.scan(OTHERS)
    eventually(lambda: hand.reader().problem is DeskProblem.CARD_OF_ANOTHER)
    hand.scan(NEW_CARD)
    eventually(lambda: hand.reader().problem is None and hand.reader().done is Act.LINK_CARD)
    hand.touch(Button.LOCK)
    hand.come_to(Home)
    assert pupil.shown_name not in repr(hand.state)

    hand.scan(PUPIL)  # the lost one
    eventually(lambda: isinstance(hand.state.doing, Home) and isinstance(hand.state.doing.notice, UnknownCard))
    hand.scan(NEW_CARD)
    hand.come_to(Borrowing)
    assert isinstance(hand.state.doing, Borrowing)
    assert hand.state.doing.patron.id == pupil.id
    assert written(there) == ["help_call", "checked", "card_block", "card_link"]
