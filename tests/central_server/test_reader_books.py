"""What a reader does on a page is an operation like any other: the same in any order, told, verified and erased."""

import itertools
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from central_server import clock, erasing, page_operations, reader_books
from central_server.cannot import CannotDo
from central_server.chain_audit import audit
from central_server.database import Store, reading
from central_server.devices import PAGES
from central_server.enrolment import make_token
from central_server.lending_rules import Reason, Renewal
from central_server.tables.library import hold, request, title
from central_server.tables.operations import loan, operation, operation_body, operation_reader
from tests.central_server.support import (
    ACCEPTED,
    CIRCULATION,
    NOON_MS,
    Operation,
    Station,
    bring,
    disputes,
    feed,
    loan_of,
    request_id,
    take,
    take_in,
    title_of,
)

Known = dict[str, dict[str, str]]
LIBRARY = "hoa-sen"
# NOON_MS is a few days after the loans of `Station.check_out` began.
TODAY = clock.day_of(NOON_MS)


@pytest.fixture
def rules(store: Store, known: Known, tmp_path: Path) -> Store:
    bring(store, "circulation", CIRCULATION, tmp_path)
    return store


def renewed_on_a_page(
    connection: sa.Connection, lent: Operation, due_on: str = "2026-12-20", renewals: int = 1, at_ms: int = NOON_MS
) -> None:
    """Whatever the rules say: as when the rest of what happened is not known here yet."""
    told = json.loads(lent["body"])["data"]
    data = {"loan": told["loan"], "item": told["item"], "barcode": told["barcode"], "provisional": False}
    data |= {"due_on": due_on, "renewals": renewals}
    page_operations.record(connection, LIBRARY, "renew", data, at_ms, patron=lent["reader"]["patron"])


def after(station: Station, wall_ms: int) -> Station:
    station.wall_ms = wall_ms
    return station


Histories = dict[str, Callable[[Operation, Station, Station], list[Operation]]]
HISTORIES: Histories = {
    "renewed at a station, less far": lambda out, a, b: [
        b.renew("TK.1", out["reader"]["patron"], loan_of(out), "2026-12-15", 1)
    ],
    "renewed at a station, further": lambda out, a, b: [
        b.renew("TK.1", out["reader"]["patron"], loan_of(out), "2026-12-29", 2)
    ],
    "renewed without a clock": lambda out, a, b: [
        Station(device="tram-3", trusted=False).renew("TK.1", out["reader"]["patron"], loan_of(out), "2026-12-20", 1)
    ],
    "returned before": lambda out, a, b: [b.check_in("TK.1", [loan_of(out)])],
    "returned after": lambda out, a, b: [after(b, NOON_MS + 9_000_000).check_in("TK.1", [loan_of(out)])],
    "returned without naming it": lambda out, a, b: [after(b, NOON_MS + 9_000_000).check_in("TK.1")],
    "voided": lambda out, a, b: [a.void(out)],
    "renewed and returned": lambda out, a, b: [
        b.renew("TK.1", out["reader"]["patron"], loan_of(out), "2026-12-15", 1),
        a.check_in("TK.1", [loan_of(out)]),
    ],
    "returned, and that was taken back": lambda out, a, b: [
        back := b.check_in("TK.1", [loan_of(out)]),
        b.void(back),
    ],
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_renewal_on_a_page_comes_to_the_same_in_any_order(store: Store, known: Known, name: str) -> None:
    a, b = Station(wall_ms=NOON_MS - 5_000_000), Station(device="tram-2", wall_ms=NOON_MS - 4_000_000)
    out = a.check_out("TK.1", known["patron"]["HS1"])
    steps: list[Operation | None] = [out, *HISTORIES[name](out, a, b), None]
    found = set()
    for order in itertools.permutations(steps):
        with store.writing.connect() as connection:
            for step in order:
                if step is None:
                    renewed_on_a_page(connection, out)
                else:
                    take_in(connection, step, device=json.loads(step["body"])["device"])
            columns = (loan.c.due_on, loan.c.renewals, loan.c.open, loan.c.standing, loan.c.voided, loan.c.provisional)
            found.add(tuple(connection.execute(sa.select(*columns)).one()))
            assert audit(connection).fault is None
            connection.rollback()
    (outcome,) = found
    wanted = {
        "renewed at a station, further": ("2026-12-29", 2, True),
        "returned before": ("2026-12-20", 1, False),
        "returned after": ("2026-12-20", 1, False),
        "returned without naming it": ("2026-12-20", 1, False),
        "voided": ("2026-12-20", 1, False),
        "renewed and returned": ("2026-12-20", 1, False),
    }
    assert outcome[:3] == wanted.get(name, ("2026-12-20", 1, True))
    assert outcome[4:] == (name == "voided", False)


def test_tells_the_stations_of_a_renewal_and_takes_theirs_afterwards(rules: Store, known: Known) -> None:
    me, station = known["patron"]["HS1"], Station(wall_ms=NOON_MS - 3 * 24 * 3_600_000)
    out = station.check_out("TK.1", me)
    take(rules, out, station.check_out("TK.2", me))  # the other one could be renewed, too
    _, cursor = feed(rules)
    with rules.writing.begin() as connection:
        answers = reader_books.renew(connection, LIBRARY, me, [loan_of(out)], NOON_MS)
    due_on = TODAY + timedelta(days=14)
    assert answers == {loan_of(out): Renewal(due_on, 1)}
    told, _ = feed(rules, cursor=cursor)
    assert [(one["id"], one["data"]["due_on"], one["data"]["renewals"]) for one in told] == [
        (loan_of(out), due_on.isoformat(), 1)
    ]
    with rules.writing.begin() as connection:
        again = reader_books.renew(connection, LIBRARY, me, [loan_of(out)], NOON_MS)
    assert again == {loan_of(out): (Reason("G-41", 1), Reason("Q-32"))}
    late = station.renew("TK.1", me, loan_of(out), "2027-01-03", 2)
    assert take(rules, late, station.check_in("TK.1", [loan_of(out)])) == [ACCEPTED, ACCEPTED]
    with reading(rules) as connection:
        assert [one.barcode for one in reader_books.loans_of(connection, LIBRARY, me, NOON_MS)] == ["TK.2"]


def test_renews_all_that_may_be_and_only_ones_own(rules: Store, known: Known) -> None:
    me, other = known["patron"]["HS1"], known["patron"]["HS2"]
    station = Station(wall_ms=NOON_MS - 3 * 24 * 3_600_000)
    mine, today = station.check_out("TK.1", me), Station(device="tram-2").check_out("TK.2", me)
    theirs = station.check_out("TK.3", other)
    take(rules, mine, theirs)
    with rules.writing.begin() as connection:
        # Told by a station whose clock said that it was today.
        take_in(connection, today, device="tram-2")
        wanted = [loan_of(one) for one in (mine, today, theirs)]
        answers = reader_books.renew(connection, LIBRARY, me, wanted, NOON_MS)
        rows = dict(connection.execute(sa.select(loan.c.id, loan.c.renewals)).all())
    assert {identity for identity, one in answers.items() if isinstance(one, Renewal)} == {loan_of(mine)}
    assert answers.keys() == {loan_of(mine), loan_of(today)}
    assert rows == {loan_of(mine): 1, loan_of(today): 0, loan_of(theirs): 0}


def test_shows_what_is_late_first_and_nobody_late_by_a_day_that_is_not_sure(rules: Store, known: Known) -> None:
    me = known["patron"]["HS1"]
    unsure = Station(device="tram-2", trusted=False, wall_ms=5)
    station = Station(wall_ms=NOON_MS - 3 * 24 * 3_600_000)
    take(rules, station.check_out("TK.1", me), station.check_out("TK.2", me))
    take(rules, unsure.check_out("TK.3", me), device="tram-2")
    with rules.writing.begin() as connection:
        connection.execute(sa.update(loan).where(loan.c.barcode == "TK.2").values(due_on="2026-11-10"))
        connection.execute(
            sa.update(loan).where(loan.c.barcode == "TK.3").values(due_on="2026-11-01", lent_on="2026-10-18")
        )
    with reading(rules) as connection:
        found = reader_books.loans_of(connection, LIBRARY, me, NOON_MS)
    assert [one.barcode for one in found] == ["TK.2", "TK.3", "TK.1"]
    assert [one.late_days for one in found] == [(TODAY - date(2026, 11, 10)).days, 0, 0]
    assert (found[1].provisional, found[1].days) == (True, 14)


def test_who_waits_longest_is_the_first_in_the_queue_wherever_they_asked(rules: Store, known: Known) -> None:
    an, binh, bao = (known["patron"][card] for card in ("HS1", "HS2", "HS3"))
    station, wanted = Station(wall_ms=NOON_MS - 3_600_000), title_of(rules)
    outs = [station.check_out(barcode, bao) for barcode in ("TK.1", "TK.2", "TK.3")]
    take(rules, *outs)
    with rules.writing.begin() as connection:
        assert reader_books.place_hold(connection, LIBRARY, an, wanted, NOON_MS) == ""
        assert reader_books.place_hold(connection, LIBRARY, an, wanted, NOON_MS) == "already_waiting"
        assert reader_books.place_hold(connection, LIBRARY, bao, wanted, NOON_MS) == "already_yours"
    # Asked before An did, and heard afterwards.
    asked = station.ask("place_hold", binh, title=wanted)
    take(rules, asked)
    with reading(rules) as connection:
        places = [reader_books.waits_of(connection, LIBRARY, who, NOON_MS)[0].place for who in (an, binh)]
        renewal = reader_books.loans_of(connection, LIBRARY, bao, NOON_MS + 24 * 3_600_000)[0].renewal
    assert places == [2, 1]
    assert Reason("S-24") in renewal
    shelved = station.write(
        "hold_shelved", {"hold": request_id(asked), "barcode": "TK.1", "day": TODAY.isoformat()}, binh
    )
    take(rules, station.check_in("TK.1", [loan_of(outs[0])]), shelved)
    with reading(rules) as connection:
        (his,), (hers,) = (reader_books.waits_of(connection, LIBRARY, who, NOON_MS) for who in (binh, an))
    assert (his.kept_at, his.is_free, hers.kept_at, hers.is_free) == ("", True, None, False)
    with rules.writing.begin() as connection:
        assert not reader_books.cancel_hold(connection, LIBRARY, an, his.id, NOON_MS), "another reader's"
        assert reader_books.cancel_hold(connection, LIBRARY, binh, his.id, NOON_MS)
        assert connection.scalars(sa.select(hold.c.patron_id)).all() == [an]


def test_places_no_hold_on_what_is_never_lent_and_not_endlessly(store: Store, known: Known, tmp_path: Path) -> None:
    rows = "".join(f"X{number},Sách {number},STK\n" for number in range(reader_books.MOST_HOLDS + 2))
    bring(store, "titles", f"Mã đầu sách,Nhan đề,Loại\n{rows}", tmp_path)
    copies = "".join(f"XX.{number},X{number}\n" for number in range(reader_books.MOST_HOLDS + 1))
    bring(store, "items", f"Số ĐKCB,Mã đầu sách\n{copies}", tmp_path)
    with store.writing.begin() as connection:
        found = sa.select(title.c.code, title.c.id).where(title.c.code.like("X%"))
        titles: dict[str, str] = dict(connection.execute(found).all())  # type: ignore[arg-type]
        answers = [
            reader_books.place_hold(connection, LIBRARY, known["patron"]["HS1"], titles[f"X{number}"], NOON_MS)
            for number in range(reader_books.MOST_HOLDS + 1)
        ]
        never = reader_books.place_hold(
            connection, LIBRARY, known["patron"]["HS2"], titles[f"X{len(answers)}"], NOON_MS
        )
        unknown = reader_books.place_hold(connection, LIBRARY, known["patron"]["HS2"], "0", NOON_MS)
    assert answers == [""] * reader_books.MOST_HOLDS + ["too_many"]
    assert (never, unknown) == ("no_copies", "unknown")


def test_places_and_cancels_no_hold_all_day_long(store: Store, known: Known) -> None:
    me, wanted = known["patron"]["HS1"], title_of(store)
    with store.writing.begin() as connection:
        for _ in range(reader_books.MOST_A_DAY):
            assert reader_books.place_hold(connection, LIBRARY, me, wanted, NOON_MS) == ""
            held = str(connection.scalar(sa.select(hold.c.id)))
            assert reader_books.cancel_hold(connection, LIBRARY, me, held, NOON_MS)
        assert reader_books.place_hold(connection, LIBRARY, me, wanted, NOON_MS) == "too_often"
        tomorrow = NOON_MS + 24 * 3_600_000 + 1
        assert reader_books.place_hold(connection, LIBRARY, me, wanted, tomorrow) == ""


def test_forgets_a_reader_of_pages_as_of_stations(rules: Store, known: Known) -> None:
    me, words = known["patron"]["HS1"], "Sách về khủng long"
    take(rules, out := Station(wall_ms=NOON_MS - 3 * 24 * 3_600_000).check_out("TK.1", me))
    with rules.writing.begin() as connection:
        reader_books.renew(connection, LIBRARY, me, [loan_of(out)], NOON_MS)
        reader_books.suggest(connection, LIBRARY, me, words, NOON_MS)
        reader_books.place_hold(connection, LIBRARY, me, title_of(rules), NOON_MS)
        erasing.erase(connection, LIBRARY, me, NOON_MS, with_open_loans=True)
    with reading(rules) as connection:
        assert audit(connection).fault is None
        kept: list[Any] = [
            *connection.execute(sa.select(operation_reader)),
            *connection.scalars(sa.select(request.c.patron_id)),
            *connection.scalars(sa.select(operation_body.c.body)),
        ]
        pages = connection.scalar(sa.select(sa.func.count()).where(operation.c.device == PAGES))
    assert disputes(rules) == [], "the pages' own chain is whole"
    assert me not in repr(kept)
    assert "khủng" not in repr(kept)
    assert pages == 3


def test_no_station_is_called_as_the_pages_are(store: Store, known: Known) -> None:
    with store.writing.begin() as connection, pytest.raises(CannotDo, match="no station is"):
        make_token(connection, LIBRARY, PAGES, 30, NOON_MS)
