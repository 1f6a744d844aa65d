"""The schema's way to the librarian's desk (0010), and the release before on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from kiosk.domain.model import Hold
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import Change, HoldRecord, PatronRecord
from kiosk.ports.desk_store import PinRecord
from local_store import SqlStore, StoreConfig, open_store
from local_store.documents import rules_text
from tests.local_store.older_schema import TO_0009
from tests.local_store.shelf import (
    CATALOGUE,
    ITEMS,
    LAN,
    LENT,
    MINH,
    RULES,
    TITLE,
    config_in,
    hold_by,
    item_shown,
    lend,
    new_id,
    new_store,
)

WAITS = hold_by(LAN, 5)
AT_0009 = {
    "patron": "id, shown_name, class_name, category, valid_until, blocked",
    "item": "id, title_id, barcode, item_type, status",
    "hold": "id, title_id, patron_id, shelf, placed_ms",
}
"""The columns that a program of schema 0009 knows, and names in each statement."""


def inside(config: StoreConfig, *statements: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
    with closing(sqlcipher.connect(str(config.path), isolation_level=None)) as connection:
        connection.execute(f"PRAGMA key = \"x'{config.key.hex()}'\"")
        rows: list[tuple[object, ...]] = []
        for statement in statements:
            rows = connection.execute(statement, values).fetchall()
        return rows


def written(store: SqlStore, *changes: Change) -> None:
    with store.unit_of_work() as work:
        work.apply(changes, "17")
        work.commit()


@pytest.fixture
def older(tmp_path: Path) -> StoreConfig:
    """A store of the release before, with a loan that is not told yet."""
    config = new_store(config_in(tmp_path))
    with closing(open_store(config)) as store:
        written(store, *CATALOGUE, WAITS)
        with store.unit_of_work() as work:
            lend(work, ITEMS[0])
            work.commit()
    inside(config, *TO_0009)
    assert inside(config, "SELECT value FROM meta WHERE key = 'cursor'") == [("17",)]
    return config


def test_keeps_every_row_and_hears_all_once_more(older: StoreConfig) -> None:
    """The centre may have told it who works at the desk, and it did not listen."""
    with closing(open_store(older)) as store, store.unit_of_work() as work:
        assert work.cursor() == ""
        assert [work.patron(one.id) for one in (LAN, MINH)] == [LAN, MINH]
        assert work.patron_by_card("0042") == LAN
        assert work.item(ITEMS[0].id) == item_shown(ITEMS[0])
        assert list(work.holds_on(TITLE.id)) == [WAITS.hold]
        assert work.rules() == RULES
        assert len(work.open_loans_of_patron(LAN.id)) == len(work.pending(10)) == 1
        assert (work.pin(LAN.id), list(work.settings())) == (None, [])
    assert inside(older, "SELECT value FROM meta WHERE key = 'compatible_from'") == [("0009",)]


def test_the_release_before_writes_what_it_knows_and_the_rest_stays(tmp_path: Path) -> None:
    """As it does when an update was taken back: with the columns that it knows, in each statement by name."""
    config = new_store(config_in(tmp_path))
    teacher = replace(LAN, suspended_until=LENT, note="Hay quên thẻ", staff=Staff(new_id(), Role.LIBRARIAN))
    shelved = HoldRecord(replace(WAITS.hold, shelved_on=LENT), 5)
    with closing(open_store(config)) as store:
        written(store, *CATALOGUE, PatronRecord(teacher, ()), replace(ITEMS[0], in_house_only=True), shelved)
        with store.unit_of_work() as work:
            work.put_pin(LAN.id, PinRecord("x"))
            work.put_setting("sound.volume", "0.7")
            work.commit()
    put = "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (id) DO UPDATE SET {}"
    rows = {
        "patron": [(LAN.id, "Ng. T. Lan", "8A", "hs", None, 0), ("new", "B. An", "6A", "hs", None, 0)],
        "item": [(ITEMS[0].id, TITLE.id, "TK.00001", "STK", "lost"), ("new", TITLE.id, "TK.90000", "STK", "available")],
        "hold": [(WAITS.hold.id, TITLE.id, LAN.id, "ngăn 3", 5), ("new", TITLE.id, MINH.id, "", 6)],
    }
    for table, names in AT_0009.items():
        columns = names.split(", ")
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        for row in rows[table]:
            inside(config, put.format(table, names, ", ".join("?" * len(columns)), sets), values=row)
    with closing(open_store(config)) as store, store.unit_of_work() as work:
        assert work.patron(LAN.id) == replace(teacher, class_name="8A", valid_until=None)
        new = work.patron("new")
        assert new is not None
        assert (new.suspended_until, new.note, new.staff) == (None, "", None)
        item, another = work.item(ITEMS[0].id), work.item("new")
        assert item is not None
        assert another is not None
        assert (item.status, item.in_house_only, another.in_house_only) == ("lost", True, False)
        assert list(work.holds_on(TITLE.id)) == [
            Hold(WAITS.hold.id, TITLE.id, LAN.id, "ngăn 3", LENT),
            Hold("new", TITLE.id, MINH.id, ""),
        ]
        assert work.pin(LAN.id) == PinRecord("x")
        assert [one.here for one in work.settings()] == ["0.7"]


def test_rules_are_written_so_that_the_release_before_reads_them(tmp_path: Path) -> None:
    """It takes each limit apart into three, and each policy into six."""
    rules = replace(RULES, hold_shelf_days=5, limits={"hs": replace(RULES.limits["hs"], per_day=2)})
    text = json.loads(rules_text(rules))
    assert text["limits"] == [["hs", 5, 1]]
    assert [len(policy) for policy in text["policies"]] == [6, 6]
    config = new_store(config_in(tmp_path))
    with closing(open_store(config)) as store:
        written(store, rules)
    older = json.dumps({name: text[name] for name in ("version", "limits", "policies")})
    inside(config, "UPDATE document SET body = ? WHERE kind = 'circulation'", values=(older,))
    with closing(open_store(config)) as store, store.unit_of_work() as work:
        assert work.rules() == replace(RULES, limits={"hs": RULES.limits["hs"]})


def test_a_word_that_only_a_newer_release_knows_does_no_harm(tmp_path: Path) -> None:
    config = new_store(config_in(tmp_path))
    with closing(open_store(config)) as store:
        written(store, PatronRecord(replace(LAN, staff=Staff(new_id(), Role.LIBRARIAN)), ()))
    inside(
        config,
        "UPDATE patron SET staff_role = 'headmaster'",
        "INSERT INTO to_check (why, epoch, seq, barcode) VALUES ('thanked', '', 0, '')",
    )
    with closing(open_store(config)) as store, store.unit_of_work() as work:
        assert work.patron(LAN.id) == LAN
        assert list(work.to_check()) == []
