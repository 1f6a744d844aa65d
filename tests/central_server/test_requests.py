"""What stations ask for: recorded once, decided by rule or by a person, and told."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from central_server import deciding
from central_server.cannot import CannotDo
from central_server.database import Store, reading
from tests.central_server.support import (
    ACCEPTED,
    NOON_MS,
    Operation,
    Station,
    bring,
    disputed,
    feed,
    loan_of,
    option_of,
    request_id,
    run,
    take,
    title_of,
)

Known = dict[str, dict[str, str]]
WAITING = ("waiting", None, None)
GRANTED = ("granted", "rule", None)


def told(store: Store, operation: Operation) -> tuple[str, str | None, str | None]:
    """(state, by, why) as the stations are told."""
    (data,) = (one["data"] for one in feed(store)[0] if (one["kind"], one["id"]) == ("request", request_id(operation)))
    return data["state"], data["by"], data["why"]


def holds(store: Store) -> dict[str, str]:
    """Who waits, by the id of the hold, as the stations are told."""
    return {one["id"]: one["data"]["patron"] for one in feed(store)[0] if one["kind"] == "hold" and one["data"]}


def decide(store: Store, operation: Operation, *, grant: bool, why: str | None = None) -> None:
    with store.writing.begin() as connection:
        deciding.decide(
            connection, "hoa-sen", request_id(operation), grant=grant, by="cô Hạnh", why=why, now_ms=NOON_MS
        )


REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("item_status", {"barcode": "TK.1", "status": "damaged"}),
    ("item_source", {"barcode": "TK.1", "source": "donation"}),
    ("settings", {"values": {"loan_days": "10"}}),
    ("settlement", {"dispute": str(uuid4()), "way": "seen"}),
    ("suggestion", {"text": "Thêm truyện tranh", "private": None}),
    ("fault_report", {"about": "premises", "barcode": None, "text": "Đèn góc đọc hỏng", "private": None}),
    ("fault_report", {"about": "station", "barcode": None, "text": "Máy quét chậm", "private": None}),
]


@pytest.mark.parametrize(("kind", "data"), REQUESTS)
def test_lets_a_request_wait_for_a_person_when_no_rule_decides_it(
    store: Store, known: Known, kind: str, data: dict[str, Any]
) -> None:
    asked = Station().ask(kind, actor="librarian", **data)
    assert take(store, asked, asked) == [ACCEPTED, ("duplicate", None)]
    assert told(store, asked) == WAITING
    with reading(store) as connection:
        (line,) = deciding.listed(connection, "hoa-sen")
    assert (line["id"], line["kind"], line["role"], line["patron"]) == (request_id(asked), kind, "librarian", None)
    assert line["text"] == data.get("text")


@pytest.mark.parametrize(("kind", "data"), REQUESTS)
def test_disputes_a_request_as_unreadable_when_its_id_is_missing(
    store: Store, known: Known, kind: str, data: dict[str, Any]
) -> None:
    assert take(store, Station().write(kind, data)) == [disputed("unreadable")]


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    *REQUESTS,
    ("place_hold", {"title": str(uuid4())}),
    ("cancel_hold", {"hold": str(uuid4())}),
    ("card_link", {}),
    ("card_block", {}),
    ("patron_block", {"blocked": True}),
    ("patron_note", {"private": "ab" * 32}),
    ("checked", {"operation": {"epoch": "ab" * 16, "seq": 1}, "why": "voided"}),
    ("hold_shelved", {"hold": str(uuid4()), "barcode": "TK.1", "day": "2026-11-23"}),
    ("help_call", {"day": "2026-11-23"}),
    ("pin_set", {"how": "set"}),
    ("desk", {"how": "opened", "staff": str(uuid4()), "tries": 0}),
    ("in_house_use", {"barcode": "TK.1", "item": str(uuid4()), "day": "2026-11-23"}),
    ("visit", {"day": "2026-11-23"}),
]

REQUIRED: dict[str, set[str]] = {
    "card_link": {"request", "private"},
    **{kind: set() for kind in ("checked", "desk", "hold_shelved", "help_call", "in_house_use", "pin_set", "visit")},
}


@pytest.mark.parametrize("text", ["\0", "TK\0", "0" * 64 + "\0", "x" * 2_001, "\ud800"], ids=ascii)
def test_disputes_an_operation_as_unreadable_when_a_text_is_none_for_a_database(
    store: Store, known: Known, text: str
) -> None:
    for kind, data in HOSTILE:
        station, batch, whole = Station(), [], {"request": str(uuid4()), "private": "ab" * 32} | data
        for name in data.keys() | REQUIRED.get(kind, {"request"}):
            if not isinstance(whole[name], int):
                spoilt = {"SPOILT": "x"} if name == "values" else "SPOILT"
                batch.append(station.write(kind, whole | {name: spoilt}, known["patron"]["HS1"]))
        for one in batch:
            one["body"] = one["body"].replace("SPOILT", json.dumps(text)[1:-1])
        assert take(store, *batch) == [disputed("unreadable")] * len(batch), kind


@pytest.mark.parametrize(
    "kind", ["place_hold", "cancel_hold", "card_link", "card_block", "patron_block", "patron_note", "hold_shelved"]
)
def test_disputes_an_operation_as_unreadable_when_it_names_no_reader(store: Store, known: Known, kind: str) -> None:
    data = {"title": title_of(store), "hold": str(uuid4()), "private": "0" * 64, "blocked": True, "barcode": "TK.1"}
    data |= {"day": "2026-11-23"}
    assert take(store, Station().ask(kind, **data)) == [disputed("unreadable")]


@pytest.mark.parametrize(("kind", "data"), REQUESTS[:4])
def test_disputes_an_operation_as_unreadable_when_it_names_a_reader_whom_it_has_not(
    store: Store, known: Known, kind: str, data: dict[str, Any]
) -> None:
    assert take(store, Station().ask(kind, known["patron"]["HS1"], **data)) == [disputed("unreadable")]


def test_grants_a_hold_at_once_when_reader_and_title_are_known(store: Store, known: Known) -> None:
    an = known["patron"]["HS1"]
    station = Station()
    asked = station.ask("place_hold", an, title=title_of(store))
    assert take(store, asked) == [ACCEPTED]
    assert told(store, asked) == GRANTED
    (hold,) = (one for one in feed(store)[0] if one["kind"] == "hold")
    assert hold == {
        "kind": "hold",
        "id": request_id(asked),
        "data": {"title": title_of(store), "patron": an, "shelf": "", "placed_ms": station.wall_ms, "shelved_on": None},
    }


def test_declines_a_hold_when_the_reader_waits_for_it_or_has_it_already(store: Store, known: Known) -> None:
    station, title = Station(), title_of(store)
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    first, second, out, third = (
        station.ask("place_hold", an, title=title),
        station.ask("place_hold", an, title=title),
        station.check_out("TK.1", ha),
        station.ask("place_hold", ha, title=title),
    )
    assert take(store, first, second, out, third) == [ACCEPTED] * 4
    assert [told(store, one) for one in (first, second, third)] == [
        GRANTED,
        ("declined", "rule", "already_waiting"),
        ("declined", "rule", "already_yours"),
    ]
    assert holds(store) == {request_id(first): an}


def test_leaves_a_hold_to_a_person_when_reader_or_title_is_unknown(store: Store, known: Known, tmp_path: Path) -> None:
    station = Station()
    strange_reader = station.ask("place_hold", str(uuid4()), title=title_of(store))
    strange_title = station.ask("place_hold", known["patron"]["HS1"], title=str(uuid4()))
    assert take(store, strange_reader, strange_title) == [disputed("unknown_patron"), ACCEPTED]
    for one in (strange_reader, strange_title):
        assert told(store, one) == WAITING
        with pytest.raises(CannotDo, match="not known here"):
            decide(store, one, grant=True)
        decide(store, one, grant=False, why="Sách này không có ở trường")
        assert told(store, one) == ("declined", "person", "Sách này không có ở trường")
    assert holds(store) == {}


def test_ends_a_hold_when_its_reader_cancels_it_and_nobody_elses(store: Store, known: Known) -> None:
    station, an = Station(), known["patron"]["HS1"]
    placed = station.ask("place_hold", an, title=title_of(store))
    stranger = station.ask("cancel_hold", known["patron"]["HS2"], hold=request_id(placed))
    assert take(store, placed, stranger) == [ACCEPTED] * 2
    assert (told(store, stranger), list(holds(store))) == (("declined", "rule", "not_yours"), [request_id(placed)])
    cancelled = station.ask("cancel_hold", an, hold=request_id(placed))
    assert take(store, cancelled) == [ACCEPTED]
    assert (told(store, cancelled), holds(store)) == (GRANTED, {})
    assert {"kind": "hold", "id": request_id(placed), "data": None} in feed(store)[0]


def test_ends_a_hold_when_the_wish_to_cancel_it_comes_first(store: Store, known: Known) -> None:
    station, an = Station(), known["patron"]["HS1"]
    placed = station.ask("place_hold", an, title=title_of(store))
    cancelled = station.ask("cancel_hold", an, hold=request_id(placed))
    assert take(store, cancelled, placed) == [disputed("gap"), ACCEPTED]
    assert [told(store, one) for one in (placed, cancelled)] == [GRANTED, GRANTED]
    assert holds(store) == {}


def test_declines_a_waiting_hold_when_it_is_cancelled(store: Store, known: Known) -> None:
    station, stranger = Station(), str(uuid4())
    placed = station.ask("place_hold", stranger, title=title_of(store))
    cancelled = station.ask("cancel_hold", stranger, hold=request_id(placed))
    take(store, placed, cancelled)
    assert told(store, placed) == ("declined", "rule", "cancelled")
    assert told(store, cancelled) == GRANTED


def test_serves_a_hold_by_the_loan_and_lets_it_stand_again_without_it(store: Store, known: Known) -> None:
    station, an = Station(), known["patron"]["HS1"]
    placed, others = (
        station.ask("place_hold", known["patron"][card], title=title_of(store)) for card in ("HS1", "HS2")
    )
    out = station.check_out("TK.2", an)
    assert take(store, placed, others, out) == [ACCEPTED] * 3
    assert told(store, placed) == GRANTED
    assert list(holds(store)) == [request_id(others)]
    again = station.ask("place_hold", known["patron"]["HS3"], title=title_of(store))
    take(store, again)
    lent = station.check_out("TK.3", known["patron"]["HS3"])
    take(store, lent)
    assert list(holds(store)) == [request_id(others)]
    take(store, station.void(lent))
    assert set(holds(store)) == {request_id(others), request_id(again)}


def test_declines_a_hold_when_its_reader_was_erased_before_it_came(store: Store, known: Known) -> None:
    asked = Station().ask("place_hold", known["patron"]["HS1"], title=title_of(store)) | {"reader": None}
    assert take(store, asked) == [ACCEPTED]
    assert told(store, asked) == ("declined", "rule", "no_reader")


def test_disputes_a_false_reader_when_the_private_words_do_not_match(store: Store, known: Known) -> None:
    asked = Station().ask("card_link", known["patron"]["HS1"], private="HS.900")
    asked["reader"]["private"] = "HS.901"
    assert take(store, asked) == [disputed("false_reader")]
    with pytest.raises(CannotDo, match="not known here"):
        decide(store, asked, grant=True)


def test_disputes_an_identity_conflict_when_another_request_has_the_id(store: Store, known: Known) -> None:
    station = Station()
    asked = station.ask("suggestion", text="Một", private=None)
    same = station.ask("suggestion", request=request_id(asked), text="Hai", private=None)
    assert take(store, asked, same) == [ACCEPTED, disputed("identity_conflict")]
    third = station.ask("suggestion", request=request_id(asked), text="Ba", private=None)
    assert take(store, third) == [disputed("identity_conflict")]
    with reading(store) as connection:
        assert [one["text"] for one in deciding.listed(connection, "hoa-sen")] == ["Một"]


def test_gives_the_reader_a_second_card_when_the_link_is_granted(store: Store, known: Known, tmp_path: Path) -> None:
    an = known["patron"]["HS1"]
    asked = Station().ask("card_link", an, private="HS.900")
    assert "HS.900" not in asked["body"]
    assert take(store, asked) == [ACCEPTED]
    assert told(store, asked) == WAITING
    decide(store, asked, grant=True)

    def cards() -> list[str]:
        return next(one["data"]["cards"] for one in feed(store)[0] if (one["kind"], one["id"]) == ("patron", an))

    assert (told(store, asked), cards()) == (("granted", "person", None), ["HS1", "HS.900"])
    # A later list of patrons does not take it away again.
    bring(store, "patrons", "Số thẻ,Họ và tên,Lớp,Loại bạn đọc\nHS1,Nguyễn Minh An,7A,hs\n", tmp_path)
    assert cards() == ["HS1", "HS.900"]


@pytest.mark.parametrize("card", ["HS2", "HS.900"])
def test_refuses_to_link_a_card_when_it_belongs_to_another(store: Store, known: Known, card: str) -> None:
    station = Station()
    first = station.ask("card_link", known["patron"]["HS3"], private="HS.900")
    second = station.ask("card_link", known["patron"]["HS1"], private=card)
    take(store, first, second)
    decide(store, first, grant=True)
    with pytest.raises(CannotDo, match="belongs to another"):
        decide(store, second, grant=True)
    assert told(store, second) == WAITING


def test_changes_the_item_when_its_status_is_granted(store: Store, known: Known) -> None:
    station = Station()
    asked = station.ask("item_status", actor="librarian", barcode="TK.1", status="lost")
    unknown = station.ask("item_status", actor="librarian", barcode="TK.9", status="lost")
    assert take(store, asked, unknown) == [ACCEPTED] * 2
    decide(store, asked, grant=True)
    statuses = {one["data"]["barcode"]: one["data"]["status"] for one in feed(store)[0] if one["kind"] == "item"}
    assert statuses == {"TK.1": "lost", "TK.2": "available", "TK.3": "available"}
    with pytest.raises(CannotDo, match="not known here"):
        decide(store, unknown, grant=True)


def test_refuses_to_decide_when_it_was_decided_or_was_never_asked(store: Store, known: Known) -> None:
    asked = Station().ask("suggestion", text="Một", private=None)
    with pytest.raises(CannotDo, match="no request"):
        decide(store, asked, grant=True)
    take(store, asked)
    decide(store, asked, grant=True)
    with pytest.raises(CannotDo, match="granted already"):
        decide(store, asked, grant=False)


def test_counts_what_is_read_in_the_library_and_who_comes(store: Store, known: Known) -> None:
    station, an = Station(), known["patron"]["HS1"]
    read = {"barcode": "TK.1", "item": known["item"]["TK.1"], "day": "2026-11-23"}
    batch = [
        station.write("in_house_use", read, an),
        station.write("in_house_use", read, actor="anyone"),
        station.write("visit", {"day": "2026-11-23"}, an),
        station.write("in_house_use", read | {"barcode": "TK.9", "item": None}, actor="anyone"),
        station.write("visit", {"day": "2026-11-23"}),
    ]
    for _ in range(2):
        verdicts = take(store, *batch)
    assert verdicts == [*[("duplicate", None)] * 3, disputed("unknown_item"), disputed("unreadable")]
    with store.reading.connect() as connection:
        rows = connection.exec_driver_sql("SELECT kind, day, barcode, count FROM daily_use ORDER BY 1, 3").all()
    assert [tuple(row) for row in rows] == [
        ("in_house_use", "2026-11-23", "TK.1", 2),
        ("in_house_use", "2026-11-23", "TK.9", 1),
        ("visit", "2026-11-23", "", 1),
    ]


def test_goes_on_with_loans_when_a_request_stands_between_them(store: Store, known: Known) -> None:
    station, an = Station(), known["patron"]["HS1"]
    out = station.check_out("TK.1", an)
    asked = station.ask("suggestion", text="Một", private=None)
    assert take(store, out, asked, station.check_in("TK.1", [loan_of(out)])) == [ACCEPTED] * 3


@pytest.mark.slow
def test_lists_and_decides_on_the_command_line(store: Store, known: Known) -> None:
    asked = Station().ask("card_link", known["patron"]["HS1"], private="HS.900")
    take(store, asked)
    common = (*option_of(store.where), "--library", "hoa-sen")
    listed = json.loads(run("requests", *common, "--json").stdout)["requests"]
    assert [(one["name"], one["card"], one["text"]) for one in listed] == [("Nguyễn Minh An", "HS1", "HS.900")]
    done = run("decide", *common, "--id", request_id(asked), "grant", "--by", "cô Hạnh")
    assert (done.returncode, done.stdout) == (0, f"{request_id(asked)} granted\n")
    again = run("decide", *common, "--id", request_id(asked), "decline")
    assert (again.returncode, again.stdout) == (2, "")
    assert "granted already" in again.stderr
    assert run("requests", *common).stdout == "0 requests\n"
    assert "HS.900" in run("requests", *common, "--all").stdout
