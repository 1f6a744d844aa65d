"""What a librarian does for a reader: a lost card, a PIN, a note, a hold; and one who is gone meanwhile."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kiosk.domain.requests import RequestState
from kiosk.session.desk_states import CARD_LINE, Act, DeskProblem, Finding, RowKind, Work
from kiosk.session.inputs import Button
from kiosk.session.states import Borrowing, Home, Proving
from kiosk.session.supervised.readers import YES
from tests.journeys.librarian import LOAN, Desk, School

pytestmark = pytest.mark.slow(15)

GIAU, QUYNH, HAU = "HS260005", "HS260006", "HS260016"
NEW = "HS990001"
BOOK = "TK.00204"
"""The library has no other copy of it."""


def opens_nothing(desk: Desk, card: str) -> None:
    desk.scan(card)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Home) and doing.notice is not None)


def leaves(desk: Desk) -> None:
    desk.button(Button.DONE)
    desk.is_home()


def done(desk: Desk, act: Act) -> None:
    desk.find(lambda page: page.done is act)


def decided(desk: Desk) -> list[str]:
    """What has become of everything that was asked for here, once the centre has answered all of it."""

    def states() -> list[RequestState]:
        def of(work: Any) -> list[RequestState]:
            asked = [*work.recent_requests(100)]
            for card in (GIAU, QUYNH, HAU):
                patron = work.patron_by_card(card)
                asked += work.requests_of_patron(patron.id) if patron else []
            return [one.state for one in asked]

        return desk.store(of)

    desk.wait(lambda: RequestState.WAITING not in states())
    return [state.value for state in states()]


def test_a_lost_card_opens_nothing_and_the_new_one_works_at_once_without_a_network(school: School) -> None:
    desk, other = school.desk(), school.desk("tram-2")
    school.server.stop()
    desk.open()
    desk.to_reader(GIAU)
    desk.choose(CARD_LINE)
    desk.press(Act.LINK_CARD)
    desk.scan(QUYNH)
    desk.find(lambda page: page.problem is DeskProblem.CARD_OF_ANOTHER)
    desk.choose(CARD_LINE)
    desk.press(Act.BLOCK_CARDS)
    desk.press(Act.BLOCK_CARDS, YES)
    done(desk, Act.BLOCK_CARDS)
    desk.press(Act.LINK_CARD)
    desk.scan(NEW)
    done(desk, Act.LINK_CARD)
    desk.lock()

    opens_nothing(desk, GIAU)
    desk.show_card(NEW)
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and doing.rows)
    leaves_with_a_book(desk)
    other.show_card(GIAU)  # it has not heard of it
    leaves(other)

    school.server.start()
    for one in (desk, other):
        one.kiosk.sync.try_now()
    other.wait(lambda: other.patron(NEW) is not None and other.patron(GIAU) is None)
    opens_nothing(other, GIAU)
    other.show_card(NEW)
    leaves(other)
    assert desk.patron(NEW) is not None
    assert desk.patron(GIAU) is None
    _, there = school.agrees()
    assert [row["kind"] for row in there["operations"]] == ["card_block", "card_link", "check_out"]
    assert {row["verdict"] for row in there["operations"]} == {"accepted"}
    for one in (desk, other):  # what the centre tells says the same
        assert one.patron(NEW) is not None
        assert one.patron(GIAU) is None


def leaves_with_a_book(desk: Desk) -> None:
    desk.button(Button.DONE)
    desk.button(Button.DONE)
    desk.is_home()


def test_a_pin_is_set_and_asked_for_where_the_library_wants_it(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.to_reader(GIAU)
    desk.choose(CARD_LINE)
    desk.press(Act.SET_PIN)
    desk.type("2580")
    desk.find(lambda page: page.first)
    desk.type("2581")
    desk.find(lambda page: page.problem == "differs")
    for _ in range(2):
        desk.type("2580")
    done(desk, Act.SET_PIN)
    desk.back()
    desk.press(Act.SETTINGS)
    desk.choose("card_proof")
    desk.press(Act.CHANGE, "pin")
    desk.find(lambda page: page.kept == "card_proof")
    desk.lock()

    desk.scan(GIAU)
    desk.wait(lambda: isinstance(desk.state.doing, Proving))
    assert desk.knows_of("2580") == []
    desk.type("2581")
    desk.wait(lambda: isinstance(doing := desk.state.doing, Proving) and doing.problem)
    desk.type("2580")
    desk.wait(lambda: isinstance(desk.state.doing, Borrowing))
    desk.scan(BOOK)
    desk.wait(lambda: isinstance(doing := desk.state.doing, Borrowing) and doing.rows)
    leaves_with_a_book(desk)
    _, there = school.agrees()
    assert sorted(row["kind"] for row in there["operations"]) == ["check_out", "pin_set", "settings"]
    assert "card_proof = pin" in school.command("settings", "list")


def test_a_note_is_seen_when_the_reader_is_served_at_every_station(school: School) -> None:
    desk, other = school.desk(), school.desk("tram-2")
    note = "Ban doc giup xep sach"
    desk.open()
    desk.to_reader(GIAU)
    desk.press(Act.NOTE)
    desk.type(note)
    done(desk, Act.NOTE)
    desk.wait(lambda: desk.says(note))
    desk.back()
    desk.press(Act.LEND)
    desk.scan(GIAU)
    desk.wait(lambda: desk.says(note))
    desk.lock()
    assert desk.knows_of(note) == []
    desk.show_card(GIAU)
    assert desk.knows_of(note) == [], "the reader's own visit does not show it"
    leaves(desk)

    other.wait(lambda: (one := other.patron(GIAU)) is not None and one.note == note)
    other.open()
    other.to_reader(GIAU)
    other.wait(lambda: other.says(note))
    other.lock()
    assert decided(desk) == ["granted"]
    school.agrees()


def test_a_hold_is_placed_shelved_fetched_and_another_cancelled(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.to_reader(GIAU)
    desk.press(Act.LEND_TO)
    desk.scan(BOOK)
    desk.find(lambda page: page.rows and page.rows[0].kind is RowKind.LENT)
    for card in (QUYNH, HAU):
        desk.back()
        desk.to_reader(card)
        desk.press(Act.PLACE_HOLD)
        desk.scan(BOOK)
        done(desk, Act.PLACE_HOLD)
    desk.press(Act.PLACE_HOLD)
    desk.scan(BOOK)
    desk.find(lambda page: page.problem is DeskProblem.WAITS_ALREADY)
    title = desk.store(lambda work: work.item_by_barcode(BOOK).title_id)  # type: ignore[union-attr]
    assert decided(desk) == ["granted"] * 2
    desk.choose(title)
    desk.press(Act.CANCEL_HOLD)
    done(desk, Act.CANCEL_HOLD)

    desk.back()
    desk.press(Act.RETURN)
    desk.scan(BOOK)
    desk.find(lambda page: page.rows and page.rows[0].held_at is not None)
    desk.back()
    desk.to_work(Work.TO_SHELVE)
    desk.wait(lambda: desk.says(desk.name_of(QUYNH)))
    assert not desk.says(desk.name_of(HAU))
    desk.scan("TK.00002")
    desk.find(lambda page: page.problem is DeskProblem.NOT_WAITED_FOR)
    desk.scan(BOOK)
    desk.find(lambda page: page.done == 1 and not page.lines)
    desk.back()
    desk.to_reader(QUYNH)
    desk.press(Act.LEND_TO)
    desk.scan(BOOK)
    desk.find(lambda page: page.rows and page.rows[0].kind is RowKind.LENT)
    desk.lock()
    assert desk.has(QUYNH) == [BOOK]
    assert decided(desk) == ["granted"] * 3
    desk.wait(lambda: not desk.store(lambda work: work.holds_on(title)))
    school.agrees()
    assert [one["kind"] for one in school.told()].count("hold_shelved") == 1


def test_a_reader_who_is_taken_out_while_at_the_desk_is_shown_no_longer(school: School) -> None:
    desk = school.desk()
    desk.open()
    desk.to_reader(GIAU)
    name = desk.name_of(GIAU)
    school.command("erase-reader", "--card", GIAU)
    desk.forgets(GIAU)
    desk.press(Act.NOTE)
    desk.type("Xin chao")
    desk.find(lambda page: isinstance(page, Finding) and page.problem is DeskProblem.READER_GONE)
    assert desk.knows_of(name) == []
    desk.lock()

    desk.open()
    desk.to_reader(QUYNH)
    name = desk.name_of(QUYNH)
    desk.press(Act.LEND_TO)
    school.command("erase-reader", "--card", QUYNH)
    desk.forgets(QUYNH)
    desk.scan(BOOK)
    desk.find(lambda page: page.refused)
    desk.touch_anyway(Act.OVERRIDE, "teacher_asks")
    desk.find(lambda page: page.refused and {row.kind for row in page.rows} <= {RowKind.REFUSED})
    desk.lock()
    assert desk.knows_of(name) == []
    _, there = school.agrees()
    assert there["operations"] == []
    assert desk.patron(LOAN) is not None


def test_one_new_card_for_two_readers_at_two_stations_is_the_first_ones_everywhere(school: School) -> None:
    desk, other = school.desk(), school.desk("tram-2")
    school.server.stop()
    for one, card in ((desk, GIAU), (other, QUYNH)):
        one.open()
        one.to_reader(card)
        one.choose(CARD_LINE)
        one.press(Act.LINK_CARD)
        one.scan(NEW)
        done(one, Act.LINK_CARD)
        one.lock()
    assert desk.name_of(NEW) != other.name_of(NEW)
    school.server.start()
    for one in (desk, other):
        one.kiosk.sync.try_now()
    for one in (desk, other):
        one.wait(lambda one=one: sorted(decided(one)) == ["declined", "granted"])
    desk.wait(lambda: desk.name_of(NEW) == other.name_of(NEW))
    school.agrees()
    asked = json.loads(school.command("requests", "--all", "--json"))["requests"]
    (granted,) = [one for one in asked if one["state"] == "granted"]
    for one in (desk, other):
        patron = one.patron(NEW)
        assert patron is not None
        assert patron.id == granted["patron"]


def test_who_is_of_the_staff_no_more_asks_in_vain_and_the_station_comes_right(
    school: School,
) -> None:
    desk = school.desk()
    desk.open()
    school.server.stop()
    school.command("staff", "remove", "--card", LOAN)
    desk.to_reader(GIAU)
    desk.press(Act.BLOCK)
    desk.press(Act.BLOCK, YES)
    done(desk, Act.BLOCK)
    desk.lock()
    patron = desk.patron(GIAU)
    assert patron is not None
    assert patron.blocked, "here it holds at once"
    school.server.start()
    desk.kiosk.sync.try_now()
    desk.wait(desk.is_sent)
    (waiting,) = json.loads(school.command("requests", "--json"))["requests"]
    school.command("decide", "--id", waiting["id"], "decline")
    assert decided(desk) == ["declined"]
    desk.wait(lambda: (one := desk.patron(GIAU)) is not None and not one.blocked)
    desk.show_card(LOAN)
    assert not desk.offers_button(Button.ENTER_DESK)
    leaves(desk)
    school.agrees()
