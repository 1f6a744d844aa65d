"""The turn of the school year: nobody is lost, nobody moves twice, once is once, and it can be taken back that day."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_server import erasing, said_here, year_roll
from central_server.clock import day_of
from central_server.database import Store, reading
from central_server.imports import patrons
from central_server.tables.library import patron
from central_server.tables.year import rolled_reader
from central_server.tables.year import year_roll as year_roll_table
from central_server.year_roll import LEAVES, CannotUndo, Done, NotAsShown, Plan, WasDone
from tests.central_server.desks import HOUR_MS, asks, declined, told
from tests.central_server.late import SUSPENDING, day, heard, late_return_of, suspended
from tests.central_server.support import NOON_MS, Station, bring, feed, put_on_list, take

BY = "person-1"
DAY_MS = 24 * HOUR_MS
YEAR = "2026-2027"
MOVES = {"1A": "2A", "2A": "3A", "5A": LEAVES, "Cờ đỏ": "Cờ đỏ"}


def fill(store: Store, them: dict[str, str], library: str = "hoa-sen", blocked: tuple[str, ...] = ()) -> None:
    """Readers in their classes, by card."""
    rows: list[dict[str, Any]] = [
        {
            "library_id": library,
            "id": str(uuid4()),
            "card": card,
            "name": f"Bạn {card}",
            "class_name": name,
            "category": "hs",
            "valid_until": "2027-05-31",
            "blocked": card in blocked,
            "card_lost": False,
            "lifted_on": None,
            "note": None,
        }
        for card, name in them.items()
    ]
    with store.writing.begin() as connection:
        connection.execute(sa.delete(patron).where(patron.c.library_id == library))
        if rows:
            connection.execute(patron.insert(), rows)
        patrons.publish(connection, library, rows)


def now(store: Store, library: str = "hoa-sen") -> dict[str, tuple[str, bool, str]]:
    with reading(store) as connection:
        found = connection.execute(sa.select(patron).where(patron.c.library_id == library))
        return {row.card: (row.class_name, row.blocked, row.valid_until) for row in found}


def plan(valid_until: str | None = "2028-05-31", **more: str) -> Plan:
    return Plan(YEAR, {**MOVES, **more}, valid_until)


def roll(store: Store, what: Plan, now_ms: int = NOON_MS, library: str = "hoa-sen") -> Done:
    with store.writing.begin() as connection:
        shown = year_roll.look(connection, library, what, day_of(now_ms))
        return year_roll.carry_out(connection, library, what, shown.print, BY, now_ms)


@pytest.mark.parametrize(
    ("today", "done", "ended"),
    [
        (date(2027, 5, 20), (), "2026-2027"),
        (date(2027, 9, 5), (), "2026-2027"),
        (date(2027, 6, 1), ("2026-2027",), None),
        (date(2026, 12, 1), (), None),
        (date(2027, 2, 1), (), None),
    ],
)
def test_nobody_is_asked_to_move_classes_up_in_the_middle_of_a_year(
    today: date, done: tuple[str, ...], ended: str | None
) -> None:
    assert year_roll.just_ended(today, done) == ended


@pytest.mark.parametrize(("until", "then"), [("2026-12-31", "2027-05-31"), ("2028-05-31", "2028-05-31")])
def test_no_card_ends_earlier_than_before(store: Store, known: object, until: str, then: str) -> None:
    fill(store, {"A1": "1A"})
    roll(store, plan(until))
    assert now(store) == {"A1": ("2A", False, then)}


def undo(store: Store, now_ms: int = NOON_MS) -> int:
    with store.writing.begin() as connection:
        return year_roll.undo(connection, "hoa-sen", YEAR, BY, now_ms)


@pytest.fixture
def school(store: Store, known: dict[str, dict[str, str]]) -> Store:
    fill(store, {"a": "1A", "b": "2A", "c": "5A", "d": "5A", "e": "Cờ đỏ", "f": "", "g": "4A"}, blocked=("d",))
    return store


def test_moves_each_class_once_and_leaves_the_others_alone(school: Store) -> None:
    assert (done := roll(school, plan())) == Done(YEAR, NOON_MS, BY, 2, 2)
    assert now(school) == {
        "a": ("2A", False, "2028-05-31"),
        "b": ("3A", False, "2028-05-31"),
        "c": ("5A · 2026-2027", True, "2027-05-31"),
        "d": ("5A · 2026-2027", True, "2027-05-31"),
        "e": ("Cờ đỏ", False, "2027-05-31"),
        "f": ("", False, "2027-05-31"),
        "g": ("4A", False, "2027-05-31"),
    }
    with reading(school) as connection:
        assert year_roll.done(connection, "hoa-sen") == [done]
        left = year_roll.leavers(connection, "hoa-sen", YEAR, day_of(NOON_MS))
    assert [(one.line.card, one.line.blocked) for one in left] == [("c", True), ("d", True)]
    stations = {one["data"]["shown_name"]: one["data"] for one in feed(school)[0] if one["kind"] == "patron"}
    assert (stations["Bạn a"]["class_name"], stations["Bạn c"]["blocked"]) == ("2A", True)


def test_shows_all_that_will_be_done_and_does_nothing_by_looking(school: Store) -> None:
    with reading(school) as connection:
        (item,) = [one["id"] for one in feed(school)[0] if one["kind"] == "item"][:1]
        here = sa.select(patron.c.id).where(patron.c.card == "c")
        leaver = str(connection.scalar(here))
    take(school, Station().check_out("TK.1", leaver, item=item))
    before = (now(school), feed(school)[0])
    with reading(school) as connection:
        shown = year_roll.look(connection, "hoa-sen", plan(), day_of(NOON_MS))
    assert (now(school), feed(school)[0]) == before
    assert [(one.class_name, one.count, one.to) for one in shown.moves] == [
        ("1A", 1, "2A"),
        ("2A", 1, "3A"),
        ("5A", 2, ""),
    ]
    assert shown.stay == (("4A", 1), ("Cờ đỏ", 1))
    assert [(one.line.card, [book.barcode for book in one.books]) for one in shown.leavers] == [
        ("c", ["TK.1"]),
        ("d", []),
    ]
    assert (shown.moved, len(shown.leavers)) == (2, 2)


def test_is_done_once_for_a_school_year(school: Store) -> None:
    roll(school, plan())
    after, told_before = now(school), feed(school)
    with school.writing.begin() as connection, pytest.raises(WasDone):
        year_roll.look(connection, "hoa-sen", plan(), day_of(NOON_MS))
    with school.writing.begin() as connection, pytest.raises(WasDone):
        year_roll.carry_out(connection, "hoa-sen", plan(), "whatever", BY, NOON_MS)
    assert (now(school), feed(school)) == (after, told_before)


def test_the_control_that_a_second_one_would_move_everybody_again(school: Store) -> None:
    """Without what is written down of the first."""
    roll(school, plan())
    with school.writing.begin() as connection:
        connection.execute(sa.delete(rolled_reader))
        connection.execute(sa.delete(year_roll_table))
    roll(school, plan())
    assert now(school)["a"][0] == "3A"


def test_does_nothing_when_readers_changed_since_it_was_shown(school: Store) -> None:
    with reading(school) as connection:
        shown = year_roll.look(connection, "hoa-sen", plan(), day_of(NOON_MS))
    with school.writing.begin() as connection:
        connection.execute(sa.update(patron).where(patron.c.card == "g").values(class_name="1A"))
    before = now(school)
    with pytest.raises(NotAsShown), school.writing.begin() as connection:
        year_roll.carry_out(connection, "hoa-sen", plan(), shown.print, BY, NOON_MS)
    assert now(school) == before


def cut_off(store: Store) -> float:
    """Does all of it, and fails before it is committed."""
    with store.writing.begin() as connection:
        shown = year_roll.look(connection, "hoa-sen", plan(), day_of(NOON_MS))
        done = year_roll.carry_out(connection, "hoa-sen", plan(), shown.print, BY, NOON_MS)
        assert done.moved == 2
        return done.moved / 0


def test_is_all_or_nothing(school: Store) -> None:
    before = (now(school), feed(school)[0])

    with pytest.raises(ZeroDivisionError):
        cut_off(school)
    assert (now(school), feed(school)[0]) == before
    with reading(school) as connection:
        assert year_roll.done(connection, "hoa-sen") == []
        assert connection.scalar(sa.select(sa.func.count()).select_from(rolled_reader)) == 0


def test_is_taken_back_on_the_same_day_as_if_it_had_not_been(school: Store) -> None:
    before = now(school)
    roll(school, plan())
    assert undo(school, NOON_MS + HOUR_MS) == 4
    assert now(school) == before
    with pytest.raises(CannotUndo):
        undo(school)
    roll(school, plan())
    assert now(school)["a"][0] == "2A"


def test_is_not_taken_back_later_or_over_what_was_changed_since(school: Store) -> None:
    roll(school, plan())
    after = now(school)
    with pytest.raises(CannotUndo) as cannot:
        undo(school, NOON_MS + DAY_MS)
    assert cannot.value.why == "too_late"
    with school.writing.begin() as connection:
        who = str(connection.scalar(sa.select(patron.c.id).where(patron.c.card == "c")))
        said_here.block(connection, "hoa-sen", who, False, BY, NOON_MS + 1)
    with pytest.raises(CannotUndo) as cannot:
        undo(school, NOON_MS + 2)
    assert cannot.value.why == "changed_since"
    assert {**now(school), "c": after["c"]} == after


def test_who_is_suspended_stays_so_when_it_is_taken_back(
    store: Store, known: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    bring(store, "circulation", SUSPENDING, tmp_path)
    an, station = known["patron"]["HS1"], Station(wall_ms=NOON_MS - 1)
    heard(store, station, *late_return_of(station, an))
    with store.writing.begin() as connection:
        connection.execute(sa.update(patron).where(patron.c.id == an).values(class_name="5A"))
    before = suspended(store, an)
    assert before == (day(11), None)
    roll(store, plan(), NOON_MS + 6 * DAY_MS)
    assert undo(store, NOON_MS + 6 * DAY_MS + HOUR_MS) == 1
    assert (suspended(store, an), told(store, "patron", an)["blocked"]) == (before, False)


def test_takes_back_the_others_when_one_was_erased_meanwhile(school: Store) -> None:
    before = now(school)
    roll(school, plan())
    with school.writing.begin() as connection:
        who = str(connection.scalar(sa.select(patron.c.id).where(patron.c.card == "c")))
        erasing.erase(connection, "hoa-sen", who, NOON_MS)
        named = sa.select(sa.func.count()).select_from(rolled_reader).where(rolled_reader.c.patron_id == who)
        assert connection.scalar(named) == 0
    assert undo(school, NOON_MS + 1) == 3
    assert now(school) == {card: one for card, one in before.items() if card != "c"}


def test_a_block_by_the_years_turn_holds_over_what_a_desk_had_asked_before(school: Store) -> None:
    with reading(school) as connection:
        ids = {row.card: row.id for row in connection.execute(sa.select(patron))}
    put_on_list(school, ids["f"])
    station = Station(wall_ms=NOON_MS - 3 * HOUR_MS)
    early = station.ask_at_desk("patron_block", ids["c"], blocked=False)
    roll(school, plan(), NOON_MS - HOUR_MS)
    assert asks(school, station, early) == declined("overtaken")
    assert told(school, "patron", ids["c"])["blocked"] is True


def test_is_of_one_library_alone(school: Store, tmp_path: Path) -> None:
    bring(school, "patrons", "Số thẻ,Họ và tên,Lớp,Loại bạn đọc\nx,Bạn X,1A,hs\n", tmp_path, "sao-khue")
    before = feed(school, "sao-khue")[0]
    roll(school, plan())
    assert now(school, "sao-khue")["x"][0] == "1A"
    assert feed(school, "sao-khue")[0] == before


def test_proposes_what_the_names_say(school: Store) -> None:
    roll(school, plan())
    with reading(school) as connection:
        assert year_roll.proposal(connection, "hoa-sen", "primary") == [
            ("2A", 1, "3A"),
            ("3A", 1, "4A"),
            ("4A", 1, "5A"),
            ("Cờ đỏ", 1, None),
        ]


@pytest.mark.parametrize(
    ("what", "fault"),
    [
        (Plan("2026", MOVES, None), "bad_school_year"),
        (Plan(YEAR, {"1A": "x" * 60}, None), "bad_class"),
        (Plan(YEAR, {"1A": "a\nb"}, None), "bad_class"),
        (Plan(YEAR, MOVES, "2027-02-30"), "bad_date"),
        (Plan(YEAR, {"1A": "1A"}, None), "nothing_moves"),
        (Plan(YEAR, MOVES, "2027-05-31"), None),
    ],
)
def test_refuses_what_is_no_plan(what: Plan, fault: str | None) -> None:
    assert year_roll.fault_of(what) == fault


NAMES = ("1A", "2A", "3A", "5A", "Cờ đỏ", "")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    them=st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.sampled_from(NAMES), max_size=12),
    moves=st.dictionaries(st.sampled_from([one for one in NAMES if one]), st.sampled_from(NAMES), max_size=5),
)
def test_loses_nobody_moves_nobody_twice_and_can_be_taken_back(
    store: Store, known: dict[str, dict[str, str]], them: dict[str, str], moves: dict[str, str]
) -> None:
    year = str(uuid4())
    fill(store, them)
    what = Plan(year, moves, None)
    before = now(store)
    roll(store, what)
    after = now(store)
    assert after.keys() == before.keys()
    for card, name in them.items():
        to = moves.get(name, name) if name else name
        assert after[card][0] == (f"{name} · {year}" if to == LEAVES and name else to)
    moved = Counter(name for name in them.values() if name and moves.get(name, name) != name)
    with store.writing.begin() as connection:
        (done,) = [one for one in year_roll.done(connection, "hoa-sen") if one.school_year == year]
        assert done.moved + done.left == moved.total()
        assert year_roll.undo(connection, "hoa-sen", year, BY, NOON_MS) == moved.total()
    assert now(store) == before


def test_is_not_done_again_soon_under_the_name_of_the_next_year(school: Store) -> None:
    roll(school, plan())
    was = now(school)
    next_year = Plan("2027-2028", MOVES, "2029-05-31")
    with pytest.raises(WasDone) as no:
        roll(school, next_year)
    assert (no.value.done, no.value.asked) == (plan().school_year, "2027-2028")
    assert now(school) == was
    assert roll(school, next_year, NOON_MS + 200 * 86_400_000).school_year == "2027-2028"
