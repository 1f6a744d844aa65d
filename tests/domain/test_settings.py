from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import settings as s
from kiosk.domain.due_dates import Calendar, Closure
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.settings import all_settings, bad_settings, overlay
from kiosk.domain.staff import Role
from tests.domain.situations import Situation, calendars, days, rules, situations

TET = Closure(date(2027, 2, 1), date(2027, 2, 14), "Tết")
RULES = CirculationRules(
    "1", {"hs": PatronLimits(5, 1)}, {("hs", "STK"): LoanPolicy(14, 4, 1), ("hs", "TC"): LoanPolicy(0, 0, 0, True)}
)
CALENDAR = Calendar("1", frozenset({6}), (TET,))
NAMES = {one.name: one for one in all_settings(RULES)}


def test_knows_every_setting_of_a_library() -> None:
    assert list(NAMES) == [
        "closed",
        "session.language",
        "session.idle_s",
        "sound.volume",
        "card_proof",
        "self_return",
        "limits.hs.total",
        "limits.hs.per_day",
        "policy.hs.STK.days",
        "policy.hs.STK.limit",
        "policy.hs.STK.renewals",
    ], "no period where nothing is lent"
    assert {one.who for one in NAMES.values()} == {Role.LIBRARIAN}
    assert [NAMES[name].holding({}) for name in ("limits.hs.total", "limits.hs.per_day", "policy.hs.STK.days")] == [
        "5",
        "none",
        "14",
    ], "where nobody has set it, what the rules say"
    assert (s.CARD_PROOF.value({}), s.SELF_RETURN.value({}), s.LANGUAGE.value({})) == ("none", "recorded", None)


def test_a_setting_says_whose_it_is_as_the_library_calls_them() -> None:
    def said(of: CirculationRules) -> set[str]:
        return {one.of for one in all_settings(of)}

    assert said(RULES) == {"", "hs", "hs, STK"}, "a code where it has no name"
    names = {"hs": "Học sinh", "STK": "sách tham khảo", "TC": ""}
    named = replace(RULES, names=names)
    assert said(named) == {"", "Học sinh", "Học sinh, sách tham khảo"}
    assert [one.name for one in all_settings(named)] == list(NAMES), "the centre knows them by their codes"
    assert overlay(named, CALENDAR, {"limits.hs.total": "3"})[0].names == names
    assert said(replace(RULES, names={"hs": ""})) == said(RULES)


def test_lays_settings_over_the_rules() -> None:
    settings = {
        "limits.hs.total": "3",
        "limits.hs.per_day": "2",
        "policy.hs.STK.days": "21",
        "policy.hs.STK.limit": "2",
        "policy.hs.STK.renewals": "0",
        "closed": "2026-11-20, 2027-03-01..2027-03-03",
    }
    laid, calendar = overlay(RULES, CALENDAR, settings)
    assert laid.limits_for("hs") == PatronLimits(3, 1, per_day=2)
    assert laid.policy_for("hs", "STK") == LoanPolicy(21, 2, 0)
    assert laid.policy_for("hs", "TC") == RULES.policy_for("hs", "TC")
    assert laid.version == RULES.version
    closed = [date(2026, 11, 20), *(date(2027, 3, day) for day in (1, 2, 3)), date(2027, 2, 5)]
    assert not any(calendar.is_open(day) for day in closed)
    assert all(calendar.is_open(day) for day in (date(2026, 11, 21), date(2027, 3, 4)))
    assert RULES.limits["hs"].total == 5


def test_sets_no_limit() -> None:
    few = replace(RULES, limits={"hs": PatronLimits(5, 1, per_day=1)})
    assert overlay(few, CALENDAR, {"limits.hs.per_day": "none"})[0].limits["hs"].per_day is None


def test_a_period_of_which_the_centre_has_said_nothing_is_not_made_here() -> None:
    settings = {"policy.hs.CD.days": "7", "limits.khach.total": "9"}
    assert overlay(RULES, CALENDAR, settings) == (RULES, CALENDAR)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("limits.hs.total", words)
        for words in ("", " 5", "-1", "101", "5.0", "none", "fünf", "٥", "1_0", "0x5", "9" * 400, "5\n", "+5")
    ]
    + [("policy.hs.STK.days", "0"), ("policy.hs.STK.days", "366"), ("limits.hs.per_day", "0"), ("sound.volume", "101")]
    + [("card_proof", words) for words in ("", "PIN", "pin ", "face")]
    + [("self_return", ""), ("session.language", "fr"), ("session.idle_s", "5")]
    + [
        ("closed", words)
        for words in (
            "2026-02-30",
            "30/2/2026",
            "2026-11-20..2026-11-19",
            "2026-01-01..2027-01-03",
            "1999-12-31",
            "9999-12-31",
            "2026-11-20...2026-11-21",
            "Tết",
            "2026-11-20 2026-11-21",
            "٢٠٢٦-11-20",
            ", ".join(["2026-11-20"] * 61),
        )
    ],
)
def test_names_a_value_that_cannot_be_read_and_goes_on_without_it(name: str, words: str) -> None:
    settings = {name: words, "limits.hs.total": words if name == "limits.hs.total" else "4"}
    assert bad_settings(RULES, settings) == (name,)
    laid, calendar = overlay(RULES, CALENDAR, settings)
    assert calendar is CALENDAR
    assert laid == RULES if name == "limits.hs.total" else laid.limits["hs"].total == 4
    assert NAMES[name].holding(settings) == NAMES[name].default


def test_a_name_that_nobody_knows_is_of_a_newer_program() -> None:
    assert bad_settings(RULES, {"colour": "red", "limits.hs.weight": "9"}) == ()
    assert overlay(RULES, CALENDAR, {"colour": "red", "limits.hs.weight": "9"}) == (RULES, CALENDAR)


@pytest.mark.parametrize(
    "words",
    ["20/11/2026; 1/2/2027-14/2/2027", " 2026-11-20 ,, 01/02/2027 – 14/02/2027", "2026-11-20,2027-02-01..2027-02-14"],
)
def test_reads_days_as_people_write_them(words: str) -> None:
    found = s.Days().read(words)
    assert [(one.first, one.last) for one in found] == [
        (date(2026, 11, 20), date(2026, 11, 20)),
        (date(2027, 2, 1), date(2027, 2, 14)),
    ]
    assert s.Days().write(found) == "2026-11-20, 2027-02-01..2027-02-14"


named = calendars().map(
    lambda one: replace(one, closures=tuple(replace(closure, name="Tết") for closure in one.closures))
)
"""As the centre has them from the library's file."""


@given(rules, named)
def test_no_settings_leave_everything_as_it_is(of: CirculationRules, calendar: Calendar) -> None:
    assert overlay(of, calendar, {}) == (of, calendar)
    laid, same = overlay(of, calendar, {one.name: one.default for one in all_settings(of)})
    assert (laid, same) == (of, calendar), "and so do the defaults"


@given(rules, named, st.dictionaries(st.sampled_from([*NAMES, "?"]) | st.text(), st.text() | st.integers().map(str)))
def test_any_texts_can_be_laid_over_and_only_close_more_days(
    of: CirculationRules, calendar: Calendar, settings: dict[str, str]
) -> None:
    laid, closed = overlay(of, calendar, settings)
    assert laid.limits.keys() == of.limits.keys()
    assert laid.policies.keys() == of.policies.keys()
    assert set(bad_settings(of, settings)) <= {one.name for one in all_settings(of)}
    day = date(2026, 9, 1)
    assert not any(
        closed.is_open(then) and not calendar.is_open(then) for n in range(99) if (then := day + timedelta(n))
    )


@given(st.lists(st.tuples(days, st.integers(0, 365)), max_size=9))
def test_writes_days_as_it_reads_them(spans: list[tuple[date, int]]) -> None:
    closures = tuple(Closure(first, first + timedelta(days=more)) for first, more in spans)
    assert s.Days().read(s.Days().write(closures)) == closures


@given(rules)
def test_writes_what_it_reads(of: CirculationRules) -> None:
    for one in all_settings(of):
        if isinstance(one.kind, s.WholeNumber):
            values: list[int | None] = [one.kind.least, one.kind.most, *([None] if one.kind.has_none else [])]
            assert [one.kind.read(one.kind.write(value)) for value in values] == values
        elif isinstance(one.kind, s.Choice):
            assert [one.kind.read(one.kind.write(way)) for way in one.kind.ways] == list(one.kind.ways)


@given(situations)
def test_a_total_that_is_laid_over_counts_like_the_centres(scene: Situation) -> None:
    from tests.domain.test_rules_properties import stricter

    told = stricter(scene.rules, "total", 99)
    laid, _ = overlay(scene.rules, scene.calendar, {f"limits.{who}.total": "0" for who in scene.rules.limits})
    assert replace(scene, rules=laid).check_out() == replace(scene, rules=told).check_out()


@pytest.mark.parametrize(
    ("words", "is_closed"), [(None, True), ("", False), ("2026-11-21", False), ("2026-11-20", True), ("mai", True)]
)
def test_a_closed_day_that_is_taken_away_at_the_desk_is_open_at_once(words: str | None, is_closed: bool) -> None:
    """What was chosen before comes back in the centre's calendar, without a name."""
    chosen = Closure(date(2026, 11, 20), date(2026, 11, 20))
    calendar = Calendar("1", frozenset(), (TET, chosen), ())
    _, laid = overlay(RULES, calendar, {} if words is None else {"closed": words})
    assert laid.is_open(chosen.first) is not is_closed
    assert not laid.is_open(TET.first), "the centre's own stay"
