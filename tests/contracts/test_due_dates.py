"""The due date that the centre's page shows is the one that a station gives."""

from datetime import date, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from central_server import lending_rules as centre
from kiosk.domain import due_dates as station

_DAYS = st.dates(date(2026, 6, 1), date(2028, 9, 30))
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@settings(deadline=None)
@given(
    today=_DAYS,
    days=st.integers(1, 365),
    closed_weekdays=st.sets(st.integers(0, 6), max_size=6),
    closed=st.lists(st.tuples(_DAYS, st.integers(0, 40)), max_size=5),
    years=st.sets(st.sampled_from((2026, 2027)), max_size=2),
    over_summer=st.booleans(),
)
def test_is_what_a_station_gives(
    today: date,
    days: int,
    closed_weekdays: set[int],
    closed: list[tuple[date, int]],
    years: set[int],
    over_summer: bool,
) -> None:
    spans = [(first, first + timedelta(days=length)) for first, length in closed]
    told: dict[str, Any] = {
        "closed_weekdays": [_NAMES[day] for day in closed_weekdays],
        "closed": [{"from": first.isoformat(), "to": last.isoformat(), "name": ""} for first, last in spans],
        "school_years": [{"name": "", "begins": f"{year}-09-05", "ends": f"{year + 1}-05-31"} for year in years],
    }
    calendar = station.Calendar(
        closed_weekdays=frozenset(closed_weekdays),
        closures=[station.Closure(first, last) for first, last in spans],
        school_years=[station.SchoolYear("", date(year, 9, 5), date(year + 1, 5, 31)) for year in years],
    )
    assert centre.due_date(today, days, msgspec.convert(told, centre.Calendar), over_summer) == station.due_date(
        today, days, calendar, over_summer=over_summer
    )
