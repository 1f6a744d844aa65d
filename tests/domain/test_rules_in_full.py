"""One example of each rule in docs/circulation.md that is not in test_circulation or test_due_dates."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from kiosk.domain import blocks as b
from kiosk.domain.circulation import (
    EndedLate,
    Lend,
    Refuse,
    Renew,
    decide_check_in,
    decide_check_out,
    decide_renew,
    due_again,
    hold_is_ready,
    is_of,
    patron_blocks,
    suspended_until,
)
from kiosk.domain.due_dates import Calendar, Closure, SchoolYear, due_date
from kiosk.domain.holds import is_passed_over, still_waiting
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.staff import Role

TODAY = date(2026, 11, 23)  # a Monday
STK = LoanPolicy(14, 4, 1)
LIMITS = PatronLimits(5, 1)
RULES = CirculationRules("1", {"hs": LIMITS}, {("hs", "STK"): STK, ("hs", "TC"): LoanPolicy(9, 1, 0, True)})
NEXT_YEAR = SchoolYear("2027-2028", date(2027, 9, 5), date(2028, 5, 31))  # begins on a Sunday
YEARS = (SchoolYear("2026-2027", date(2026, 9, 5), date(2027, 5, 31)), NEXT_YEAR)
CALENDAR = Calendar("1", frozenset({6}), (Closure(date(2027, 2, 1), date(2027, 2, 14), "Tết"),), YEARS)
AN = Patron("p1", "Minh An", "7A1", "hs", date(2027, 5, 31), False)
BOOK = Item("i1", "t1", "TK.00001", "STK", ItemStatus.AVAILABLE, "Dế Mèn phiêu lưu ký", "Tô Hoài", "Kệ Xanh 1")
LAST_DAY = date(2027, 5, 31)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def a_loan(number: int, due_in: int = 7, lent_ago: int = 3, **changes: object) -> Loan:
    made = Loan(f"l{number}", f"x{number}", "p1", ago(lent_ago), ago(-due_in), 0, "STK")
    return replace(made, **changes)  # type: ignore[arg-type]


def limited(**changes: object) -> CirculationRules:
    return replace(RULES, limits={"hs": replace(LIMITS, **changes)})  # type: ignore[arg-type]


def policed(**changes: object) -> CirculationRules:
    return replace(RULES, policies={("hs", "STK"): replace(STK, **changes)})  # type: ignore[arg-type]


def out(
    patron: Patron = AN,
    item: Item = BOOK,
    loans: tuple[Loan, ...] = (),
    rules: CirculationRules = RULES,
    today: date = TODAY,
    late: EndedLate = (),
    sure: bool = True,
    on_loan: Loan | None = None,
    holds: tuple[Hold, ...] = (),
    by: Role | None = None,
    why: bool = False,
) -> Lend | Refuse:
    return decide_check_out(
        patron,
        item,
        loans,
        on_loan,
        holds,
        rules,
        CALENDAR,
        today,
        ended_late=late,
        day_is_sure=sure,
        role=by,
        reason_given=why,
    )


def renew(loan: Loan, rules: CirculationRules = RULES, by: Role | None = None, read_here: bool = False) -> object:
    return decide_renew(
        AN,
        loan,
        None,
        (loan,),
        (),
        rules,
        CALENDAR,
        TODAY,
        in_house_only=read_here,
        role=by,
        reason_given=by is not None,
    )


# ---- overdue


@pytest.mark.parametrize(("grace", "late", "blocks"), [(1, 1, True), (3, 2, False), (3, 3, True), (0, 0, False)])
def test_counts_a_book_as_late_after_the_days_of_grace(grace: int, late: int, blocks: bool) -> None:
    decision = out(loans=(a_loan(1, due_in=-late),), rules=limited(overdue_blocks_after_days=grace))
    assert decision == Refuse((b.OverdueLoans(1),)) if blocks else isinstance(decision, Lend)


def test_lends_with_fewer_late_books_than_the_library_minds() -> None:
    late = (a_loan(1, due_in=-5), a_loan(2, due_in=-5))
    assert isinstance(out(loans=late[:1], rules=limited(overdue_blocks_from=2)), Lend)
    assert out(loans=late, rules=limited(overdue_blocks_from=2)) == Refuse((b.OverdueLoans(2),))


# ---- suspension


def test_lends_nothing_through_the_day_that_the_centre_names() -> None:
    assert out(patron=replace(AN, suspended_until=TODAY)) == Refuse((b.Suspended(TODAY),))
    assert isinstance(out(patron=replace(AN, suspended_until=ago(1))), Lend)


@pytest.mark.parametrize(
    ("late_by", "came_ago", "until"),
    [(7, 0, ago(-6)), (7, 6, TODAY), (7, 7, None), (6, 0, None)],
    ids=["today", "the last day", "it is over", "not late enough"],
)
def test_lends_nothing_for_days_after_a_late_return(late_by: int, came_ago: int, until: date | None) -> None:
    rules = limited(suspend_after_days=7, suspend_days=7)
    late = ((a_loan(1, due_in=-came_ago - late_by), ago(came_ago)),)
    assert out(rules=rules, late=late) == (Refuse((b.Suspended(until),)) if until else Lend(ago(-14)))


def test_the_longest_suspension_counts() -> None:
    rules = limited(suspend_after_days=1, suspend_days=7)
    late = ((a_loan(1, due_in=-5), TODAY), (a_loan(2, due_in=-5), ago(3)))
    assert suspended_until(late, rules.limits["hs"]) == ago(-6)
    assert out(patron=replace(AN, suspended_until=ago(-9)), rules=rules, late=late) == Refuse((b.Suspended(ago(-9)),))


@pytest.mark.parametrize("limits", [LIMITS, replace(LIMITS, suspend_after_days=1), replace(LIMITS, suspend_days=5)])
def test_a_library_without_a_suspension_suspends_nobody(limits: PatronLimits) -> None:
    assert suspended_until(((a_loan(1, due_in=-90), TODAY),), limits) is None


# ---- limits of a day


def test_lends_no_more_than_the_number_of_a_day() -> None:
    rules, today = limited(per_day=2), (a_loan(1, lent_ago=0), a_loan(2, lent_ago=0))
    assert out(loans=today, rules=rules) == Refuse((b.TooManyToday(2),))
    assert isinstance(out(loans=(*today[:1], a_loan(3)), rules=rules), Lend)


def test_a_loan_of_an_unsure_day_is_none_of_today() -> None:
    unsure = tuple(a_loan(n, lent_ago=0, provisional=True) for n in range(2))
    assert isinstance(out(loans=unsure, rules=limited(per_day=1)), Lend)


# ---- types and classes


def test_says_a_limit_of_a_type_only_where_it_is_lower_than_the_one_for_all() -> None:
    five = tuple(a_loan(n) for n in range(5))
    assert out(loans=five, rules=policed(limit=5)) == Refuse((b.TooManyLoans(5),))
    assert out(loans=five, rules=policed(limit=4)) == Refuse((b.TooManyLoans(5), b.TooManyOfType(4, "STK")))
    named = replace(policed(limit=4), names={"STK": "sách tham khảo"})
    assert out(loans=five[:4], rules=named) == Refuse((b.TooManyOfType(4, "sách tham khảo"),))


def test_reads_here_a_copy_that_stays_though_its_type_is_lent() -> None:
    assert out(item=replace(BOOK, in_house_only=True)) == Refuse((b.InHouseOnly(),))


@pytest.mark.parametrize(
    ("class_name", "classes", "may"),
    [
        ("7A1", ("7",), True),
        ("7A1", ("7A1",), True),
        ("7a1", ("7A",), True),
        ("7 A1", ("7A1",), True),
        ("8A1", ("7",), False),
        ("10A1", ("1",), False),
        ("6A12", ("6A1",), False),
        ("6A12", ("6A1", "6A12"), True),
        ("Lá", ("L",), True),
        ("", ("7",), False),
        ("7A1", ("",), False),
    ],
)
def test_keeps_a_type_for_some_classes(class_name: str, classes: tuple[str, ...], may: bool) -> None:
    assert is_of(class_name, classes) is may
    decision = out(patron=replace(AN, class_name=class_name), rules=policed(classes=classes))
    assert isinstance(decision, Lend) if may else decision == Refuse((b.OtherClasses(classes),))


def test_renews_for_who_has_left_the_class_since() -> None:
    assert renew(a_loan(1), policed(classes=("6",))) == Renew(date(2026, 12, 7), 1)


# ---- the year's end and the summer


def test_a_loan_over_the_summer_is_due_when_the_next_year_begins() -> None:
    """5 September 2027 is a Sunday."""
    rules = policed(over_summer=True)
    assert out(rules=rules, today=date(2027, 5, 24)) == Lend(date(2027, 9, 6))
    assert out(rules=rules, today=LAST_DAY) == Lend(date(2027, 9, 6))
    later = SchoolYear("2028-2029", date(2028, 9, 5), date(2029, 5, 31))
    known = replace(CALENDAR, school_years=(later, *YEARS))
    assert due_date(LAST_DAY, 14, known, over_summer=True) == date(2027, 9, 6)
    assert out(rules=rules, today=date(2027, 5, 10)) == Lend(date(2027, 5, 24)), "it is back before the summer"


def test_a_loan_over_the_summer_ends_with_the_year_while_no_next_one_is_known() -> None:
    alone = replace(CALENDAR, school_years=YEARS[:1])
    assert due_date(date(2027, 5, 24), 14, alone, over_summer=True) == LAST_DAY
    assert due_date(LAST_DAY, 14, alone, over_summer=True) is None
    always_closed = replace(CALENDAR, closures=(Closure(NEXT_YEAR.begins, NEXT_YEAR.ends),))
    assert due_date(date(2027, 5, 24), 14, always_closed, over_summer=True) == LAST_DAY


# ---- the hold shelf


def on_the_shelf(since: date | None, number: int = 1, patron: str = "p2") -> Hold:
    return Hold(f"h{number}", "t1", patron, "ngăn 2", since)


@pytest.mark.parametrize(
    ("since", "today", "passed"),
    [
        (date(2026, 11, 23), date(2026, 11, 26), False),  # Tuesday, Wednesday, Thursday
        (date(2026, 11, 23), date(2026, 11, 27), True),
        (date(2026, 11, 27), date(2026, 12, 1), False),  # a Sunday between them
        (date(2027, 1, 30), date(2027, 2, 17), False),  # Tết between them
        (date(2027, 1, 30), date(2027, 2, 18), True),
        (date(2026, 11, 24), date(2026, 11, 23), False),
        (None, date(2027, 2, 18), False),
    ],
)
def test_a_hold_waits_on_its_shelf_for_open_days(since: date | None, today: date, passed: bool) -> None:
    three, hold = replace(RULES, hold_shelf_days=3), on_the_shelf(since)
    assert is_passed_over(hold, three, CALENDAR, today) is passed
    assert not is_passed_over(hold, RULES, CALENDAR, today), "this library keeps it until they come"
    assert not is_passed_over(hold, three, CALENDAR, today, day_is_sure=False)


def test_the_next_one_is_served_when_the_first_has_not_come() -> None:
    rules, queue = replace(RULES, hold_shelf_days=3), (on_the_shelf(ago(20)), on_the_shelf(None, 2, "p3"))
    waiting = still_waiting(queue, rules, CALENDAR, TODAY)
    assert waiting == [queue[1]]
    assert still_waiting(queue, rules, CALENDAR, TODAY, day_is_sure=False) is queue
    assert decide_check_in((a_loan(1),), tuple(waiting)).held_at == "ngăn 2"
    assert hold_is_ready(replace(AN, id="p3"), waiting, 1)
    assert not hold_is_ready(replace(AN, id="p2"), waiting, 1)
    assert hold_is_ready(replace(AN, id="p2"), (), 1), "who comes late gets a copy that nobody else waits for"


# ---- an unsure day


def test_blocks_nobody_by_a_date_on_an_unsure_day() -> None:
    patron = replace(AN, valid_until=date(2020, 1, 1), suspended_until=date(2030, 1, 1))
    rules = limited(per_day=1, suspend_after_days=1, suspend_days=30)
    loans = (a_loan(1, due_in=-30, lent_ago=0),)
    late = ((a_loan(2, due_in=-30), TODAY),)
    assert isinstance(out(patron, loans=loans, rules=rules, late=late, sure=False), Lend)
    decision = out(patron, loans=loans, rules=rules, late=late)
    assert isinstance(decision, Refuse)
    assert [block.code for block in decision.blocks] == ["T-02", "T-04", "M-11", "M-15"]


# ---- overrides


def test_sets_aside_what_a_librarian_may_and_says_what_it_was() -> None:
    patron = replace(AN, blocked=True, suspended_until=TODAY)
    assert out(patron, by=Role.LIBRARIAN, why=True) == Lend(ago(-14), (b.PatronBlocked(), b.Suspended(TODAY)))
    assert isinstance(out(patron, by=Role.LIBRARIAN), Refuse), "not without a reason"
    assert isinstance(out(patron, why=True), Refuse), "not without somebody of the staff"
    assert out(by=Role.LIBRARIAN, why=True) == Lend(ago(-14)), "nothing was against it"


def test_a_reason_sets_nothing_aside_while_another_stays() -> None:
    decision = out(replace(AN, blocked=True), on_loan=a_loan(9, patron_id="p2"), by=Role.MAINTAINER, why=True)
    assert decision == Refuse((b.PatronBlocked(), b.OnLoanToAnother()))


def test_lends_a_book_that_is_read_here_for_a_night() -> None:
    saturday = date(2026, 11, 28)
    for item in (replace(BOOK, in_house_only=True), replace(BOOK, item_type="TC")):
        assert out(item=item, by=Role.LIBRARIAN, why=True) == Lend(date(2026, 11, 24), (b.InHouseOnly(),))
        assert out(item=item, today=saturday, by=Role.LIBRARIAN, why=True) == Lend(
            date(2026, 11, 30), (b.InHouseOnly(),)
        )
        refused = out(item=item, today=LAST_DAY, by=Role.LIBRARIAN, why=True)
        assert refused == Refuse((b.InHouseOnly(), b.SchoolYearEnds()))


def test_renews_a_book_that_is_read_here_for_a_night_more_and_only_at_the_desk() -> None:
    loan = a_loan(1, due_in=0)
    assert renew(loan, read_here=True) == Refuse((b.InHouseOnly(),))
    assert renew(loan, by=Role.LIBRARIAN, read_here=True) == Renew(date(2026, 11, 24), 1, (b.InHouseOnly(),))
    longer = Refuse((b.InHouseOnly(), b.RenewedTooSoon(ago(-7))))
    assert renew(a_loan(1), by=Role.LIBRARIAN, read_here=True) == longer, "no day is taken away"


def test_renews_against_the_rules_with_a_reason() -> None:
    loan = a_loan(1, due_in=-2, renewals=1)
    against = (b.LoanOverdue(ago(2)), b.NoMoreRenewals(1))
    assert renew(loan) == Refuse(against)
    assert renew(loan, by=Role.LIBRARIAN) == Renew(ago(-14), 2, against)
    assert renew(a_loan(1, lent_ago=0), by=Role.LIBRARIAN) == Refuse((b.RenewedTooSoon(ago(-7)),))


def test_nobody_lends_what_has_no_period() -> None:
    assert out(item=replace(BOOK, item_type="CD"), by=Role.MAINTAINER, why=True) == Refuse((b.NoPolicy(),))
    assert out(replace(AN, category="khach"), by=Role.MAINTAINER, why=True) == Refuse((b.NoPolicy(),))


def test_an_unsure_loan_for_a_night_stays_one_when_the_day_is_known() -> None:
    loan = a_loan(1, due_in=-100, provisional=True)
    assert due_again(loan, "hs", TODAY, RULES, CALENDAR, in_house_only=True) == date(2026, 11, 24)
    assert due_again(replace(loan, item_type="TC"), "hs", TODAY, RULES, CALENDAR) == date(2026, 11, 24)
    assert due_again(loan, "hs", TODAY, RULES, CALENDAR) == ago(-14)


def test_what_keeps_a_card_from_everything_is_known_before_a_book_is_scanned() -> None:
    patron = replace(AN, blocked=True, suspended_until=TODAY)
    assert patron_blocks(patron, (), RULES, TODAY, day_is_sure=True) == (b.PatronBlocked(), b.Suspended(TODAY))
