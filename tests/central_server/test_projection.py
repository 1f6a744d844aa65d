"""What operations mean for loans, and what the stations hear of it."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from central_server import changes
from central_server.changes import read_page
from central_server.database import Store
from central_server.ingest import Batch
from central_server.ledger import read_ledger
from central_server.wire import read_request
from tests.central_server.support import NOON_MS, Operation, Station, disputed, loan_of, request_of, take, take_in

Known = dict[str, dict[str, str]]


def loans(store: Store) -> dict[str, bool]:
    """Which loans are open, by id."""
    return {one["id"]: one["open"] for one in read_ledger(store, "hoa-sen")["loans"]}


def told(store: Store) -> dict[str, Any]:
    """The newest state of every loan in the change feed, by id."""
    with store.reading.connect() as connection:
        page = read_page(connection, "hoa-sen", "", 2000)
    return {one.id: json.loads(bytes(one.data)) for one in page.changes if one.kind == "loan"}


SURER: dict[str, tuple[bool, Callable[[Station, Operation, str], list[Operation]]]] = {
    "nothing more": (True, lambda *_: []),
    "its boot is dated": (False, lambda station, out, _: [dated(station, out, 0, "2026-12-01")]),
    "a sure renewal": (False, lambda _, out, an: [elsewhere(trusted=True).renew("TK.1", an, loan_of(out))]),
    "an unsure renewal": (True, lambda _, out, an: [elsewhere(trusted=False).renew("TK.1", an, loan_of(out))]),
    "an unsure renewal, and only the loan is dated": (
        True,
        lambda station, out, an: [
            elsewhere(trusted=False).renew("TK.1", an, loan_of(out)),
            dated(station, out, 0, "2026-12-01"),
        ],
    ),
    "an unsure renewal that is dated": (
        False,
        lambda station, out, an: [
            elsewhere(trusted=False).renew("TK.1", an, loan_of(out)),
            dated(station, out, 1, "2026-12-15"),
        ],
    ),
}


def elsewhere(*, trusted: bool) -> Station:
    return Station(device="tram-2", trusted=trusted)


def dated(station: Station, out: Operation, renewals: int, due_on: str) -> Operation:
    loan = {"loan": loan_of(out), "lent_on": "2026-11-18", "due_on": due_on, "renewals": renewals}
    return station.date_boot(station.boot, NOON_MS, None, loan)


@pytest.mark.parametrize("what", SURER)
def test_tells_of_an_unsure_due_date_until_something_is_surer_in_every_order(
    store: Store, known: Known, what: str
) -> None:
    is_unsure, happens = SURER[what]
    station, an = Station(trusted=False), known["patron"]["HS1"]
    out = station.check_out("TK.1", an)
    for arrival in itertools.permutations([out, *happens(station, out, an)]):
        with store.writing.connect() as connection, connection.begin() as undone:
            for one in arrival:
                take_in(connection, one, device=json.loads(one["body"])["device"])
            found = changes.current(connection, "hoa-sen", "loan", loan_of(out))
            undone.rollback()
        assert json.loads(str(found))["provisional"] is is_unsure


def test_tells_the_stations_of_a_loan_when_it_is_lent_renewed_and_returned(store: Store, known: Known) -> None:
    station = Station()
    an = known["patron"]["HS1"]
    out = station.check_out("TK.1", an)
    take(store, out)
    lent = {
        "item": known["item"]["TK.1"],
        "patron": an,
        "lent_on": "2026-11-18",
        "due_on": "2026-12-01",
        "renewals": 0,
        "open": True,
        "provisional": False,
    }
    assert told(store) == {loan_of(out): lent}
    take(store, station.renew("TK.1", an, loan_of(out)))
    assert told(store) == {loan_of(out): lent | {"due_on": "2026-12-15", "renewals": 1}}
    take(store, station.check_in("TK.1", [loan_of(out)]))
    assert told(store) == {loan_of(out): lent | {"due_on": "2026-12-15", "renewals": 1, "open": False}}


def test_counts_the_day_in_vietnam_when_it_is_still_yesterday_in_utc(store: Store, known: Known) -> None:
    station = Station(wall_ms=1_794_940_000_000)  # 17 November 2026, 18:26 UTC
    out = station.check_out("TK.1", known["patron"]["HS1"])
    take(store, out)
    assert told(store)[loan_of(out)]["lent_on"] == "2026-11-18"


def test_ends_a_loan_when_a_check_in_names_none(store: Store, known: Known) -> None:
    out = Station().check_out("TK.1", known["patron"]["HS1"])
    other = Station(device="tram-2", wall_ms=NOON_MS + 60_000)
    take(store, out)
    take(store, other.check_in("TK.1"), device="tram-2")
    assert loans(store) == {loan_of(out): False}


def test_ends_both_loans_when_an_item_on_two_loans_comes_back(store: Store, known: Known) -> None:
    station = Station()
    outs = [station.check_out("TK.1", known["patron"][card]) for card in ("HS1", "HS2")]
    take(store, *outs, station.check_in("TK.1", [loan_of(outs[1])]))
    assert loans(store) == {loan_of(one): False for one in outs}


def test_accepts_a_check_in_when_nothing_was_on_loan(store: Store, known: Known) -> None:
    assert take(store, Station().check_in("TK.1")) == [("accepted", None)]
    assert loans(store) == {}


def test_leaves_other_items_on_loan_when_one_comes_back(store: Store, known: Known) -> None:
    station = Station()
    first, second = (station.check_out(code, known["patron"]["HS1"]) for code in ("TK.1", "TK.2"))
    take(store, first, second, station.check_in("TK.1"))
    assert loans(store) == {loan_of(first): False, loan_of(second): True}


@pytest.mark.parametrize("together", [True, False])
def test_keeps_the_newer_loan_open_when_an_older_check_in_comes_late(
    store: Store, known: Known, together: bool
) -> None:
    station = Station()
    first = station.check_out("TK.1", known["patron"]["HS1"])
    back = station.check_in("TK.1", [loan_of(first)])
    second = station.check_out("TK.1", known["patron"]["HS2"])
    batches = [[second, back, first]] if together else [[second], [back], [first]]
    for batch in batches:
        take(store, *batch)
    assert loans(store) == {loan_of(first): False, loan_of(second): True}


def test_ends_a_loan_when_a_later_check_in_that_names_none_came_before_it(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    take(store, station.check_in("TK.1"))
    take(store, out)
    assert loans(store) == {loan_of(out): False}


def test_keeps_the_newer_loan_open_when_the_older_return_was_at_another_station(store: Store, known: Known) -> None:
    here, there = Station(wall_ms=NOON_MS + 3_600_000), Station(device="tram-2")
    newer = here.check_out("TK.1", known["patron"]["HS1"])
    take(store, newer)
    take(store, there.check_in("TK.1"), device="tram-2")
    assert loans(store) == {loan_of(newer): True}


def test_leaves_a_loan_open_when_a_check_in_elsewhere_has_no_trusted_clock(store: Store, known: Known) -> None:
    out = Station().check_out("TK.1", known["patron"]["HS1"])
    take(store, out)
    back = Station(device="tram-2", trusted=False, wall_ms=0).check_in("TK.1")
    assert take(store, back, device="tram-2") == [disputed("unclear_order")]
    assert loans(store) == {loan_of(out): True}


def test_forgets_a_loan_when_its_check_out_is_voided(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    take(store, out)
    take(store, station.void(out))
    ledger = read_ledger(store, "hoa-sen")
    assert [(one["open"], one["voided"]) for one in ledger["loans"]] == [(False, True)]
    assert told(store) == {loan_of(out): None}


def test_forgets_a_loan_when_the_void_comes_before_the_check_out(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    take(store, station.void(out))
    take(store, out)
    assert loans(store) == {loan_of(out): False}
    assert told(store) == {}


def test_opens_a_loan_again_when_its_check_in_is_voided(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    back = station.check_in("TK.1")
    take(store, out, back)
    assert loans(store) == {loan_of(out): False}
    take(store, station.void(back))
    assert loans(store) == {loan_of(out): True}
    assert told(store)[loan_of(out)]["open"] is True


def test_leaves_a_loan_ended_when_another_check_in_still_stands(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    wrong = station.check_in("TK.1", [loan_of(out)])
    off = station.void(wrong)
    right = station.check_in("TK.1")
    for operation in (out, wrong, right, off):
        take(store, operation)
    assert loans(store) == {loan_of(out): False}


def test_keeps_the_furthest_renewal_when_an_earlier_one_comes_late(store: Store, known: Known) -> None:
    station = Station()
    an = known["patron"]["HS1"]
    out = station.check_out("TK.1", an)
    first = station.renew("TK.1", an, loan_of(out), "2026-12-15", 1)
    second = station.renew("TK.1", an, loan_of(out), "2026-12-29", 2)
    for operation in (out, second, first):
        take(store, operation)
    (loan,) = read_ledger(store, "hoa-sen")["loans"]
    assert (loan["due_on"], loan["renewals"]) == ("2026-12-29", 2)


def loans_in_answer(store: Store, *operations: Operation) -> list[dict[str, int]]:
    request = read_request(json.dumps(request_of(operations)).encode())
    with store.writing.begin() as connection:
        return [one.loans for one in Batch(request).record(connection, NOON_MS).verdicts]


def test_says_in_the_answer_where_its_loans_stand_and_changes_nothing_when_a_batch_comes_again(
    store: Store, known: Known
) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    batch = [out, station.check_in("TK.1", [loan_of(out)])]
    in_answer = loans_in_answer(store, *batch)
    with store.reading.connect() as connection:
        page = read_page(connection, "hoa-sen", "", 2000)
    (number,) = (one.number for one in page.changes if one.kind == "loan")
    assert in_answer + loans_in_answer(store, *batch) == [{loan_of(out): number}] * 4
    with store.reading.connect() as connection:
        assert read_page(connection, "hoa-sen", page.cursor, 2000).changes == []


def test_says_on_which_day_it_was_lent_when_the_clock_was_not_trusted(store: Store, known: Known) -> None:
    out = Station(wall_ms=1_000, trusted=False).check_out("TK.1", known["patron"]["HS1"])
    take(store, out)
    assert told(store)[loan_of(out)]["lent_on"] == "2026-11-18"


def test_keeps_readers_beside_the_operations_when_they_are_recorded(store: Store, known: Known) -> None:
    out = Station().check_out("TK.1", known["patron"]["HS1"])
    take(store, out)
    with store.reading.connect() as connection:
        (reader,) = connection.exec_driver_sql("SELECT patron_id, salt FROM operation_reader").all()
        (kept,) = connection.exec_driver_sql(
            "SELECT body, hash, loans FROM operation NATURAL JOIN operation_body"
        ).all()
    assert tuple(reader) == (known["patron"]["HS1"], out["reader"]["salt"])
    assert known["patron"]["HS1"] not in bytes(kept.body).decode() + kept.hash + kept.loans
