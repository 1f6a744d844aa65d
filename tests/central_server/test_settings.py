"""What a library sets at its desks and at the centre: checked, told, and laid into the rules that stations hear."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from central_server import settings
from central_server.cannot import CannotDo
from central_server.database import Store, open_store, reading
from central_server.tables.library import as_imported, setting
from tests.central_server.databases import Databases
from tests.central_server.support import (
    ACCEPTED,
    CIRCULATION,
    NOON_MS,
    Station,
    bring,
    feed,
    option_of,
    put_on_list,
    request_id,
    run,
    take,
)
from tests.central_server.test_csv_imports import notes, outcomes
from tests.central_server.test_database import at_revision
from tests.central_server.test_erasing import files_with
from tests.central_server.test_toml_imports import CALENDAR

Known = dict[str, dict[str, str]]
HOUR_MS = 3_600_000
IN_HOUSE = (
    '[[policy]]\npatron_category = "hs"\nitem_type = "TC"\ndays = 1\nlimit = 1\nrenewals = 0\nin_house_only = true\n'
)


@pytest.fixture(autouse=True)
def rules(store: Store, known: Known, tmp_path: Path) -> None:
    """HS3 works at the desk; the library has rules and a calendar."""
    put_on_list(store, known["patron"]["HS3"])
    bring(store, "circulation", CIRCULATION + IN_HOUSE, tmp_path)
    bring(store, "calendar", CALENDAR, tmp_path)


@pytest.fixture
def station() -> Station:
    return Station(wall_ms=NOON_MS - HOUR_MS)


def told(store: Store, kind: str) -> dict[str, Any]:
    """By id."""
    return {one["id"]: one["data"] for one in feed(store)[0] if one["kind"] == kind}


def asks(store: Store, station: Station, **values: str) -> tuple[str, str | None]:
    """The state of a request for what is named like `limits_hs_total`, and why."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    operation = station.ask_at_desk("settings", values=named)
    assert take(store, operation, device=station.device) == [ACCEPTED]
    data = told(store, "request")[request_id(operation)]
    return data["state"], data["why"]


def at_the_centre(store: Store, *, fixed: bool = False, now_ms: int = NOON_MS, **values: str) -> None:
    with store.writing.begin() as connection:
        settings.put(connection, "hoa-sen", values, now_ms=now_ms, fixed=fixed)


GOOD = {
    "limits.hs.total": ["0", "3", "100", "007"],
    "limits.hs.per_day": ["1", "none"],
    "policy.hs.STK.days": ["1", "365"],
    "policy.hs.STK.limit": ["0", "100"],
    "policy.hs.STK.renewals": ["0", "20"],
    "closed": [
        "",
        "2026-11-20",
        "2026-11-20, 2027-02-01..2027-02-14",
        "20/11/2026; 1/2/2027 - 14/2/2027",
        ",".join(["2026-11-20"] * 60),
    ],
    "session.language": ["vi", "en"],
    "session.idle_s": ["10", "300"],
    "sound.volume": ["0", "100"],
    "card_proof": ["none", "pin", "pin_on_camera"],
    "self_return": ["recorded", "to_check"],
}
BAD = {
    "limits.hs.total": ["-1", "101", "", "none", "3.5", "x", "٣", " 3", "1_0", "9" * 2_000],
    "limits.hs.per_day": ["0", "101", ""],
    "policy.hs.STK.days": ["0", "366"],
    "policy.hs.STK.limit": ["101"],
    "policy.hs.STK.renewals": ["21"],
    "closed": [
        "x",
        "2026-02-30",
        "2026-11-20..2026-11-19",
        "2026-01-01..2027-01-02",
        "1999-12-31",
        "2026-11-20 2026-11-21",
        ",".join(["2026-11-20"] * 61),
    ],
    "session.language": ["", "fr", "VI"],
    "session.idle_s": ["9", "301"],
    "sound.volume": ["101"],
    "card_proof": ["PIN", ""],
    "self_return": ["never"],
}


@pytest.mark.parametrize("name", GOOD)
def test_takes_what_can_be_and_declines_what_cannot(store: Store, station: Station, name: str) -> None:
    for value in GOOD[name]:
        assert asks(store, station, **{name: value}) == ("granted", None), value
        assert told(store, "setting")[name] == {"value": value, "fixed": False}
    for value in BAD[name]:
        assert asks(store, station, **{name: value}) == ("declined", "bad_value"), value[:20]
    assert told(store, "setting")[name] == {"value": GOOD[name][-1], "fixed": False}


def test_knows_every_setting_of_the_library_and_no_other(store: Store, station: Station) -> None:
    with reading(store) as connection:
        assert settings.known(connection, "hoa-sen").keys() == GOOD.keys() == BAD.keys()
    for name in (
        "loan_days",
        "limits.gv.total",
        "policy.hs.TC.days",
        "policy.hs.STK.in_house_only",
        "limits.hs.x",
        "x" * 64,
    ):
        assert asks(store, station, **{name: "1"}) == ("declined", "unknown_setting"), name
        assert told(store, "setting")[name] is None


def test_takes_all_of_a_request_or_nothing_of_it(store: Store, station: Station) -> None:
    assert asks(store, station, card_proof="pin", self_return="x") == ("declined", "bad_value")
    assert told(store, "setting") == {"card_proof": None, "self_return": None}


def test_lays_limits_periods_and_closed_days_into_what_the_stations_hear(
    store: Store, station: Station, tmp_path: Path
) -> None:
    values = {"limits.hs.per_day": "2", "policy.hs.STK.days": "7", "closed": "20/11/2026, 2027-03-01..2027-03-02"}
    assert asks(store, station, **values) == ("granted", None)

    def check() -> None:
        rules, calendar = told(store, "circulation")["hoa-sen"], told(store, "calendar")["hoa-sen"]
        assert (rules["limits"]["hs"]["per_day"], rules["policies"][0]["days"]) == (2, 7)
        assert [(one["from"], one["to"], one["name"]) for one in calendar["closed"]] == [
            ("2027-02-01", "2027-02-14", "Tết"),
            ("2026-11-20", "2026-11-20", ""),
            ("2027-03-01", "2027-03-02", ""),
        ]

    check()
    # It holds over the library's file, and the report says so.
    report = bring(store, "circulation", CIRCULATION + IN_HOUSE, tmp_path)
    assert (outcomes(report), notes(report)) == ({1: "unchanged"}, ["settings_hold"])
    assert "limits.hs.per_day: None → 2; policies.1.days: 14 → 7" in report.as_text()
    report = bring(store, "calendar", CALENDAR.replace("2026-09-01", "2026-10-01"), tmp_path)
    assert (outcomes(report), notes(report)) == ({1: "changed"}, ["settings_hold"])
    check()
    assert asks(store, station, closed="", **{"limits.hs.per_day": "none"}) == ("granted", None)
    assert [one["name"] for one in told(store, "calendar")["hoa-sen"]["closed"]] == ["Tết"]
    assert told(store, "circulation")["hoa-sen"]["limits"]["hs"]["per_day"] is None


def test_declines_what_the_centre_has_fixed_until_it_is_not(store: Store, station: Station) -> None:
    at_the_centre(store, fixed=True, card_proof="pin")
    assert told(store, "setting")["card_proof"] == {"value": "pin", "fixed": True}
    _, cursor = feed(store)
    assert asks(store, station, card_proof="none") == ("declined", "fixed")
    assert asks(store, station, card_proof="none", closed="") == ("declined", "fixed")
    news = {one["id"]: one["data"] for one in feed(store, cursor=cursor)[0] if one["kind"] == "setting"}
    assert news == {"card_proof": {"value": "pin", "fixed": True}, "closed": None}
    with store.writing.begin() as connection:
        settings.unfix(connection, "hoa-sen", "card_proof")
    assert told(store, "setting")["card_proof"] == {"value": "pin", "fixed": False}
    assert asks(store, station, card_proof="none") == ("declined", "overtaken")
    station.wall_ms = NOON_MS + HOUR_MS
    assert asks(store, station, card_proof="none") == ("granted", None)


def test_takes_of_a_late_request_what_nothing_later_was_said_of(store: Store, station: Station) -> None:
    late = station.ask_at_desk("settings", values={"card_proof": "pin", "self_return": "to_check"})
    other = Station(device="tram-2", wall_ms=NOON_MS - HOUR_MS // 2)
    assert asks(store, other, card_proof="pin_on_camera") == ("granted", None)
    _, cursor = feed(store)
    assert take(store, late) == [ACCEPTED]
    assert told(store, "request")[request_id(late)]["state"] == "granted"
    news = {one["id"]: one["data"]["value"] for one in feed(store, cursor=cursor)[0] if one["kind"] == "setting"}
    assert news == {"card_proof": "pin_on_camera", "self_return": "to_check"}


# --- taken back


def unset(store: Store, name: str, now_ms: int = NOON_MS) -> None:
    with store.writing.begin() as connection:
        settings.unset(connection, "hoa-sen", name, now_ms=now_ms)


@pytest.mark.parametrize("fixed", [False, True])
def test_what_is_taken_back_is_as_if_nobody_had_set_it(store: Store, station: Station, fixed: bool) -> None:
    before = told(store, "circulation"), told(store, "calendar")
    values = {"limits.hs.total": "3", "policy.hs.STK.days": "7", "closed": "2026-11-20", "card_proof": "pin"}
    at_the_centre(store, fixed=fixed, **values)
    assert (told(store, "circulation"), told(store, "calendar")) != before
    unset(store, "limits.hs.total")
    rules = told(store, "circulation")["hoa-sen"]
    assert (rules["limits"]["hs"]["total"], rules["policies"][0]["days"]) == (5, 7), "the others stay"
    for name in ("policy.hs.STK.days", "closed", "card_proof"):
        unset(store, name)
    assert (told(store, "circulation"), told(store, "calendar")) == before
    assert told(store, "setting") == dict.fromkeys(values)
    with pytest.raises(CannotDo, match="Nothing was set for closed"):
        unset(store, "closed")


def test_what_was_asked_before_it_was_taken_back_does_not_bring_it_back(store: Store, station: Station) -> None:
    late = station.ask_at_desk("settings", values={"card_proof": "pin"})
    at_the_centre(store, card_proof="pin_on_camera")
    unset(store, "card_proof")
    _, cursor = feed(store)
    assert take(store, late) == [ACCEPTED]
    news = {one["id"]: one["data"] for one in feed(store, cursor=cursor)[0]}
    assert (news["card_proof"], news[request_id(late)]["why"]) == (None, "overtaken")


def test_what_is_asked_after_it_was_taken_back_holds(store: Store, station: Station) -> None:
    at_the_centre(store, fixed=True, now_ms=NOON_MS - 2 * HOUR_MS, card_proof="pin_on_camera")
    unset(store, "card_proof", NOON_MS - 2 * HOUR_MS)
    assert asks(store, station, card_proof="pin") == ("granted", None)
    assert told(store, "setting")["card_proof"] == {"value": "pin", "fixed": False}


def test_an_import_says_what_holds_when_it_is_taken_back_later(store: Store, tmp_path: Path) -> None:
    at_the_centre(store, **{"limits.hs.total": "3"})
    bring(store, "circulation", CIRCULATION.replace("total = 5", "total = 6"), tmp_path)
    assert told(store, "circulation")["hoa-sen"]["limits"]["hs"]["total"] == 3
    unset(store, "limits.hs.total")
    assert told(store, "circulation")["hoa-sen"]["limits"]["hs"]["total"] == 6


def test_says_what_an_older_program_did_not_remember(store: Store, tmp_path: Path) -> None:
    """It laid what was set over what it told, and kept nothing else."""
    at_the_centre(store, **{"limits.hs.total": "3", "card_proof": "pin"})
    with store.writing.begin() as connection:
        connection.execute(as_imported.delete())
    before = feed(store)[0]
    with pytest.raises(CannotDo, match="import the circulation once again"):
        unset(store, "limits.hs.total")
    assert feed(store)[0] == before
    unset(store, "card_proof")
    bring(store, "circulation", CIRCULATION + IN_HOUSE, tmp_path)
    unset(store, "limits.hs.total")
    assert told(store, "circulation")["hoa-sen"]["limits"]["hs"]["total"] == 5


def test_a_migrated_database_remembers_what_nothing_was_laid_over(databases: Databases) -> None:
    where = databases.new()
    engine = at_revision(where, "0009")
    old = sa.MetaData()
    old.reflect(engine)
    with engine.begin() as now:
        for library in ("hoa-sen", "sao-mai"):
            thing = {"library_id": library, "kind": "circulation", "id": library, "seq": 1, "data": "{}"}
            now.execute(old.tables["change"].insert(), thing)
        row = {"library_id": "sao-mai", "name": "closed", "value": "", "fixed": False, "request_id": None, "set_ms": 7}
        now.execute(old.tables["setting"].insert(), row)
    engine.dispose()
    store = open_store(where, migrate=True)
    with reading(store) as connection:
        assert [tuple(one) for one in connection.execute(sa.select(as_imported))] == [("hoa-sen", "circulation", "{}")]
        assert [tuple(one) for one in connection.execute(sa.select(setting))] == [tuple(row.values())]
    store.close()


def test_sets_nothing_of_another_library(store: Store, station: Station, tmp_path: Path) -> None:
    bring(store, "circulation", CIRCULATION, tmp_path, "sao-mai", "Sao Mai")
    before = feed(store, "sao-mai")
    asks(store, station, **{"limits.hs.total": "1"})
    at_the_centre(store, fixed=True, card_proof="pin")
    assert feed(store, "sao-mai") == before


@pytest.mark.slow
def test_lists_sets_and_fixes_on_the_command_line(store: Store) -> None:
    def do(word: str, *words: str, json_: bool = False) -> Any:
        done = run("settings", word, *option_of(store.where), "--library", "hoa-sen", *words, *["--json"] * json_)
        if done.returncode:
            return done.returncode, done.stderr.strip()
        return json.loads(done.stdout) if json_ else done.stdout.strip()

    assert do("set", "card_proof", "pin") == "card_proof = pin"
    assert do("fix", "card_proof") == "card_proof = pin (fixed)"
    assert do("fix", "limits.hs.total", "3") == "limits.hs.total = 3 (fixed)"
    assert do("set", "limits.hs.total", "4") == "limits.hs.total = 4 (fixed)"
    assert told(store, "circulation")["hoa-sen"]["limits"]["hs"]["total"] == 4
    assert told(store, "setting")["limits.hs.total"] == {"value": "4", "fixed": True}
    found = {one["name"]: (one["value"], one["fixed"]) for one in do("list", json_=True)["settings"]}
    assert found.keys() == GOOD.keys()
    assert {name: one for name, one in found.items() if one[0]} == {
        "card_proof": ("pin", True),
        "limits.hs.total": ("4", True),
    }
    assert "card_proof = pin (fixed)   [one of none, pin, pin_on_camera]" in do("list").splitlines()
    assert do("unfix", "card_proof") == "card_proof = pin"
    assert do("unfix", "card_proof") == (2, "card_proof is not fixed; nothing was done.")
    assert do("unset", "limits.hs.total") == "limits.hs.total is not set any more"
    assert told(store, "circulation")["hoa-sen"]["limits"]["hs"]["total"] == 5
    assert do("unset", "limits.hs.total") == (2, "Nothing was set for limits.hs.total; nothing was done.")
    assert do("fix", "limits.hs.total") == (2, "Nothing was set for limits.hs.total yet; say to what it is fixed.")
    assert do("fix", "closed") == (2, "Nothing was set for closed yet; say to what it is fixed.")
    assert do("set", "loan_days", "3") == (
        2,
        "There is no setting loan_days in this library; `settings list` names them all.",
    )
    assert do("set", "sound.volume", "101") == (2, "sound.volume cannot be '101': a number from 0 to 100.")


@pytest.mark.slow
def test_keeps_the_list_of_the_staff_on_the_command_line(databases: Databases, store: Store, known: Known) -> None:
    common = (*option_of(store.where), "--library", "hoa-sen")
    added = json.loads(run("staff", "add", *common, "--card", "HS1", "--role", "maintainer", "--json").stdout)
    an = known["patron"]["HS1"]
    assert told(store, "patron")[an]["staff"] == added == {"id": added["id"], "role": "maintainer"}
    again = json.loads(run("staff", "add", *common, "--card", "HS1", "--role", "librarian", "--json").stdout)
    assert again == {"id": added["id"], "role": "librarian"}
    listed = run("staff", "list", *common).stdout
    assert f"{added['id']} librarian  Nguyễn Minh An (HS1)" in listed
    assert run("staff", "remove", *common, "--card", "HS1").stdout == "HS1 works at no desk of hoa-sen any more.\n"
    assert told(store, "patron")[an]["staff"] is None
    gone = run("staff", "remove", *common, "--card", "HS1")
    assert (gone.returncode, gone.stderr) == (2, "This reader is not on the list of the staff; nothing was done.\n")
    assert run("staff", "add", *common, "--card", "HS9", "--role", "librarian").returncode == 2
    assert files_with(databases.files(store.where), [added["id"]]) == {}
