"""What the staff ask for at a desk: carried out at once, declined where it cannot be, and told either way."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from central_server import deciding, upsert
from central_server.cannot import CannotDo
from central_server.database import Store, reading
from central_server.imports import patrons
from central_server.tables.library import daily_use, item, patron, patron_card, staff
from central_server.tables.operations import operation_reader
from tests.central_server.desks import GRANTED, HOUR_MS, answered, asks, cards, declined, told
from tests.central_server.support import (
    ACCEPTED,
    LIBRARIAN,
    NOON_MS,
    Operation,
    Station,
    bring,
    disputed,
    feed,
    put_on_list,
    request_id,
    take,
    title_of,
)

Known = dict[str, dict[str, str]]


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


def texts(store: Store) -> list[str]:
    """What the centre keeps of what was said in private."""
    with reading(store) as connection:
        found = sa.select(operation_reader.c.private).where(operation_reader.c.private.is_not(None))
        return list(connection.scalars(found.order_by(operation_reader.c.position)))


def test_keeps_no_note_that_is_none_any_more(store: Store, known: Known, a: Station, b: Station) -> None:
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    first, late = a.ask_at_desk("patron_note", an, private="Một"), b.ask_at_desk("patron_note", an, private="Trễ")
    take(store, first, a.ask_at_desk("patron_note", ha, private="Của Hà"), a.ask("card_link", an, private="HS.900"))
    waits = a.ask_at_desk("patron_note", an, private="Của ai", staff=str(uuid4()))
    a.wall_ms += 2 * HOUR_MS
    others = ["Của Hà", "HS.900", "Của ai"]
    take(store, waits, a.ask_at_desk("patron_note", an, private="Hai"))
    assert texts(store) == [*others, "Hai"]
    assert asks(store, b, late) == declined("overtaken")
    assert texts(store) == [*others, "Hai"]
    assert take(store, first) == [("duplicate", None)]
    assert asks(store, a, no_note(a, an)) == GRANTED
    assert texts(store) == others


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


def test_tells_of_a_reader_without_looking_at_all_others(store: Store, known: Known, a: Station) -> None:
    """Counted in what SQLite does: with a hundred times as many cards and staff it is no more."""
    if store.writing.dialect.name != "sqlite":
        pytest.skip("only SQLite has it")
    counts = []
    for many in (range(10), range(10, 2_000)):
        with store.writing.begin() as connection:
            others = [str(uuid4()) for _ in many]
            cards_of = [
                {"library_id": "hoa-sen", "number": f"N{one}", "patron_id": whose}
                for one, whose in zip(many, others, strict=True)
            ]
            works = {"library_id": "hoa-sen", "role": "librarian", "added_ms": 0}
            upsert.add(connection, patron_card, cards_of)
            upsert.add(connection, staff, [works | {"id": str(uuid4()), "patron_id": whose} for whose in others])
            reader = connection.execute(sa.select(patron).where(patron.c.card == "HS1")).mappings().one()
            steps: list[None] = []
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(lambda steps=steps: steps.append(None), 10)
            patrons.publish(connection, "hoa-sen", [dict(reader)])
            driver.set_progress_handler(None, 0)
            counts.append(len(steps))
    assert counts[1] <= counts[0] + 20


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


def test_tells_a_desk_that_nobody_waits_when_a_loan_serves_the_hold_already(
    store: Store, known: Known, a: Station, b: Station
) -> None:
    an = known["patron"]["HS1"]
    placed = a.ask_at_desk("place_hold", an, title=title_of(store))
    take(store, b.check_out("TK.1", an), device=b.device)
    assert asks(store, a, placed) == GRANTED
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
    sent = [(a, placed), (b, shelves(b, placed, an, "2026-11-16")), (c, shelves(c, placed, an, "2026-11-18"))]
    for number in order:
        station, operation = sent[number]
        assert take(store, operation, device=station.device) == [ACCEPTED]
    assert told(store, "hold", request_id(placed))["shelved_on"] == "2026-11-18"


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


@pytest.mark.parametrize(
    ("is_sure", "day", "kept"),
    [(True, "2027-11-18", "2026-11-18"), (True, "2026-11-10", "2026-11-16"), (False, "2026-11-10", "2026-11-18")],
    ids=["a year ahead", "an earlier day", "a clock that is not right"],
)
def test_tells_anew_since_when_a_book_waits_when_a_station_says_otherwise(
    store: Store, known: Known, a: Station, b: Station, is_sure: bool, day: str, kept: str
) -> None:
    an = known["patron"]["HS1"]
    placed = a.ask_at_desk("place_hold", an, title=title_of(store))
    take(store, placed, shelves(a, placed, an, "2026-11-16"))
    b.trusted = is_sure
    for _ in range(2):
        _, cursor = feed(store)
        take(store, shelves(b, placed, an, day), device=b.device)
        (anew,) = feed(store, cursor=cursor)[0]
        assert (anew["id"], anew["data"]["shelved_on"]) == (request_id(placed), kept)


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


def test_records_that_a_pin_was_set_and_does_nothing(store: Store, known: Known, a: Station) -> None:
    whose = known["patron"]["HS1"]
    by_staff = a.write("pin_set", {"how": "set"}, actor="librarian", staff=LIBRARIAN, patron=whose)
    by_station = a.write("pin_set", {"how": "unlocked"}, actor="station", patron=whose)
    assert take(store, by_staff, by_station) == [ACCEPTED] * 2
    assert take(store, a.write("pin_set", {"how": "4711"}, actor="station", patron=whose)) == [disputed("unreadable")]
    assert take(store, a.write("pin_set", {"how": "set"}, actor="station")) == [disputed("unreadable")]


def test_records_who_opened_the_desk_and_does_nothing(store: Store, known: Known, a: Station) -> None:
    def desk(how: str, actor: str = "librarian", patron: str | None = None, **data: Any) -> Operation:
        return a.write("desk", {"how": how, "staff": LIBRARIAN, **data}, patron, actor=actor)

    _, cursor = feed(store)
    batch = [desk("refused", "anyone", tries=1), desk("opened", tries=1), desk("closed", tries=0)]
    assert take(store, *batch) == [ACCEPTED] * 3
    assert feed(store, cursor=cursor)[0] == []
    for wrong in (desk("kicked in"), desk("opened", tries=-1), desk("opened", patron=known["patron"]["HS1"])):
        assert take(store, wrong) == [disputed("unreadable")]


@pytest.mark.parametrize(("reason", "verdict"), [("Cả lớp mượn", ACCEPTED), ("x" * 2_001, disputed("unreadable"))])
def test_takes_a_reason_of_bounded_length_for_what_the_rules_refuse(
    store: Store, known: Known, a: Station, reason: str, verdict: tuple[str, str | None]
) -> None:
    data = {"loan": str(uuid4()), "item": known["item"]["TK.1"], "barcode": "TK.1", "provisional": False}
    days = {"lent_on": "2026-11-18", "due_on": "2026-12-01"}
    by = {"actor": "librarian", "staff": LIBRARIAN, "override_reason": reason}
    assert take(store, a.write("check_out", data | days, known["patron"]["HS1"], **by)) == [verdict]


# --- what waited for a person


@pytest.mark.parametrize("is_granted", [True, False])
def test_lets_a_person_decide_what_nobody_on_the_list_asked_for(
    store: Store, known: Known, a: Station, is_granted: bool
) -> None:
    an, stranger = known["patron"]["HS1"], str(uuid4())
    batch = [
        a.ask_at_desk("card_block", an, staff=stranger),
        a.ask_at_desk("card_link", an, private="HS.900", staff=stranger),
        a.ask_at_desk("patron_block", an, blocked=True, staff=stranger),
        a.ask_at_desk("patron_note", an, private="Một", staff=stranger),
        a.ask_at_desk("item_status", barcode="TK.1", status="lost", staff=stranger),
        a.ask_at_desk("item_source", barcode="TK.1", source="project", staff=stranger),
        a.ask_at_desk("settings", values={"card_proof": "pin"}, staff=stranger),
    ]
    assert take(store, *batch) == [ACCEPTED] * len(batch)
    assert {answered(store, one) for one in batch} == {("waiting", None, None)}
    for one in batch:
        with store.writing.begin() as connection:
            deciding.decide(
                connection, "hoa-sen", request_id(one), grant=is_granted, by="cô Hạnh", why=None, now_ms=NOON_MS
            )
    assert {answered(store, one)[:2] for one in batch} == {("granted" if is_granted else "declined", "person")}
    data = told(store, "patron", an)
    now = (data["cards"], data["blocked"], data["note"], status(store, known), told(store, "setting", "card_proof"))
    assert now == (
        (["HS.900"], True, "Một", "lost", {"value": "pin", "fixed": False})
        if is_granted
        else (["HS1"], False, None, "available", None)
    )


def test_refuses_a_person_to_grant_what_the_rule_would_decline(store: Store, known: Known, a: Station) -> None:
    an, stranger = known["patron"]["HS1"], str(uuid4())
    for kind, data, why in (
        ("card_link", {"private": "HS2"}, "belongs to another"),
        ("settings", {"values": {"loan_days": "1"}}, "unknown_setting"),
        ("settings", {"values": {"card_proof": "x"}}, "bad_value"),
    ):
        asked = a.ask_at_desk(kind, an if kind == "card_link" else None, staff=stranger, **data)
        take(store, asked)
        with store.writing.begin() as connection, pytest.raises(CannotDo, match=why):
            deciding.decide(connection, "hoa-sen", request_id(asked), grant=True, by="x", why=None, now_ms=NOON_MS)
        assert answered(store, asked) == ("waiting", None, None)
