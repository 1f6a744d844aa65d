"""Rows of the change feed, as text, into records."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central_link.native_rest_changes import Unreadable, change_from
from central_link.native_rest_wire import decode_page
from kiosk.domain.due_dates import Calendar, Closure, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, ItemStatus, Loan, Patron
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import (
    Gone,
    HoldRecord,
    ItemRecord,
    LoanRecord,
    PatronRecord,
    SettingTold,
    TitleRecord,
    Unread,
)
from kiosk.ports.errors import Unreachable

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "9b2d7f10-0f6c-4f0e-8a55-1d1c2a7c6b02"
NAME = "An N. T."

ROWS: dict[str, dict[str, Any]] = {
    "title": {"name": "Dế Mèn phiêu lưu ký", "author": "Tô Hoài", "isbn": None, "call_number": "895", "shelf": "A1"},
    "item": {"title": OTHER, "barcode": "TK.00123", "item_type": "STK", "status": "damaged"},
    "patron": {
        "shown_name": NAME,
        "class_name": "6A",
        "category": "hs",
        "valid_until": "2027-05-31",
        "blocked": False,
        "cards": ["HS.0001", "HS.0002"],
    },
    "loan": {
        "item": OTHER,
        "patron": None,
        "lent_on": "2026-11-20",
        "due_on": "2026-12-04",
        "renewals": 1,
        "open": True,
    },
    "hold": {"title": ID, "patron": OTHER, "shelf": "ngăn 2", "placed_ms": 1_795_000_000_000},
    "circulation": {
        "version": "2026-09-01",
        "limits": {"hs": {"total": 5, "overdue_blocks_after_days": 1}},
        "policies": [
            {
                "patron_category": "hs",
                "item_type": "STK",
                "days": 14,
                "limit": 5,
                "renewals": 1,
                "in_house_only": False,
            }
        ],
    },
    "calendar": {
        "version": "2026-09-01",
        "closed_weekdays": ["sunday", "saturday"],
        "school_years": [{"name": "2026-2027", "begins": "2026-09-05", "ends": "2027-05-31"}],
        "closed": [{"from": "2027-02-01", "to": "2027-02-14", "name": "Tết"}],
    },
    "setting": {"value": "pin_on_camera"},
}

RECORDS: dict[str, Any] = {
    "title": TitleRecord(ID, "Dế Mèn phiêu lưu ký", "Tô Hoài", None, "895", "A1"),
    "item": ItemRecord(ID, OTHER, "TK.00123", "STK", ItemStatus.DAMAGED),
    "patron": PatronRecord(Patron(ID, NAME, "6A", "hs", date(2027, 5, 31), False), ("HS.0001", "HS.0002")),
    "loan": LoanRecord(Loan(ID, OTHER, None, date(2026, 11, 20), date(2026, 12, 4), 1, ""), open=True),
    "hold": HoldRecord(Hold(ID, ID, OTHER, "ngăn 2"), 1_795_000_000_000),
    "circulation": CirculationRules(
        "2026-09-01", {"hs": PatronLimits(5, 1)}, {("hs", "STK"): LoanPolicy(14, 5, 1, in_house_only=False)}
    ),
    "calendar": Calendar(
        "2026-09-01",
        frozenset({5, 6}),
        (Closure(date(2027, 2, 1), date(2027, 2, 14), "Tết"),),
        (SchoolYear("2026-2027", date(2026, 9, 5), date(2027, 5, 31)),),
    ),
    "setting": SettingTold(ID, "pin_on_camera"),
}

# What only a centre of today tells: an older one leaves it out, and what is above is read as it always was.
_PATRON: Any = ROWS["patron"]
_POLICIES: Any = ROWS["circulation"]["policies"]
MORE: dict[str, tuple[dict[str, Any], object]] = {
    "item": ({"in_house_only": True}, replace(RECORDS["item"], in_house_only=True)),
    "patron": (
        {
            "suspended_until": "2026-12-24",
            "lifted_on": "2026-11-24",
            "note": "Hay quên thẻ",
            "staff": {"id": OTHER, "role": "maintainer"},
        },
        PatronRecord(
            Patron(
                ID,
                NAME,
                "6A",
                "hs",
                date(2027, 5, 31),
                False,
                date(2026, 12, 24),
                "Hay quên thẻ",
                Staff(OTHER, Role.MAINTAINER),
                date(2026, 11, 24),
            ),
            ("HS.0001", "HS.0002"),
        ),
    ),
    "hold": (
        {"shelved_on": "2026-11-23"},
        HoldRecord(Hold(ID, ID, OTHER, "ngăn 2", date(2026, 11, 23)), 1_795_000_000_000),
    ),
    "circulation": (
        {
            "hold_shelf_days": 5,
            "names": {"hs": "Học sinh"},
            "limits": {
                "hs": {
                    "total": 5,
                    "overdue_blocks_after_days": 1,
                    "overdue_blocks_from": 2,
                    "per_day": 3,
                    "suspend_after_days": 7,
                    "suspend_days": 14,
                }
            },
            "policies": [_POLICIES[0] | {"classes": ["6", "10A"], "over_summer": True}],
        },
        CirculationRules(
            "2026-09-01",
            {"hs": PatronLimits(5, 1, 2, 3, 7, 14)},
            {("hs", "STK"): LoanPolicy(14, 5, 1, classes=("6", "10A"), over_summer=True)},
            5,
            {"hs": "Học sinh"},
        ),
    ),
    "setting": ({"fixed": True}, SettingTold(ID, "pin_on_camera", fixed=True)),
}


def row(kind: str, data: object, id: str = ID) -> msgspec.Raw:
    return msgspec.Raw(json.dumps({"number": 7, "kind": kind, "id": id, "data": data}, ensure_ascii=False).encode())


@pytest.mark.parametrize("kind", ROWS)
def test_reads_every_kind(kind: str) -> None:
    assert change_from(row(kind, ROWS[kind])) == RECORDS[kind]


@pytest.mark.parametrize("kind", MORE)
def test_reads_what_an_older_centre_does_not_tell(kind: str) -> None:
    more, record = MORE[kind]
    assert change_from(row(kind, ROWS[kind] | more)) == record


NOTHING = {
    "patron": {"suspended_until": None, "note": None, "staff": None, "lifted_on": None},
    "hold": {"shelved_on": None},
    "circulation": {"hold_shelf_days": None, "names": None},
}


@pytest.mark.parametrize("kind", NOTHING)
def test_takes_null_for_what_is_not_told(kind: str) -> None:
    assert change_from(row(kind, ROWS[kind] | NOTHING[kind])) == RECORDS[kind]


def test_a_role_that_is_not_known_here_gives_nothing() -> None:
    assert change_from(row("patron", _PATRON | {"staff": {"id": OTHER, "role": "headmaster"}})) == RECORDS["patron"]


@pytest.mark.parametrize("name", ["limits.hs.total", "policy.học sinh.STK.days", "x" * 200])
def test_names_a_setting_by_its_own_name(name: str) -> None:
    assert change_from(row("setting", ROWS["setting"], name)) == SettingTold(name, "pin_on_camera")
    assert change_from(row("setting", None, name)) == Gone("setting", name)
    with pytest.raises(Unreadable) as failed:
        change_from(row("setting", {"value": 5}, name))
    assert failed.value.names == Unread("setting", name)


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_cannot_read_a_setting_without_a_name(name: str) -> None:
    with pytest.raises(Unreadable):
        change_from(row("setting", ROWS["setting"], name))


@pytest.mark.parametrize("kind", ROWS)
def test_does_not_mind_a_field_that_it_does_not_know(kind: str) -> None:
    assert change_from(row(kind, ROWS[kind] | {"colour": "green"})) == RECORDS[kind]


@pytest.mark.parametrize(
    ("told", "provisional", "says"),
    [({}, False, False), ({"provisional": True}, True, True), ({"provisional": False}, False, True)],
)
def test_knows_whether_the_centre_says_how_sure_a_due_date_is(
    told: dict[str, bool], provisional: bool, says: bool
) -> None:
    """An older centre does not."""
    found = change_from(row("loan", ROWS["loan"] | told))
    assert isinstance(found, LoanRecord)
    assert (found.loan.provisional, found.says_how_sure) == (provisional, says)


@pytest.mark.parametrize("kind", ["title", "item", "patron", "loan", "hold"])
def test_knows_that_a_thing_is_no_more(kind: str) -> None:
    assert change_from(row(kind, None)) == Gone(kind, ID)


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, data in ROWS.items() for field in data])
def test_cannot_read_a_row_without_one_of_its_fields(kind: str, field: str) -> None:
    with pytest.raises(Unreadable):
        change_from(row(kind, {name: value for name, value in ROWS[kind].items() if name != field}))


WRONG = [
    ("item", {"status": "eaten"}),
    ("item", {"title": "not a UUID"}),
    ("item", {"title": ID + "\n"}),
    ("patron", {"valid_until": "31/05/2027"}),
    ("patron", {"cards": "HS.0001"}),
    ("loan", {"due_on": "2026-02-30"}),
    ("loan", {"renewals": -1}),
    ("loan", {"item": None}),
    ("hold", {"placed_ms": 2**60}),
    ("hold", {"shelved_on": "hôm nay"}),
    ("item", {"in_house_only": None}),
    ("patron", {"suspended_until": "2026-02-30"}),
    ("patron", {"note": 5}),
    ("patron", {"staff": "librarian"}),
    ("patron", {"staff": {"id": "C. Hạnh", "role": "librarian"}}),
    ("setting", {"value": None}),
    ("setting", {"fixed": "yes"}),
    ("circulation", {"hold_shelf_days": -1}),
    ("circulation", {"limits": {"hs": {"total": 5, "overdue_blocks_after_days": 1, "overdue_blocks_from": 0}}}),
    ("circulation", {"limits": {"hs": {"total": 5, "overdue_blocks_after_days": 1, "suspend_days": None}}}),
    ("circulation", {"policies": [ROWS["circulation"]["policies"][0] | {"classes": "6A"}]}),
    ("circulation", {"policies": [ROWS["circulation"]["policies"][0] | {"days": 10**9}]}),
    ("circulation", {"limits": {"hs": {"total": 5, "overdue_blocks_after_days": 10**9}}}),
    ("calendar", {"closed_weekdays": ["funday"]}),
]


@pytest.mark.parametrize(("kind", "change"), WRONG)
def test_cannot_read_a_row_with_a_wrong_value(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        change_from(row(kind, ROWS[kind] | change))


@pytest.mark.parametrize("kind", ["circulation", "calendar", "weather"])
def test_cannot_read_that_rules_are_no_more(kind: str) -> None:
    with pytest.raises(Unreadable):
        change_from(row(kind, None))


@pytest.mark.parametrize("raw", [b"3", b"null", b"[]", b"{}", b'"\xff"', b'{"kind": "\xff", "id": "", "data": null}'])
def test_cannot_read_what_is_no_row(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        change_from(msgspec.Raw(raw))


def test_a_due_date_that_means_never_can_still_be_counted_on_from() -> None:
    record = change_from(row("loan", ROWS["loan"] | {"due_on": "9999-12-31"}))
    assert isinstance(record, LoanRecord)
    assert record.loan.due_on + timedelta(days=3_660) > date(2999, 1, 1)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(sorted(ROWS)), data=st.data())
def test_never_fails_otherwise_whatever_stands_in_a_field(kind: str, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(ROWS[kind])))
    value = data.draw(_json)
    with suppress(Unreadable):
        change_from(row(kind, ROWS[kind] | {field: value}))


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode()))
def test_a_page_never_fails_otherwise_whatever_comes(content: bytes) -> None:
    with pytest.raises(Unreachable):
        decode_page(content, "")


def page(*rows: object) -> bytes:
    return json.dumps({"changes": rows, "cursor": "2", "more": True}, ensure_ascii=False).encode()


def test_skips_what_it_cannot_read_and_keeps_the_rest_in_order(caplog: pytest.LogCaptureFixture) -> None:
    content = page(
        {"number": 7, "kind": "title", "id": ID, "data": ROWS["title"]},
        {"number": 7, "kind": "weather", "id": ID, "data": {"shown_name": NAME}},
        {"number": 7, "kind": "patron", "id": ID, "data": ROWS["patron"] | {"valid_until": NAME}},
        {"number": 7, "kind": NAME, "id": ID, "data": None},
        NAME,
        {"number": 7, "kind": "item", "id": ID, "data": ROWS["item"]},
    )
    with caplog.at_level(logging.DEBUG):
        decoded = decode_page(content, "1")
    assert decoded.changes == (RECORDS["title"], Unread("patron", ID), RECORDS["item"])
    assert (decoded.cursor, decoded.more, decoded.skipped) == ("2", True, 4)
    assert [record.getMessage() for record in caplog.records] == ["changes: 4 of 6 skipped (? 2, patron 1, weather 1)"]


def test_says_nothing_when_everything_was_read(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert decode_page(page({"number": 7, "kind": "title", "id": ID, "data": None}), "1").skipped == 0
    assert not caplog.records
