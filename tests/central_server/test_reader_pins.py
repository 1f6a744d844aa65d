"""The PIN of a reader's page: given, chosen, and looked at ever more slowly."""

import pytest
import sqlalchemy as sa

from central_server import reader_pins
from central_server.cannot import CannotDo
from central_server.database import Store
from central_server.tables.library import patron, patron_card
from central_server.tables.organisations import reader_pin, visit
from central_server.web import visits
from tests.central_server.support import NOON_MS

Known = dict[str, dict[str, str]]
LIBRARY = "hoa-sen"
EASY = ["", "12345", "12345a", "123456", "234567", "987654", "111111", "121212", "1112221", "0" * 13, "１２３４５６"]
EASY += ["100234", "001002"]


@pytest.mark.parametrize("pin", EASY)
def test_takes_no_pin_that_others_guess(pin: str) -> None:
    assert reader_pins.is_easy(pin, ["HS.001002345"])
    assert not reader_pins.is_easy("471902", ["HS.001002345"])


def test_a_first_pin_is_for_once_and_ends_what_was(store: Store, known: Known) -> None:
    me = known["patron"]["HS1"]
    with store.writing.begin() as connection:
        first = reader_pins.give(connection, LIBRARY, me)
        assert reader_pins.check(connection, LIBRARY, "HS1", first, NOON_MS) == reader_pins.Signed(me, True)
        assert reader_pins.check(connection, LIBRARY, "hs1", first, NOON_MS) == reader_pins.Signed(me, True)
        with pytest.raises(CannotDo):
            reader_pins.choose(connection, LIBRARY, me, first)
        reader_pins.choose(connection, LIBRARY, me, "471902")
        assert reader_pins.check(connection, LIBRARY, "HS1", first, NOON_MS) is None
        assert reader_pins.check(connection, LIBRARY, "HS1", "471902", NOON_MS) == reader_pins.Signed(me, False)
        visits.begin(connection, NOON_MS, reader=(LIBRARY, me))
        visits.begin(connection, NOON_MS, reader=(LIBRARY, known["patron"]["HS2"]))
        reader_pins.give(connection, LIBRARY, me)
        assert connection.scalars(sa.select(visit.c.patron_id)).all() == [known["patron"]["HS2"]]
        assert reader_pins.check(connection, LIBRARY, "HS1", "471902", NOON_MS) is None
        with pytest.raises(CannotDo):
            reader_pins.give(connection, "sao-khue", me)


def test_looks_ever_more_slowly_after_wrong_ones(store: Store, known: Known) -> None:
    me = known["patron"]["HS1"]
    with store.writing.begin() as connection:
        first = reader_pins.give(connection, LIBRARY, me)
        for _ in range(4):
            assert reader_pins.check(connection, LIBRARY, "HS1", "000000", NOON_MS) is None
        assert reader_pins.check(connection, LIBRARY, "HS1", first, NOON_MS + 4_000) is None, "not looked at"
        assert connection.scalar(sa.select(reader_pin.c.failed)) == 4
        assert reader_pins.check(connection, LIBRARY, "HS1", first, NOON_MS + 5_001) is not None
        assert connection.scalar(sa.select(reader_pin.c.failed)) == 0


def test_opens_by_any_card_that_is_theirs(store: Store, known: Known) -> None:
    me = known["patron"]["HS1"]
    with store.writing.begin() as connection:
        first = reader_pins.give(connection, LIBRARY, me)
        connection.execute(patron_card.insert(), {"library_id": LIBRARY, "number": "T-900", "patron_id": me})
        assert reader_pins.check(connection, LIBRARY, "T-900", first, NOON_MS) is not None
        assert reader_pins.check(connection, LIBRARY, "HS2", first, NOON_MS) is None
        assert reader_pins.check(connection, "sao-khue", "HS1", first, NOON_MS) is None


def test_of_two_tries_at_the_same_moment_one_is_looked_at(store: Store, known: Known) -> None:
    me = known["patron"]["HS1"]
    with store.writing.begin() as connection:
        first = reader_pins.give(connection, LIBRARY, me)
        row = reader_pins._of_patron(connection, LIBRARY, me)
        looks = [reader_pins._look(connection, LIBRARY, row, first, NOON_MS) for _ in range(2)]
    assert [reader_pins.fits(look, first) for look in looks] == [True, False]


def test_who_has_another_pin_meanwhile_or_is_blocked_is_not_let_in(store: Store, known: Known) -> None:
    """What is looked at with nothing locked is looked at once more."""
    me = known["patron"]["HS1"]
    with store.writing.begin() as connection:
        first = reader_pins.give(connection, LIBRARY, me)
        look = reader_pins.look_at(connection, LIBRARY, "HS1", first, NOON_MS)
        assert reader_pins.fits(look, first)
        reader_pins.give(connection, LIBRARY, me)
        assert reader_pins.let_in(connection, LIBRARY, look) is None
        assert not reader_pins.put(connection, LIBRARY, look, reader_pins.chosen(look, "471902", []))
        look = reader_pins.own(connection, LIBRARY, me)
        assert reader_pins.let_in(connection, LIBRARY, look) is not None
        connection.execute(sa.update(patron).where(patron.c.id == me).values(blocked=True))
        assert reader_pins.let_in(connection, LIBRARY, look) is None
