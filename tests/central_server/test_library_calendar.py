"""The library's calendar as a person changes it: told to the stations, with what the settings add to it."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from central_server import lending_rules, library_calendar, settings
from central_server.database import Store, reading
from central_server.library_calendar import WEEKDAYS, Opening, Span
from tests.central_server.desks import told
from tests.central_server.support import CIRCULATION, NOON_MS, ROOT, bring, feed

TODAY = date(2026, 11, 18)
YEAR = Span("2026-2027", date(2026, 9, 5), date(2027, 5, 31))
TET = Span("Nghỉ Tết", date(2027, 2, 1), date(2027, 2, 14))
OPENING = Opening(("sunday",), (YEAR,), (TET,))


def put(store: Store, opening: Opening) -> bool:
    with store.writing.begin() as connection:
        return library_calendar.put(connection, "hoa-sen", opening, TODAY)


def test_is_told_once_and_read_back(store: Store, known: object) -> None:
    with reading(store) as connection:
        assert library_calendar.read(connection, "hoa-sen") == Opening()
    assert put(store, OPENING)
    before = feed(store)
    assert not put(store, OPENING)
    assert feed(store) == before
    with reading(store) as connection:
        assert library_calendar.read(connection, "hoa-sen") == OPENING


def test_keeps_the_closed_days_of_the_settings_beside_its_own(store: Store, known: object) -> None:
    put(store, OPENING)
    with store.writing.begin() as connection:
        settings.put(connection, "hoa-sen", {"closed": "20/11/2026"}, now_ms=NOON_MS)
        assert library_calendar.read(connection, "hoa-sen") == OPENING
    put(store, replace(OPENING, closed=()))
    closed = told(store, "calendar", "hoa-sen")["closed"]
    assert closed == [{"from": "2026-11-20", "to": "2026-11-20", "name": ""}]


def test_what_was_put_is_not_taken_back_by_a_setting(store: Store, known: object, tmp_path: Path) -> None:
    calendar = (ROOT / "samples" / "calendar.toml").read_text(encoding="utf-8")
    bring(store, "calendar", calendar, tmp_path)
    put(store, OPENING)
    with store.writing.begin() as connection:
        settings.put(connection, "hoa-sen", {"sound.volume": "40", "closed": "20/11/2026"}, now_ms=NOON_MS)
        assert library_calendar.read(connection, "hoa-sen") == OPENING
        settings.unset(connection, "hoa-sen", "closed", now_ms=NOON_MS)
        assert library_calendar.read(connection, "hoa-sen") == OPENING
    assert [one["name"] for one in told(store, "calendar", "hoa-sen")["closed"]] == ["Nghỉ Tết"]


def test_a_preview_counts_with_it(store: Store, known: object, tmp_path: Path) -> None:
    with reading(store) as connection:
        assert lending_rules.preview(connection, "hoa-sen", TODAY) == []
    bring(store, "circulation", CIRCULATION, tmp_path)
    put(store, OPENING)
    day = date(2027, 1, 20)
    with reading(store) as connection:
        (due,) = lending_rules.preview(connection, "hoa-sen", day)
    assert (due.category, due.item_type, due.due_on) == ("hs", "STK", date(2027, 2, 15))


@pytest.mark.parametrize(
    ("opening", "fault"),
    [
        (OPENING, None),
        (replace(OPENING, school_years=()), "no_school_year"),
        (replace(OPENING, closed=(replace(TET, name=""),)), "bad_name"),
        (replace(OPENING, closed=(replace(TET, name="a\nb"),)), "bad_name"),
        (replace(OPENING, closed=(TET,) * 201), "bad_name"),
        (replace(OPENING, closed=(replace(TET, last=date(2027, 1, 31)),)), "ends_before"),
        (replace(OPENING, closed=(replace(TET, last=date(2029, 1, 31)),)), "ends_before"),
        (replace(OPENING, school_years=(YEAR, replace(YEAR, first=date(2027, 5, 31)))), "years_overlap"),
        (replace(OPENING, closed_weekdays=WEEKDAYS), "never_open"),
    ],
)
def test_says_why_it_can_be_none(opening: Opening, fault: str | None) -> None:
    assert library_calendar.fault_of(opening) == fault


def test_stations_read_what_is_told(store: Store, known: object) -> None:
    put(store, OPENING)
    data = told(store, "calendar", "hoa-sen")
    assert json.loads(json.dumps(data)) == {
        "version": "2026-11-18",
        "closed_weekdays": ["sunday"],
        "school_years": [{"name": "2026-2027", "begins": "2026-09-05", "ends": "2027-05-31"}],
        "closed": [{"name": "Nghỉ Tết", "from": "2027-02-01", "to": "2027-02-14"}],
    }
