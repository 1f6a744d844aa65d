"""Rules and calendar from TOML."""

from pathlib import Path

import pytest

from central_server.database import Store
from tests.central_server.support import CIRCULATION, bring
from tests.central_server.test_csv_imports import codes, notes, outcomes, told
from tests.central_server.test_old_letters import in_tcvn3

CALENDAR = """version = "2026-09-01"
closed_weekdays = ["sunday"]
[[school_year]]
name = "2026-2027"
begins = 2026-09-05
ends = "31/05/2027"
[[closed]]
from = "2027-02-01"
to = 2027-02-14
name = "Tết"
"""


def test_tells_the_stations_of_the_rules_when_they_are_imported(store: Store, tmp_path: Path) -> None:
    assert outcomes(bring(store, "circulation", CIRCULATION, tmp_path)) == {1: "taken"}
    policy = {
        "patron_category": "hs",
        "item_type": "STK",
        "days": 14,
        "limit": 5,
        "renewals": 1,
        "in_house_only": False,
        "classes": [],
        "over_summer": False,
    }
    limits = {"total": 5, "overdue_blocks_after_days": 1, "overdue_blocks_from": 1, "per_day": None}
    limits |= {"suspend_after_days": None, "suspend_days": 0}
    rules = {"version": "2026-09-01", "limits": {"hs": limits}, "policies": [policy]}
    rules |= {"hold_shelf_days": None, "names": {}}
    assert told(store, "circulation") == [rules]


def test_tells_the_stations_of_the_rules_in_full_when_they_are_in_the_file(store: Store, tmp_path: Path) -> None:
    more = "overdue_blocks_from = 2\nper_day = 3\nsuspend_after_days = 14\nsuspend_days = 7\n[[policy]]"
    content = CIRCULATION.replace("[limits.hs]", "hold_shelf_days = 3\n[limits.hs]").replace("[[policy]]", more)
    assert outcomes(
        bring(store, "circulation", content + 'classes = ["6", "7A2"]\nover_summer = true\n', tmp_path)
    ) == {1: "taken"}
    (rules,) = told(store, "circulation")
    assert rules["limits"]["hs"] == {
        "total": 5,
        "overdue_blocks_after_days": 1,
        "overdue_blocks_from": 2,
        "per_day": 3,
        "suspend_after_days": 14,
        "suspend_days": 7,
    }
    assert (rules["hold_shelf_days"], rules["policies"][0]["classes"]) == (3, ["6", "7A2"])
    assert rules["policies"][0]["over_summer"] is True


def test_tells_the_stations_what_the_library_calls_its_categories_and_types(store: Store, tmp_path: Path) -> None:
    names = '[names]\nhs = "Học sinh"\nSTK = "sách tham khảo"\nTT = "truyện tranh"\n'
    report = bring(store, "circulation", CIRCULATION.replace("[limits.hs]", f"{names}[limits.hs]"), tmp_path)
    assert (outcomes(report), notes(report)) == ({1: "taken"}, ["name_of_nothing"]), "no rule speaks of TT"
    (rules,) = told(store, "circulation")
    assert rules["names"] == {"hs": "Học sinh", "STK": "sách tham khảo", "TT": "truyện tranh"}


def test_tells_the_stations_of_the_calendar_when_it_is_imported(store: Store, tmp_path: Path) -> None:
    assert outcomes(bring(store, "calendar", CALENDAR, tmp_path)) == {1: "taken"}
    assert told(store, "calendar") == [
        {
            "version": "2026-09-01",
            "closed_weekdays": ["sunday"],
            "school_years": [{"name": "2026-2027", "begins": "2026-09-05", "ends": "2027-05-31"}],
            "closed": [{"from": "2027-02-01", "to": "2027-02-14", "name": "Tết"}],
        }
    ]


@pytest.mark.parametrize(("kind", "content"), [("circulation", CIRCULATION), ("calendar", CALENDAR)])
def test_says_whether_something_changed_when_a_file_comes_again(
    store: Store, tmp_path: Path, kind: str, content: str
) -> None:
    bring(store, kind, content, tmp_path)
    assert outcomes(bring(store, kind, "# như cũ\r\n" + content, tmp_path)) == {1: "unchanged"}
    assert outcomes(bring(store, kind, content.replace("2026-09-01", "2026-10-01"), tmp_path)) == {1: "changed"}


def test_takes_weekdays_and_versions_when_they_are_written_as_people_do(store: Store, tmp_path: Path) -> None:
    content = CALENDAR.replace('["sunday"]', '["Chủ nhật", "Saturday"]').replace('"2026-09-01"', "2026-09-01")
    assert bring(store, "calendar", content, tmp_path).exit_code == 0
    (calendar,) = told(store, "calendar")
    assert (calendar["closed_weekdays"], calendar["version"]) == (["sunday", "saturday"], "2026-09-01")


@pytest.mark.parametrize(
    ("kind", "old", "new", "problem"),
    [
        ("circulation", "total", "totall", (3, "unknown_key_meant")),
        ("circulation", "[[policy]]", "[[policies]]", (5, "unknown_key_meant")),
        ("circulation", "days = 14", "days = 14\ncolour = 1", (9, "unknown_key")),
        ("circulation", "days = 14\n", "", (None, "missing_key")),
        ("circulation", "days = 14", 'days = "14"', (None, "bad_value")),
        ("circulation", "days = 14", "days = -1", (None, "bad_value")),
        ("circulation", "[limits.hs]", "[limits.gv]", (None, "policy_without_limits")),
        ("circulation", "[limits.hs]", "hold_shelf_days = 0\n[limits.hs]", (None, "bad_value")),
        ("circulation", "[limits.hs]", '[names]\nhs = " "\n[limits.hs]', (None, "bad_value")),
        ("circulation", "total = 5", "total = 5\nper_day = 0", (None, "bad_value")),
        ("circulation", "total = 5", "total 5", (3, "bad_toml")),
        ("circulation", CIRCULATION, "", (None, "empty_file")),
        ("calendar", "31/05/2027", "31/02/2027", (None, "bad_value")),
        ("calendar", "31/05/2027", "01/09/2026", (None, "ends_before")),
        ("calendar", '"sunday"', '"sonntag"', (None, "bad_value")),
        ("calendar", "from =", "form =", (8, "unknown_key_meant")),
        ("calendar", "[[closed]]", "[closed]", (None, "bad_value")),
    ],
)
def test_imports_nothing_and_says_why_when_a_file_is_wrong(
    store: Store, tmp_path: Path, kind: str, old: str, new: str, problem: tuple[int | None, str]
) -> None:
    content = {"circulation": CIRCULATION, "calendar": CALENDAR}[kind]
    assert old in content
    report = bring(store, kind, content.replace(old, new), tmp_path)
    assert report.exit_code == 2
    assert codes(report)[0] == problem
    assert told(store, kind) == []


def test_refuses_rules_when_two_policies_are_for_the_same(store: Store, tmp_path: Path) -> None:
    twice = CIRCULATION + CIRCULATION[CIRCULATION.index("[[policy]]") :]
    assert codes(bring(store, "circulation", twice, tmp_path)) == [(None, "double_policy")]


def test_keeps_the_old_rules_when_new_ones_are_wrong(store: Store, tmp_path: Path) -> None:
    bring(store, "circulation", CIRCULATION, tmp_path)
    bring(store, "circulation", CIRCULATION.replace("days = 14", 'days = "14"'), tmp_path)
    assert [one["policies"][0]["days"] for one in told(store, "circulation")] == [14]


def test_names_the_patrons_without_rules_when_rules_come_later(store: Store, tmp_path: Path) -> None:
    bring(store, "patrons", "card,name,category\nA,An,hs\nB,Bình,khách\n", tmp_path)
    assert notes(bring(store, "circulation", CIRCULATION, tmp_path)) == ["category_without_rule"]


def test_reads_the_calendar_when_it_is_in_an_old_alphabet(store: Store, tmp_path: Path) -> None:
    content = CALENDAR.replace('"Tết"', '"Nghỉ Tết Nguyên đán, cả trường đóng cửa"')
    report = bring(store, "calendar", in_tcvn3(content).encode("cp1252"), tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["converted_text"])
    assert told(store, "calendar")[0]["closed"][0]["name"] == "Nghỉ Tết Nguyên đán, cả trường đóng cửa"
