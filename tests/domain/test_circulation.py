from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import blocks as b
from kiosk.domain.circulation import Lend, Refuse, Renew, decide_check_in, decide_check_out, decide_renew, due_again
from kiosk.domain.due_dates import Calendar, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron

TODAY = date(2026, 11, 23)
RULES = CirculationRules(
    "1",
    {"hs": PatronLimits(5, 1)},
    {
        ("hs", "STK"): LoanPolicy(14, 4, 1),
        ("hs", "TT"): LoanPolicy(7, 2, 1),
        ("hs", "TC"): LoanPolicy(1, 1, 0, in_house_only=True),
    },
)
CALENDAR = Calendar("1", frozenset({6}), (), (SchoolYear("y", date(2026, 9, 5), date(2027, 5, 31)),))
AN = Patron("p1", "Minh An", "7A1", "hs", date(2027, 5, 31), False)
BOOK = Item("i1", "t1", "TK.00001", "STK", ItemStatus.AVAILABLE, "Dế Mèn phiêu lưu ký", "Tô Hoài", "Kệ Xanh 1")


def a_loan(number: int, due_in: int = 7, item_type: str = "STK", lent_ago: int = 3, **changes: object) -> Loan:
    made = Loan(
        f"l{number}", f"x{number}", "p1", TODAY - timedelta(days=lent_ago), TODAY + timedelta(days=due_in), 0, item_type
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def out(
    patron: Patron = AN,
    item: Item = BOOK,
    loans: tuple[Loan, ...] = (),
    on_loan: Loan | None = None,
    holds: tuple[Hold, ...] = (),
    today: date = TODAY,
    sure: bool = True,
) -> Lend | Refuse:
    return decide_check_out(patron, item, loans, on_loan, holds, RULES, CALENDAR, today, day_is_sure=sure)


def test_lends_until_the_next_open_day() -> None:
    assert out() == Lend(date(2026, 12, 7))


@pytest.mark.parametrize(
    ("situation", "block"),
    [
        ({"patron": replace(AN, blocked=True)}, b.PatronBlocked()),
        ({"patron": replace(AN, valid_until=date(2026, 5, 31))}, b.CardExpired(date(2026, 5, 31))),
        ({"patron": replace(AN, category="khach")}, b.NoPolicy()),
        ({"item": replace(BOOK, item_type="CD")}, b.NoPolicy()),
        ({"item": replace(BOOK, item_type="TC")}, b.InHouseOnly()),
        ({"item": replace(BOOK, status=ItemStatus.LOST)}, b.NotForLoan()),
        ({"on_loan": a_loan(9, patron_id="p2")}, b.OnLoanToAnother()),
        ({"holds": (Hold("h", "t1", "p2", "ngăn 2"),)}, b.HeldForAnother()),
        ({"loans": tuple(a_loan(n, item_type="TT" if n > 2 else "STK") for n in range(5))}, b.TooManyLoans(5)),
        ({"loans": tuple(a_loan(n) for n in range(4))}, b.TooManyOfType(4, "STK")),
        ({"loans": (a_loan(1, due_in=-1),)}, b.OverdueLoans(1)),
        ({"today": date(2027, 5, 31)}, b.SchoolYearEnds()),
    ],
)
def test_refuses_for_its_one_reason(situation: dict[str, object], block: b.Block) -> None:
    assert out(**situation) == Refuse((block,))  # type: ignore[arg-type]


def test_says_every_reason_at_once() -> None:
    decision = out(
        patron=replace(AN, blocked=True, valid_until=date(2026, 1, 1)),
        loans=tuple(a_loan(n, due_in=-3) for n in range(5)),
        item=replace(BOOK, status=ItemStatus.DAMAGED),
        on_loan=a_loan(9, patron_id="p2"),
    )
    assert isinstance(decision, Refuse)
    assert {type(block) for block in decision.blocks} == {
        b.PatronBlocked,
        b.CardExpired,
        b.OverdueLoans,
        b.TooManyLoans,
        b.TooManyOfType,
        b.NotForLoan,
        b.OnLoanToAnother,
    }


def test_lends_a_held_book_to_the_one_who_waits_first() -> None:
    assert isinstance(out(holds=(Hold("h1", "t1", "p1", ""), Hold("h2", "t1", "p2", ""))), Lend)


def hold(number: int, patron: str) -> Hold:
    return Hold(f"h{number}", "t1", patron, "ngăn 2")


@pytest.mark.parametrize(
    ("queue", "free_copies", "may"),
    [
        (("p2",), 1, False),
        (("p2",), 2, True),
        (("p2", "p3"), 2, False),
        (("p2", "p1"), 1, False),
        (("p2", "p1"), 2, True),
        (("p1", "p2"), 1, True),
    ],
)
def test_lends_a_held_title_when_copies_are_left_for_those_who_come_first(
    queue: tuple[str, ...], free_copies: int, may: bool
) -> None:
    holds = tuple(hold(n, patron) for n, patron in enumerate(queue))
    decision = decide_check_out(AN, BOOK, (), None, holds, RULES, CALENDAR, TODAY, free_copies=free_copies)
    assert isinstance(decision, Lend) is may


def test_keeps_a_returned_book_only_for_one_whom_no_free_copy_serves() -> None:
    queue = (hold(1, "p2"), hold(2, "p3"))
    assert decide_check_in((a_loan(1),), queue, free_copies=0).held_at == "ngăn 2"
    assert decide_check_in((a_loan(1),), queue, free_copies=1).held_at == "ngăn 2"
    assert decide_check_in((a_loan(1),), queue, free_copies=2).held_at is None


def test_makes_nobody_late_on_a_day_that_is_not_sure() -> None:
    ended = replace(AN, valid_until=date(2020, 1, 1))
    assert isinstance(out(patron=ended, loans=(a_loan(1, due_in=-30),), sure=False), Lend)


def test_counts_no_provisional_date_as_overdue() -> None:
    assert isinstance(out(loans=(a_loan(1, due_in=-30, provisional=True),)), Lend)


@given(st.integers(0, 8), st.integers(0, 8))
def test_refusing_is_monotone_in_the_number_of_loans(fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))
    kinds = ("STK", "TT")
    with_fewer, with_more = (
        out(loans=tuple(a_loan(n, item_type=kinds[n % 2]) for n in range(count))) for count in (fewer, more)
    )
    assert not (isinstance(with_fewer, Refuse) and isinstance(with_more, Lend))


def renew(loan: Loan, holds: tuple[Hold, ...] = (), renewed_on: date | None = None, today: date = TODAY) -> object:
    return decide_renew(AN, loan, renewed_on, (loan,), holds, RULES, CALENDAR, today)


def test_renews_from_today() -> None:
    assert renew(a_loan(1)) == Renew(date(2026, 12, 7), 1)


@pytest.mark.parametrize(
    ("loan", "holds", "renewed_on", "block"),
    [
        (a_loan(1, renewals=1), (), date(2026, 11, 20), b.NoMoreRenewals(1)),
        (a_loan(1, lent_ago=0), (), None, b.RenewedTooSoon(TODAY + timedelta(days=7))),
        (a_loan(1), (), TODAY, b.RenewedTooSoon(TODAY + timedelta(days=7))),
        (a_loan(1, due_in=-1), (), None, b.LoanOverdue(TODAY - timedelta(days=1))),
        (a_loan(1), (Hold("h", "t1", "p2", ""),), None, b.HeldForAnother()),
        (a_loan(1, due_in=40), (), None, b.SchoolYearEnds()),
    ],
)
def test_does_not_renew_and_says_why(
    loan: Loan, holds: tuple[Hold, ...], renewed_on: date | None, block: b.Block
) -> None:
    decision = renew(loan, holds, renewed_on)
    assert isinstance(decision, Refuse)
    assert block in decision.blocks


def test_takes_every_book_back_and_says_where_a_held_one_waits() -> None:
    taken = decide_check_in((a_loan(1), a_loan(2)), (Hold("h", "t1", "p9", "ngăn 2"),))
    assert taken.loans == ("l1", "l2")
    assert taken.held_at == "ngăn 2"
    assert decide_check_in((), ()).loans == ()


def test_no_school_year_ends_on_an_unsure_day() -> None:
    """Off since May, switched on in September, and nobody there who knows the time."""
    last_day = date(2027, 5, 31)
    assert isinstance(out(today=last_day), Refuse)
    assert out(today=last_day, sure=False) == Lend(date(2027, 6, 14))


def test_renews_on_an_unsure_day_without_taking_a_day_away() -> None:
    loan = a_loan(1, due_in=40)
    decision = decide_renew(AN, loan, None, (loan,), (), RULES, CALENDAR, TODAY, day_is_sure=False)
    assert decision == Renew(loan.due_on, 1)


@given(st.integers(-400, 400), st.integers(0, 60), st.sampled_from(["hs", "khach", None]))
def test_never_gives_an_earlier_date_when_it_counts_again(later: int, due_in: int, category: str | None) -> None:
    loan = a_loan(1, due_in=due_in, provisional=True)
    due_on = due_again(loan, category, TODAY + timedelta(days=later), RULES, CALENDAR)
    assert due_on >= loan.due_on
    assert due_on == loan.due_on or (category == "hs" and CALENDAR.is_open(due_on))
