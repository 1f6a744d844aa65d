"""What the staff ask for at a desk: carried out at once, declined where it cannot be, and told either way."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from central_server import desk, settling
from central_server.database import Store, reading
from central_server.tables.library import daily_use, item
from tests.central_server.support import (
    ACCEPTED,
    LIBRARIAN,
    NOON_MS,
    Operation,
    Station,
    bring,
    disputed,
    feed,
    loan_of,
    put_on_list,
    request_id,
    take,
    title_of,
)

Known = dict[str, dict[str, str]]
HOUR_MS = 3_600_000
GRANTED = ("granted", "rule", None)


def declined(why: str) -> tuple[str, str, str]:
    return "declined", "rule", why


@pytest.fixture(autouse=True)
def librarian(store: Store, known: Known) -> None:
    """HS3 works at the desk."""
    put_on_list(store, known["patron"]["HS3"])


@pytest.fixture
def a() -> Station:
    return Station(wall_ms=NOON_MS - 5 * HOUR_MS)


@pytest.fixture
def b() -> Station:
    """Another one, whose day begins an hour later."""
    return Station(device="tram-2", wall_ms=NOON_MS - 4 * HOUR_MS)


def told(store: Store, kind: str, identity: str) -> Any:
    (data,) = (one["data"] for one in feed(store)[0] if (one["kind"], one["id"]) == (kind, identity))
    return data


def answered(store: Store, operation: Operation) -> tuple[str, str | None, str | None]:
    data = told(store, "request", request_id(operation))
    return data["state"], data["by"], data["why"]


def asks(store: Store, station: Station, operation: Operation) -> tuple[str, str | None, str | None]:
    """Sends it; answers what the stations are told of it."""
    assert take(store, operation, device=station.device) == [ACCEPTED]
    return answered(store, operation)


def cards(store: Store, patron: str) -> list[str]:
    return list(told(store, "patron", patron)["cards"])


def status(store: Store, known: Known) -> str:
    return str(told(store, "item", known["item"]["TK.1"])["status"])


def no_note(station: Station, patron: str) -> Operation:
    data = {"request": str(uuid4()), "private": None}
    return station.write("patron_note", data, patron, actor="librarian", staff=LIBRARIAN)


# --- readers and their cards


def test_blocks_and_frees_a_reader_when_the_staff_ask(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    for blocked in (True, False):
        assert asks(store, a, a.ask_at_desk("patron_block", an, blocked=blocked)) == GRANTED
        assert told(store, "patron", an)["blocked"] is blocked


def test_keeps_a_note_until_it_is_taken_away(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    written = a.ask_at_desk("patron_note", an, private="Mẹ đến lấy sách giúp")
    assert "Mẹ" not in written["body"]
    assert asks(store, a, written) == GRANTED
    assert told(store, "patron", an)["note"] == "Mẹ đến lấy sách giúp"
    assert take(store, a.ask_at_desk("patron_note", an)) == [disputed("unreadable")]
    assert asks(store, a, no_note(a, an)) == GRANTED
    assert told(store, "patron", an)["note"] is None


def test_leaves_a_note_to_a_person_when_its_text_did_not_come_along(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    written = a.ask_at_desk("patron_note", an, private="Một")
    written["reader"]["private"] = None
    assert asks(store, a, written) == ("waiting", None, None)
    assert told(store, "patron", an)["note"] is None


def test_links_and_blocks_cards_when_the_staff_ask(store: Store, known: Known, a: Station, tmp_path: Path) -> None:
    an = known["patron"]["HS1"]
    assert asks(store, a, a.ask_at_desk("card_link", an, private="HS.900")) == GRANTED
    assert cards(store, an) == ["HS1", "HS.900"]
    assert asks(store, a, a.ask_at_desk("card_block", an)) == GRANTED
    assert cards(store, an) == []
    # A later list of patrons does not bring the lost one back; whoever has found it does.
    bring(store, "patrons", "Số thẻ,Họ và tên,Lớp,Loại bạn đọc\nHS1,Nguyễn Minh An,7A,hs\n", tmp_path)
    assert (told(store, "patron", an)["class_name"], cards(store, an)) == ("7A", [])
    assert asks(store, a, a.ask_at_desk("card_link", an, private="HS.901")) == GRANTED
    assert asks(store, a, a.ask_at_desk("card_link", an, private="HS1")) == GRANTED
    assert cards(store, an) == ["HS1", "HS.901"]


def test_declines_a_card_of_another_and_tells_both_anew(store: Store, known: Known, a: Station) -> None:
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    asks(store, a, a.ask_at_desk("card_link", ha, private="HS.900"))
    for number in ("HS2", "HS.900"):
        _, cursor = feed(store)
        assert asks(store, a, a.ask_at_desk("card_link", an, private=number)) == declined("card_taken")
        anew = [one["id"] for one in feed(store, cursor=cursor)[0] if one["kind"] == "patron"]
        assert anew == [ha, an]
    assert (cards(store, an), cards(store, ha)) == (["HS1"], ["HS2", "HS.900"])


# --- items


def test_changes_an_item_and_notes_where_it_comes_from(store: Store, known: Known, a: Station) -> None:
    assert asks(store, a, a.ask_at_desk("item_status", barcode="TK.1", status="lost")) == GRANTED
    assert status(store, known) == "lost"
    assert asks(store, a, a.ask_at_desk("item_source", barcode="TK.1", source="donation")) == GRANTED
    with reading(store) as connection:
        assert connection.scalar(sa.select(item.c.source).where(item.c.barcode == "TK.1")) == "donation"
    assert asks(store, a, a.ask_at_desk("item_status", barcode="TK.9", status="lost")) == ("waiting", None, None)


# --- holds


def test_places_and_cancels_holds_for_a_reader(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    placed = a.ask_at_desk("place_hold", an, title=title_of(store))
    assert asks(store, a, placed) == GRANTED
    assert told(store, "hold", request_id(placed))["patron"] == an
    assert asks(store, a, a.ask_at_desk("cancel_hold", an, hold=request_id(placed))) == GRANTED
    assert told(store, "hold", request_id(placed)) is None


def shelves(station: Station, placed: Operation, patron: str, day: str) -> Operation:
    data = {"hold": request_id(placed), "barcode": "TK.1", "day": day}
    return station.write("hold_shelved", data, patron, actor="librarian", staff=LIBRARIAN)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_tells_since_when_a_book_waits_in_whatever_order_it_comes(
    store: Store, known: Known, a: Station, b: Station, order: tuple[int, ...]
) -> None:
    an = known["patron"]["HS1"]
    placed = a.ask_at_desk("place_hold", an, title=title_of(store))
    c = Station(device="tram-3")
    sent = [(a, placed), (b, shelves(b, placed, an, "2026-11-18")), (c, shelves(c, placed, an, "2026-11-20"))]
    for number in order:
        station, operation = sent[number]
        assert take(store, operation, device=station.device) == [ACCEPTED]
    assert told(store, "hold", request_id(placed))["shelved_on"] == "2026-11-20"


def test_tells_again_since_when_the_book_waits_when_the_loan_that_served_the_hold_was_none(
    store: Store, known: Known, a: Station
) -> None:
    an = known["patron"]["HS1"]
    placed = a.ask_at_desk("place_hold", an, title=title_of(store))
    out = a.check_out("TK.1", an)
    take(store, placed, shelves(a, placed, an, "2026-11-18"), out)
    assert told(store, "hold", request_id(placed)) is None
    take(store, a.void(out))
    assert told(store, "hold", request_id(placed))["shelved_on"] == "2026-11-18"


# --- what happened


def test_records_what_was_checked_and_counts_calls_for_help(store: Store, known: Known, a: Station) -> None:
    back = a.check_in("TK.1")
    checked = {"operation": {"epoch": back["epoch"], "seq": back["seq"]}, "why": "returned"}
    seen = a.write("checked", checked, actor="librarian", staff=LIBRARIAN)
    batch = [back, seen, call := a.write("help_call", {"day": "2026-11-23"}, actor="anyone")]
    assert take(store, *batch) == [ACCEPTED] * 3
    assert take(store, call) == [("duplicate", None)]
    assert take(store, a.write("help_call", {"day": "2026-11-23"}, actor="anyone")) == [ACCEPTED]
    with reading(store) as connection:
        rows = connection.execute(sa.select(daily_use.c.kind, daily_use.c.day, daily_use.c.count)).all()
    assert [tuple(row) for row in rows] == [("help_call", "2026-11-23", 2)]


@pytest.mark.parametrize(("reason", "verdict"), [("Cả lớp mượn", ACCEPTED), ("x" * 2_001, disputed("unreadable"))])
def test_takes_a_reason_of_bounded_length_for_what_the_rules_refuse(
    store: Store, known: Known, a: Station, reason: str, verdict: tuple[str, str | None]
) -> None:
    data = {"loan": str(uuid4()), "item": known["item"]["TK.1"], "barcode": "TK.1", "provisional": False}
    days = {"lent_on": "2026-11-18", "due_on": "2026-12-01"}
    by = {"actor": "librarian", "staff": LIBRARIAN, "override_reason": reason}
    assert take(store, a.write("check_out", data | days, known["patron"]["HS1"], **by)) == [verdict]


# --- the last word


LAST_WORDS: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("patron_block", {"blocked": True}, {"blocked": False}, "patron", "blocked"),
    ("patron_note", {"private": "Một"}, {"private": "Hai"}, "patron", "note"),
    ("item_status", {"barcode": "TK.1", "status": "lost"}, {"barcode": "TK.1", "status": "damaged"}, "item", "status"),
    ("settings", {"values": {"card_proof": "pin"}}, {"values": {"card_proof": "none"}}, "setting", "value"),
]


def both(known: Known, a: Station, b: Station, kind: str, *said: dict[str, Any]) -> list[tuple[Station, Operation]]:
    an = known["patron"]["HS1"] if kind.startswith("patron") else None
    return [(one, one.ask_at_desk(kind, an, **data)) for one, data in zip((a, b), said, strict=True)]


def thing_of(known: Known, kind: str) -> str:
    return {"patron": known["patron"]["HS1"], "item": known["item"]["TK.1"], "setting": "card_proof"}[kind]


@pytest.mark.parametrize(("kind", "first", "second", "thing", "column"), LAST_WORDS)
def test_lets_the_last_word_hold_whoever_is_heard_first(
    store: Store, known: Known, a: Station, b: Station, kind: str, first: Any, second: Any, thing: str, column: str
) -> None:
    earlier, later = both(known, a, b, kind, first, second)
    assert asks(store, *later) == GRANTED
    value = told(store, thing, thing_of(known, thing))[column]
    _, cursor = feed(store)
    assert asks(store, *earlier) == declined("overtaken")
    assert told(store, thing, thing_of(known, thing))[column] == value
    # The station where the earlier one holds already hears how it is.
    news = [(one["kind"], one["id"]) for one in feed(store, cursor=cursor)[0]]
    assert (thing, thing_of(known, thing)) in news


@pytest.mark.parametrize(("kind", "first", "second", "thing", "column"), LAST_WORDS)
def test_lets_the_last_word_hold_when_it_is_heard_last(
    store: Store, known: Known, a: Station, b: Station, kind: str, first: Any, second: Any, thing: str, column: str
) -> None:
    earlier, later = both(known, a, b, kind, first, second)
    assert [asks(store, *one) for one in (earlier, later)] == [GRANTED] * 2
    assert told(store, thing, thing_of(known, thing))[column] == next(
        one for one in (second.get("private"), second.get("blocked"), second.get("status"), "none") if one is not None
    )


def test_control_lets_the_first_word_hold_when_nobody_compares(
    store: Store, known: Known, a: Station, b: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_after", lambda *_: [])
    for one in reversed(both(known, a, b, "patron_block", {"blocked": True}, {"blocked": False})):
        asks(store, *one)
    assert told(store, "patron", known["patron"]["HS1"])["blocked"] is True


@pytest.mark.parametrize("ahead_ms", [1, 365 * 24 * HOUR_MS, 200_000_000_000_000])
def test_lets_a_station_whose_clock_is_ahead_have_no_last_word_for_ever(
    store: Store, known: Known, a: Station, ahead_ms: int
) -> None:
    an, ahead = known["patron"]["HS1"], Station(device="tram-9", wall_ms=min(NOON_MS + ahead_ms, 249_000_000_000_000))
    assert asks(store, ahead, ahead.ask_at_desk("patron_block", an, blocked=True)) == GRANTED
    a.wall_ms, a.device = NOON_MS, "tram-z"
    assert asks(store, a, a.ask_at_desk("patron_block", an, blocked=False)) == GRANTED
    assert told(store, "patron", an)["blocked"] is False


def test_control_lets_a_clock_that_is_ahead_have_the_last_word_when_nobody_says_when_it_was_heard(
    store: Store, known: Known, a: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "min", lambda said, _heard: said, raising=False)
    with pytest.raises(AssertionError):
        test_lets_a_station_whose_clock_is_ahead_have_no_last_word_for_ever(store, known, a, 365 * 24 * HOUR_MS)


def test_takes_what_it_hears_last_when_nobody_knows_the_order(
    store: Store, known: Known, a: Station, b: Station
) -> None:
    b.trusted = False
    an = known["patron"]["HS1"]
    without_clock = b.ask_at_desk("patron_block", an, blocked=True)
    assert asks(store, a, a.ask_at_desk("patron_block", an, blocked=False)) == GRANTED
    assert asks(store, b, without_clock) == GRANTED
    assert told(store, "patron", an)["blocked"] is True


def test_takes_no_card_away_that_was_linked_after_the_loss(store: Store, known: Known, a: Station, b: Station) -> None:
    an = known["patron"]["HS1"]
    lost = a.ask_at_desk("card_block", an)
    assert asks(store, b, b.ask_at_desk("card_link", an, private="HS.900")) == GRANTED
    assert asks(store, a, lost) == GRANTED
    assert cards(store, an) == ["HS.900"]


def test_links_no_card_that_was_lost_since(store: Store, known: Known, a: Station, b: Station) -> None:
    an = known["patron"]["HS1"]
    linked = a.ask_at_desk("card_link", an, private="HS.900")
    assert asks(store, b, b.ask_at_desk("card_block", an)) == GRANTED
    assert asks(store, a, linked) == declined("overtaken")
    assert cards(store, an) == []


def test_keeps_a_card_lost_when_an_older_loss_is_heard_last(store: Store, known: Known, a: Station, b: Station) -> None:
    an = known["patron"]["HS1"]
    older = a.ask_at_desk("card_block", an)
    for operation in (b.ask_at_desk("card_link", an, private="HS1"), b.ask_at_desk("card_block", an)):
        assert asks(store, b, operation) == GRANTED
    assert asks(store, a, older) == GRANTED
    assert cards(store, an) == []


# --- two librarians, one dispute


@pytest.fixture
def dispute(store: Store, known: Known, a: Station, b: Station) -> tuple[list[Operation], str]:
    """Two loans of one item, and the dispute between them."""
    outs = [a.check_out("TK.1", known["patron"]["HS1"]), b.check_out("TK.1", known["patron"]["HS2"])]
    for station, out in zip((a, b), outs, strict=True):
        take(store, out, device=station.device)
    with reading(store) as connection:
        (found,) = settling.listed(connection, "hoa-sen")
    return outs, str(found["id"])


@pytest.mark.parametrize("heard_first", [0, 1])
def test_lets_the_first_librarian_settle_whoever_is_heard_first(
    store: Store, a: Station, b: Station, dispute: tuple[list[Operation], str], heard_first: int
) -> None:
    outs, identity = dispute
    said = [
        (a, a.ask_at_desk("settlement", dispute=identity, way="first_has_it")),
        (b, b.ask_at_desk("settlement", dispute=identity, way="first_over")),
    ]
    assert asks(store, *said[heard_first]) == GRANTED
    _, cursor = feed(store)
    asks(store, *said[1 - heard_first])
    assert [answered(store, one) for _, one in said] == [GRANTED, declined("settled_already")]
    assert told(store, "dispute", identity)["way"] == "first_has_it"
    assert [told(store, "loan", loan_of(out))["open"] for out in outs] == [True, False]
    assert ("dispute", identity) in [(one["kind"], one["id"]) for one in feed(store, cursor=cursor)[0]]
    with reading(store) as connection:
        assert settling.listed(connection, "hoa-sen") == []


def test_lets_the_first_that_is_heard_settle_when_nobody_knows_the_order(
    store: Store, a: Station, b: Station, dispute: tuple[list[Operation], str]
) -> None:
    a.trusted = False
    unsure = a.ask_at_desk("settlement", dispute=dispute[1], way="first_has_it")
    assert asks(store, b, b.ask_at_desk("settlement", dispute=dispute[1], way="first_over")) == GRANTED
    assert asks(store, a, unsure) == declined("settled_already")
    assert told(store, "dispute", dispute[1])["way"] == "first_over"
