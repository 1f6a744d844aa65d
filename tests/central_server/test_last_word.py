"""The last word of two stations holds, and the first settlement of a dispute, whoever is heard first."""

from typing import Any

import pytest

from central_server import desk, settings, settling
from central_server.database import Store, reading
from tests.central_server.desks import GRANTED, HOUR_MS, answered, asks, cards, declined, told
from tests.central_server.support import NOON_MS, Operation, Station, feed, loan_of, put_on_list, take

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


def test_lets_no_earlier_setting_hold_though_the_last_setter_is_in_unknown_order(
    store: Store, known: Known, a: Station, b: Station
) -> None:
    c = Station(device="tram-3", trusted=False)
    said = [(one, one.ask_at_desk("settings", values={"card_proof": way})) for one, way in ((b, "pin"), (c, "none"))]
    earlier = a.ask_at_desk("settings", values={"card_proof": "pin_on_camera"})
    assert [asks(store, *one) for one in said] == [GRANTED] * 2
    assert asks(store, a, earlier) == declined("overtaken")
    assert told(store, "setting", "card_proof")["value"] == "none"


def test_lets_no_earlier_setting_hold_though_a_station_set_it_after_the_centre(
    store: Store, known: Known, a: Station
) -> None:
    c = Station(device="tram-3", trusted=False)
    earlier = a.ask_at_desk("settings", values={"card_proof": "pin_on_camera"})
    with store.writing.begin() as connection:
        settings.put(connection, "hoa-sen", {"card_proof": "pin"}, now_ms=NOON_MS - HOUR_MS)
    assert asks(store, c, c.ask_at_desk("settings", values={"card_proof": "none"})) == GRANTED
    assert asks(store, a, earlier) == declined("overtaken")
    assert told(store, "setting", "card_proof")["value"] == "none"


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


@pytest.mark.parametrize("heard_first", [0, 1])
def test_gives_back_what_a_person_said_when_the_later_librarian_had_taken_it_away(
    store: Store, a: Station, b: Station, dispute: tuple[list[Operation], str], heard_first: int
) -> None:
    outs, identity = dispute
    assert asks(store, a, a.ask_at_desk("settlement", dispute=identity, way="first_has_it")) == GRANTED
    # The book was back before it was lent again: what the person said is denied.
    c = Station(device="tram-3", wall_ms=NOON_MS - 5 * HOUR_MS + 60_000)
    take(store, c.check_in("TK.1", [loan_of(outs[0])]), device=c.device)
    with reading(store) as connection:
        (again,) = settling.listed(connection, "hoa-sen")
    said = [
        (a, a.ask_at_desk("settlement", dispute=again["id"], way="as_settled")),
        (b, b.ask_at_desk("settlement", dispute=again["id"], way="as_happened")),
    ]
    assert asks(store, *said[heard_first]) == GRANTED
    asks(store, *said[1 - heard_first])
    assert [answered(store, one) for one in (said[0][1], said[1][1])] == [GRANTED, declined("settled_already")]
    assert [told(store, "dispute", one)["way"] for one in (identity, again["id"])] == ["first_has_it", "as_settled"]
    assert [told(store, "loan", loan_of(out))["open"] for out in outs] == [False, False]
    with reading(store) as connection:
        assert settling.listed(connection, "hoa-sen") == []


def test_control_lets_whoever_is_heard_first_settle_when_nobody_compares(
    store: Store,
    a: Station,
    b: Station,
    dispute: tuple[list[Operation], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "is_before", lambda *_: False)
    with pytest.raises(AssertionError):
        test_lets_the_first_librarian_settle_whoever_is_heard_first(store, a, b, dispute, 1)


def test_lets_the_first_that_is_heard_settle_when_nobody_knows_the_order(
    store: Store, a: Station, b: Station, dispute: tuple[list[Operation], str]
) -> None:
    a.trusted = False
    unsure = a.ask_at_desk("settlement", dispute=dispute[1], way="first_has_it")
    assert asks(store, b, b.ask_at_desk("settlement", dispute=dispute[1], way="first_over")) == GRANTED
    assert asks(store, a, unsure) == declined("settled_already")
    assert told(store, "dispute", dispute[1])["way"] == "first_over"
