"""Requests, books read in the library, and visits: written down at the desk."""

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.domain.disputes import DisputeRecord
from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import Operation, commitment
from kiosk.domain.requests import (
    CancelHold,
    ChangeItemStatus,
    LinkCard,
    PlaceHold,
    RequestRecord,
    RequestState,
    Settle,
    Suggest,
    Wish,
)
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.session.desk_states import DeskProblem
from kiosk.session.effects import Ask, UseInHouse
from kiosk.session.inputs import Asked, InHouseUseRecorded, ItemNotFound, NotAsked

if TYPE_CHECKING:
    from tests.desk.conftest import Library


def sent(library: "Library") -> list[Operation]:
    with library.store.unit_of_work() as work:
        return [operation for _, operation in work.pending(100)]


def data_of(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(operation.body)["data"]
    return found


def asked(library: "Library", wish: Wish, patron: str | None = "p1", *, by_librarian: bool = False) -> Asked:
    answer = library.ask(Ask(7, 9, patron, wish, LIBRARIAN if by_librarian else None))
    assert isinstance(answer, Asked), answer
    return answer


def test_asks_for_a_hold_and_keeps_it_until_the_centre_answers(library: "Library") -> None:
    answer = asked(library, PlaceHold("t1"))
    (operation,) = sent(library)
    assert (answer.visit, answer.request, answer.operation) == (7, 9, operation.id)
    assert data_of(operation) == {"request": answer.id, "title": "t1"}
    waiting = RequestRecord(answer.id, "place_hold", "t1", "p1", library.clock.now().wall_ms)
    with library.store.unit_of_work() as work:
        assert work.requests_of_patron("p1") == [waiting]
        assert work.requests_of_patron("p2") == []
    granted = replace(waiting, state=RequestState.GRANTED, by="rule")
    library.apply(granted)
    with library.store.unit_of_work() as work:
        assert work.requests_of_patron("p1") == [granted]


LIBRARIAN = ByStaff(Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN))

DISPUTE = DisputeRecord(
    "d1", "tram-2", "ab" * 16, 7, "unclear_order", None, None, ("returned", "on_loan"), True, None, 1
)


def test_asks_for_a_settlement_as_the_librarian_who_says_how_it_was(library: "Library") -> None:
    library.apply(DISPUTE)
    answer = asked(library, Settle("d1", "returned"), None, by_librarian=True)
    (operation,) = sent(library)
    assert data_of(operation) == {"request": answer.id, "dispute": "d1", "way": "returned"}
    assert json.loads(operation.body)["actor"] == "librarian"


@pytest.mark.parametrize(
    ("dispute", "wish", "by_librarian"),
    [
        (DISPUTE, Settle("d1", "returned"), False),
        (DISPUTE, Settle("d1", "first_over"), True),
        (DISPUTE, Settle("d2", "returned"), True),
        (replace(DISPUTE, is_open=False), Settle("d1", "returned"), True),
    ],
)
def test_asks_for_no_settlement_that_the_centre_must_decline(
    library: "Library", dispute: DisputeRecord, wish: Settle, by_librarian: bool
) -> None:
    library.apply(dispute)
    assert isinstance(library.ask(Ask(7, 9, None, wish, LIBRARIAN if by_librarian else None)), NotAsked)
    assert sent(library) == []


@pytest.mark.parametrize("wish", [LinkCard("HS-900"), Suggest("Em là An, em muốn đọc Tý quậy")])
def test_keeps_what_is_private_to_a_reader_out_of_the_chain(library: "Library", wish: Wish) -> None:
    words = wish.number if isinstance(wish, LinkCard) else getattr(wish, "text", "")
    asked(library, wish)
    (operation,) = sent(library)
    assert operation.reader is not None
    assert operation.reader.private == words
    assert words not in operation.body
    assert data_of(operation)["private"] == commitment(operation.reader.salt, words)


def test_lets_anybody_suggest_something_in_the_open(library: "Library") -> None:
    answer = asked(library, Suggest("Thêm truyện tranh"), None)
    (operation,) = sent(library)
    assert operation.reader is None
    assert json.loads(operation.body)["actor"] == "anyone"
    assert data_of(operation) == {"request": answer.id, "text": "Thêm truyện tranh"}


def test_says_that_a_librarian_asked(library: "Library") -> None:
    asked(library, ChangeItemStatus("TK.00001", ItemStatus.DAMAGED), None, by_librarian=True)
    body = json.loads(sent(library)[0].body)
    assert (body["actor"], body["staff"]) == ("librarian", LIBRARIAN.staff.id)


@pytest.mark.parametrize(
    ("wish", "patron"),
    [(PlaceHold("t1"), None), (CancelHold("h1"), None), (LinkCard("HS-900"), None), (Suggest("Thêm"), "nobody")],
)
def test_asks_nothing_when_no_reader_stands_behind_it(library: "Library", wish: Wish, patron: str | None) -> None:
    assert isinstance(library.ask(Ask(1, 1, patron, wish)), NotAsked)
    assert sent(library) == []


@pytest.mark.parametrize("patron", ["p1", None])
def test_writes_down_that_a_book_is_read_in_the_library(library: "Library", patron: str | None) -> None:
    answer = library.ask(UseInHouse(7, 9, "TK.00006", patron))
    assert isinstance(answer, InHouseUseRecorded)
    assert (answer.visit, answer.request, answer.book.barcode) == (7, 9, "TK.00006")
    (operation,) = sent(library)
    assert data_of(operation) == {"barcode": "TK.00006", "item": "i6", "day": "2026-11-23"}
    assert (operation.reader and operation.reader.patron_id) == patron
    assert library.open_loans() == []


def test_writes_nothing_when_the_book_to_read_is_unknown(library: "Library") -> None:
    assert isinstance(library.ask(UseInHouse(1, 1, "TK.99999")), ItemNotFound)
    assert sent(library) == []


def visited(library: "Library", patron: str) -> bool:
    with library.store.unit_of_work() as work:
        return library.desk.visited(patron, work)


def test_counts_a_readers_visit_once_a_day(library: "Library") -> None:
    assert [visited(library, patron) for patron in ("p1", "p1", "p2", "p1", "nobody")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    library.clock.advance(24 * 3600)
    assert visited(library, "p1")
    assert [data_of(one) for one in sent(library)] == [
        {"day": "2026-11-23"},
        {"day": "2026-11-23"},
        {"day": "2026-11-24"},
    ]
    with library.store.unit_of_work() as work:
        assert work.last_visit("p1") == date(2026, 11, 24)


def test_asks_for_no_status_of_a_book_that_is_in_no_catalogue(library: "Library") -> None:
    answer = library.ask(Ask(7, 9, None, ChangeItemStatus("TK.99999", ItemStatus.LOST), LIBRARIAN))
    assert isinstance(answer, NotAsked)
    assert answer.why is DeskProblem.UNKNOWN_ITEM
    assert sent(library) == []
