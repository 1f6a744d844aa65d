"""Readers, looked up at the desk; and what is asked for there holds at once, in one unit of work with what is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kiosk.domain.blocks import CardExpired, PatronBlocked
from kiosk.domain.model import Hold, ItemStatus, Patron
from kiosk.domain.operations import Operation
from kiosk.domain.requests import (
    BlockCards,
    BlockPatron,
    CancelHold,
    ChangeItemStatus,
    LinkCard,
    PlaceHold,
    RequestState,
    Wish,
    WriteNote,
)
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import Change, Gone, HoldRecord, ItemRecord, PatronRecord
from kiosk.ports.desk_store import PinRecord
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import DeskProblem, ReaderLine, ReaderShown
from kiosk.session.effects import Ask, FindReaders, OpenBook, OpenReader
from kiosk.session.inputs import Asked, BookOpened, NotAsked, ReaderOpened, ReadersFound

if TYPE_CHECKING:
    from tests.desk.conftest import Library

LAN = ByStaff(Staff("7f1c0000-0000-4000-8000-000000000001", Role.LIBRARIAN))
AN = ReaderLine("p1", "Minh An", "7A1")


def found(library: "Library", text: str) -> ReadersFound:
    answer = library.ask(FindReaders(7, 9, text))
    assert isinstance(answer, ReadersFound)
    assert (answer.visit, answer.request, answer.text) == (7, 9, text)
    return answer


def opened(library: "Library", patron_id: str | None = None, card: str | None = None) -> ReaderShown | None:
    answer = library.ask(OpenReader(7, 9, patron_id, card))
    assert isinstance(answer, ReaderOpened)
    assert (answer.visit, answer.request) == (7, 9)
    return answer.reader


def book_opened(library: "Library", barcode: str) -> tuple[str | None, str | None]:
    answer = library.ask(OpenBook(7, 9, barcode))
    assert isinstance(answer, BookOpened)
    return answer.book.name if answer.book else None, answer.reader.patron_id if answer.reader else None


def asks(library: "Library", wish: Wish, patron: str | None = "p1") -> Asked | NotAsked:
    answer = library.ask(Ask(7, 9, patron, wish, LAN))
    assert isinstance(answer, Asked | NotAsked)
    return answer


def sent(library: "Library") -> list[Operation]:
    with library.store.unit_of_work() as work:
        return [operation for _, operation in work.pending(100)]


def read(library: "Library", what: Callable[[UnitOfWork], object]) -> object:
    with library.store.unit_of_work() as work:
        return what(work)


# ---- looking up


@pytest.mark.parametrize(("text", "ids"), [("an", ["p1"]), ("gia h", ["p2"]), ("7a1", ["p2", "p1"]), ("xyz", [])])
def test_finds_readers_by_name_or_class_without_accents(library: "Library", text: str, ids: list[str]) -> None:
    answer = found(library, text)
    assert sorted(line.patron_id for line in answer.readers) == sorted(ids)
    assert not answer.more


def test_says_no_more_than_twenty_and_that_there_are_others(library: "Library") -> None:
    many = [PatronRecord(Patron(f"m{n}", f"Lan {n:02}", "9A1", "hs", None, False), ()) for n in range(20)]
    library.apply(*many)
    assert (len(found(library, "lan").readers), found(library, "lan").more) == (20, False)
    library.apply(PatronRecord(Patron("m20", "Lan 20", "9A1", "hs", None, False), ()))
    assert (len(found(library, "lan").readers), found(library, "lan").more) == (20, True)


def test_opens_a_reader_by_id_or_card_with_what_the_desk_needs(library: "Library") -> None:
    library.lent_elsewhere("i1", "p1")
    with library.store.unit_of_work() as work:
        work.set_note("p1", "Hay quên thẻ")
        work.put_pin("p1", PinRecord("$argon2id$…"))
        work.commit()
    reader = opened(library, card="HS1")
    assert reader == opened(library, "p1")
    assert reader is not None
    assert (reader.line, reader.category, reader.limit) == (AN, "hs", 3)
    assert [loan.book.barcode for loan in reader.loans] == ["TK.00001"]
    assert [(hold.id, hold.book.title_id) for hold in reader.holds] == [("h1", "t4")]
    assert (reader.blocks, reader.blocked, reader.note, reader.has_pin) == ((), False, "Hay quên thẻ", True)
    assert not reader.of_staff


def test_opens_a_reader_with_every_reason_against_lending(library: "Library") -> None:
    reader = opened(library, "p3")
    assert reader is not None
    assert reader.blocks == (PatronBlocked(), CardExpired(date(2026, 5, 31)))
    assert (reader.blocked, reader.note, reader.has_pin) == (True, "", False)


def test_a_wait_without_a_pin_is_no_pin(library: "Library") -> None:
    with library.store.unit_of_work() as work:
        work.put_pin("p1", PinRecord(None, failures=2))
        work.commit()
    reader = opened(library, "p1")
    assert reader is not None
    assert not reader.has_pin


def test_opens_nobody_who_is_not_in_the_list_any_more(library: "Library") -> None:
    library.apply(Gone("patron", "p1"))
    assert opened(library, "p1") is None
    assert opened(library, card="HS1") is None


def test_a_book_tells_who_has_it(library: "Library") -> None:
    library.lent_elsewhere("i1", "p2")
    assert book_opened(library, "TK.00001") == ("Nhan đề 1", "p2")
    assert book_opened(library, "TK.00002") == ("Nhan đề 2", None)
    assert book_opened(library, "TK.99999") == (None, None)
    library.apply(Gone("patron", "p2"))
    assert book_opened(library, "TK.00001") == ("Nhan đề 1", None)


# ---- what is asked for holds here at once


def test_a_new_card_is_theirs_at_once(library: "Library") -> None:
    assert isinstance(asks(library, LinkCard("HS-900")), Asked)
    reader = opened(library, card="HS-900")
    assert reader is not None
    assert reader.line == AN
    (operation,) = sent(library)
    body = json.loads(operation.body)
    assert (body["kind"], body["actor"], body["staff"]) == ("card_link", "librarian", LAN.staff.id)
    assert "HS-900" not in operation.body


@pytest.mark.parametrize(
    ("number", "why"), [("HS2", DeskProblem.CARD_OF_ANOTHER), ("HS1", DeskProblem.CARD_THEIRS_ALREADY)]
)
def test_a_card_that_is_somebodys_changes_nothing(library: "Library", number: str, why: DeskProblem) -> None:
    answer = asks(library, LinkCard(number))
    assert isinstance(answer, NotAsked)
    assert answer.why is why
    assert sent(library) == []
    assert [reader.line.patron_id for card in ("HS1", "HS2") if (reader := opened(library, card=card))] == ["p1", "p2"]


def test_a_card_linked_twice_is_asked_for_once(library: "Library") -> None:
    assert isinstance(asks(library, LinkCard("HS-900")), Asked)
    again = asks(library, LinkCard("HS-900"))
    assert isinstance(again, NotAsked)
    assert again.why is DeskProblem.CARD_THEIRS_ALREADY
    assert len(sent(library)) == 1


def test_lost_cards_open_nothing_at_once_and_a_new_one_does(library: "Library") -> None:
    assert isinstance(asks(library, BlockCards()), Asked)
    assert (opened(library, card="HS1"), opened(library, card="HS1-cũ")) == (None, None)
    assert opened(library, card="HS2") is not None
    assert isinstance(asks(library, LinkCard("HS-901")), Asked)
    assert read(library, lambda work: work.cards_of("p1")) == 1
    assert [json.loads(operation.body)["kind"] for operation in sent(library)] == ["card_block", "card_link"]


def test_lending_is_paused_and_goes_on_at_once(library: "Library") -> None:
    assert isinstance(asks(library, BlockPatron(blocked=True)), Asked)
    reader = opened(library, "p1")
    assert reader is not None
    assert reader.blocks == (PatronBlocked(),)
    again = asks(library, BlockPatron(blocked=True))
    assert isinstance(again, NotAsked)
    assert isinstance(asks(library, BlockPatron(blocked=False)), Asked)
    reader = opened(library, "p1")
    assert reader is not None
    assert not reader.blocked
    assert [json.loads(operation.body)["data"]["blocked"] for operation in sent(library)] == [True, False]


def test_a_note_is_kept_beside_the_chain_and_can_be_taken_away(library: "Library") -> None:
    assert isinstance(asks(library, WriteNote("Hay quên thẻ")), Asked)
    reader = opened(library, "p1")
    assert reader is not None
    assert reader.note == "Hay quên thẻ"
    (operation,) = sent(library)
    assert "quên" not in operation.body
    assert operation.reader is not None
    assert operation.reader.private == "Hay quên thẻ"
    assert isinstance(asks(library, WriteNote("")), Asked)
    reader = opened(library, "p1")
    assert reader is not None
    assert reader.note == ""
    assert json.loads(sent(library)[1].body)["data"]["private"] is None


def test_a_hold_stands_in_the_queue_at_once_under_the_id_of_the_request(library: "Library") -> None:
    answer = asks(library, PlaceHold("t4"), "p2")
    assert isinstance(answer, Asked)
    assert read(library, lambda work: [hold.id for hold in work.holds_on("t4")]) == ["h1", answer.id]
    assert isinstance(asks(library, CancelHold(answer.id), "p2"), Asked)
    assert read(library, lambda work: [hold.id for hold in work.holds_on("t4")]) == ["h1"]


def test_a_hold_placed_without_a_clock_is_before_nobody(library: "Library") -> None:
    library.apply(HoldRecord(Hold("h1", "t4", "p1", "ngăn 2"), library.clock.now().wall_ms - 86_400_000))
    library.keep_time()
    library.clock.lose_time()
    answer = asks(library, PlaceHold("t4"), "p2")
    assert isinstance(answer, Asked)
    assert read(library, lambda work: [hold.id for hold in work.holds_on("t4")]) == ["h1", answer.id]


@pytest.mark.parametrize(
    ("wish", "patron", "why"),
    [
        (PlaceHold("t4"), "p1", DeskProblem.WAITS_ALREADY),
        (PlaceHold("t1"), "p2", DeskProblem.HAS_IT_ALREADY),
        (PlaceHold("t-gone"), "p1", DeskProblem.NOT_DONE),
        (CancelHold("h1"), "p2", DeskProblem.NOT_DONE),
        (CancelHold("h-gone"), "p1", DeskProblem.NOT_DONE),
    ],
)
def test_asks_for_no_hold_that_the_centre_must_decline(
    library: "Library", wish: Wish, patron: str, why: DeskProblem
) -> None:
    library.lent_elsewhere("i1", "p2")
    answer = asks(library, wish, patron)
    assert isinstance(answer, NotAsked)
    assert answer.why is why
    assert sent(library) == []


def test_a_damaged_book_is_not_lent_from_now_on(library: "Library") -> None:
    assert isinstance(asks(library, ChangeItemStatus("TK.00001", ItemStatus.DAMAGED), None), Asked)
    assert read(library, lambda work: getattr(work.item_by_barcode("TK.00001"), "status", "")) == ItemStatus.DAMAGED


@pytest.mark.parametrize("wish", [BlockCards(), BlockPatron(blocked=True), WriteNote("x"), LinkCard("HS-900")])
def test_a_reader_who_was_taken_from_the_list_meanwhile_is_asked_nothing_for(library: "Library", wish: Wish) -> None:
    library.apply(Gone("patron", "p1"))
    answer = asks(library, wish)
    assert isinstance(answer, NotAsked)
    assert sent(library) == []


def test_what_a_reader_asks_for_alone_waits_for_the_centre(library: "Library") -> None:
    """The control of all above: only at the desk it holds at once."""
    for wish in (LinkCard("HS-900"), PlaceHold("t1"), CancelHold("h1")):
        assert isinstance(library.ask(Ask(7, 9, "p1", wish)), Asked)
    assert opened(library, card="HS-900") is None
    assert read(library, lambda work: [hold.id for hold in work.holds_of_patron("p1")]) == ["h1"]


def test_what_the_centre_tells_later_takes_its_place(library: "Library") -> None:
    """It has declined the card: the station comes right."""
    assert isinstance(asks(library, LinkCard("HS-900")), Asked)
    told = Patron("p1", "Minh An", "7A1", "hs", date(2027, 5, 31), False)
    library.apply(PatronRecord(told, ("HS1", "HS1-cũ")))
    assert opened(library, card="HS-900") is None
    library.apply(PatronRecord(replace(told, id="p9", shown_name="Thu Hà"), ("HS-900",)))
    reader = opened(library, card="HS-900")
    assert reader is not None
    assert reader.line.name == "Thu Hà"


class _Unplugged(Exception):
    pass


class _Torn:
    """A unit of work that ends at its commit."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def commit(self) -> None:
        raise _Unplugged

    def __getattr__(self, name: str) -> object:
        return getattr(self._work, name)


@pytest.mark.parametrize("wish", [LinkCard("HS-900"), BlockCards(), BlockPatron(blocked=True), WriteNote("x")])
def test_an_act_is_whole_or_was_never_begun(library: "Library", wish: Wish) -> None:
    """Whatever fails before the commit: neither the record nor the change is there."""
    before = opened(library, "p1")
    with library.store.unit_of_work() as work, pytest.raises(_Unplugged):
        library.desk.answer(Ask(7, 9, "p1", wish, LAN), _Torn(work))  # type: ignore[arg-type]
    assert (opened(library, "p1"), opened(library, card="HS-900")) == (before, None)
    assert opened(library, card="HS1") is not None
    assert sent(library) == []


# ---- what the centre tells before it has heard


def told(library: "Library", *also: Change) -> tuple[object, ...]:
    """An's cards, block and note and the status of a book, once the centre has told all of them as it knows them."""
    an = PatronRecord(Patron("p1", "Minh An", "7A1", "hs", date(2027, 5, 31), False, note="cũ"), ("HS1", "HS1-cũ"))
    library.apply(an, ItemRecord("i1", "t1", "TK.00001", "STK", ItemStatus.AVAILABLE), *also)
    with library.store.unit_of_work() as work:
        patron, item = work.patron("p1"), work.item("i1")
        assert patron is not None
        assert item is not None
        return work.patron_by_card("HS1") is not None, patron.blocked, patron.note, item.status


OF_AN: tuple[tuple[Wish, str | None], ...] = (
    (BlockCards(), "p1"),
    (BlockPatron(True), "p1"),
    (WriteNote("mới"), "p1"),
    (ChangeItemStatus("TK.00001", ItemStatus.LOST), None),
)


def test_what_was_asked_for_here_holds_until_the_centre_has_heard_of_it(library: "Library") -> None:
    """A lost card would work again with any word of its reader's name or class."""
    answers = [asks(library, wish, patron) for wish, patron in OF_AN]
    assert told(library) == told(library) == (False, True, "mới", "lost")
    with library.store.unit_of_work() as work:
        waiting = [*work.recent_requests(9), *work.requests_of_patron("p1")]
    assert {one.id for one in waiting} == {answer.id for answer in answers if isinstance(answer, Asked)}
    declined = [replace(one, state=RequestState.DECLINED, by="rule", why="overtaken") for one in waiting]
    assert told(library, *declined) == (True, False, "cũ", "available"), "and then its word holds"


@pytest.mark.parametrize("which", range(len(OF_AN)))
def test_nothing_else_of_the_reader_or_the_book_is_held_back(library: "Library", which: int) -> None:
    wish, patron = OF_AN[which]
    asks(library, wish, patron)
    as_told, here = [True, False, "cũ", "available"], [False, True, "mới", "lost"]
    assert told(library) == (*as_told[:which], here[which], *as_told[which + 1 :])
    library.apply(PatronRecord(Patron("p2", "Gia Hân", "8A1", "hs", None, True), ("HS2",)))
    with library.store.unit_of_work() as work:
        han = work.patron_by_card("HS2")
    assert han is not None
    assert (han.class_name, han.blocked) == ("8A1", True)
