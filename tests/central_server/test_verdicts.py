"""Every verdict, and every reason of the protocol's table that is not about the chain."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from central_server.database import Store
from central_server.ledger import read_ledger
from tests.central_server.support import (
    ACCEPTED,
    Station,
    bring,
    bring_a_small_library,
    disputed,
    disputes,
    feed,
    loan_of,
    take,
)

Known = dict[str, dict[str, str]]
DUE = {"lent_on": "2026-11-18", "due_on": "2026-12-01", "provisional": False}


def changed(operation: dict[str, Any], **fields: Any) -> str:
    return json.dumps(json.loads(operation["body"]) | fields)


def test_accepts_operations_when_they_are_as_the_protocol_says(store: Store, known: Known) -> None:
    station = Station()
    an = known["patron"]["HS1"]
    out = station.check_out("TK.1", an)
    back = station.check_in("TK.1", [loan_of(out)])
    again = station.check_out("TK.1", an)
    renewed = station.renew("TK.1", an, loan_of(again))
    assert take(store, out, back, again, renewed, station.void(again)) == [ACCEPTED] * 5
    assert disputes(store) == []


def test_answers_duplicate_when_the_same_operation_comes_twice(store: Store, known: Known) -> None:
    out = Station().check_out("TK.1", known["patron"]["HS1"])
    assert take(store, out, out) == [ACCEPTED, ("duplicate", None)]
    assert take(store, out) == [("duplicate", None)]
    assert len(read_ledger(store, "hoa-sen")["operations"]) == 1


def test_answers_the_dispute_again_when_a_disputed_operation_comes_again(store: Store, known: Known) -> None:
    station = Station()
    good, out = station.check_in("TK.1"), station.check_out("TK.9", known["patron"]["HS1"])
    assert take(store, good, out, out) == [ACCEPTED, *[disputed("unknown_item")] * 2]
    assert take(store, good, out) == [("duplicate", None), disputed("unknown_item")]
    assert len(disputes(store)) == 1
    assert len(read_ledger(store, "hoa-sen")["loans"]) == 1


def test_answers_as_before_when_the_dispute_was_settled(store: Store, known: Known) -> None:
    station = Station()
    first, second, third = (station.check_in("TK.1") for _ in range(3))
    assert take(store, first, third, second) == [ACCEPTED, disputed("gap"), ACCEPTED]
    assert take(store, third) == [disputed("gap")]
    assert [one[3] for one in disputes(store)] == ["settled"]


def test_answers_duplicate_when_an_accepted_operation_was_disputed_later(store: Store, known: Known) -> None:
    station = Station()
    first = station.check_in("TK.1")
    anew = station.copy().reopen().check_in("TK.3")
    assert take(store, first, anew, station.check_in("TK.2")) == [ACCEPTED] * 3
    assert [reason for _, _, reason, _ in disputes(store)] == ["lost_tail"]
    assert take(store, anew) == [("duplicate", None)]


@pytest.mark.parametrize(
    "fields",
    [
        {"v": 2},
        {"kind": "dance"},
        {"library": "sao-mai"},
        {"device": "tram-2"},
        {"seq": 7},
        {"epoch": "ab" * 16},
        {"data": {}},
        {"at": {"wall_ms": "noon"}},
        {"at": {"wall_ms": 10**30, "boot": "b", "boottime_ms": 1, "trusted": True}},
        {"actor": "dog"},
        {"reader": None},
        {"data": {"loan": str(uuid4()), "item": str(uuid4()), "barcode": "TK.1\0", **DUE}},
        {"data": {"loan": str(uuid4()), "item": str(uuid4()), "barcode": "TK.1\ud800", **DUE}},
        {"predecessor": {"epoch": "x", "seq": 1, "hash": ""}},
    ],
)
def test_disputes_as_unreadable_when_the_body_is_not_of_the_protocol(
    store: Store, known: Known, fields: dict[str, Any]
) -> None:
    station = Station()
    text = changed(station.check_out("TK.1", known["patron"]["HS1"]), **fields)
    station.last_hash = "00" * 32
    assert take(store, station.seal(text)) == [disputed("unreadable")]
    assert read_ledger(store, "hoa-sen")["loans"] == []


@pytest.mark.parametrize("text", ["", "{", "null", "[1]", "\x00 \x1b rác 🐉", "[" * 20_000, "x" * 100_000])
def test_keeps_a_body_byte_for_byte_when_it_is_unreadable(store: Store, known: Known, text: str) -> None:
    station = Station(seq=1)
    assert take(store, station.seal(text)) == [disputed("unreadable")]
    with store.reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT body FROM operation_body").scalar() == text.encode()


def test_tells_little_of_a_body_when_it_is_unreadable_and_large(store: Store, known: Known) -> None:
    """Else five of them were more than a station takes as one answer, and it would hear nothing any more."""
    data = {"barcode": "x" * 300, "loans": [*([str(uuid4())] * 50_000), "x" * 300]}
    text = json.dumps({"kind": "check_in", "at": {"wall_ms": 10**30, "trusted": True}, "data": data})
    assert take(store, Station(seq=1).seal(text)) == [disputed("unreadable")]
    (told,) = [one["data"] for one in feed(store)[0] if one["kind"] == "dispute"]
    assert (told["came"]["barcode"], told["came"]["at_ms"], len(told["came"]["loans"])) == (None, None, 100)
    assert len(json.dumps(told)) < 10_000


def test_goes_on_behind_an_operation_when_that_one_is_unreadable(store: Store, known: Known) -> None:
    station = Station()
    good = station.check_out("TK.1", known["patron"]["HS1"])
    station.seq += 1
    bad = station.seal("not JSON")
    assert take(store, good, bad, station.check_in("TK.1", [loan_of(good)])) == [
        ACCEPTED,
        disputed("unreadable"),
        ACCEPTED,
    ]


def test_accepts_a_body_when_it_has_fields_that_are_not_known_yet(store: Store, known: Known) -> None:
    station = Station()
    extra = station.write("check_in", {"barcode": "TK.1", "item": None, "loans": [], "colour": 1}, mood="good")
    assert take(store, extra) == [ACCEPTED]


def test_keeps_both_versions_when_an_identity_comes_with_another_hash(store: Store, known: Known) -> None:
    station = Station()
    other = station.copy()
    mine = station.check_out("TK.1", known["patron"]["HS1"])
    theirs = other.check_out("TK.2", known["patron"]["HS2"])
    assert take(store, mine) == [ACCEPTED]
    for _ in range(2):
        assert take(store, theirs) == [disputed("identity_conflict")]
    ledger = read_ledger(store, "hoa-sen")
    assert ([one["hash"] for one in ledger["operations"]], ledger["conflicts"]) == ([mine["hash"]], 1)
    with store.reading.connect() as connection:
        kept = connection.exec_driver_sql("SELECT body, patron_id FROM conflict").one()
        held, came = connection.exec_driver_sql("SELECT held, came FROM dispute").one()
    assert tuple(kept) == (theirs["body"].encode(), known["patron"]["HS2"])
    assert json.loads(held)["body"] == mine["body"]
    assert json.loads(came)["body"] == theirs["body"]


def test_keeps_both_versions_when_only_the_bodies_differ(store: Store, known: Known) -> None:
    mine = Station().check_out("TK.1", known["patron"]["HS1"])
    forged = {**mine, "body": mine["body"].replace("TK.1", "TK.2")}
    assert take(store, mine, forged) == [ACCEPTED, disputed("identity_conflict")]
    assert take(store, forged) == [disputed("identity_conflict")]


def test_disputes_an_identity_conflict_when_another_check_out_has_the_loans_id(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    same = station.check_out("TK.2", known["patron"]["HS2"], loan=loan_of(out))
    assert take(store, out, same) == [ACCEPTED, disputed("identity_conflict")]
    assert [one["item_barcode"] for one in read_ledger(store, "hoa-sen")["loans"]] == ["TK.1"]


def test_disputes_a_false_reader_when_it_does_not_match_the_body(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    out["reader"]["patron"] = known["patron"]["HS2"]
    back = station.check_in("TK.2")
    back["reader"] = out["reader"]
    assert take(store, out, back) == [disputed("false_reader")] * 2
    assert [one["patron"] for one in read_ledger(store, "hoa-sen")["loans"]] == [None]


def test_accepts_a_loan_when_its_reader_was_erased(store: Store, known: Known) -> None:
    out = Station().check_out("TK.1", known["patron"]["HS1"]) | {"reader": None}
    assert take(store, out) == [ACCEPTED]
    assert [one["patron"] for one in read_ledger(store, "hoa-sen")["loans"]] == [None]


def test_disputes_an_unknown_item_when_the_barcode_is_in_no_catalogue(store: Store, known: Known) -> None:
    station = Station()
    an = known["patron"]["HS1"]
    out = station.check_out("TK.9", an)
    renewed = station.renew("TK.9", an, loan_of(out))
    batch = [out, renewed, station.check_in("TK.9", [loan_of(out)])]
    assert take(store, *batch) == [disputed("unknown_item")] * 3
    assert [(one["item_barcode"], one["open"]) for one in read_ledger(store, "hoa-sen")["loans"]] == [("TK.9", False)]


def test_disputes_an_unknown_patron_when_the_reader_is_in_no_list(store: Store, known: Known) -> None:
    stranger = str(uuid4())
    assert take(store, Station().check_out("TK.1", stranger)) == [disputed("unknown_patron")]
    assert [one["patron"] for one in read_ledger(store, "hoa-sen")["loans"]] == [stranger]


def test_keeps_both_loans_when_the_item_is_on_loan_to_somebody_else(store: Store, known: Known) -> None:
    station = Station()
    batch = [station.check_out("TK.1", known["patron"][card]) for card in ("HS1", "HS2")]
    assert take(store, *batch) == [ACCEPTED, disputed("already_on_loan")]
    assert [one["open"] for one in read_ledger(store, "hoa-sen")["loans"]] == [False, True]


def test_accepts_a_loan_when_the_one_before_was_returned_or_voided(store: Store, known: Known) -> None:
    station = Station()
    first = station.check_out("TK.1", known["patron"]["HS1"])
    back = station.check_in("TK.1", [loan_of(first)])
    second = station.check_out("TK.1", known["patron"]["HS2"])
    off = station.void(second)
    assert take(store, first, back, second, off, station.check_out("TK.1", known["patron"]["HS3"])) == [ACCEPTED] * 5


def test_settles_an_unknown_loan_when_its_check_out_comes(store: Store, known: Known) -> None:
    station, other = Station(), Station(device="tram-2")
    an = known["patron"]["HS1"]
    out = station.check_out("TK.1", an)
    renewed = other.renew("TK.1", an, loan_of(out), due_on="2026-12-15")
    assert take(store, renewed, device="tram-2") == [disputed("unknown_loan")]
    assert read_ledger(store, "hoa-sen")["loans"] == []
    assert take(store, out) == [ACCEPTED]
    ledger = read_ledger(store, "hoa-sen")
    assert [(one["due_on"], one["renewals"]) for one in ledger["loans"]] == [("2026-12-15", 1)]
    assert ledger["disputes"] == 0


def test_gives_the_first_reason_of_the_table_when_several_fit(store: Store, known: Known) -> None:
    station = Station()
    station.check_in("TK.1")
    out = station.check_out("TK.9", str(uuid4()))
    out["reader"]["salt"] = "00" * 16
    renewed = station.renew("TK.9", str(uuid4()), str(uuid4()))
    assert take(store, out, renewed) == [disputed("gap"), disputed("unknown_item")]


def test_keeps_libraries_apart_when_their_barcodes_are_the_same(store: Store, known: Known, tmp_path: Path) -> None:
    other = bring_a_small_library(store, tmp_path, "sao-mai")
    here, there = Station(), Station(library="sao-mai")
    assert take(store, here.check_out("TK.1", known["patron"]["HS1"])) == [ACCEPTED]
    assert take(store, there.check_out("TK.1", other["patron"]["HS2"]), library="sao-mai") == [ACCEPTED]
    assert take(store, there.check_in("TK.1"), library="sao-mai") == [ACCEPTED]
    assert [one["open"] for one in read_ledger(store, "hoa-sen")["loans"]] == [True]
    assert [one["open"] for one in read_ledger(store, "sao-mai")["loans"]] == [False]
    foreign = Station(library="sao-mai", device="tram-3").check_out("TK.2", known["patron"]["HS1"])
    assert take(store, foreign, library="sao-mai", device="tram-3") == [disputed("unknown_patron")]


def test_takes_an_identity_of_another_library_or_device_as_new(store: Store, known: Known, tmp_path: Path) -> None:
    bring_a_small_library(store, tmp_path, "sao-mai")
    epoch = "cd" * 16
    for library, device in (("hoa-sen", "tram-1"), ("hoa-sen", "tram-2"), ("sao-mai", "tram-1")):
        operation = Station(library, device, epoch=epoch).check_in("TK.1")
        assert take(store, operation, library=library, device=device) == [ACCEPTED]


def test_knows_an_item_when_it_was_imported_after_the_dispute(store: Store, known: Known, tmp_path: Path) -> None:
    station = Station()
    assert take(store, station.check_in("TK.9")) == [disputed("unknown_item")]
    bring(store, "items", "Số ĐKCB,Mã đầu sách\nTK.9,D1\n", tmp_path)
    assert take(store, station.check_in("TK.9")) == [ACCEPTED]
