"""What readers may ask about their own data: all that is held of them, and until when."""

import json
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from central_server import clock, deeds, erasing, said_here, subjects
from central_server.cannot import CannotDo
from central_server.database import Store, reading
from central_server.subject_text import as_text
from central_server.subjects import Kind
from central_server.tables import metadata
from central_server.tables.operations import late_return
from central_server.tables.organisations import deed, reader_pin, visit
from central_server.tables.year import rolled_reader
from tests.central_server.support import NOON_MS, bring_a_small_library, option_of, run
from tests.central_server.test_erasing import Life

Known = dict[str, dict[str, str]]
TODAY = clock.day_of(NOON_MS)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-30", "2026-12-02"),  # Monday
        ("2026-12-02", "2026-12-04"),
        ("2026-12-03", "2026-12-07"),  # Thursday: Friday, and Monday
        ("2026-12-04", "2026-12-08"),
        ("2026-12-05", "2026-12-08"),  # Saturday: Monday and Tuesday
        ("2026-12-06", "2026-12-08"),
    ],
)
def test_two_working_days_after_the_day_of_asking(asked: str, due: str) -> None:
    assert subjects.due_on(date.fromisoformat(asked)) == date.fromisoformat(due)


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_there_are_always_two_working_days_and_the_last_is_one(asked: date) -> None:
    due = subjects.due_on(asked)
    days = [asked + timedelta(days=one) for one in range(1, (due - asked).days + 1)]
    assert [one.weekday() < 5 for one in days].count(True) == 2
    assert due.weekday() < 5


def test_gives_everything_that_leads_to_a_reader(store: Store, known: Known, tmp_path: Path) -> None:
    life = Life(store, tmp_path)
    with store.writing.begin() as connection:
        pin = {"library_id": "hoa-sen", "patron_id": life.patron, "pin": "$argon2id$secret", "must_change": True}
        connection.execute(reader_pin.insert(), pin)
        was = {"class_before": "6A", "class_after": "7A", "blocked_before": False, "blocked_after": False}
        rolled = {"library_id": "hoa-sen", "school_year": "2025-2026", "patron_id": life.patron, **was}
        connection.execute(rolled_reader.insert(), rolled)
        back = {"loan_id": "l-1", "barcode": "TK.1", "due_on": "2026-01-01", "came_on": "2026-02-01"}
        connection.execute(late_return.insert(), back | {"library_id": "hoa-sen", "patron_id": life.patron})
        said_here.link_card(connection, "hoa-sen", life.patron, "TT.77", "somebody", NOON_MS)
        row = {"hash": "secret-hash", "library_id": "hoa-sen", "patron_id": life.patron, "made_ms": 1, "seen_ms": 1}
        connection.execute(visit.insert(), row)
        deeds.note(connection, "somebody", "hold_placed", life.patron, NOON_MS, library="hoa-sen")
        number = subjects.note(connection, "hoa-sen", life.patron, Kind.EXPORT, TODAY, NOON_MS)
        held = subjects.export(connection, "hoa-sen", life.patron, NOON_MS)
    naming = {name for name, table in metadata.tables.items() if "patron_id" in table.c}
    assert naming <= set(held), "a table that names readers is not in the export"
    for name in sorted(naming | {"patron", "deed", "told_to_stations"}):
        assert held[name], f"this reader has something in {name}"
    text = msgspec.json.encode(held).decode()
    for canary in life.canaries:
        assert json.dumps(canary, ensure_ascii=False)[1:-1] in text
    assert (number, held["subject_request"][0]["due_on"]) == (1, subjects.due_on(TODAY).isoformat())
    assert "TT.77" in [one["private"] for one in held["operation_reader"]]
    for secret in ("$argon2id", "secret-hash", "salt"):
        assert secret not in text
    assert {one["title"] for one in held["loan"]} >= {"Dế Mèn phiêu lưu ký"}
    for language in ("vi", "en"):
        said = as_text(held, language)
        assert life.card in said
        assert "Dế Mèn phiêu lưu ký" in said
        assert "{" not in said


def test_gives_nothing_of_others(store: Store, known: Known, tmp_path: Path) -> None:
    life = Life(store, tmp_path)
    bring_a_small_library(store, tmp_path, "sao-mai")
    an = known["patron"]["HS1"]
    with reading(store) as connection:
        text = msgspec.json.encode(subjects.export(connection, "hoa-sen", an, NOON_MS)).decode()
        assert not [one for one in life.canaries if one in text]
        for library, who in (("sao-mai", an), ("hoa-sen", "nobody"), ("no-such", an)):
            with pytest.raises(CannotDo, match="no such reader"):
                subjects.export(connection, library, who, NOON_MS)


def test_what_was_asked_stays_without_the_reader_once_they_are_erased(store: Store, known: Known) -> None:
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    long_ago = TODAY - timedelta(days=10)
    with store.writing.begin() as c:
        assert subjects.note(c, "hoa-sen", an, Kind.ERASURE, long_ago, NOON_MS) == 1
        assert subjects.note(c, "hoa-sen", ha, Kind.CORRECTION, TODAY, NOON_MS) == 2
        deeds.note(c, "somebody", "card_printed", an, NOON_MS, library="hoa-sen")
        assert [(one["number"], one["overdue"]) for one in subjects.listed(c, "hoa-sen", NOON_MS)] == [
            (1, True),
            (2, False),
        ]
        assert subjects.overdue(c, "hoa-sen", NOON_MS) == 1
        erasing.erase(c, "hoa-sen", an, NOON_MS)
        rows = {one["number"]: one for one in subjects.listed(c, "hoa-sen", NOON_MS)}
        assert (rows[1]["patron_id"], rows[1]["name"], rows[1]["done_on"]) == (None, None, TODAY.isoformat())
        assert subjects.overdue(c, "hoa-sen", NOON_MS) == 0
        assert c.scalar(sa.select(deed.c.subject)) == erasing.mark_of(an)
        subjects.done(c, "hoa-sen", 2, NOON_MS)
        for number in (1, 2, 3):
            with pytest.raises(CannotDo, match="still open"):
                subjects.done(c, "hoa-sen", number, NOON_MS)
        with pytest.raises(CannotDo, match="no such reader"):
            subjects.note(c, "hoa-sen", an, Kind.EXPORT, TODAY, NOON_MS)


@pytest.mark.parametrize("days", [1, -400])
def test_nobody_asks_tomorrow_or_years_ago(store: Store, known: Known, days: int) -> None:
    with store.writing.begin() as c, pytest.raises(CannotDo, match="today or before"):
        subjects.note(c, "hoa-sen", known["patron"]["HS1"], Kind.EXPORT, TODAY + timedelta(days=days), NOON_MS)


@pytest.mark.slow
def test_gives_it_on_the_command_line_and_forgets_in_the_night(store: Store, known: Known) -> None:
    where = (*option_of(store.where), "--library", "hoa-sen")
    done = run("reader", "export", *where, "--card", "HS1", "--json")
    assert (done.returncode, json.loads(done.stdout)["patron"]["name"]) == (0, "Nguyễn Minh An")
    assert "Nguyễn Minh An" in run("reader", "export", *where, "--card", "HS1").stdout
    assert run("reader", "export", *where, "--card", "HS999").returncode == 2
    night = ("forget", *option_of(store.where), "--if-erased-within", "2")
    assert "nothing was done" in run(*night).stdout
    assert run("erase-reader", *where, "--card", "HS1").returncode == 0
    done = run(*night)
    assert (done.returncode, done.stdout) == (0, "The files hold nothing any more of what was erased.\n")
