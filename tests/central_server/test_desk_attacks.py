"""A station that says what is not so about who asks: nothing follows but a request that waits or is declined."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from central_server import desk, staff
from central_server.database import Store, reading
from central_server.tables.library import staff as staff_table
from tests.central_server.support import (
    ACCEPTED,
    CIRCULATION,
    LIBRARIAN,
    Operation,
    Station,
    bring,
    bring_a_small_library,
    disputed,
    feed,
    put_on_list,
    request_id,
    take,
    title_of,
)

Known = dict[str, dict[str, str]]
OF_SAO_MAI = "11b7a71a-0000-4000-8000-000000000002"
NO_LONGER = "11b7a71a-0000-4000-8000-000000000003"

# kind, whether it is about a reader, what it asks for
ASKED: list[tuple[str, bool, dict[str, Any]]] = [
    ("card_link", True, {"private": "HS.900"}),
    ("card_block", True, {}),
    ("patron_block", True, {"blocked": True}),
    ("patron_note", True, {"private": "Xấu"}),
    ("item_status", False, {"barcode": "TK.1", "status": "lost"}),
    ("item_source", False, {"barcode": "TK.1", "source": "budget"}),
    ("settings", False, {"values": {"limits.hs.total": "99"}}),
    ("settlement", False, {"way": "seen"}),
]
WAITS = ("waiting", None, None)
NO_LIBRARIAN = ("declined", "rule", "no_librarian")

# what the body says of who asks
CLAIMS: dict[str, dict[str, Any]] = {
    "a patron": {"actor": "patron", "staff": None},
    "a patron with the librarian's id": {"actor": "patron", "staff": LIBRARIAN},
    "anyone with the librarian's id": {"actor": "anyone", "staff": LIBRARIAN},
    "the station with the librarian's id": {"actor": "station", "staff": LIBRARIAN},
    "a librarian of nobody's id": {"actor": "librarian", "staff": None},
    "a librarian of an id made up": {"actor": "librarian", "staff": str(uuid4())},
    "a librarian of another library": {"actor": "librarian", "staff": OF_SAO_MAI},
    "a librarian who was removed": {"actor": "librarian", "staff": NO_LONGER},
    "a patron's own id": {"actor": "librarian", "staff": "HS1"},
}


@pytest.fixture
def desk_of(store: Store, known: Known, tmp_path: Path) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Two libraries, each with a librarian, and one who is none any more; answers the claim with real ids in it."""
    bring(store, "circulation", CIRCULATION, tmp_path)
    put_on_list(store, known["patron"]["HS3"])
    other = bring_a_small_library(store, tmp_path, "sao-mai")
    put_on_list(store, other["patron"]["HS1"], OF_SAO_MAI, library="sao-mai")
    put_on_list(store, known["patron"]["HS2"], NO_LONGER)
    with store.writing.begin() as connection:
        staff.remove(connection, "hoa-sen", known["patron"]["HS2"])
    return lambda claim: claim | ({"staff": known["patron"]["HS1"]} if claim["staff"] == "HS1" else {})


def asked(station: Station, known: Known, number: int, dispute: str, **claim: Any) -> Operation:
    kind, is_of_a_reader, data = ASKED[number]
    data = {"request": str(uuid4())} | {name: value for name, value in data.items() if name != "private"}
    if kind == "settlement":
        data |= {"dispute": dispute}
    patron = known["patron"]["HS1"] if is_of_a_reader else None
    return station.write(kind, data, patron, private=ASKED[number][2].get("private"), **claim)


def opened(store: Store, station: Station) -> str:
    """A dispute that a librarian may settle."""
    take(store, station.check_in("TK.9"))
    return next(one["id"] for one in feed(store)[0] if one["kind"] == "dispute")


def things(store: Store, library: str = "hoa-sen") -> dict[tuple[str, str], Any]:
    """What the stations know, but for the requests themselves."""
    return {(one["kind"], one["id"]): one["data"] for one in feed(store, library)[0] if one["kind"] != "request"}


def answer(store: Store, operation: Operation) -> tuple[str, str | None, str | None]:
    (data,) = (one["data"] for one in feed(store)[0] if (one["kind"], one["id"]) == ("request", request_id(operation)))
    return data["state"], data["by"], data["why"]


@pytest.mark.parametrize("number", range(len(ASKED)), ids=[kind for kind, *_ in ASKED])
def test_does_nothing_for_who_is_not_of_the_staff(
    store: Store, known: Known, desk_of: Callable[[dict[str, Any]], dict[str, Any]], number: int
) -> None:
    station = Station()
    dispute = opened(store, station)
    before, elsewhere = things(store), things(store, "sao-mai")
    for name, claim in CLAIMS.items():
        operation = asked(station, known, number, dispute, **desk_of(claim))
        assert take(store, operation, operation) == [ACCEPTED, ("duplicate", None)], name
        is_declined = claim["actor"] != "librarian" and ASKED[number][0] in desk.ONLY_STAFF
        assert answer(store, operation) == (NO_LIBRARIAN if is_declined else WAITS), name
        assert things(store) == before, name
    # The control: the same, asked by the librarian, is done.
    operation = asked(station, known, number, dispute, actor="librarian", staff=LIBRARIAN)
    assert take(store, operation) == [ACCEPTED]
    assert answer(store, operation) == ("granted", "rule", None)
    assert ASKED[number][0] == "item_source" or things(store) != before
    assert things(store, "sao-mai") == elsewhere


def test_control_does_it_for_anybody_when_nobody_looks_at_the_list(
    store: Store,
    known: Known,
    desk_of: Callable[[dict[str, Any]], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(staff, "is_known", lambda *_: True)
    station = Station()
    before = things(store)
    take(store, asked(station, known, 2, "", **desk_of(CLAIMS["a librarian of another library"])))
    assert things(store) != before


@pytest.mark.parametrize("spoilt", ["x", "", 7, ["x"], LIBRARIAN + "\0", LIBRARIAN.replace("-", "")], ids=ascii)
def test_disputes_as_unreadable_what_is_no_id_of_staff(store: Store, known: Known, spoilt: object) -> None:
    station = Station()
    assert take(store, asked(station, known, 2, "", actor="librarian", staff=spoilt)) == [disputed("unreadable")]
    assert take(store, Station(device="tram-2").check_in("TK.1") | {}, device="tram-2") == [ACCEPTED]


def test_does_it_once_when_it_is_replayed_after_it_was_undone(store: Store, known: Known) -> None:
    put_on_list(store, known["patron"]["HS3"])
    station, an = Station(), known["patron"]["HS1"]
    block = station.ask_at_desk("patron_block", an, blocked=True)
    free = station.ask_at_desk("patron_block", an, blocked=False)
    take(store, block, free)
    assert take(store, block) == [("duplicate", None)]
    assert things(store)["patron", an]["blocked"] is False
    # The same wish under the same id in another operation is another version of it, and does nothing.
    again = station.ask_at_desk("patron_block", an, blocked=True, request=request_id(block))
    assert take(store, again) == [disputed("identity_conflict")]
    assert things(store)["patron", an]["blocked"] is False


def test_changes_no_reader_who_is_named_falsely(store: Store, known: Known) -> None:
    put_on_list(store, known["patron"]["HS3"])
    operation = Station().ask_at_desk("patron_block", known["patron"]["HS1"], blocked=True)
    operation["reader"]["patron"] = known["patron"]["HS2"]
    before = things(store)
    assert take(store, operation) == [disputed("false_reader")]
    assert answer(store, operation) == ("declined", "rule", "no_reader")
    assert {thing: data for thing, data in things(store).items() if thing[0] != "dispute"} == before


def test_changes_nothing_of_another_library_with_its_ids(store: Store, known: Known, tmp_path: Path) -> None:
    """A librarian of one library names the reader, the hold and the staff of another."""
    other = bring_a_small_library(store, tmp_path, "sao-mai")
    put_on_list(store, known["patron"]["HS3"])
    put_on_list(store, other["patron"]["HS3"], OF_SAO_MAI, library="sao-mai")
    there = Station("sao-mai")
    placed = there.ask_at_desk("place_hold", other["patron"]["HS1"], title=title_of(store, "sao-mai"), staff=OF_SAO_MAI)
    take(store, placed, library="sao-mai")
    before = things(store, "sao-mai")
    station, an = Station(), other["patron"]["HS1"]
    shelved = {"hold": request_id(placed), "barcode": "TK.1", "day": "2026-11-23"}
    batch = [
        *(
            asked(station, {"patron": {"HS1": an}}, number, str(uuid4()), actor="librarian", staff=LIBRARIAN)
            for number in range(4)
        ),
        station.ask_at_desk("cancel_hold", an, hold=request_id(placed)),
        station.write("hold_shelved", shelved, an, actor="librarian", staff=LIBRARIAN),
    ]
    assert take(store, *batch) == [disputed("unknown_patron")] * 6
    assert things(store, "sao-mai") == before


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_cancels_no_other_request_of_a_reader_as_if_it_were_a_hold(store: Store, known: Known, number: int) -> None:
    station, stranger = Station(), {"actor": "librarian", "staff": NO_LONGER}
    waiting = asked(station, known, number, "", **stranger)
    cancel = station.ask("cancel_hold", known["patron"]["HS1"], hold=request_id(waiting))
    assert take(store, waiting, cancel) == [ACCEPTED] * 2
    assert [answer(store, one) for one in (waiting, cancel)] == [WAITS, ("declined", "rule", "not_yours")]


def test_forgets_whose_an_id_was_when_they_are_removed(store: Store, known: Known) -> None:
    ha = known["patron"]["HS2"]
    put_on_list(store, ha)
    with store.writing.begin() as connection:
        staff.remove(connection, "hoa-sen", ha)
        again = staff.add(connection, "hoa-sen", ha, staff.Role.LIBRARIAN, 0)
    assert again != LIBRARIAN
    with reading(store) as connection:
        assert [row.id for row in connection.execute(staff_table.select())] == [again]
