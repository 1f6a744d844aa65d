from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.due_dates import Calendar, Closure, SchoolYear, due_date

YEAR = SchoolYear("2026-2027", date(2026, 9, 5), date(2027, 5, 31))
TET = Closure(date(2027, 2, 1), date(2027, 2, 14), "Tết")
CALENDAR = Calendar("1", frozenset({6}), (TET,), (YEAR,))

days = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    closures = tuple(
        Closure(first, first + timedelta(days=draw(st.integers(0, 30)))) for first in draw(st.lists(days, max_size=5))
    )
    begins = draw(days)
    years = (SchoolYear("y", begins, begins + timedelta(days=draw(st.integers(1, 300)))),)
    return Calendar("1", frozenset(draw(st.sets(st.integers(0, 6), max_size=6))), closures, years)


def test_moves_to_the_next_open_day_when_due_on_a_sunday() -> None:
    assert due_date(date(2026, 11, 22), 14, CALENDAR) == date(2026, 12, 7)


def test_moves_past_tet_when_due_in_it() -> None:
    assert due_date(date(2027, 1, 20), 14, CALENDAR) == date(2027, 2, 15)


def test_stops_at_the_last_open_day_when_the_school_year_ends_first() -> None:
    assert due_date(date(2027, 5, 25), 14, CALENDAR) == date(2027, 5, 31)


def test_gives_no_date_on_the_last_day_of_the_school_year() -> None:
    assert due_date(date(2027, 5, 31), 14, CALENDAR) is None


def test_ends_no_summer_loan_at_a_school_year() -> None:
    assert due_date(date(2027, 6, 10), 14, CALENDAR) == date(2027, 6, 24)


def test_gives_no_date_when_every_weekday_is_closed() -> None:
    assert due_date(date(2026, 11, 23), 14, Calendar("1", frozenset(range(7)))) is None


@given(calendars(), days, st.integers(1, 300))
def test_is_always_open_after_today_and_within_the_year(calendar: Calendar, today: date, length: int) -> None:
    due = due_date(today, length, calendar)
    if due is None:
        return
    assert calendar.is_open(due)
    assert due > today
    year = calendar.school_year_of(today)
    assert year is None or due <= year.ends


@given(calendars(), days, st.integers(1, 60))
def test_is_never_earlier_than_promised_unless_the_year_ends(calendar: Calendar, today: date, length: int) -> None:
    due = due_date(today, length, calendar)
    year = calendar.school_year_of(today)
    wanted = today + timedelta(days=length)
    if due is not None and due < wanted:
        assert year is not None
        # nothing open was passed over between the date given and the end of the year
        later = [due + timedelta(days=n) for n in range(1, (year.ends - due).days + 1)]
        assert not any(calendar.is_open(day) for day in later if day >= wanted)
