"""Who brings a book back late borrows nothing for some days: worked out here, and lifted by people."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from central_server import disputes, erasing, late_returns, settling
from central_server.database import Store, reading
from central_server.tables.operations import late_return
from kiosk.domain import circulation
from kiosk.domain.loan_policy import PatronLimits
from kiosk.domain.model import Loan
from tests.central_server.late import (
    DAY,
    DAY_MS,
    LATER_MS,
    SUSPENDING,
    Known,
    day,
    heard,
    late_return_of,
    lends,
    returns,
    suspended,
)
from tests.central_server.support import (
    ACCEPTED,
    CIRCULATION,
    NOON_MS,
    Station,
    bring,
    loan_of,
    put_on_list,
    take,
)


@pytest.fixture(autouse=True)
def rules(store: Store, known: Known, tmp_path: Path) -> None:
    """Three days late, seven days without; HS3 works at the desk."""
    bring(store, "circulation", SUSPENDING, tmp_path)
    put_on_list(store, known["patron"]["HS3"])


@pytest.fixture
def a() -> Station:
    return Station(wall_ms=NOON_MS - 1)


@pytest.fixture
def b() -> Station:
    return Station(device="tram-2", wall_ms=NOON_MS - 1)


@pytest.mark.parametrize(("late", "until"), [(-5, None), (0, None), (2, None), (3, 9), (20, 26)])
def test_suspends_from_the_day_of_a_late_return(store: Store, known: Known, a: Station, late: int, until: int) -> None:
    an = known["patron"]["HS1"]
    out = lends(a, an, due=0)
    heard(store, a, out, returns(a, out, late))
    assert suspended(store, an) == (None if until is None else day(until), None)
    assert suspended(store, known["patron"]["HS2"]) == (None, None)


@pytest.mark.parametrize("first_heard", [0, 1])
def test_a_second_return_never_shortens_it(
    store: Store, known: Known, a: Station, b: Station, first_heard: int
) -> None:
    an = known["patron"]["HS1"]
    one, two = lends(a, an, due=0), lends(b, an, 0, "TK.2")
    batches = [(a, one, returns(a, one, 10)), (b, two, returns(b, two, 4))]
    for station, *operations in batches if first_heard == 0 else reversed(batches):
        heard(store, station, *operations)
    assert suspended(store, an) == (day(16), None)


def test_an_unsure_return_suspends_nobody_until_its_boot_is_dated(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    out = lends(a, an, due=0)
    a.trusted = False
    back = returns(a, out, 20)
    heard(store, a, out, back)
    assert suspended(store, an) == (None, None)
    a.trusted = True
    a.wall_ms = NOON_MS + 21 * DAY_MS
    heard(store, a, a.date_boot(a.boot, None, NOON_MS + 21 * DAY_MS, after_ms=NOON_MS + 19 * DAY_MS))
    assert suspended(store, an) == (None, None), "between two days is no day"
    heard(store, a, a.date_boot(a.boot, NOON_MS + 4 * DAY_MS, None))
    assert suspended(store, an) == (day(10), None)


def test_an_unsure_due_date_makes_nobody_late(store: Store, known: Known, a: Station, b: Station) -> None:
    an = known["patron"]["HS1"]
    a.trusted = False
    out = lends(a, an, due=0)
    heard(store, a, out)
    heard(store, b, returns(b, out, 20))
    assert suspended(store, an) == (None, None)
    a.trusted = True
    loans = {"loan": loan_of(out), "lent_on": day(-10), "due_on": day(0), "renewals": 0}
    a.wall_ms = NOON_MS + 21 * DAY_MS
    heard(store, a, a.date_boot(a.boot, NOON_MS - 10 * DAY_MS, None, loans))
    assert suspended(store, an) == (day(26), None)


def test_a_clock_that_is_a_year_ahead_suspends_nobody_for_a_year(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    out = lends(a, an, due=0)
    heard(store, a, out, returns(a, out, 365), now_ms=NOON_MS + 3 * DAY_MS)
    assert suspended(store, an) == (day(9), None)


def test_a_return_that_is_taken_back_suspends_nobody(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    out = lends(a, an, due=0)
    back = returns(a, out, 5)
    heard(store, a, out, back)
    assert suspended(store, an) == (day(11), None)
    heard(store, a, a.void(back))
    assert suspended(store, an) == (None, None)
    heard(store, a, returns(a, out, 8))
    assert suspended(store, an) == (day(14), None)


def test_a_renewal_that_is_heard_late_makes_it_a_return_in_time(
    store: Store, known: Known, a: Station, b: Station
) -> None:
    an = known["patron"]["HS1"]
    out = lends(a, an, due=0)
    heard(store, a, out, returns(a, out, 5))
    assert suspended(store, an) == (day(11), None)
    b.wall_ms = NOON_MS - DAY_MS
    heard(store, b, b.renew("TK.1", an, loan_of(out), due_on=day(14)))
    assert suspended(store, an) == (None, None)


@pytest.mark.parametrize("first_heard", [0, 1])
def test_the_first_return_counts_whoever_is_heard_first(
    store: Store, known: Known, a: Station, b: Station, first_heard: int
) -> None:
    """Neither names the loan."""
    an = known["patron"]["HS1"]
    heard(store, a, lends(a, an, due=0))
    backs = []
    for station, on in ((a, 20), (b, 4)):
        station.wall_ms = NOON_MS + on * DAY_MS
        backs.append((station, station.check_in("TK.1")))
    for station, back in backs if first_heard == 0 else reversed(backs):
        heard(store, station, back)
    assert suspended(store, an) == (day(10), None)


@pytest.mark.parametrize(("began", "until"), [(2, None), (4, 10), (25, 26)])
def test_a_return_that_may_have_been_the_first_waits_for_its_time(
    store: Store, known: Known, a: Station, b: Station, began: int, until: int | None
) -> None:
    an = known["patron"]["HS1"]
    heard(store, a, lends(a, an, due=0))
    b.trusted = False
    heard(store, b, b.check_in("TK.1"))
    a.wall_ms = NOON_MS + 20 * DAY_MS
    heard(store, a, a.check_in("TK.1"))
    assert suspended(store, an) == (None, None)
    b.trusted = True
    b.wall_ms = NOON_MS + 26 * DAY_MS
    heard(store, b, b.date_boot(b.boot, NOON_MS + began * DAY_MS, None))
    assert suspended(store, an) == (None if until is None else day(until), None)


def test_who_gave_the_book_to_another_is_not_late_for_them(store: Store, known: Known, a: Station, b: Station) -> None:
    """Nobody knows when they gave it away; it was not the day on which the other brought it."""
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    b.wall_ms = NOON_MS - 2 * DAY_MS
    given = b.check_out("TK.1", ha, days=(day(-2), day(5)))
    heard(store, a, lends(a, an, due=0))
    heard(store, b, given, returns(b, given, 9))
    assert suspended(store, an) == (None, None)
    assert suspended(store, ha) == (day(15), None)


def test_what_a_person_says_of_a_return_counts(store: Store, known: Known, a: Station, b: Station) -> None:
    """The second loan counts as not made; then its reader brought nothing late."""
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    b.wall_ms = NOON_MS - 2 * DAY_MS
    given = b.check_out("TK.1", ha, days=(day(-2), day(2)))
    a.wall_ms = NOON_MS - 10 * DAY_MS
    heard(store, a, a.check_out("TK.1", an, days=(day(-10), day(30))))
    heard(store, b, given)
    with store.writing.begin() as connection:
        (one,) = settling.listed(connection, "hoa-sen")
        found = disputes.find(connection, "hoa-sen", one["id"])
        assert found
        settling.settle(connection, found, "first_has_it", by="cô", request=None, now_ms=LATER_MS)
    heard(store, b, returns(b, given, 9))
    assert suspended(store, ha) == (None, None)


# --- what else changes it


def test_other_rules_suspend_others(store: Store, known: Known, a: Station, tmp_path: Path) -> None:
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    bring(store, "circulation", CIRCULATION, tmp_path)
    heard(store, a, *late_return_of(a, an, on=5), *late_return_of(a, ha, on=9, barcode="TK.2"))
    assert suspended(store, an) == suspended(store, ha) == (None, None)
    bring(store, "circulation", SUSPENDING, tmp_path)
    assert [suspended(store, one)[0] for one in (an, ha)] == [day(11), day(15)], "of the last days"
    longer = SUSPENDING.replace("suspend_days = 7", "suspend_days = 30")
    bring(store, "circulation", longer.replace("suspend_after_days = 3", "suspend_after_days = 6"), tmp_path)
    assert suspended(store, an) == suspended(store, ha) == (None, None)
    bring(store, "circulation", longer, tmp_path)
    assert [suspended(store, one)[0] for one in (an, ha)] == [day(34), day(38)]


def test_another_category_has_other_rules(store: Store, known: Known, a: Station, tmp_path: Path) -> None:
    an = known["patron"]["HS1"]
    heard(store, a, *late_return_of(a, an))
    teachers = SUSPENDING.replace("[[policy]]", "[limits.gv]\ntotal = 9\noverdue_blocks_after_days = 9\n[[policy]]", 1)
    bring(store, "circulation", teachers, tmp_path)
    bring(store, "patrons", "Số thẻ,Họ và tên,Loại bạn đọc\nHS1,Nguyễn Minh An,gv\n", tmp_path)
    assert suspended(store, an) == (None, None)


def test_nothing_of_it_is_left_of_who_was_erased(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    heard(store, a, *late_return_of(a, an))
    with store.writing.begin() as connection:
        erasing.erase(connection, "hoa-sen", an, LATER_MS)
    heard(store, a, *late_return_of(a, an, 9))
    with reading(store) as connection:
        assert connection.execute(sa.select(late_return)).all() == []


def test_nothing_is_looked_up_where_no_rule_suspends(
    store: Store, known: Known, a: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(store, "circulation", CIRCULATION, tmp_path)
    monkeypatch.delattr(late_returns, "reckon")
    heard(store, a, *late_return_of(a, known["patron"]["HS1"]))
    assert take(store, a.check_in("TK.2"), now_ms=LATER_MS) == [ACCEPTED]


@pytest.mark.parametrize("protection", ["trusted dates only", "no later than heard", "the first that happened"])
def test_control_without_it_a_reader_is_suspended_who_should_not_be(
    store: Store, known: Known, a: Station, b: Station, protection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacks: dict[str, Callable[..., Any]] = {
        "trusted dates only": lambda: test_an_unsure_due_date_makes_nobody_late(store, known, a, b),
        "no later than heard": lambda: test_a_clock_that_is_a_year_ahead_suspends_nobody_for_a_year(store, known, a),
        "the first that happened": lambda: test_who_gave_the_book_to_another_is_not_late_for_them(store, known, a, b),
    }
    match protection:
        case "trusted dates only":
            read = late_returns.Loan.read

            def surely(row: Any) -> Any:
                one = read(row)
                one.provisional = False
                return one

            monkeypatch.setattr(late_returns.Loan, "read", surely)
        case "no later than heard":
            heard_of = late_returns._heard

            def years_later(*given: Any) -> dict[Any, int]:
                return {place: at + 999 * DAY_MS for place, at in heard_of(*given).items()}

            monkeypatch.setattr(late_returns, "_heard", years_later)
        case _:
            monkeypatch.setattr(late_returns.History, "happened", lambda self, barcode: self.check_ins[barcode])
    with pytest.raises(AssertionError):
        attacks[protection]()


days = st.dates(date(2026, 9, 1), date(2027, 6, 30))


@given(
    st.lists(st.tuples(days, days), max_size=6),
    st.one_of(st.none(), st.integers(0, 30)),
    st.integers(0, 60),
    st.one_of(st.none(), days),
)
def test_the_station_works_it_out_alike(
    returns: list[tuple[date, date]], after: int | None, length: int, lifted_on: date | None
) -> None:
    """They share no code, and have one rule."""
    here = late_returns.suspended_until(returns, after, length, lifted_on)
    loans = [(Loan("l", "i", "p", DAY, due, 0, "STK"), came) for due, came in returns]
    there = circulation.suspended_until(loans, PatronLimits(5, 1, 1, None, after, length), lifted_on)
    assert here == there
