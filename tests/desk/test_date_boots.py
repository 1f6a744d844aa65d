from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.desk.date_boots import date_boots
from kiosk.domain.blocks import HeldForAnother
from kiosk.domain.clock_trust import Anchor, KeptTime, Moment, Voucher
from kiosk.domain.model import Loan
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import Gone, LoanRecord
from kiosk.session.desk_states import Act
from kiosk.session.effects import CheckIn, CheckOut, Renew, TickOff
from kiosk.session.inputs import LoanRefused
from tests.desk.conftest import NOON_MS, RULES, STAFF

if TYPE_CHECKING:
    from tests.desk.conftest import Library

BEGAN_MS = 1_795_664_000_000  # 26 November 2026, 10:33 in Việt Nam
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def library(library: Library) -> Library:
    """Waking up in a new boot that nobody dates, three days after the last trusted time."""
    library.keep_time()
    library.clock.moment = Moment(0, "dark", HOUR_MS, trusted=False)
    return library


def lend(library: Library, number: int, patron: str = "p1") -> str:
    library.ask(CheckOut(1, 1, patron, f"TK.0000{number}"))
    with library.store.unit_of_work() as work:
        (loan,) = work.open_loans_of_item(f"i{number}")
    return loan.id


def anchored(library: Library, boot: str = "dark", at_ms: int = 2 * HOUR_MS) -> None:
    library.clock.moment = Moment(BEGAN_MS + at_ms, boot, at_ms, trusted=True)
    with library.store.unit_of_work() as work:
        work.keep_time(
            KeptTime(BEGAN_MS + at_ms, Voucher.CENTRE, Anchor(boot, at_ms, BEGAN_MS + at_ms, Voucher.CENTRE))
        )
        work.commit()


def step(library: Library, limit: int = 100) -> int:
    with library.store.unit_of_work() as work:
        found = library.desk.date_boots(limit, work)
        work.commit()
    return found


def told(library: Library) -> list[dict[str, Any]]:
    with library.store.unit_of_work() as work:
        bodies = [json.loads(operation.body) for _, operation in work.pending(1_000)]
    return [body for body in bodies if body["kind"] == "date_boot"]


def loan_of(library: Library, identity: str) -> Loan:
    with library.store.unit_of_work() as work:
        loan = work.loan(identity)
    assert loan is not None
    return loan


def test_gives_a_loan_its_day_and_its_due_date_once_the_boot_is_dated(library: Library) -> None:
    identity = lend(library, 1)
    assert loan_of(library, identity).due_on == date(2026, 12, 7), "counted from the floor, the 23rd"
    anchored(library)
    assert step(library) == 1
    loan = loan_of(library, identity)
    assert (loan.lent_on, loan.due_on, loan.provisional) == (date(2026, 11, 26), date(2026, 12, 10), False)
    (body,) = told(library)
    assert (body["actor"], body["reader"], body["at"]["trusted"]) == ("station", None, True)
    assert body["data"] == {
        "boot": "dark",
        "began_ms": BEGAN_MS,
        "after_ms": None,
        "before_ms": None,
        "loans": [{"loan": identity, "lent_on": "2026-11-26", "due_on": "2026-12-10", "renewals": 0}],
    }
    assert step(library) == 0
    assert len(told(library)) == 1


def test_dates_nothing_while_nobody_vouches_for_the_time(library: Library) -> None:
    lend(library, 1)
    assert step(library) == 0
    assert told(library) == []


def test_writes_nothing_of_a_boot_whose_operations_are_all_trusted(library: Library) -> None:
    anchored(library)
    lend(library, 1)
    assert step(library) == 0


def test_dates_a_boot_without_loans_for_the_order_of_what_happened(library: Library) -> None:
    library.ask(CheckIn(1, 1, "TK.00001", only_if_lent=False))
    anchored(library)
    step(library)
    assert [body["data"]["loans"] for body in told(library)] == [[]]


def test_gives_a_boot_that_ended_undated_the_latest_possible_day(library: Library) -> None:
    identity = lend(library, 1)
    library.clock.moment = replace(library.clock.moment, boot_id="darker")
    other = lend(library, 2)
    anchored(library, "bright")
    while step(library):
        pass
    names = ("boot", "began_ms", "after_ms", "before_ms")
    assert [tuple(body["data"][name] for name in names) for body in told(library)] == [
        ("dark", None, NOON_MS, BEGAN_MS),
        ("darker", None, NOON_MS, BEGAN_MS),
    ]
    assert loan_of(library, identity).lent_on == loan_of(library, other).lent_on == date(2026, 11, 26)


def test_says_no_lower_bound_that_a_better_word_has_denied(library: Library) -> None:
    """A battery clock, say, that was a month ahead in the boot before."""
    library.keep_time(BEGAN_MS + 30 * DAY_MS)
    lend(library, 1)
    anchored(library, "bright")
    step(library)
    (body,) = told(library)
    assert (body["data"]["after_ms"], body["data"]["before_ms"]) == (None, BEGAN_MS)


def test_never_takes_a_day_from_a_reader(library: Library) -> None:
    """The rules grew stricter, or the reader is gone: what was told holds."""
    identity = lend(library, 1)
    library.apply(Gone("patron", "p1"))
    anchored(library)
    step(library)
    loan = loan_of(library, identity)
    assert (loan.due_on, loan.provisional) == (date(2026, 12, 7), False)


def test_control_a_loan_keeps_a_wrong_day_when_its_boot_is_not_dated(library: Library) -> None:
    identity = lend(library, 1)
    anchored(library)
    loan = loan_of(library, identity)
    assert (loan.lent_on, loan.due_on) == (date(2026, 11, 23), date(2026, 12, 7)), "three days too early"
    assert loan.provisional, "and never overdue"
    assert told(library) == []


def test_control_a_reader_loses_days_when_the_due_date_is_only_counted_anew(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anew(_loan: Loan, _category: str | None, day: date, *_rest: object, **_more: object) -> date:
        return day  # of somebody of no category there is no period

    monkeypatch.setattr(sys.modules[date_boots.__module__], "due_again", anew)
    with pytest.raises(AssertionError):
        test_never_takes_a_day_from_a_reader(library)


def test_dates_a_renewal_and_the_loan_before_it(library: Library) -> None:
    identity = lend(library, 1)
    library.keep_time(BEGAN_MS - DAY_MS)  # else it is renewed too soon
    library.ask(Renew(1, 1, "p1", "TK.00001"))
    assert loan_of(library, identity).renewals == 1
    anchored(library)
    step(library)
    loan = loan_of(library, identity)
    assert (loan.lent_on, loan.due_on, loan.renewals) == (date(2026, 11, 26), date(2026, 12, 10), 1)
    (body,) = told(library)
    assert [(one["renewals"], one["due_on"]) for one in body["data"]["loans"]] == [(0, "2026-12-07"), (1, "2026-12-10")]


def test_leaves_a_due_date_alone_that_was_given_since(library: Library) -> None:
    identity = lend(library, 1)
    loan = loan_of(library, identity)
    with library.store.unit_of_work() as work:
        _, operation = work.pending(1)[0]
        work.extend_loan(identity, loan.due_on + timedelta(days=30), 1, loan.lent_on, provisional=False)
        work.commit()
    assert operation is not None
    anchored(library)
    step(library)
    assert loan_of(library, identity).due_on == loan.due_on + timedelta(days=30)
    assert loan_of(library, identity).lent_on == date(2026, 11, 26)


def test_dates_a_return_so_that_its_reader_is_not_forgotten_too_soon(library: Library) -> None:
    def returned_on() -> object:
        return library.store._database.tell("SELECT returned_on FROM loan")[0][0]

    lend(library, 1)
    library.ask(CheckIn(1, 1, "TK.00001", only_if_lent=False))
    assert returned_on() == "2026-11-23"
    anchored(library)
    step(library)
    assert returned_on() == "2026-11-26"


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_goes_on_where_it_was_stopped(library: Library, limit: int) -> None:
    lent = [lend(library, number, patron) for number, patron in ((1, "p1"), (2, "p1"), (3, "p1"), (5, "p2"))]
    anchored(library)
    with library.store.unit_of_work() as work:  # the power goes before the commit
        library.desk.date_boots(limit, work)
    assert told(library) == []
    while step(library, limit):
        pass
    named = [loan["loan"] for body in told(library) for loan in body["data"]["loans"]]
    assert named == lent
    assert not any(loan_of(library, identity).provisional for identity in lent)


def test_is_not_undone_by_what_the_centre_said_before_it_heard_of_it(library: Library) -> None:
    identity = lend(library, 1)
    before = loan_of(library, identity)
    anchored(library)
    step(library)
    library.apply(LoanRecord(before, open=True))
    assert loan_of(library, identity).due_on == date(2026, 12, 10)


@pytest.mark.parametrize(("ended_undated", "late_on"), [(True, []), (False, [date(2026, 11, 26)])])
def test_nobody_is_late_by_a_return_of_a_boot_that_ended_undated(
    library: Library, ended_undated: bool, late_on: list[date]
) -> None:
    """Its day is one of many, and the book may have come in time. Where the day is known, it counts."""
    library.lent_elsewhere("i1", "p1", days_ago=9, due_in=1)  # due on the 24th, the day behind the floor's
    library.ask(CheckIn(1, 1, "TK.00001"))
    anchored(library, "bright" if ended_undated else "dark")
    step(library)
    with library.store.unit_of_work() as work:
        assert [on for _, on in work.ended_late("p1", date(2026, 11, 1))] == late_on
    (row,) = library.store._database.tell("SELECT returned_on FROM loan")
    assert row[0] == ("2026-11-24" if ended_undated else "2026-11-26")


@pytest.mark.parametrize("boot", ["dark", "bright"])
def test_a_book_that_was_shelved_in_the_dark_is_kept_from_the_day_that_becomes_known(
    library: Library, boot: str
) -> None:
    """By the last trusted day, three days before, the next one would be served at once."""
    library.apply(replace(RULES, version="2", hold_shelf_days=1))
    library.ask(TickOff(1, 1, Act.SHELVED, "h1", ByStaff(Staff(STAFF[0], Role.LIBRARIAN)), "TK.00004"))
    anchored(library, boot)
    assert step(library) == 1
    with library.store.unit_of_work() as work:
        assert [hold.shelved_on for hold in work.holds_on("t4")] == [date(2026, 11, 26)]
    answer = library.ask(CheckOut(1, 1, "p2", "TK.00004"))
    assert isinstance(answer, LoanRefused)
    assert answer.blocks == (HeldForAnother(),)
