"""Settling disputes: by a station's librarian, at the centre's command line, and against what comes late."""

from __future__ import annotations

import itertools
import json
from typing import Any
from uuid import uuid4

import pytest

from central_server import deciding, one_book, settling
from central_server.cannot import CannotDo
from central_server.database import Store, reading
from central_server.doubts import Doubts
from central_server.ledger import read_ledger
from tests.central_server.support import (
    ACCEPTED,
    NOON_MS,
    Operation,
    Station,
    disputed,
    feed,
    loan_of,
    option_of,
    put_on_list,
    request_id,
    run,
    take,
    take_in,
    title_of,
)

Known = dict[str, dict[str, str]]
HOUR_MS = 3_600_000


def is_open(store: Store, *outs: Operation) -> list[bool]:
    by_id = {one["id"]: one["open"] for one in read_ledger(store, "hoa-sen")["loans"]}
    return [by_id[loan_of(out)] for out in outs]


def told(store: Store, kind: str = "dispute") -> dict[str, Any]:
    """What the stations know, by id."""
    return {one["id"]: one["data"] for one in feed(store)[0] if one["kind"] == kind}


def open_ones(store: Store) -> list[dict[str, Any]]:
    with reading(store) as connection:
        return settling.listed(connection, "hoa-sen")


_minutes = itertools.count()


def settlement(dispute: str, way: str, device: str = "tram-3", actor: str = "librarian") -> Operation:
    """Each is said a minute after the one before."""
    station = Station(device=device, wall_ms=NOON_MS - 24 * HOUR_MS + next(_minutes) * 60_000)
    return station.ask_at_desk("settlement", actor=actor, dispute=dispute, way=way)


def settle(store: Store, dispute: str, way: str) -> tuple[str, str | None]:
    """As the librarian of one more station; answers the request's state and why."""
    device = f"tram-{uuid4()}"
    operation = settlement(dispute, way, device)
    assert take(store, operation, device=device) == [ACCEPTED]
    data = told(store, "request")[request_id(operation)]
    return data["state"], data["why"]


@pytest.fixture(autouse=True)
def librarian(store: Store, known: Known) -> None:
    put_on_list(store, known["patron"]["HS3"])


@pytest.fixture
def a() -> Station:
    return Station()


@pytest.fixture
def b() -> Station:
    return Station(device="tram-2", wall_ms=NOON_MS + HOUR_MS)


@pytest.fixture
def lent_twice(store: Store, known: Known, a: Station, b: Station) -> tuple[Operation, Operation, str]:
    """Both check-outs, the first at `a`, and the dispute between them."""
    first, second = a.check_out("TK.1", known["patron"]["HS1"]), b.check_out("TK.1", known["patron"]["HS2"])
    assert take(store, first) == [ACCEPTED]
    assert take(store, second, device="tram-2") == [disputed("already_on_loan")]
    (dispute,) = open_ones(store)
    return first, second, dispute["id"]


LentTwice = tuple[Operation, Operation, str]


def test_tells_both_versions_and_the_ways_to_every_station(store: Store, lent_twice: LentTwice) -> None:
    first, second, dispute = lent_twice
    data = told(store)[dispute]
    assert (data["reason"], data["state"], data["way"]) == ("already_on_loan", "open", None)
    assert data["ways"] == ["first_over", "first_has_it"]
    assert (data["device"], data["epoch"], data["seq"]) == ("tram-2", second["epoch"], 1)
    versions = [(one["device"], one["kind"], one["barcode"], one["loans"]) for one in (data["held"], data["came"])]
    assert versions == [
        ("tram-1", "check_out", "TK.1", [loan_of(first)]),
        ("tram-2", "check_out", "TK.1", [loan_of(second)]),
    ]
    assert first["body"] not in json.dumps(data)
    (whole,) = open_ones(store)
    assert (whole["held"]["body"], whole["came"]["body"]) == (first["body"], second["body"])


@pytest.mark.parametrize(("way", "result"), [("first_over", [False, True]), ("first_has_it", [True, False])])
def test_carries_out_who_has_the_book(store: Store, lent_twice: LentTwice, way: str, result: list[bool]) -> None:
    first, second, dispute = lent_twice
    assert settle(store, dispute, way) == ("granted", None)
    assert is_open(store, first, second) == result
    assert (told(store)[dispute]["state"], told(store)[dispute]["way"]) == ("settled", way)
    assert [told(store, "loan")[loan_of(one)]["open"] for one in (first, second)] == result
    assert open_ones(store) == []


@pytest.mark.parametrize(
    ("way", "answer"), [("first_over", ("declined", "settled_already")), ("seen", ("declined", "settled_already"))]
)
def test_settles_once_when_two_librarians_say_how_it_was(
    store: Store, lent_twice: LentTwice, way: str, answer: tuple[str, str]
) -> None:
    first, second, dispute = lent_twice
    settle(store, dispute, "first_has_it")
    assert settle(store, dispute, way) == answer
    assert is_open(store, first, second) == [True, False]
    with reading(store) as connection:
        ((one,),) = settling.history(connection, "hoa-sen").values()
    assert (one["way"], one["by"]) == ("first_has_it", "librarian")


def test_settles_once_when_the_operation_comes_twice(store: Store, lent_twice: LentTwice) -> None:
    operation = settlement(lent_twice[2], "first_over")
    assert take(store, operation, operation, device="tram-3") == [ACCEPTED, ("duplicate", None)]
    assert told(store, "request")[request_id(operation)]["state"] == "granted"


def test_declines_a_way_that_the_dispute_does_not_have(store: Store, lent_twice: LentTwice) -> None:
    assert settle(store, lent_twice[2], "returned") == ("declined", "not_a_way")
    assert len(open_ones(store)) == 1


def test_declines_a_settlement_when_no_librarian_says_it(store: Store, lent_twice: LentTwice) -> None:
    operation = settlement(lent_twice[2], "first_over", actor="anyone")
    take(store, operation, device="tram-3")
    data = told(store, "request")[request_id(operation)]
    assert (data["state"], data["why"]) == ("declined", "no_librarian")


def test_declines_a_settlement_when_the_dispute_settled_by_itself(
    store: Store, lent_twice: LentTwice, b: Station
) -> None:
    take(store, b.check_in("TK.1"), device="tram-2")
    assert settle(store, lent_twice[2], "first_has_it") == ("declined", "settled_already")


def test_settles_what_comes_after_its_settlement_when_a_restored_centre_hears_it_again(
    store: Store, known: Known, a: Station, b: Station
) -> None:
    first, second = a.check_out("TK.1", known["patron"]["HS1"]), b.check_out("TK.1", known["patron"]["HS2"])
    with store.writing.connect() as connection, connection.begin() as undone:
        take_in(connection, first)
        take_in(connection, second, device="tram-2")
        (dispute,) = settling.listed(connection, "hoa-sen")
        undone.rollback()
    assert settle(store, dispute["id"], "first_has_it") == ("waiting", None)
    take(store, second, device="tram-2")
    take(store, first)
    assert is_open(store, first, second) == [True, False]
    assert open_ones(store) == []


def test_keeps_a_settlement_when_what_comes_late_says_nothing_new(
    store: Store, known: Known, lent_twice: LentTwice, a: Station, b: Station
) -> None:
    first, second, dispute = lent_twice
    settle(store, dispute, "first_has_it")
    take(store, first)
    take(store, b.renew("TK.1", known["patron"]["HS2"], loan_of(second)), device="tram-2")
    take(store, Station(device="tram-4", wall_ms=NOON_MS - HOUR_MS).check_in("TK.1"), device="tram-4")
    assert is_open(store, first, second) == [True, False]
    assert open_ones(store) == []
    a.wall_ms += 5 * HOUR_MS
    take(store, a.check_in("TK.1", [loan_of(first)]))
    assert is_open(store, first, second) == [False, False]
    assert open_ones(store) == []


@pytest.mark.parametrize(("way", "result"), [("as_settled", [False, False]), ("as_happened", [False, True])])
def test_asks_again_when_what_comes_late_says_otherwise(
    store: Store, lent_twice: LentTwice, a: Station, way: str, result: list[bool]
) -> None:
    first, second, dispute = lent_twice
    settle(store, dispute, "first_has_it")
    # An hour before the second loan the book was back: the second is no mistake.
    take(store, a.check_in("TK.1", [loan_of(first)]))
    assert is_open(store, first, second) == [False, False]
    (again,) = open_ones(store)
    assert (again["reason"], again["ways"]) == ("settled_otherwise", ["as_settled", "as_happened"])
    assert settle(store, again["id"], way) == ("granted", None)
    assert is_open(store, first, second) == result
    take(store, a.check_in("TK.2"))
    assert open_ones(store) == []


def test_control_undoes_it_in_silence_when_nobody_compares_what_comes_late(
    store: Store, lent_twice: LentTwice, a: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_book._Considered, "_doubt_settled", lambda *_: None)
    first, second, dispute = lent_twice
    settle(store, dispute, "first_has_it")
    take(store, a.check_in("TK.1", [loan_of(first)]))
    assert (is_open(store, first, second), open_ones(store)) == ([False, False], [])


def test_control_undoes_it_when_what_a_person_said_is_not_kept(
    store: Store, known: Known, lent_twice: LentTwice, a: Station, b: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Doubts, "settled", lambda *_: [])
    with pytest.raises(AssertionError):
        test_keeps_a_settlement_when_what_comes_late_says_nothing_new(store, known, lent_twice, a, b)


def test_asks_again_when_the_loan_that_counted_is_taken_back(store: Store, lent_twice: LentTwice, b: Station) -> None:
    first, second, dispute = lent_twice
    settle(store, dispute, "first_over")
    take(store, b.void(second), device="tram-2")
    assert is_open(store, first, second) == [False, False]
    (again,) = open_ones(store)
    assert again["reason"] == "settled_otherwise"
    settle(store, again["id"], "as_happened")
    assert is_open(store, first, second) == [True, False]


@pytest.fixture
def unclear(store: Store, known: Known, a: Station, b: Station) -> tuple[Operation, str]:
    """A loan at `a`, and a dispute about a return at `b`, which has no clock."""
    out = a.check_out("TK.1", known["patron"]["HS1"])
    take(store, out)
    b.trusted = False
    assert take(store, b.check_in("TK.1"), device="tram-2") == [disputed("unclear_order")]
    (dispute,) = open_ones(store)
    return out, dispute["id"]


@pytest.mark.parametrize(("way", "result"), [("returned", False), ("on_loan", True)])
def test_carries_out_whether_the_book_is_back(
    store: Store, unclear: tuple[Operation, str], way: str, result: bool
) -> None:
    out, dispute = unclear
    assert settle(store, dispute, way) == ("granted", None)
    assert is_open(store, out) == [result]
    assert open_ones(store) == []


@pytest.mark.parametrize("is_after", [True, False])
@pytest.mark.parametrize("way", ["returned", "on_loan"])
def test_asks_again_when_the_boot_is_dated_otherwise_than_it_was_settled(
    store: Store, unclear: tuple[Operation, str], b: Station, way: str, is_after: bool
) -> None:
    out, dispute = unclear
    settle(store, dispute, way)
    take(store, b.date_boot(b.boot, NOON_MS + (HOUR_MS if is_after else -HOUR_MS)), device="tram-2")
    assert is_open(store, out) == [way == "on_loan"]
    is_contradicted = is_after is (way == "on_loan")
    assert [one["reason"] for one in open_ones(store)] == ["settled_otherwise"] * is_contradicted
    for again in open_ones(store):
        settle(store, again["id"], "as_happened")
        assert is_open(store, out) == [not is_after]


def test_settles_by_itself_when_the_boot_is_dated(store: Store, unclear: tuple[Operation, str], b: Station) -> None:
    out, dispute = unclear
    take(store, b.date_boot(b.boot, NOON_MS + HOUR_MS), device="tram-2")
    assert is_open(store, out) == [False]
    assert (told(store)[dispute]["state"], told(store)[dispute]["way"]) == ("settled", None)


def test_opens_again_what_had_settled_by_itself_when_the_reason_is_taken_back(
    store: Store, lent_twice: LentTwice, b: Station
) -> None:
    first, second, dispute = lent_twice
    back = b.check_in("TK.1")
    take(store, back, device="tram-2")
    assert (is_open(store, first, second), open_ones(store)) == ([False, False], [])
    take(store, b.void(back), device="tram-2")
    assert is_open(store, first, second) == [False, True]
    assert [one["id"] for one in open_ones(store)] == [dispute]


def test_lets_a_hold_stand_again_when_the_loan_that_served_it_counts_not(
    store: Store, known: Known, a: Station, b: Station
) -> None:
    waits = b.ask("place_hold", known["patron"]["HS2"], title=title_of(store))
    first, second = a.check_out("TK.1", known["patron"]["HS1"]), b.check_out("TK.1", known["patron"]["HS2"])
    take(store, waits, device="tram-2")
    take(store, second, device="tram-2")
    take(store, first)
    assert told(store, "hold")[request_id(waits)] is None
    (dispute,) = open_ones(store)
    settle(store, dispute["id"], "first_has_it")
    assert told(store, "hold")[request_id(waits)]["patron"] == known["patron"]["HS2"]


def test_is_only_seen_when_there_is_nothing_to_decide(store: Store, known: Known, a: Station) -> None:
    take(store, a.check_in("TK.9"))
    (dispute,) = open_ones(store)
    assert (dispute["reason"], dispute["ways"]) == ("unknown_item", ["seen"])
    assert settle(store, dispute["id"], "seen") == ("granted", None)
    take(store, a.check_in("TK.1"))
    assert open_ones(store) == []


@pytest.mark.slow
def test_shows_and_settles_disputes_when_asked_on_the_command_line(store: Store, lent_twice: LentTwice) -> None:
    first, second, dispute = lent_twice
    here = (*option_of(store.where), "--library", "hoa-sen")
    shown = run("disputes", *here).stdout
    assert dispute in shown
    assert "first_over|first_has_it" in shown
    assert loan_of(first) in shown
    assert loan_of(second) in shown
    done = run("settle", *here, "--id", dispute, "returned")
    assert (done.returncode, done.stderr) == (
        2,
        "That is no way to settle it; it can be settled by: first_over, first_has_it.\n",
    )
    assert run("settle", *here, "--id", dispute, "first_has_it", "--by", "cô Hạnh").returncode == 0
    assert run("settle", *here, "--id", dispute, "first_has_it").stderr == "That dispute is settled already.\n"
    (settled,) = json.loads(run("disputes", *here, "--all", "--json").stdout)["disputes"]
    assert (settled["way"], settled["settled"][0]["by"], settled["came"]["body"]) == (
        "first_has_it",
        "cô Hạnh",
        second["body"],
    )
    assert is_open(store, first, second) == [True, False]


def test_lets_a_person_at_the_centre_decline_what_waits_for_its_dispute(store: Store, known: Known) -> None:
    operation = settlement("5d0f8f4e-9a2b-4c7e-8f00-0123456789ab", "seen")
    take(store, operation, device="tram-3")
    with store.writing.begin() as connection, pytest.raises(CannotDo, match="not known here"):
        deciding.decide(connection, "hoa-sen", request_id(operation), grant=True, by="x", why=None, now_ms=NOON_MS)
    with store.writing.begin() as connection:
        deciding.decide(connection, "hoa-sen", request_id(operation), grant=False, by="x", why=None, now_ms=NOON_MS)
    assert told(store, "request")[request_id(operation)]["state"] == "declined"
