"""What people say on the centre's pages is a word like those of the desks: the last one holds."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from central_server import erasing, said_here, settling
from central_server.catalogue import items
from central_server.catalogue.titles import version_of
from central_server.database import Store, reading
from central_server.said_here import CannotSay
from central_server.tables.library import patron, request
from central_server.tables.operations import operation_reader
from tests.central_server.desks import GRANTED, HOUR_MS, asks, cards, declined, told
from tests.central_server.support import ACCEPTED, NOON_MS, Station, feed, put_on_list, take

Known = dict[str, dict[str, str]]
BY = "person-1"


@pytest.fixture(autouse=True)
def librarian(store: Store, known: Known) -> None:
    """HS3 works at the desk."""
    put_on_list(store, known["patron"]["HS3"])


@pytest.fixture
def a() -> Station:
    """At NOON_MS everything arrives."""
    return Station(wall_ms=NOON_MS - 5 * HOUR_MS)


def say(store: Store, act: Callable[..., None], *words: Any, now_ms: int = NOON_MS) -> None:
    with store.writing.begin() as connection:
        act(connection, "hoa-sen", *words, BY, now_ms)


def test_holds_over_what_a_desk_asked_before_and_not_over_what_it_asks_later(
    store: Store, known: Known, a: Station
) -> None:
    an = known["patron"]["HS1"]
    early = a.ask_at_desk("patron_block", an, blocked=False)
    say(store, said_here.block, an, True, now_ms=NOON_MS - HOUR_MS)
    assert told(store, "patron", an)["blocked"] is True
    assert asks(store, a, early) == declined("overtaken")
    assert told(store, "patron", an)["blocked"] is True
    a.wall_ms = NOON_MS - HOUR_MS // 2
    assert asks(store, a, a.ask_at_desk("patron_block", an, blocked=False)) == GRANTED
    assert told(store, "patron", an)["blocked"] is False


def test_the_control_that_what_is_merely_written_is_undone_by_what_was_asked_before(
    store: Store, known: Known, a: Station
) -> None:
    an = known["patron"]["HS1"]
    early = a.ask_at_desk("patron_block", an, blocked=False)
    with store.writing.begin() as connection:
        connection.execute(sa.update(patron).where(patron.c.id == an).values(blocked=True))
    assert asks(store, a, early) == GRANTED
    assert told(store, "patron", an)["blocked"] is False


def test_holds_over_a_clock_that_is_ahead(store: Store, known: Known) -> None:
    an = known["patron"]["HS1"]
    ahead = Station(wall_ms=NOON_MS + 900 * HOUR_MS)
    assert asks(store, ahead, ahead.ask_at_desk("patron_block", an, blocked=True)) == GRANTED
    say(store, said_here.block, an, False)
    assert told(store, "patron", an)["blocked"] is False


def test_replaces_a_card_in_one_go_and_keeps_it_from_a_loss_that_comes_late(
    store: Store, known: Known, a: Station
) -> None:
    an = known["patron"]["HS1"]
    early = a.ask_at_desk("card_block", an)
    with store.writing.begin() as connection:
        said_here.block_cards(connection, "hoa-sen", an, BY, NOON_MS - HOUR_MS)
        said_here.link_card(connection, "hoa-sen", an, "MOI.1", BY, NOON_MS - HOUR_MS)
    assert cards(store, an) == ["MOI.1"]
    assert asks(store, a, early) == GRANTED
    assert cards(store, an) == ["MOI.1"]


def test_what_became_of_an_item_holds_over_a_desk_that_is_heard_late(store: Store, known: Known, a: Station) -> None:
    identity = known["item"]["TK.1"]
    early = a.ask_at_desk("item_status", barcode="TK.1", status="damaged")
    with store.writing.begin() as connection:
        row = items.find(connection, "hoa-sen", identity)
        assert row
        typed = {"status": "lost", "source": "donation", "in_house_only": True}
        items.change(connection, "hoa-sen", identity, version_of(row), typed, BY, NOON_MS - HOUR_MS)
    assert asks(store, a, early) == declined("overtaken")
    now = told(store, "item", identity)
    assert (now["status"], now["in_house_only"]) == ("lost", True)
    a.wall_ms = NOON_MS - HOUR_MS // 2
    assert asks(store, a, a.ask_at_desk("item_status", barcode="TK.1", status="available")) == GRANTED
    assert told(store, "item", identity)["status"] == "available"


def test_takes_nobodys_card_and_leaves_nothing_behind(store: Store, known: Known) -> None:
    an = known["patron"]["HS1"]
    before = feed(store)[0]
    with pytest.raises(CannotSay) as cannot:
        say(store, said_here.link_card, an, "HS2")
    assert cannot.value.why == "card_taken"
    with reading(store) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(request)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(operation_reader)) == 0
    assert feed(store)[0] == before


def test_forgets_a_note_that_is_none_any_more_and_everything_of_who_is_erased(
    store: Store, known: Known, a: Station
) -> None:
    an = known["patron"]["HS1"]
    take(store, a.ask_at_desk("patron_note", an, private="Một"))
    say(store, said_here.note, an, "Hai")
    assert told(store, "patron", an)["note"] == "Hai"

    def texts() -> list[str]:
        with reading(store) as connection:
            kept = sa.select(operation_reader.c.private).where(operation_reader.c.private.is_not(None))
            return list(connection.scalars(kept))

    assert texts() == ["Hai"]
    say(store, said_here.note, an, "", now_ms=NOON_MS + 1)
    assert (told(store, "patron", an)["note"], texts()) == (None, [])
    say(store, said_here.link_card, an, "MOI.1", now_ms=NOON_MS + 2)
    with store.writing.begin() as connection:
        erasing.erase(connection, "hoa-sen", an, NOON_MS + 3)
    with reading(store) as connection:
        named = sa.select(sa.func.count()).select_from(request).where(request.c.patron_id.is_not(None))
        assert connection.scalar(named) == 0
        assert connection.scalar(sa.select(patron.c.id).where(patron.c.id == an)) is None
    assert texts() == []
    with pytest.raises(CannotSay):
        say(store, said_here.block, an, True, now_ms=NOON_MS + 4)


def test_says_nothing_of_a_reader_whom_nobody_has(store: Store) -> None:
    for act, words in (
        (said_here.block, (True,)),
        (said_here.note, ("x",)),
        (said_here.block_cards, ()),
        (said_here.link_card, ("MOI.2",)),
    ):
        with pytest.raises(CannotSay):
            say(store, act, "nobody", *words)


def twice_lent(store: Store, known: Known, a: Station) -> str:
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    assert take(store, a.check_out("TK.1", an))[0] == ACCEPTED
    assert take(store, a.check_out("TK.1", ha))[0][0] == "disputed"
    with reading(store) as connection:
        (found,) = settling.listed(connection, "hoa-sen")
    return str(found["id"])


def test_settles_a_dispute_once(store: Store, known: Known, a: Station) -> None:
    dispute = twice_lent(store, known, a)
    say(store, said_here.settle, dispute, "first_over")
    for way in ("first_has_it", "first_over"):
        with pytest.raises(CannotSay) as cannot:
            say(store, said_here.settle, dispute, way, now_ms=NOON_MS + 1)
        assert cannot.value.why == "settled_already"
    assert told(store, "dispute", dispute)["way"] == "first_over"


def test_gives_way_to_a_librarian_who_had_settled_it_before(store: Store, known: Known, a: Station) -> None:
    dispute = twice_lent(store, known, a)
    b = Station(device="tram-2", wall_ms=NOON_MS - 2 * HOUR_MS)
    earlier = b.ask_at_desk("settlement", dispute=dispute, way="first_has_it")
    say(store, said_here.settle, dispute, "first_over", now_ms=NOON_MS - HOUR_MS)
    assert asks(store, b, earlier) == GRANTED
    assert told(store, "dispute", dispute)["way"] == "first_has_it"


def test_settles_nothing_by_a_way_that_is_none(store: Store, known: Known, a: Station) -> None:
    with pytest.raises(CannotSay) as cannot:
        say(store, said_here.settle, twice_lent(store, known, a), "seen")
    assert cannot.value.why == "not_a_way"
